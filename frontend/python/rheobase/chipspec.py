"""Chip records: every limit with its unit and source."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field

from . import _core
from .errors import option_error


@dataclass(frozen=True)
class Limit:
    """One limit of a chip, with its unit and who states it."""

    value: int
    unit: str
    source: str  # who states it
    inferred: bool  # deduced, not published: override it where you know better


@dataclass(frozen=True)
class ChipSpec:
    """A chip as a record: what it runs, every limit with unit and source, how its registers lie in memory.

    limits: name -> Limit(value, unit, source, inferred). profiles: the arithmetics it runs, the first is the
    default. extensions: what it can be programmed for beyond them. ``path`` is set for a chip from a user's
    file.

    Example: rb.ChipSpec.load("mychip.json").limits["neurons_per_core"].value
    """

    name: str
    title: str
    profiles: list = field(default_factory=list)  # the first is the default
    extensions: list = field(default_factory=list)
    limits: dict = field(default_factory=dict)  # name -> Limit
    layouts: list = field(default_factory=list)
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
            path,
        )

    @classmethod
    def load(cls, name_or_path) -> ChipSpec:
        """A built-in chip by name, or a chip from a JSON file, which may say {"base": "loihi2", "limits":
        {...}}.

        Raises FormatError with every fault of the file, OptionError for a name that does not exist.
        Example: rb.ChipSpec.load("loihi2")
        """
        if not isinstance(name_or_path, (str, bytes, os.PathLike)):
            raise option_error(
                f"a chip cannot be {name_or_path!r}", "give a name or the path of a chip's JSON file"
            )
        spec = cls._of(_core.resolve_chip(os.fsencode(name_or_path)))
        given = os.fsdecode(name_or_path)
        builtin = any(chip["name"] == given for chip in _core.chips())
        return spec if builtin else cls(**{**spec.__dict__, "path": given})

    def as_dict(self) -> dict:
        """Plain dictionaries and lists, as `rheobase chips NAME --json` prints them."""
        return asdict(self)


def chips() -> dict[str, ChipSpec]:
    """The built-in chips by name. Example: rb.chips()["loihi2"].limits["cores"].value"""
    return {record["name"]: ChipSpec._of(record) for record in _core.chips()}
