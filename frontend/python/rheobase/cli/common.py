"""What every command shares: options, consoles, progress, exit statuses, machine output."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import tempfile
import traceback

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..errors import Error

app = typer.Typer(
    name="rheobase",
    help="A trained spiking network to a neuromorphic chip image, and proof of what happened on the way.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Settings:
    """Set by the common options before a command runs."""

    quiet = False
    verbose = 0
    color = "auto"

    @classmethod
    def console(cls, stderr: bool = False) -> Console:
        forced = {"always": True, "never": False}.get(cls.color)
        return Console(
            stderr=stderr,
            force_terminal=forced,
            no_color=forced is False,
            highlight=False,
            soft_wrap=True,
            emoji=False,
        )


def say(text: str = "") -> None:
    """A line of text for the user on stdout."""
    if not Settings.quiet:
        Settings.console().print(text, markup=False)


def emit_json(schema: str, body: dict) -> None:
    """Machine output: one JSON document whose schema is named and versioned."""
    json.dump({"schema": schema, **body}, sys.stdout, indent=2, default=_plain)
    sys.stdout.write("\n")


def _plain(value):
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "as_dict"):
        return value.as_dict()
    return str(value)


@contextlib.contextmanager
def progress(title: str):
    """A bar on stderr when it is a terminal: yields advance(done, total)."""
    if Settings.quiet or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Settings.console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_error(error: Error) -> None:
    console = Settings.console(stderr=True)
    styles = {"error": "bold red", "warning": "bold yellow", "note": "cyan"}
    for diagnostic in error.diagnostics:
        for line in diagnostic.lines():
            word = next((w for w in styles if f"{w}: " in line or f"{w} {diagnostic.code}" in line), None)
            console.print(line, style=None if word == "note" else styles.get(word), markup=False)


def report_fault(exception: BaseException) -> None:
    """A fault of ours: says so, and leaves what is needed to see it again."""
    from .. import __version__

    text = (
        f"rheobase {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"folder: {os.getcwd()}\ncommand: {' '.join(sys.argv)}\n\n"
        + "".join(traceback.format_exception(type(exception), exception, exception.__traceback__))
    )
    handle, path = tempfile.mkstemp(prefix="rheobase-fault-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    print(
        f"rheobase: this is a fault of rheobase, not of your files: {type(exception).__name__}: {exception}\n"
        f"rheobase: note: {path} holds the command and the trace; please send it with your report",
        file=sys.stderr,
    )


def main() -> None:
    """The entry point of the `rheobase` command. Exit statuses: see `rheobase --help`."""
    status = 0
    try:
        status = app(standalone_mode=False) or 0
    except Error as error:
        print_error(error)
        if error.exit_status == 70:
            report_fault(error)
        status = error.exit_status
    except typer.Exit as end:
        status = end.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print("rheobase: interrupted", file=sys.stderr)
        status = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except MemoryError:
        print("rheobase: error R0691: the machine's memory is not enough for this", file=sys.stderr)
        status = 3
    except Exception as exception:
        show = getattr(exception, "show", None)
        if show is not None and hasattr(exception, "exit_code"):  # a usage error found by the option parser
            show()
            status = exception.exit_code
        else:
            report_fault(exception)
            status = 70
    sys.exit(status if isinstance(status, int) else 0)
