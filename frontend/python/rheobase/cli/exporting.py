"""rheobase export."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated

from ..errors import usage_error
from ..exporting import FOLDERS, FORMATS, export
from ..files import check_folder, check_writable, is_image
from . import options as o
from .common import Settings, emit_json, report, say
from .running import read_data


@o.command(
    "export",
    "rheobase export net.rheo --to lava -o net_lava",
    "python net_lava/network.py input.npz -o out.npz      (with lava-nc installed)",
    "rheobase diff out.npz run.npz",
    "rheobase export net.rheo --to sanafe -o net_sanafe --input test.npz --samples 10",
    "python net_sanafe/run.py -o energy.json              (with sanafe installed)",
    "rheobase export net.rheo --to net -o net.net",
    "rheobase export net.net --to nir -o net.nir",
    "rheobase export net.rheo --to nir -o quantized.nir --nir-version 1.0.4",
)
def export_command(
    path: Annotated[
        Path, typer.Argument(metavar="NET|IMAGE", help="The network or image to export.", show_default=False)
    ],
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="The format: lava, sanafe, net or nir.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="PATH", help="The file to write; with lava and sanafe the folder."
        ),
    ],
    nir_version: Annotated[
        Optional[str],
        typer.Option(
            "--nir-version",
            metavar="V",
            help="With nir: the version of the nir package that reads it, 1.0.8 (default), or 1.0.4, which all since "
            "1.0.3 read.",
        ),
    ] = None,
    data: Annotated[
        Optional[Path],
        typer.Option(
            "--data", "--input", metavar="DATA", help="With sanafe: what to feed; forms as in `run`."
        ),
    ] = None,
    encode: o.Encode = None,
    samples: o.Samples = None,
    replay: Annotated[
        bool,
        typer.Option("--replay", help="With sanafe: every neuron spikes when it does on the chip, for DATA."),
    ] = False,
    chip: Annotated[
        Optional[str],
        typer.Option(
            "--chip",
            metavar="NAME|FILE",
            help="With sanafe: whose grid and costs; the image's chip by default.",
        ),
    ] = None,
    conventions: o.Conventions = o.NONE,
) -> None:
    """Write a network or an image in the form of another program.

    lava: from an image, a readable Python program of Lava processes and its arrays; it runs under Lava 0.10 with the
    image's spikes and states, bit for bit. sanafe: from an image, the chip with its costs and the mapped network as
    YAML of SANA-FE 2.2, which computes the neurons anew, and a program that prints spikes, energy and latency of each
    inference. net: from an image, or from a network whose neurons are integers, a file of
    lava-dl, whose NetX runs it: a chain of layers, dense or convolutions, of CUBA, ALIF, SDNN, RF or ADRF neurons; those
    of an image are dense. nir: a NIR file, a network as it was read, neurons that are integers as real ones; an image as what
    the chip computes, over the reals: quantized weights and thresholds in the network's own units. What a format cannot
    express is refused, all of it at once (exit status 1); what it does not keep, and what NetX does not open or takes
    for something else, is listed: warnings where results may differ, with -v also notes.
    """
    if to in FOLDERS and not is_image(path):
        raise usage_error(f"'{path}' is no image", "compile the network first: rheobase compile NET -o IMAGE")
    if nir_version is not None and to != "nir":
        raise usage_error("--nir-version belongs to --to nir", "leave it out")
    asked = {"--input": data, "--encode": encode, "--samples": samples, "--replay": replay, "--chip": chip}
    for flag, value in asked.items():
        if value and to != "sanafe":
            raise usage_error(f"{flag} belongs to --to sanafe", "leave it out")
        if value and data is None and flag in ("--encode", "--samples", "--replay"):
            raise usage_error(f"{flag} is about data", "give them: --input DATA")
    source = o.read_any(path, **conventions)
    if to in FOLDERS:
        check_folder(output)
    elif to in FORMATS:
        check_writable(output, path)
    x = None if data is None else read_data(data, source, encode, samples).whole()
    lost = export(source, to, output, nir_version, x, replay, chip)
    report(lost)
    if Settings.json:
        emit_json("rheobase.export/1", {"output": str(output), "format": to, "lost": lost})
    else:
        say(f"{output}: {to}")
