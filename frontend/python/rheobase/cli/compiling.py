"""rheobase compile, quant and check."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated

from .. import compiler
from ..errors import CompileError, Diagnostic, FormatError, UsageError, render
from ..files import write_text
from ..image import Image
from ..loading import load
from . import options as o
from .common import Settings, app, emit_json, progress, say
from .network import read_data

Chip = Annotated[str, typer.Option("--chip", help="A chip's name or the path of its JSON file.")]
Profile = Annotated[Optional[str], typer.Option("--profile", help="The arithmetic: lava or loihi1.")]
Calibrate = Annotated[
    Optional[Path], typer.Option("--calibrate", metavar="DATA", help="Data that show the ranges.")
]
Quant = Annotated[
    Optional[Path], typer.Option("--quant", metavar="FILE", help="Settings from `rheobase quant`.")
]
Bits = Annotated[Optional[int], typer.Option("--weight-bits", min=1, max=8, help="Bits of every weight.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="The file to write.")]


def _calibration(path: Optional[Path], net, encode, samples):
    return None if path is None else read_data(path, net, encode, samples)


def _print_notes(notes) -> None:
    if notes and not Settings.quiet:
        Settings.console(stderr=True).print(render(notes), markup=False)


def _read_stage(path: Optional[Path]) -> Optional[str]:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError([Diagnostic("R0250", "error", f"cannot be read: {error}", str(path))]) from None


@app.command("compile")
def compile_command(
    net: o.NetArgument,
    output: Output,
    chip: Chip = "loihi2",
    profile: Profile = None,
    calibrate: Calibrate = None,
    quant: Quant = None,
    weight_bits: Bits = None,
    to: Annotated[str, typer.Option("--to", metavar="STAGE", help="float, quant, legal or image.")] = "image",
    from_: Annotated[
        Optional[Path], typer.Option("--from", metavar="STAGEFILE", help="Resume from a stage.")
    ] = None,
    dump_stages: Annotated[
        Optional[Path], typer.Option("--dump-stages", metavar="DIR", help="Write every stage as text here.")
    ] = None,
    encode: o.Encode = None,
    samples: o.Samples = None,
    dt: o.Dt = None,
    reset: o.Reset = None,
    discretization: o.Discretization = None,
    spikes: o.Spikes = None,
    as_: o.Framework = None,
    json: o.Json = False,
) -> None:
    """Compile a network for a chip.

    Every violated limit is reported at once. Example: rheobase compile net.nir -o net.rheo --chip loihi2
    """
    network = load(net, dt=dt, reset=reset, discretization=discretization, spikes=spikes, as_=as_)
    o.warn_of_assumptions(network)
    with progress("compiling"):
        result = compiler.run_compiler(
            network,
            chip,
            profile,
            _calibration(calibrate, network, encode, samples),
            quant,
            weight_bits,
            to,
            _read_stage(from_),
            "" if from_ is None else str(from_),
            dump_stages,
        )
    _print_notes(result["notes"])
    if result["image"] is None:
        write_text(output, result["stage"])
        body = {"output": str(output), "stage": to}
        line = f"{output}: stage '{to}'"
    else:
        image = Image.from_bytes(result["image"], str(output))
        image.save(output)
        proven = sum(r["proven"] for r in image.info["ranges"])
        body = {
            "output": str(output),
            "stage": "image",
            "bytes": len(result["image"]),
            "chip": image.chip,
            "cores": len(image.info["cores"]),
            "lag": image.lag,
        }
        line = (
            f"{output}: {body['cores']} cores of {image.chip}, lag {image.lag}, {body['bytes']:,} bytes; "
            f"{proven} of {len(image.info['ranges'])} ranges proven"
        )
    if json:
        emit_json("rheobase.compile/1", {**body, "notes": result["notes"]})
    else:
        say(line)


@app.command()
def quant(
    net: o.NetArgument,
    output: Output,
    chip: Chip = "loihi2",
    profile: Profile = None,
    calibrate: Calibrate = None,
    quant: Quant = None,
    weight_bits: Bits = None,
    encode: o.Encode = None,
    samples: o.Samples = None,
    dt: o.Dt = None,
    reset: o.Reset = None,
    discretization: o.Discretization = None,
    spikes: o.Spikes = None,
    as_: o.Framework = None,
) -> None:
    """Write the quantization settings as compile would choose them, to edit and give back with --quant.

    Example: rheobase quant net.nir -o quant.json && rheobase compile net.nir -o net.rheo --quant quant.json
    """
    network = load(net, dt=dt, reset=reset, discretization=discretization, spikes=spikes, as_=as_)
    result = compiler.run_compiler(
        network, chip, profile, _calibration(calibrate, network, encode, samples), quant, weight_bits, "quant"
    )
    _print_notes(result["notes"])
    write_text(output, result["quantization"])
    settings = json_text.loads(result["quantization"])
    say(
        f"{output}: {len(settings.get('populations', {}))} populations, {len(settings.get('projections', {}))} "
        f"projections"
    )


@app.command()
def check(
    net: o.NetArgument,
    chip: Chip = "loihi2",
    profile: Profile = None,
    quant: Quant = None,
    dt: o.Dt = None,
    reset: o.Reset = None,
    discretization: o.Discretization = None,
    spikes: o.Spikes = None,
    as_: o.Framework = None,
    json: o.Json = False,
) -> None:
    """Report every violated limit and rule of a chip at once, with place, number and remedy.

    Exit status 1 if something is violated. Example: rheobase check net.nir --chip tiny
    """
    with open(net, "rb") if net.is_file() else open("/dev/null", "rb") as file:
        if file.read(8) == b"RHEOIMG\0":
            raise UsageError(
                [
                    Diagnostic(
                        "R0690",
                        "error",
                        "check takes a network",
                        str(net),
                        remedy=(
                            "an image was checked when it was made; 'rheobase inspect' shows its utilisation"
                        ),
                    )
                ]
            )
    network = load(net, dt=dt, reset=reset, discretization=discretization, spikes=spikes, as_=as_)
    try:
        findings = list(compiler.run_compiler(network, chip, profile, None, quant)["notes"])
    except CompileError as error:
        findings = error.diagnostics
    violated = [d for d in findings if d.severity == "error"]
    if json:
        emit_json(
            "rheobase.check/1", {"passed": not violated, "diagnostics": [d.as_dict() for d in findings]}
        )
    else:
        if findings:
            say(render(findings))
        say(f"{network.name} on {chip}: " + (f"{len(violated)} violations" if violated else "fits"))
    if violated:
        raise typer.Exit(1)
