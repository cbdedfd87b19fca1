"""Commands about rheobase itself: --version, explain, doctor."""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import sys
from typing import Optional

import typer

from .. import codes
from ..errors import Error
from .common import Settings, app, emit_json, say


def _version(value: bool) -> None:
    if value:
        from .. import __version__

        print(f"rheobase {__version__}")
        raise typer.Exit()


@app.callback(
    epilog="Exit status: 0 done and passed, 1 the check failed, 2 wrong usage, 3 bad input, "
    "4 undecided within the budget, 70 a fault of rheobase."
)
def common(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="Print errors only."),
    verbose: int = typer.Option(0, "-v", "--verbose", count=True, help="Print more; twice for even more."),
    color: str = typer.Option("auto", "--color", help="auto, always or never."),
) -> None:
    if color not in ("auto", "always", "never"):
        raise typer.BadParameter("auto, always or never", param_hint="--color")
    Settings.quiet, Settings.verbose, Settings.color = quiet, verbose, color


@app.command()
def explain(
    code: Optional[str] = typer.Argument(None, help="A code such as R0412; without one, all codes."),
) -> None:
    """Print what a diagnostic means, why it exists and what to do.

    Example: rheobase explain R0412
    """
    if code is None:
        for name, title in codes.known().items():
            print(f"{name}  {title}")
        return
    print(codes.page(code).rstrip())


def _examine() -> list[dict]:
    findings = []

    def add(what: str, state: str, detail: str) -> None:
        findings.append({"what": what, "state": state, "detail": detail})

    add("python", "ok", f"{platform.python_version()} at {sys.executable}")
    add("processor", "ok", f"{os.cpu_count()} cores, {platform.machine()}")
    try:
        core = importlib.import_module("rheobase._core")
        add("core", "ok", f"version {core.version}, {len(core.models())} neuron models")
    except ImportError as error:
        add("core", "broken", str(error))
    if importlib.util.find_spec("rheobase._compiler") is None:
        add("compiler", "absent", "this installation was built without the compiler (RHEO_COMPILER=OFF)")
    else:
        try:
            importlib.import_module("rheobase._compiler")
            add("compiler", "ok", "MLIR and LLVM load")
        except (ImportError, Error) as error:
            add("compiler", "broken", str(error))
    for extra in ("numpy", "typer", "rich"):
        try:
            add(extra, "ok", getattr(importlib.import_module(extra), "__version__", "present"))
        except ImportError as error:
            add(extra, "broken", str(error))
    add("explanations", "ok" if codes.known() else "broken", f"{len(codes.known())} pages")
    return findings


@app.command()
def doctor(json: bool = typer.Option(False, "--json", help="Machine output.")) -> None:
    """Examine this installation: what is there, what is missing, what is broken.

    Exit status 1 if something is broken. Example: rheobase doctor
    """
    findings = _examine()
    if json:
        emit_json("rheobase.doctor/1", {"findings": findings})
    else:
        for finding in findings:
            say(f"{finding['state']:7} {finding['what']:13} {finding['detail']}")
    if any(f["state"] == "broken" for f in findings):
        raise typer.Exit(1)
