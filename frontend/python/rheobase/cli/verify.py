"""rheobase verify."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated

from .. import compiler, condition
from ..image import Image
from ..loading import load
from ..verification import verify as verify_image
from . import options as o
from .common import app, emit_json, progress, say
from .network import read_data


@app.command()
def verify(
    net: o.NetArgument,
    data: o.Data,
    image: Annotated[
        Optional[Path], typer.Argument(metavar="[IMAGE]", help="Its image; compiled if left out.")
    ] = None,
    output: Annotated[
        Optional[Path],
        typer.Option("-o", "--output", metavar="DIR", help="Where report.json and report.txt go."),
    ] = None,
    fail_if: Annotated[
        Optional[str],
        typer.Option(
            "--fail-if",
            metavar="EXPR",
            help=("Exit with status 1 if this holds, e.g. 'accuracy_drop > 0.005 or overflows > 0'."),
        ),
    ] = None,
    chip: Annotated[
        str, typer.Option("--chip", help="The chip to compile for, where no image is given.")
    ] = "loihi2",
    encode: o.Encode = None,
    samples: o.Samples = None,
    engine: o.Engine = "auto",
    threads: o.Threads = None,
    dt: o.Dt = None,
    reset: o.Reset = None,
    discretization: o.Discretization = None,
    spikes: o.Spikes = None,
    as_: o.Framework = None,
    json: o.Json = False,
) -> None:
    """Compare the float network with the chip on data: accuracy, spikes, first difference, ranges, utilisation.

    Example: rheobase verify net.nir net.rheo --data test.npz -o report --fail-if 'accuracy_drop > 0.005'
    """
    if fail_if is not None:
        condition.parse(fail_if)
    network = load(net, dt=dt, reset=reset, discretization=discretization, spikes=spikes, as_=as_)
    o.warn_of_assumptions(network)
    dataset = read_data(data, network, encode, samples)
    if image is None:
        loaded = compiler.compile(network, chip=chip)
    else:
        loaded = Image.load(image)
    with progress("samples") as advance:
        report = verify_image(network, loaded, dataset, engine=engine, threads=threads, progress=advance)
    failed = fail_if is not None and report.fails(fail_if)
    report.data["fail_if"] = None if fail_if is None else {"condition": fail_if, "failed": failed}
    if output is not None:
        report.save(output)
    if json:
        emit_json(report.data["schema"], {k: v for k, v in report.data.items() if k != "schema"})
    else:
        say(report.text())
    if failed:
        if not json:
            say(f"\nfailed: {fail_if}")
        raise typer.Exit(1)
