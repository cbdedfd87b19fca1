"""The road from a trained network to a verdict: Fashion-MNIST on a Loihi 2.

Compiles examples/fashion_mnist/fashion_mnist.nir, turns the 10,000 test images into spikes, runs the float network
and the emulated chip on them, and judges. Exit status 0 only if every claim of the verdict holds. Images: Debian's
package dataset-fashion-mnist. `./run demo` builds what this needs and starts it.

    python examples/demo.py [--samples N] [--chip loihi2|loihi1] [-o DIR]
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import rheobase as rb
from rheobase import data
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

HERE = Path(__file__).resolve().parent
NETWORK = HERE / "fashion_mnist" / "fashion_mnist.nir"
IMAGES = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
BUILD = Path(os.environ.get("RHEO_BUILD_DIR", HERE.parent / "build"))
ENCODING = "rate:20,0"  # 20 steps; in each, a pixel of brightness x spikes with probability x / 255
ALL_ENGINES = 256  # images that every engine runs

console = Console(highlight=False, soft_wrap=True, emoji=False)


def stage(name: str, *lines: str, style: str = "bold cyan") -> None:
    """Print one stage of the road: its name, and what holds on leaving it."""
    width = max(60, min(console.width, 110) - 12)
    wrapped = [part for line in lines for part in textwrap.wrap(line, width)]
    for number, line in enumerate(wrapped):
        console.print(Text.assemble((f"{name if number == 0 else '':10}", style), "  ", line))


def bar() -> Progress:
    """A progress bar on stderr that vanishes when its stage is done; nothing where stderr is no terminal."""
    return Progress(
        TextColumn("{task.description:10} "),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TextColumn("images,"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def shown(path: Path) -> str:
    """A path as one types it here."""
    relative = os.path.relpath(path)
    return shlex.quote(str(path) if relative.startswith("..") else relative)


def load_network() -> rb.Network:
    """Import: what the file holds and what had to be assumed."""
    net = rb.load(NETWORK, dt=1e-4)
    inputs = " + ".join(f"{node.size} inputs" for node in net.inputs)
    neurons = ", ".join(f"{node.size} {node.kind} neurons '{node.name}'" for node in net.populations)
    weights = sum(int(np.count_nonzero(n.parameters.get("weight", 0))) for n in net.nodes.values())
    assumed = ", ".join(f"{a['what']} = {a['value']}" for a in net.assumptions if a["why"] != "given")
    stage(
        "import", f"{NETWORK.name}: {inputs}, {neurons}, {weights:,} trained weights", f"assumed: {assumed}"
    )
    return net


def compile_network(net: rb.Network, chip: str, folder: Path) -> rb.Image:
    """Quantize, prove, place and emit; every stage is left in `folder` as text."""
    start = time.perf_counter()
    image = rb.compile(net, chip=chip, dump_stages=folder)
    seconds = time.perf_counter() - start
    settings = rb.quantization(net, chip=chip)
    bits = {p["bits"] for p in settings["projections"].values()}
    stage(
        "quantize",
        f"weights become integers of {', '.join(map(str, sorted(bits)))} bits, time constants and thresholds "
        f"the chip's registers",
    )
    for r in image.info["ranges"]:
        name = f"{r['population']}.{r['state']}"
        bound = f"between {r['minimum']:,} and {r['maximum']:,}"
        if r["proven"]:
            stage("prove", f"{name} cannot overflow, whatever the input: always {bound}")
        else:
            stage("prove", f"{name} may overflow for some input: {r['note']}")
    limit = image.info["limits"].get("cores", {}).get("value")
    stage(
        "place", f"{len(image.info['cores'])} of {limit} cores of {image.chip}; every limit of the chip holds"
    )
    stage("image", f"{len(image.to_bytes()):,} bytes of memory words and registers, made in {seconds:.1f} s")
    return image


def same_in_all_engines(image: rb.Image, images: data.DataSet) -> tuple[bool, str]:
    """Whether every engine gives the same spikes and states, bit for bit, and a line that says so."""
    x = images.slice(0, min(ALL_ENGINES, images.samples))
    probes = image.probes()
    golden = image.run(x, engine="golden", probes=probes).series()
    names = ["golden"]
    for engine in ("vector", "jit"):
        try:
            other = image.run(x, engine=engine, probes=probes).series()
        except rb.Error as error:
            stage("engines", f"'{engine}' is not available: {error.diagnostics[0].message}")
            continue
        names.append(engine)
        different = [key for key in golden if not np.array_equal(golden[key], other[key])]
        if different or golden.keys() != other.keys():
            return False, f"'{engine}' differs from 'golden' in {', '.join(different)}"
    return True, f"{' = '.join(names)}, every spike and potential, on {len(x)} images"


def verdict(report: rb.Report, engines: tuple[bool, str], whole: bool) -> list[tuple[bool, str]]:
    """Print what a user wants to know first; return each claim and whether it holds."""
    r = report.data
    accuracy, figures = r["accuracy"], report.figures()
    dt = 1e3 * r["dt"]

    def share(p: dict) -> str:
        return f"{100 * p['value']:.2f} % right (95 % interval {100 * p['low']:.2f} to {100 * p['high']:.2f})"

    console.print(
        f"\n[bold]VERDICT[/bold]  {r['network']} on {r['chip']}, {r['samples']:,} images that it was not trained on\n"
    )
    stage("answers", f"float  {share(accuracy['float'])}", f"chip   {share(accuracy['chip'])}")
    stage("", f"the same answer for {100 * accuracy['same_answer']['value']:.2f} % of the images")
    for name, s in r["spikes"].items():
        stage(
            "spikes",
            f"'{name}': {100 * s['agreement']:.2f} % of neuron-steps agree; {s['float']:,} spikes in float, "
            f"{s['chip']:,} on the chip",
        )
    lag = r["lag"]
    stage(
        "timing",
        f"the chip answers {lag} steps ({lag * dt:.1f} ms) later: one step for each hop between layers",
    )
    first = r["first_difference"]
    if first:
        stage(
            "cause",
            f"first difference: image {first['sample']}, step {first['step']}, neuron {first['neuron']} of "
            f"'{first['population']}': {first['cause']}",
        )
    cores = r["cores"]["cores"]
    stage("chip", f"{cores['used']} of {cores['limit']} cores")

    drop = 100 * figures["accuracy_drop"]
    claims = [
        (engines[0], f"the engines agree: {engines[1]}"),
        (figures["overflows"] == 0, f"nothing wrapped or saturated: {figures['overflows']:,} overflows"),
        (
            not any(g["violated"] for g in r["ranges"]),
            "every state stayed inside its range: "
            + ", ".join(f"{g['state']} {g['seen_bits']} bits of 24" for g in r["ranges"]),
        ),
    ]
    if whole:
        claims += [
            (accuracy["float"]["value"] >= 0.88, "the float network is right on 88 % of the images or more"),
            (drop <= 0.5, f"the chip loses at most 0.5 points: {0.0 - drop:+.2f}"),
        ]
    console.print()
    for holds, text in claims:
        stage("holds" if holds else "FAILS", text, style="bold green" if holds else "bold red")
    if not whole:
        stage("not judged", "accuracy, on a part of the images")
    return claims


def what_next(folder: Path, image: Path) -> None:
    """Print where the files are, and commands that go on from here."""
    rheobase = shown(BUILD / "rheobase") if (BUILD / "rheobase").exists() else "rheobase"
    net, reaching = shown(NETWORK), HERE / "reaching"
    console.print(
        f"\nFILES  {shown(folder)}: report.txt, report.json, {image.name}, stages/ (each step as text)"
    )
    console.print("\nTRY NEXT")
    for command, why in (
        (f"{rheobase} show {net}", "what the file holds, what was assumed"),
        (f"{rheobase} inspect {shown(image)} --core 0", "registers and synapses of a core"),
        (f"{rheobase} check {net} --chip tiny", "every limit it breaks on a small chip"),
        (
            f"{rheobase} verify {shown(reaching / 'reaching.nir')} --data {shown(reaching / 'test_data.npz')}",
            "a recurrent network that moves a hand",
        ),
        (f"{rheobase} --help", "everything else, for networks of your own"),
    ):
        console.print(f"  # {why}\n  {command}", markup=False)


def positive(text: str) -> int:
    """A number of images from the command line."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def main() -> int:
    """Walk the road; 0 if every claim holds, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--samples", type=positive, default=None, metavar="N", help="the first N test images only"
    )
    parser.add_argument("--chip", default="loihi2", help="loihi2 (default) or loihi1")
    parser.add_argument("--images", type=Path, default=IMAGES, help="an IDX file with its labels beside it")
    parser.add_argument("-o", "--output", type=Path, default=BUILD / "demo", help="folder for what is made")
    arguments = parser.parse_args()
    if not arguments.images.exists():
        print(f"demo: there is no {arguments.images}", file=sys.stderr)
        print(
            "demo: install Debian's package dataset-fashion-mnist, or name the file with --images",
            file=sys.stderr,
        )
        return 3

    console.print(
        "A trained spiking network becomes a chip image, is run on the emulated chip, and is judged.\n"
    )
    net = load_network()
    images = data.load(arguments.images, net.inputs[0].shape, ENCODING).limited(arguments.samples)
    stages = arguments.output / "stages"
    stages.mkdir(parents=True, exist_ok=True)
    image = compile_network(net, arguments.chip, stages)
    path = arguments.output / "fashion_mnist.rheo"
    image.save(path)

    start = time.perf_counter()
    with bar() as progress:
        task = progress.add_task("run", total=images.samples)
        report = rb.verify(
            net, image, images, progress=lambda done, total: progress.update(task, completed=done)
        )
    report.save(arguments.output)
    stage(
        "run",
        f"{images.samples:,} images of {images.steps} steps on the float network and on the emulated chip, "
        f"in {time.perf_counter() - start:.1f} s",
    )
    claims = verdict(report, same_in_all_engines(image, images), arguments.samples is None)
    what_next(arguments.output, path)
    return 0 if all(holds for holds, _ in claims) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except rb.Error as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        print("demo: interrupted", file=sys.stderr)
        sys.exit(130)
