"""What verdicts have in common: data for machines, a text for people, conditions that they fail."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Optional

from . import condition
from .errors import option_error


class Verdict(ABC):
    """``data`` is what its JSON file holds; the class that stands for it says the schema."""

    def __init__(self, data: dict):
        self.data = data

    @abstractmethod
    def text(self) -> str:
        """What its text file holds."""

    def __str__(self) -> str:
        return self.text()

    @abstractmethod
    def figures(self) -> dict[str, Optional[float]]:
        """The names that `fails` understands, with their values; None where one is not known."""

    def judge(self, expression: str) -> Optional[bool]:
        """As `fails`; None where that is not known, because a figure is not."""
        return condition.holds(expression, self.figures())

    def fails(self, expression: str) -> bool:
        """Whether a condition over `figures` holds, such as "accuracy_drop > 0.005 or overflows > 0". Raises OptionError,
        also where a figure that it needs is not known: a check never passes for nothing."""
        failed = self.judge(expression)
        if failed is None:
            figures = self.figures()
            unknown = [name for name in condition.names_of(expression) if figures[name] is None]
            raise option_error(
                f"whether '{expression}' holds is not known: there is no figure for {', '.join(unknown)}",
                "too little was tried for it: let the work go on, or leave the name out",
                "R0259",
            )
        return failed
