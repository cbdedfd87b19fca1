"""Where a chip's cores lie: tiles in rows and columns, joined by a mesh, with some cores in each."""

from __future__ import annotations

from dataclasses import dataclass

from .chipspec import ChipSpec


@dataclass(frozen=True)
class Grid:
    """Tiles of a mesh, row by row from the corner where the host's messages enter."""

    width: int
    height: int
    cores_per_tile: int

    @property
    def tiles(self) -> int:
        return self.width * self.height

    def place(self, core: int) -> tuple[int, int, int]:
        """(column, row, number within the tile) of a core."""
        tile, inside = divmod(core, self.cores_per_tile)
        return tile % self.width, tile // self.width, inside


def grid_of(chip: ChipSpec) -> Grid:
    """The grid of one chip, as its record states it. SPEC I12."""
    limit = {name: chip.limits[name].value for name in ("tile_columns", "tile_rows", "cores_per_tile")}
    return Grid(limit["tile_columns"], limit["tile_rows"], limit["cores_per_tile"])
