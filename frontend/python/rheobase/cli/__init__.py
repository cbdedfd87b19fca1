"""The `rheobase` command. Each module adds its commands to one Typer application."""

from __future__ import annotations

from .. import compiler
from . import about, chip, images, network, verify  # noqa: F401  (each import registers commands)
from .common import app, main

if compiler.available():  # an installation without the compiler has no commands that need it
    from . import compiling  # noqa: F401

__all__ = ["app", "main"]
