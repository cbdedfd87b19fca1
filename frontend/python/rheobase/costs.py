"""What the operations of a chip cost, in joules, seconds and watts: the `costs` of its record."""

from __future__ import annotations

from .chipspec import ChipSpec, chips
from .errors import CompileError, Diagnostic, option_error
from .grid import Grid
from .image import Image

_UNITS = {"pJ": 1e-12, "ns": 1e-9, "mW": 1e-3}


class Costs:
    """Figures in SI units by name, such as costs["hop_east_west_energy"] in joules."""

    def __init__(self, chip: ChipSpec, grid: Grid):
        self.chip = chip
        self.grid = grid

    def __getitem__(self, name: str) -> float:
        cost = self.chip.costs[name]
        return cost.value * _UNITS[cost.unit]

    def barrier(self, tiles: int) -> float:
        """Seconds in which so many tiles agree that a step is over: on a line between one and all of the grid."""
        one, all_ = self["barrier_one_tile_time"], self["barrier_all_tiles_time"]
        return one + (all_ - one) * max(tiles - 1, 0) / max(self.grid.tiles - 1, 1)

    def hops_energy(self, columns, rows):
        """Joules of a message over so many columns and rows."""
        return columns * self["hop_east_west_energy"] + rows * self["hop_north_south_energy"]

    def hops_time(self, columns, rows):
        """Seconds of a message over so many columns and rows."""
        return columns * self["hop_east_west_time"] + rows * self["hop_north_south_time"]


def chip_of(image: Image, chip=None) -> ChipSpec:
    """The record of an image's chip; ``chip``: of which name, file or record it is to be.

    Raises OptionError for a chip that has no record, CompileError R0672 for one whose record does not cover the image.
    """
    if chip is None and image.chip not in chips():
        raise option_error(
            f"the image is for the chip '{image.chip}', which is not built in",
            "give its record: --chip FILE, in Python chip=",
        )
    chip = image.chip if chip is None else chip
    spec = chip if isinstance(chip, ChipSpec) else ChipSpec.load(chip)
    faults = []
    if not spec.costs:
        remedy = 'add "costs" to it, or count with those of another: --chip loihi1, in Python chip='
        faults.append((f"the record of the chip '{spec.name}' states no costs", remedy))
    last = max((core["id"] for core in image.info["cores"]), default=0)
    if last >= spec.limits["cores"].value:
        faults.append(
            (f"the image uses core {last}, '{spec.name}' has {spec.limits['cores'].value}", _ITS_OWN)
        )
    if any(core["chip"] for core in image.info["cores"]):
        faults.append(
            ("the image is for several chips, and no record states what lies between them", "fit it on one")
        )
    if image.grid["detours"]:
        faults.append(("messages go around dead links, the costs are counted on straight ways", _WHOLE))
    if faults:
        raise CompileError([Diagnostic("R0672", "error", m, image.file, remedy=r) for m, r in faults])
    return spec


_WHOLE = "compile for the chip without dead links"
_ITS_OWN = "count with the record of the chip that the image was made for"
