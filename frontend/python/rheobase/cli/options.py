"""Options that several commands share, and reading what a path holds."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Union

import typer
from typing_extensions import Annotated

from ..errors import Diagnostic, FormatError
from ..image import Image
from ..loading import load
from ..network import Network

NetArgument = Annotated[Path, typer.Argument(metavar="NET", help="A NIR file.")]
Dt = Annotated[
    Optional[float], typer.Option("--dt", help="Seconds per step; inferred from the file where it can be.")
]
Reset = Annotated[Optional[str], typer.Option("--reset", help="zero, v_reset, subtract or subtract-late.")]
Discretization = Annotated[Optional[str], typer.Option("--discretization", help="euler or exponential.")]
Spikes = Annotated[Optional[str], typer.Option("--spikes", help="unit or dirac (a spike counts 1, or 1/dt).")]
Framework = Annotated[
    Optional[str], typer.Option("--as", metavar="FRAMEWORK", help="The conventions of a framework.")
]
Data = Annotated[
    Path, typer.Option("--data", "--input", help=".npz with x (and y) or events, .npy, IDX images.")
]
Encode = Annotated[
    Optional[str],
    typer.Option("--encode", help="How grey levels become spikes: rate:T,seed, current:T or latency:T."),
]
Samples = Annotated[Optional[int], typer.Option("--samples", min=1, help="The first so many samples only.")]
Engine = Annotated[str, typer.Option("--engine", help="auto, golden, vector or jit; all give the same bits.")]
Threads = Annotated[Optional[int], typer.Option("--threads", min=1, help="Threads; all cores by default.")]
Json = Annotated[bool, typer.Option("--json", help="Machine output on stdout, with a versioned schema.")]


def read_any(path: Path, **conventions) -> Union[Network, Image]:
    """A network or an image, by content."""
    try:
        with open(path, "rb") as file:
            magic = file.read(8)
    except OSError as error:
        raise FormatError(
            [
                Diagnostic(
                    "R0250", "error", f"cannot be read: {error.strerror}", str(path), remedy="check the path"
                )
            ]
        ) from None
    return Image.load(path) if magic == b"RHEOIMG\0" else load(path, **conventions)


def warn_of_assumptions(net: Network) -> None:
    """Assumptions that a user may want otherwise go to stderr."""
    from .common import Settings

    if Settings.quiet:
        return
    console = Settings.console(stderr=True)
    for a in net.assumptions:
        if a["warning"]:
            console.print(
                f"{net.name}: warning: assumed {a['what']} = {a['value']}: {a['why']} "
                f"(change it with {a['how_to_change']})",
                style="yellow",
                markup=False,
            )
