"""What every command shares: the application, its settings, what is printed and how."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Callable, Iterable, Optional

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ..errors import Diagnostic, OptionError
from ..plain import as_json

app = typer.Typer(
    name="rheobase",
    help="A trained spiking network to a neuromorphic chip image, and proof of what happened on the way.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

COLORS = ("auto", "always", "never")


class Settings:
    """The common options, whichever side of the command's name they stood on."""

    json = False
    quiet = False
    verbose = 0
    color = "auto"
    threads: Optional[int] = None
    seed: Optional[int] = None

    @classmethod
    def reset(cls) -> None:
        cls.json, cls.quiet, cls.verbose, cls.color, cls.threads, cls.seed = (
            False,
            False,
            0,
            "auto",
            None,
            None,
        )

    @classmethod
    def console(cls, stderr: bool = False) -> Console:
        forced = {"always": True, "never": False}.get(cls.color)
        stream = sys.stderr if stderr else sys.stdout
        return Console(
            stderr=stderr,
            force_terminal=forced,
            no_color=forced is False,
            highlight=False,
            soft_wrap=True,
            emoji=False,
            width=None if stream.isatty() else 160,
        )


def printable(text: str) -> str:
    """The text as a terminal may see it: control characters, which a file's name may hold, are spelt out."""
    return "".join(
        c if c.isprintable() or c in "\n\t " else c.encode("unicode_escape").decode() for c in text
    )


def say(text: str = "") -> None:
    """A line of text for the user on stdout; nothing with --json or -q."""
    if not Settings.quiet and not Settings.json:
        Settings.console().print(printable(text), markup=False)


def remark(text: str, style: Optional[str] = None) -> None:
    """A line for the user on stderr; nothing with -q."""
    if not Settings.quiet:
        Settings.console(stderr=True).print(printable(text), style=style, markup=False)


_STYLES = {"error": "bold red", "warning": "bold yellow"}


def report(diagnostics: Iterable[Diagnostic]) -> None:
    """Diagnostics on stderr: errors always, warnings without -q, notes with -v."""
    console = Settings.console(stderr=True)
    for diagnostic in diagnostics:
        least = {"error": 2, "warning": 1, "note": 0}[diagnostic.severity]
        if least < (2 if Settings.quiet else 0 if Settings.verbose else 1):
            continue
        for number, line in enumerate(diagnostic.lines()):
            style = _STYLES.get(diagnostic.severity) if number == 0 else None
            console.print(printable(line), style=style, markup=False)


def emit_json(schema: str, body: dict) -> None:
    """Machine output: one JSON document whose schema is named and versioned. What is not finite is null."""
    sys.stdout.write(as_json({"schema": schema, **body}))


def conclude(found, fail_if: Optional[str], output, told: Optional[Callable[[], str]] = None) -> None:
    """Ends a command with its `verdict.Verdict`: saved where there is a folder, told, and judged by --fail-if
    (status 1; 4 where it is not known whether it holds).

    told: makes what people are told; where left out that is the verdict's text, and whether it failed.
    """
    failed, refused = False, None
    if fail_if is not None:
        try:
            failed = found.judge(fail_if)
        except OptionError as error:  # the work is done: its reports come first
            failed, refused = None, error
    found.data["fail_if"] = None if fail_if is None else {"condition": fail_if, "failed": failed}
    if output is not None:
        found.save(output)
    if refused is not None:
        raise refused
    if Settings.json:
        emit_json(found.data["schema"], {k: v for k, v in found.data.items() if k != "schema"})
    else:
        said = {True: f"\n\nfailed: {fail_if}", None: f"\n\nundecided: {fail_if}"}.get(failed, "")
        say(found.text() + said if told is None else told())
    if failed is not False:
        raise typer.Exit(1 if failed else 4)


@contextlib.contextmanager
def progress(title: str):
    """A bar on stderr when it is a terminal: yields advance(done, total). With -v, the time it took."""
    start = time.perf_counter()
    if Settings.quiet or not sys.stderr.isatty():
        yield lambda done, total: None
    else:
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Settings.console(stderr=True),
            transient=True,
        )
        with bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    if Settings.verbose:
        remark(f"{title}: {time.perf_counter() - start:.2f} s")
