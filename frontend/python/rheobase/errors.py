"""What can go wrong, as Python exceptions that carry diagnostics."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Iterable, Optional

__all__ = [
    "BY_KIND",
    "CompileError",
    "DataError",
    "Diagnostic",
    "Error",
    "FormatError",
    "InternalError",
    "UndecidedError",
    "UsageError",
    "data_error",
    "render",
]


@dataclass(frozen=True)
class Diagnostic:
    """One finding. ``code`` names the page that ``rheobase explain CODE`` prints."""

    code: str
    severity: str  # "note", "warning", "error"
    message: str
    file: str = ""
    where: str = ""  # node, dataset or field inside the file
    value: Optional[float] = None  # what was measured
    limit: Optional[float] = None  # what would have been allowed
    limit_source: str = ""
    remedy: str = ""

    def as_dict(self) -> dict:
        return asdict(self)

    def lines(self) -> list[str]:
        """The house form: a headline and its notes."""
        head = f"{self.file}: " if self.file else ""
        lines = [f"{head}{self.severity} {self.code}: {self.message}"]
        if self.where and self.where not in self.message:
            lines.append(f"{head}note: at '{self.where}'")
        if self.limit_source:
            lines.append(f"{head}note: the limit is from {self.limit_source}")
        if self.remedy:
            lines.append(f"{head}note: {self.remedy}")
        return lines

    def __str__(self) -> str:
        return "\n".join(self.lines())


def render(diagnostics: Iterable[Diagnostic]) -> str:
    return "\n".join(str(d) for d in diagnostics)


class Error(Exception):
    """Base of everything rheobase raises; ``diagnostics`` is never empty and the first is the headline."""

    exit_status = 70

    def __init__(self, diagnostics: Iterable[Diagnostic]):
        self.diagnostics = list(diagnostics)
        super().__init__(render(self.diagnostics))

    def __reduce__(self):
        return (type(self), (self.diagnostics,))

    @property
    def code(self) -> str:
        return self.diagnostics[0].code

    @property
    def place(self) -> str:
        first = self.diagnostics[0]
        return ":".join(part for part in (first.file, first.where) if part)


class UsageError(Error):
    """A call or option that makes no sense."""

    exit_status = 2


class FormatError(Error):
    """A file that cannot be read."""

    exit_status = 3


class DataError(Error):
    """Recordings, labels or option values that do not fit."""

    exit_status = 3


class CompileError(Error):
    """The network does not fit the target."""

    exit_status = 1


class UndecidedError(Error):
    """The budget ended before the answer."""

    exit_status = 4


class InternalError(Error):
    """A fault of rheobase."""

    exit_status = 70


BY_KIND = {
    "usage": UsageError,
    "format": FormatError,
    "data": DataError,
    "compile": CompileError,
    "undecided": UndecidedError,
    "internal": InternalError,
}


def data_error(
    code: str, message: str, file: str = "", where: str = "", remedy: str = "", **more
) -> DataError:
    """A DataError with one diagnostic."""
    return DataError([Diagnostic(code, "error", message, str(file), where, remedy=remedy, **more)])
