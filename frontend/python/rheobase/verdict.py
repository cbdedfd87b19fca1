"""What verdicts have in common: data for machines, a text for people, conditions that they fail."""

from __future__ import annotations

from . import condition


class Verdict:
    """``data`` is what its JSON file holds; the class that stands for it says the schema."""

    def __init__(self, data: dict):
        self.data = data

    def text(self) -> str:
        """What its text file holds."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.text()

    def figures(self) -> dict[str, float]:
        """The names that `fails` understands, with their values."""
        raise NotImplementedError

    def fails(self, expression: str) -> bool:
        """Whether a condition over `figures` holds, such as "accuracy_drop > 0.005 or overflows > 0". Raises OptionError."""
        return condition.holds(expression, self.figures())
