"""rheobase verify."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated

from .. import compiler, condition
from ..errors import usage_error
from ..files import check_folder
from ..verification import FIGURES
from ..verification import verify as verify_image
from . import options as o
from .common import Settings, conclude, progress, report
from .running import read_data


@o.command(
    "verify",
    "rheobase verify net.nir net.rheo --data test.npz -o report --fail-if 'accuracy_drop > 0.005 or overflows > 0'",
    "rheobase verify net.nir --chip loihi1 --data t10k-images-idx3-ubyte.gz --encode rate:20,0",
)
def verify(
    net: o.NetArgument,
    data: o.Data,
    image: Annotated[
        Optional[Path],
        typer.Argument(metavar="[IMAGE]", help="Its image; compiled if left out.", show_default=False),
    ] = None,
    output: Annotated[
        Optional[Path],
        typer.Option("-o", "--output", metavar="DIR", help="Where report.json and report.txt go."),
    ] = None,
    fail_if: o.FailIf = None,
    chip: Annotated[
        Optional[str],
        typer.Option(
            "--chip", metavar="NAME|FILE", help="What to compile for where IMAGE is left out (loihi2)."
        ),
    ] = None,
    encode: o.Encode = None,
    samples: o.Samples = None,
    engine: o.Engine = "auto",
    conventions: o.Conventions = o.NONE,
) -> None:
    """Compare the float network with the chip on data.

    Prints accuracy or error of both with 95 % intervals, spike agreement and distances of spike trains for each layer,
    how near potentials come to the threshold, the first neuron and step that differ and why (which rounding alone
    is enough), proven against seen ranges, and core utilisation. DATA's y is labels [samples] (the answer
    is the output with the largest sum over time) or targets [samples, T, outputs] in the network's units; of
    several Output nodes they belong to the only one that they fit. Figures for --fail-if: samples, agreement,
    overflows, headroom_bits, victor_purpura, van_rossum, spike_distance, rate_distance, near_threshold; with labels accuracy_float, accuracy_chip, accuracy_drop, same_answer (0 to 1);
    r2_X and error_X for X = chip_to_float, and with targets float, chip; the worst of several Output nodes.
    """
    if fail_if is not None:
        condition.check_names(fail_if, FIGURES)
    if image is not None and chip is not None:
        raise usage_error(
            f"--chip {chip}: '{image}' was made for a chip already", "leave out --chip, or the image"
        )
    network = o.read_net(net, **conventions)
    loaded = None if image is None else o.read_image(image)
    dataset = read_data(data, network, encode, samples)
    if output is not None:
        check_folder(output)
    if loaded is None:
        with progress("compiling"):
            loaded = compiler.compile(network, chip=chip or "loihi2")
        report(loaded.notes)
    with progress("samples") as advance:
        found = verify_image(
            network, loaded, dataset, engine=engine, threads=Settings.threads, progress=advance
        )
    conclude(found, fail_if, output)
