"""Chip records: every limit with its unit and source."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field

from . import _core
from .errors import file_error, option_error, shown


@dataclass(frozen=True)
class Limit:
    """One limit of a chip, with its unit and who states it."""

    value: int
    unit: str
    source: str  # who states it
    inferred: bool  # deduced, not published: override it where you know better


@dataclass(frozen=True)
class Cost:
    """What one operation of a chip takes: pJ, ns or mW, and who states it."""

    value: float
    unit: str
    source: str
    inferred: bool


@dataclass(frozen=True)
class ChipSpec:
    """A chip as a record: what it runs, every limit with unit and source, how its registers lie in memory.

    limits: name -> Limit(value, unit, source, inferred). profiles: the arithmetics it runs, the first is the
    default. extensions: what it can be programmed for beyond them. dead_cores, dead_links: what is not to be used.
    costs: name -> Cost, energies and times of operations, empty where nobody states them. ``path`` is set for a chip
    from a user's file.

    Example: rb.ChipSpec.load("mychip.json").limits["neurons_per_core"].value
    """

    name: str
    title: str
    profiles: list = field(default_factory=list)  # the first is the default
    extensions: list = field(default_factory=list)
    limits: dict = field(default_factory=dict)  # name -> Limit
    layouts: list = field(default_factory=list)
    dead_cores: list = field(default_factory=list)  # numbered over all chips
    usable_cores: int = 0  # of all chips
    dead_links: list = field(default_factory=list)  # pairs of tiles, numbered row by row over all chips
    costs: dict = field(default_factory=dict)  # name -> Cost
    comparison: bool = False  # limits that others published to compare mappers: no chip is meant
    path: str = ""

    @classmethod
    def _of(cls, record: dict, path: str = "") -> ChipSpec:
        limits = {name: Limit(**limit) for name, limit in record["limits"].items()}
        return cls(
            record["name"],
            record["title"],
            record["profiles"],
            record["extensions"],
            limits,
            record["layouts"],
            record["dead_cores"],
            record["usable_cores"],
            record["dead_links"],
            {name: Cost(**cost) for name, cost in record["costs"].items()},
            record["comparison"],
            path,
        )

    @classmethod
    def load(cls, name_or_path) -> ChipSpec:
        """A built-in chip by name, or a chip from a JSON file, which may say {"base": "loihi2", "limits":
        {...}}.

        Raises FormatError with every fault of the file, OptionError for a name that does not exist.
        Example: rb.ChipSpec.load("loihi2")
        """
        given = os.fsdecode(chip_name(name_or_path))
        spec = cls._of(_core.resolve_chip(os.fsencode(given)))
        builtin = any(chip["name"] == given for chip in _core.chips())
        return spec if builtin else cls(**{**spec.__dict__, "path": given})

    def as_dict(self) -> dict:
        """Plain dictionaries and lists, as `rheobase chips NAME --json` prints them."""
        return asdict(self)


def chip_name(chip) -> bytes:
    """A chip as `_core` takes it: a name, or the path of a file."""
    if isinstance(chip, ChipSpec):
        return os.fsencode(chip.path or chip.name)
    if not isinstance(chip, (str, bytes, os.PathLike)):
        remedy = "give a name, a ChipSpec or the path of a chip's JSON file"
        raise option_error(f"a chip cannot be {shown(chip)}", remedy)
    if os.path.isdir(os.fsdecode(chip).replace("\0", "?")):
        raise file_error(
            os.fsdecode(chip), "is a directory, not a chip's record", "name the file inside it", "R0401"
        )
    return os.fsencode(chip)


def chips() -> dict[str, ChipSpec]:
    """The built-in chips by name. Example: rb.chips()["loihi2"].limits["cores"].value"""
    return {record["name"]: ChipSpec._of(record) for record in _core.chips()}
