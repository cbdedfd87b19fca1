"""rheobase run, and running networks and images on data for other commands."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional

import numpy as np
import typer
from typing_extensions import Annotated

from .. import data as data_files
from ..errors import DataError, in_file, usage_error
from ..estimating import Estimate, estimate
from ..files import check_writable
from ..image import Image
from ..recording import Recording
from . import options as o
from .common import Settings, emit_json, progress, remark, say


def read_data(path: Path, target, encode: Optional[str], samples: Optional[int]) -> data_files.DataSet:
    """The data set for the inputs of a network or an image."""
    dt = target.info["dt"] if isinstance(target, Image) else target.dt
    return data_files.load(path, target.input_shapes, o.with_seed(encode), dt=dt).limited(samples)


def run_whole(target, dataset, engine: str, probes, title: str) -> Recording:
    """Everything at once: the recording is kept whole."""
    x = dataset.whole()
    try:
        with progress(title) as advance:
            if isinstance(target, Image):
                return target.run(x, engine=engine, probes=probes, threads=Settings.threads, progress=advance)
            return target.run(x, probes=probes, threads=Settings.threads, progress=advance)
    except DataError as error:
        raise in_file(error, dataset.file) from None


@o.command(
    "run",
    "rheobase run net.rheo --input test.npz -o out.npz --probe hidden.v",
    "rheobase run net.nir --input test.npz -o float.npz --dt 1e-3",
    "rheobase run net.nir --input spikes.nirdata -o out.nirdata",
    "rheobase run net.rheo --input t10k-images-idx3-ubyte.gz --encode rate:20,0 --samples 100 -o out.npz",
    "rheobase run net.rheo --input test.npz -o out.npz --engine golden",
    "rheobase run net.rheo --input test.npz -o out.npz --energy --json | jq .energy.energy.dynamic",
)
def run(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="IMAGE|NET", help="An image (the chip's integers) or a NIR file (float reference)."
        ),
    ],
    data: o.Data,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="OUT", help="The recording to write: .npz, or .nirdata (.h5)."
        ),
    ],
    engine: o.Engine = "auto",
    probe: Annotated[
        Optional[List[str]],
        typer.Option("--probe", metavar="NODE.v", help="A state to record; can be given several times."),
    ] = None,
    encode: o.Encode = None,
    samples: o.Samples = None,
    energy: Annotated[
        bool, typer.Option("--energy", help="For images: also estimate energy and latency of an inference.")
    ] = False,
    chip: Annotated[
        Optional[str],
        typer.Option(
            "--chip",
            metavar="NAME|FILE",
            help="With --energy: whose grid and costs; the image's chip by default.",
        ),
    ] = None,
    conventions: o.Conventions = o.NONE,
) -> None:
    """Run an image or a network on data.

    What happened is written as a recording. An image takes integers, 0 or 1 for a binary input, and runs T +
    L steps, L its largest lag; a network takes real numbers and runs T steps. An .npz holds 'NODE.spikes' and
    'NODE.v' as [samples, steps, n] (no samples axis where the data have none), 'OUTPUT.output' in the
    output's shape, 'NODE/lag' in steps, 'NODE.v/scale': integer units of one float unit; a .nirdata or .h5 file the
    same for nir.read_data: node NODE with 'spikes', 'v' or 'output' on the time grid.

    --energy counts messages, hops, synaptic operations and neuron updates of the run, and multiplies them with the costs
    in the chip's record (`rheobase chips NAME` shows each with its source). Loihi 1's are published; for Loihi 2 none
    are, Loihi 1's stand in. Dynamic and static energy are told apart; reading in and out by the host is not counted.
    """
    target = o.read_any(path, **conventions)
    if not isinstance(target, Image) and engine != "auto":
        raise usage_error(f"--engine {engine} belongs to images, '{path}' is a network", "compile it first")
    if energy and not isinstance(target, Image):
        raise usage_error(f"--energy belongs to images, '{path}' is a network", "compile it first")
    if chip is not None and not energy:
        raise usage_error("--chip says what --energy counts with", "add --energy, or leave it out")
    dataset = read_data(data, target, encode, samples)
    check_writable(output, path, data)
    estimated = _estimate(target, dataset, chip) if energy else None
    recording = run_whole(target, dataset, engine, probe or [], "samples")
    recording.save(output)
    body = {
        "output": str(output),
        "samples": dataset.samples,
        "steps": dataset.steps,
        "lag": recording.lag,
        "series": {name: list(array.shape) for name, array in recording.series().items()},
        "spikes": {name: int(np.count_nonzero(array)) for name, array in recording.spikes.items()},
        "overflows": {
            name: {k: int(np.sum(v)) for k, v in count.items()} for name, count in recording.overflows.items()
        },
    }
    if estimated is not None:
        body["energy"] = estimated.as_dict()
    if Settings.json:
        emit_json("rheobase.run/1", body)
        return
    say(f"{output}: {dataset.samples:,} samples of {dataset.steps} steps")
    for name, count in body["spikes"].items():
        say(f"  {name}: {count:,} spikes, lag {recording.lag.get(name, 0)}")
    for name, count in body["overflows"].items():
        remark(
            f"warning: '{name}' overflowed: {count['wraps']} wraps, {count['saturations']} saturations",
            "yellow",
        )
    if estimated is not None:
        _print_estimate(estimated)


def _estimate(image: Image, dataset, chip: Optional[str]) -> Estimate:
    try:
        with progress("operations") as advance:
            return estimate(image, dataset.whole(), chip, Settings.threads, advance)
    except DataError as error:
        raise in_file(error, dataset.file) from None


def _print_estimate(estimated: Estimate) -> None:
    energy = estimated.energy
    parts = ", ".join(
        f"{name} {1e6 * energy[name]:.4g}" for name in ("synapses", "neurons", "messages", "hops")
    )
    say(f"per inference of {estimated.counts['steps']:.0f} steps on {estimated.chip}, estimated:")
    say(
        f"  energy: {1e6 * energy['dynamic']:.4g} uJ dynamic ({parts}), {1e6 * energy['static']:.4g} uJ static"
    )
    say(
        f"  latency: {1e6 * estimated.latency:.4g} us, {1e6 * estimated.latency_overlapped:.4g} us if cores update and "
        "deliver at once"
    )
    for assumption in estimated.assumptions if Settings.verbose else []:
        remark(f"note: assumed that {assumption}")
    if all(figure["inferred"] for figure in estimated.figures.values()):
        remark(
            f"note: every cost of '{estimated.chip}' is inferred: rheobase chips {estimated.chip} says from what"
        )
