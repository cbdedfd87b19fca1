"""Where a chip's cores lie: tiles in rows and columns, joined by a mesh, with some cores in each. SPEC I12."""

from __future__ import annotations

from dataclasses import dataclass

from . import _core
from .chipspec import ChipSpec, chip_name


@dataclass(frozen=True)
class Grid:
    """Tiles of a mesh, row by row from the corner where the host's messages enter."""

    width: int
    height: int
    cores_per_tile: int
    places: tuple  # of every core: column, row

    @property
    def tiles(self) -> int:
        return self.width * self.height

    def place(self, core: int) -> tuple[int, int, int]:
        """(column, row, number within the tile) of a core."""
        return *self.places[core], core % self.cores_per_tile


def grid_of(chip: ChipSpec) -> Grid:
    """The grid of one chip, as its record states it."""
    limit = {name: limit.value for name, limit in chip.limits.items()}
    places = _core.places_in_chip(chip_name(chip), range(limit["cores"]))
    return Grid(limit["tile_columns"], limit["tile_rows"], limit["cores_per_tile"], tuple(places))
