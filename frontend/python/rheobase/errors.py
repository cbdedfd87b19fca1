"""What can go wrong, as Python exceptions that carry diagnostics."""

from __future__ import annotations

import difflib
import os
from dataclasses import asdict, dataclass, replace
from typing import Iterable, Optional

from . import rules

__all__ = [
    "BY_KIND",
    "CompileError",
    "DataError",
    "Diagnostic",
    "Error",
    "FormatError",
    "InternalError",
    "OptionError",
    "UndecidedError",
    "UsageError",
    "data_error",
    "file_error",
    "nearest",
    "option_error",
    "path_of",
    "render",
    "shown",
    "unknown_name",
    "usage_error",
]


@dataclass(frozen=True)
class Diagnostic:
    """One finding.

    code: names the page that ``rheobase explain CODE`` prints. severity: "note", "warning" or "error".
    message: names in quotes, with the measured value and the limit. file: as the user named it. where: node,
    dataset or field inside it. value, limit: what was measured and what would have been allowed;
    limit_source: who says so. remedy: what to do next. tried: what a trial of remedies showed, if there was one. rule: the
    design rule that is violated, `rheobase explain rules`; empty where the code is of none.

    Example: [d.remedy for d in rb.check(net, chip="tiny") if d.severity == "error"]
    """

    code: str
    severity: str
    message: str
    file: str = ""
    where: str = ""
    value: Optional[float] = None
    limit: Optional[float] = None
    limit_source: str = ""
    remedy: str = ""
    tried: tuple = ()
    rule: str = ""

    def __post_init__(self):
        object.__setattr__(self, "rule", self.rule or rules.name_of(self.code))
        if self.limit is not None and self.rule and not self.limit_source:
            object.__setattr__(self, "limit_source", rules.catalogue()[self.rule].limit)

    def as_dict(self) -> dict:
        """Plain values, as --json prints them."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The house form: a headline and its notes."""
        head = f"{self.file}: " if self.file else ""
        lines = [f"{head}{self.severity} {self.code}: {self.message}"]
        if self.where and f"'{self.where}'" not in self.message:
            lines.append(f"{head}note: at '{self.where}'")
        if self.limit_source:
            lines.append(f"{head}note: source of the limit: {self.limit_source}")
        if self.remedy:
            lines.append(f"{head}note: {self.remedy}")
        lines += [f"{head}note: {text}" for text in self.tried]
        return lines

    def __str__(self) -> str:
        return "\n".join(self.lines())


def render(diagnostics: Iterable[Diagnostic]) -> str:
    return "\n".join(str(d) for d in diagnostics)


class Error(Exception):
    """Base of everything rheobase raises; ``diagnostics`` is never empty and the first is the headline.

    ``exit_status`` is what the command line ends with.

    Example::

        try:
            image = rb.compile(net, chip="tiny")
        except rb.CompileError as error:
            for d in error.diagnostics:
                print(d.code, d.where, d.value, d.limit, d.remedy)
    """

    exit_status = 70

    def __init__(self, diagnostics: Iterable[Diagnostic]):
        self.diagnostics = list(diagnostics)
        super().__init__(render(self.diagnostics))

    def __reduce__(self):
        return (type(self), (self.diagnostics,))

    @property
    def code(self) -> str:
        """Of the headline, e.g. "R0412"."""
        return self.diagnostics[0].code

    @property
    def place(self) -> str:
        """Of the headline: file and node or field."""
        first = self.diagnostics[0]
        return ":".join(part for part in (first.file, first.where) if part)


class UsageError(Error):
    """A call that makes no sense: something is missing, or two things exclude each other."""

    exit_status = 2


class OptionError(UsageError):
    """An argument or option whose value does not exist or is out of range; the nearest names are offered."""

    exit_status = 3


class FormatError(Error):
    """A file that cannot be read, or a network that contradicts itself."""

    exit_status = 3


class DataError(Error):
    """Recordings, labels or other data that do not fit; also files that cannot be written."""

    exit_status = 3


class CompileError(Error):
    """The network does not fit the target; ``diagnostics`` holds every violated limit."""

    exit_status = 1


class UndecidedError(Error):
    """The budget ended before the answer."""

    exit_status = 4


class InternalError(Error):
    """A fault of rheobase."""

    exit_status = 70


BY_KIND = {
    "usage": OptionError,  # libraries are called with all they need: it is a value that is wrong
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


def file_error(
    file, message: str, remedy: str = "check the path", code: str = "R0250", where: str = ""
) -> FormatError:
    """A FormatError with one diagnostic."""
    return FormatError([Diagnostic(code, "error", message, str(file), where, remedy=remedy)])


def option_error(message: str, remedy: str = "", code: str = "R0690", **more) -> OptionError:
    """An OptionError with one diagnostic."""
    return OptionError([Diagnostic(code, "error", message, remedy=remedy, **more)])


def usage_error(message: str, remedy: str = "", code: str = "R0693") -> UsageError:
    """A UsageError with one diagnostic."""
    return UsageError([Diagnostic(code, "error", message, remedy=remedy)])


def shown(value) -> str:
    """A value as a message quotes it: on one line and not too long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else text[:77] + "..."


def path_of(value) -> str:
    """A path as text, or an OptionError. What is not UTF-8 survives: os.fsencode gives the bytes back."""
    try:
        return os.fsdecode(value)
    except TypeError:
        raise option_error(f"a path cannot be {shown(value)}", "give a text or a pathlib.Path") from None


def nearest(name: str, candidates: Iterable) -> str:
    """The way out of a wrong name: the nearest ones, else all of them."""
    candidates = [str(c) for c in candidates]
    near = difflib.get_close_matches(str(name)[:200], candidates, n=3, cutoff=0.5)
    if near:
        return "did you mean " + " or ".join(f"'{n}'" for n in near) + "?"
    if not candidates:
        return "there is none"
    more = f" and {len(candidates) - 12} more" if len(candidates) > 12 else ""
    return "there are " + ", ".join(f"'{c}'" for c in candidates[:12]) + more


def unknown_name(what: str, name, candidates) -> OptionError:
    """The error for a name that does not exist, with the nearest ones."""
    quoted = f"'{name}'" if isinstance(name, str) and len(name) <= 80 else shown(name)
    return option_error(f"there is no {what} {quoted}", nearest(name, candidates))


def in_file(error: Error, file: str) -> Error:
    """The error, placed in the user's file where its diagnostics name none."""
    if not file:
        return error
    return type(error)([d if d.file else replace(d, file=str(file)) for d in error.diagnostics])
