"""From the command line to an exit status: runs a command, prints what went wrong, tells whose fault it is."""

from __future__ import annotations

import errno
import itertools
import os
import platform
import sys
import tempfile
import traceback
from dataclasses import replace

import typer

from ..errors import Diagnostic, Error, InternalError, UsageError, nearest, option_error
from . import (  # noqa: F401  (they register)
    about,
    chip,
    compiling,
    conventions,
    diff,
    exporting,
    images,
    network,
    partitioning,
    robust,
    running,
    sweep,
    verify,
)
from .common import Settings, app, emit_json, report


_OUTPUT = (
    errno.EPIPE,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.EBADF,
)  # what writing to stdout meets
_ORDER = (
    "show",
    "compile",
    "quant",
    "check",
    "run",
    "verify",
    "sweep",
    "robust",
    "replay",
    "diff",
    "conventions",
    "inspect",
    "partition",
    "export",
    "chips",
    "explain",
    "doctor",
)
app.registered_commands.sort(key=lambda known: _ORDER.index(known.name))


def run(arguments: list[str]) -> int:
    """Runs a command line without the program's name. Returns the exit status; interrupts pass through."""
    Settings.reset()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # paths need not be UTF-8
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:  # stdout itself: a full disk behind a redirection
        print(f"rheobase: error R0260: the output cannot be written: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 3


def _run(arguments: list[str]) -> int:
    try:
        _check_output(arguments)
        result = app(args=arguments or ["--help"], prog_name="rheobase", standalone_mode=False)
        return (result if isinstance(result, int) else 0) if arguments else 2
    except Error as error:
        return _fail(error)
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except MemoryError:
        message = "the machine's memory is not enough for this"
        return _fail(
            _with_status(3, Diagnostic("R0691", "error", message, remedy="run fewer samples at a time"))
        )
    except OSError as error:
        if error.errno in _OUTPUT and error.filename is None:
            raise
        return _fault(error)
    except Exception as exception:
        if hasattr(exception, "format_message") and hasattr(exception, "exit_code"):
            Settings.json |= "--json" in arguments
            return _wrong_usage(exception)
        return _fault(exception)


def _check_output(arguments: list[str]) -> None:
    """Raises OptionError for an output without a name, which as a path would be the folder where the program runs."""
    if "--output=" in arguments or any(
        name in ("-o", "--output") and value == "" for name, value in itertools.pairwise(arguments)
    ):
        Settings.json |= "--json" in arguments
        raise option_error("the output has no name", "give -o a path")


def _with_status(status: int, diagnostic: Diagnostic) -> Error:
    error = UsageError([diagnostic])
    error.exit_status = status
    return error


def _fail(error: Error) -> int:
    """Prints an error, and what is needed to see it again where it is ours."""
    if error.exit_status == 70:
        error = InternalError([_with_reproducer(error.diagnostics[0], error), *error.diagnostics[1:]])
    report(error.diagnostics)
    if Settings.json:
        body = {"exit_status": error.exit_status, "diagnostics": error.diagnostics}
        emit_json("rheobase.error/1", body)
    return error.exit_status


def _fault(exception: BaseException) -> int:
    message = f"this is a fault of rheobase, not of your files: {type(exception).__name__}: {exception}"
    error = InternalError([Diagnostic("R0699", "error", message)])
    error.__cause__ = exception
    return _fail(error)


def _with_reproducer(diagnostic: Diagnostic, error: Error) -> Diagnostic:
    """Leaves a file with the command and the trace, and says so."""
    from .. import __version__

    shown = error.__cause__ or error
    text = (
        f"rheobase {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"folder: {os.getcwd()}\ncommand: {' '.join(map(repr, sys.argv))}\n\n"
        + "".join(traceback.format_exception(type(shown), shown, shown.__traceback__))
    )
    try:
        handle, path = tempfile.mkstemp(prefix="rheobase-fault-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        return replace(diagnostic, remedy=f"please report it with this trace:\n{text}")
    return replace(
        diagnostic, remedy=f"{path} holds the command and the trace; please send it with your report"
    )


def _wrong_usage(exception) -> int:
    """A complaint of the option parser in our words, with the nearest names. A wrong value is bad input."""
    context = getattr(exception, "ctx", None)
    path = context.command_path if context is not None else "rheobase"
    kinds = {kind.__name__ for kind in type(exception).__mro__}
    message = " ".join(exception.format_message().split())
    remedy = f"'{path} --help' lists what there is"
    status = 2
    if "NoSuchOption" in kinds and context is not None:
        name = exception.option_name
        known = [o for p in context.command.params for o in p.opts if o.startswith("--")] + ["--help"]
        message = f"'{path}' has no option '{name}' in this version"
        remedy = _did_you_mean(name, known) or remedy
    elif message.startswith("No such command") and context is not None:
        name = _first_word(message)
        message = f"there is no command '{name}' in this version"
        remedy = _did_you_mean(name, _ORDER) or remedy
    elif "BadParameter" in kinds and "MissingParameter" not in kinds:
        status = 3
    message = message[:1].lower() + message[1:].rstrip(".")
    return _fail(_with_status(status, Diagnostic("R0693", "error", message, remedy=remedy)))


def _first_word(message: str) -> str:
    parts = message.split("'")
    return parts[1] if len(parts) > 1 else ""


def _did_you_mean(name: str, known) -> str:
    text = nearest(name, known)
    return text if text.startswith("did you mean") else ""
