"""The catalogue of design rules. A rule is the page of one diagnostic code: the paragraph under its title states it."""

from __future__ import annotations

import functools
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Optional

TOPIC = "rules"  # as `rheobase explain` prints the catalogue
CATEGORIES = ("file", "quantization", "neuron", "synapse", "core", "chip", "route")

_FOLDER = Path(__file__).parent / "codes"
_STATED = re.compile(
    r"^# (R\d+): (.+)\n\nRule `([a-z]+\.[a-z0-9_]+)`: ((?:.|\n)+?)\. Limit:((?:.|\n)+?)\.?\n\n"
)


@dataclass(frozen=True)
class DesignRule:
    """What a network on a chip has to keep to, or loses something.

    name: category and name, e.g. "core.input_axons". code: of the diagnostic where it is violated; `rheobase explain`
    prints its page. statement: what holds where nothing is said. limit: where its limit comes from. title: of the page.

    Example: rb.rules.catalogue()["core.input_axons"].limit
    """

    name: str
    code: str
    statement: str
    limit: str
    title: str

    @property
    def category(self) -> str:
        return self.name.split(".")[0]

    def as_dict(self) -> dict:
        return {**asdict(self), "category": self.category}


@functools.lru_cache(maxsize=1)
def catalogue() -> dict[str, DesignRule]:
    """Name -> rule, by category and code."""
    pages = (file.read_text(encoding="utf-8") for file in _FOLDER.glob("R*.md"))
    stated = [match for match in map(_STATED.match, pages) if match]
    rules = [
        DesignRule(name, code, " ".join(statement.split()), " ".join(limit.split()), title)
        for code, title, name, statement, limit in (match.groups() for match in stated)
    ]
    rules.sort(key=lambda rule: (CATEGORIES.index(rule.category), rule.code))
    return {rule.name: rule for rule in rules}


@functools.lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {rule.code: name for name, rule in catalogue().items()}


def name_of(code: str) -> str:
    """The rule of a diagnostic's code; empty where the code is of none, such as a wrong option's."""
    return _names().get(code, "")


def find(name: str) -> Optional[DesignRule]:
    """The rule of that name, or None."""
    return catalogue().get(name.strip().lower())


def lines() -> list[str]:
    """The catalogue as text: a line for each rule under its category."""
    width = max(map(len, catalogue()))
    text = []
    for category in CATEGORIES:
        text += ["", category] if text else [category]
        for rule in catalogue().values():
            if rule.category == category:
                text.append(f"  {rule.name.ljust(width)}  {rule.code}  {rule.statement} [{rule.limit}]")
    return text


__all__ = ["CATEGORIES", "DesignRule", "TOPIC", "catalogue", "find", "lines", "name_of"]
