"""Chip records: every limit with its unit and source."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import _core


@dataclass(frozen=True)
class Limit:
    value: int
    unit: str
    source: str  # who states it
    inferred: bool  # deduced, not published: override it where you know better


@dataclass(frozen=True)
class ChipSpec:
    """A chip as a record. ``path`` is set for a chip from a user's file.

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
        """A built-in chip by name, or a chip from a JSON file. Raises rb.Error with every fault found."""
        name_or_path = str(name_or_path)
        spec = cls._of(_core.resolve_chip(name_or_path))
        builtin = any(chip["name"] == name_or_path for chip in _core.chips())
        return spec if builtin else cls(**{**spec.__dict__, "path": name_or_path})

    def as_dict(self) -> dict:
        return {**self.__dict__, "limits": {name: vars(limit) for name, limit in self.limits.items()}}


def chips() -> dict[str, ChipSpec]:
    """The built-in chips by name. Example: rb.chips()["loihi2"].limits["cores"].value"""
    return {record["name"]: ChipSpec._of(record) for record in _core.chips()}
