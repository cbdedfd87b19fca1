"""Where a chip's cores lie: tiles in rows and columns, joined by a mesh, with some cores in each."""

from __future__ import annotations

from dataclasses import dataclass

from .chipspec import ChipSpec

CORES_PER_TILE = 4
WIDTH = 8  # tiles; Davies et al. 2018: 128 cores of Loihi are 32 tiles


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
    """The grid of a chip: rows of 8 tiles of 4 cores, as many as its cores need."""
    tiles = -(-chip.limits["cores"].value // CORES_PER_TILE)
    width = min(WIDTH, tiles)
    return Grid(width, -(-tiles // width), CORES_PER_TILE)
