"""rheobase sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated

from .. import compiler, condition, sweeping
from ..precisions import check_bits, parse_bits
from ..files import check_folder
from . import options as o
from .common import Settings, conclude, progress, remark
from .compiling import CloneFanOut, Exponents, Quant, RelayFanIn, Scales, ShareProfiles, SplitFanIn
from .running import read_data


@o.command(
    "sweep",
    "rheobase sweep net.nir --bits 2..8 --data test.npz -o sweep",
    "rheobase sweep net.nir --bits 3..8 --data test.npz -o sweep --budget 40kB",
    "rheobase sweep net.nir --bits 4,8 --data t10k-images-idx3-ubyte.gz --encode rate:20,0 -o sweep --no-layers",
    "rheobase sweep net.nir --bits 2..8 --data test.npz -o sweep --fail-if 'accuracy_drop_4 > 0.015'",
)
def sweep(
    net: o.NetArgument,
    data: o.Data,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Where sweep.json, .txt and .html go, and what is finished."
        ),
    ],
    bits: Annotated[
        str, typer.Option("--bits", metavar="RANGE", help="Precisions: 2..9, or 4,6,8.")
    ] = "2..8",
    budget: Annotated[
        Optional[str],
        typer.Option(
            "--budget",
            metavar="MEMORY",
            help="Synapse memory that mixed precision is to fit: 40kB, 5000words.",
        ),
    ] = None,
    layers: Annotated[
        bool,
        typer.Option(
            "--layers/--no-layers", help="Also every layer alone, and all but it (the default), or not."
        ),
    ] = True,
    fail_if: o.FailIf = None,
    chip: o.Chip = "loihi2",
    profile: o.Profile = None,
    calibrate: Annotated[
        Optional[Path],
        typer.Option(
            "--calibrate", metavar="DATA", help="Data that scales are fitted to; forms as for --data."
        ),
    ] = None,
    quant: Quant = None,
    scales: Scales = "auto",
    exponents: Exponents = "projection",
    split_fan_in: SplitFanIn = False,
    clone_fan_out: CloneFanOut = False,
    relay_fan_in: RelayFanIn = False,
    share_profiles: ShareProfiles = False,
    encode: o.Encode = None,
    samples: o.Samples = None,
    engine: o.Engine = "auto",
    conventions: o.Conventions = o.NONE,
) -> None:
    """Accuracy, agreement and memory against precision.

    Every number of bits for all weights; every layer alone at it, and all but it; mixed precisions that are foretold from
    the layers alone, and what loses least within --budget, chosen on every other sample and judged on the rest; the Pareto
    front of accuracy against memory. Layers whose bits --quant pins stay as they are. Before any data run, precisions are
    flagged that are expected to collapse: weights whose error carries more than a quarter of what they carry, or neurons
    proven never to fire; the data then confirm it or not. What is finished stays in DIR/finished: the same command goes on
    where it was interrupted. Figures for --fail-if, for B bits everywhere or B = mixed:
    accuracy_B, accuracy_drop_B, same_answer_B (0 to 1; with labels), agreement_B, error_B, memory_B (bytes), flagged_B.
    """
    wanted = check_bits(parse_bits(bits), bits)
    limit = sweeping.check_budget(budget, wanted, layers)
    if fail_if is not None:
        condition.check_names(fail_if, sweeping.figure_names(wanted, True, limit is not None))
    compiler.check_scales(scales, calibrate)
    network = o.read_net(net, **conventions)
    dataset = read_data(data, network, encode, samples)
    fitted = None if calibrate is None else read_data(calibrate, network, encode, samples)
    if fail_if is not None:
        labels = dataset.y is not None and dataset.y.ndim == 1
        condition.check_names(fail_if, sweeping.figure_names(wanted, labels, limit is not None))
    check_folder(output)
    with progress("settings") as advance:
        found = sweeping.sweep(
            network,
            wanted,
            dataset,
            chip=chip,
            profile=profile,
            scales=scales,
            exponents=exponents,
            calibrate=fitted,
            quant=quant,
            budget=limit,
            sensitivity=layers,
            folder=output,
            engine=engine,
            threads=Settings.threads,
            progress=advance,
            tell=remark,
            split_fan_in=split_fan_in,
            clone_fan_out=clone_fan_out,
            relay_fan_in=relay_fan_in,
            share_profiles=share_profiles,
        )
    conclude(found, fail_if, output)
