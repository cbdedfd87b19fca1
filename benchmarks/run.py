"""The benchmarks: an image's throughput against PyTorch's, a step against Lava's, and the time to the first spike. `./run bench` starts this.

    python benchmarks/run.py [-o DIR] [--rounds 9] [--threads 1,2] [--samples N] [--graphs 16k,64k] [--only NAME] [--strict]

Exit status 1 if an engine differs from the golden model or a process of layer 0 has MLIR or LLVM loaded; with --strict
also where a limit is missed, which a busy machine alone can cause. 2 for wrong usage, 3 where something is missing.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import reservoirs

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("RHEO_BUILD_DIR", HERE.parent / "build")) / "release"
DATA = Path(os.environ.get("RHEOBASE_DATA", HERE.parent.parent / "shared" / "data"))
IMAGES = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
SCHEMA = "rheobase.benchmark/1"
ON_IMAGES = ("throughput", "first_spike")  # they run the classifier of Fashion-MNIST


def missing(options) -> str:
    """What has to be installed or built first; empty if nothing."""
    if importlib.util.find_spec("rheobase") is None:
        return "the package 'rheobase' is not found: start './run bench', or set PYTHONPATH to the build's python folder"
    if (
        options.only in ("", "throughput", "convolution", "nmnist")
        and importlib.util.find_spec("torch") is None
    ):
        return (
            "PyTorch, which the throughput is compared with, is not installed in this Python: start './run bench', "
            "which installs it, or: pip install torch==2.13.0 ('--only first_spike' does without)"
        )
    if options.only in ("", "first_spike") and not options.program.exists():
        return f"there is no {options.program}: build it with RHEO_BENCHMARKS=ON, or name it with --program"
    if options.only in ("", "mapping") and not reservoirs.LIBRARY.exists():
        return f"there is no {reservoirs.LIBRARY}, which draws the graphs: build it with RHEO_BENCHMARKS=ON"
    if options.only in ("", *ON_IMAGES) and not options.images.exists():
        return f"there is no {options.images}: install Debian's dataset-fashion-mnist, or name a copy with --images"
    return ""


def apart(script: str, *arguments) -> dict:
    """What a script prints, run in a process of its own: what one leaves behind does not reach the next."""
    command = [str(part) for part in (sys.executable, HERE / script, *arguments)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def throughput(image: Path, options, threads: int) -> dict:
    samples = ["--samples", options.samples] if options.samples else []
    given = [image, "--images", options.images, "--threads", threads, "--rounds", options.rounds, *samples]
    return apart("throughput.py", *given)


def measure(options, folder: Path, show) -> dict:
    """All figures, each shown as soon as it is known. Writes the image and the first test image to `folder`."""
    import against_lava
    import convolution
    import equality
    import event_camera
    import first_spike
    import machine
    import mapping
    import rheobase as rb
    import streaming
    import throughput as rates
    import workload

    report = {"schema": SCHEMA, "machine": machine.describe()}
    show(machine.text(report["machine"]))
    file, levels = folder / "fashion_mnist.rheo", folder / "first_image.bin"
    if options.only in ("", *ON_IMAGES):
        net = workload.network()
        workload.compiled(net).save(file)
        show(
            f"image          {workload.NETWORK.name} for {workload.CHIP}, {workload.BITS} bits, {file.stat().st_size} bytes"
        )
    if options.only in ("", "first_spike"):
        levels.write_bytes(workload.first_image(options.images))
        report["first_spike"] = first_spike.measure(
            options.program, file, levels, workload.ENCODING, options.starts
        )
        show(first_spike.text(report["first_spike"]))
    if options.only in ("", "lava"):
        if options.lava.exists():
            report["lava"] = against_lava.measure(options.lava, options.rounds)
            show(against_lava.text(report["lava"]))
        else:
            show(f"against Lava   not measured: there is no {options.lava}")
    if options.only in ("", "convolution"):
        report["convolution"] = apart("convolution.py", "--rounds", options.rounds)
        show(convolution.text(report["convolution"]))
    if options.only in ("", "mapping"):
        report["mapping"] = [apart("mapping.py", name)[0] for name in options.graphs]
        show(mapping.text(report["mapping"]))
    per_threads = [["--threads", n, "--rounds", options.rounds] for n in options.threads]
    for name, bench, needed, runs in (
        ("nmnist", event_camera, options.data / "nmnist", per_threads),
        ("streaming", streaming, options.data / "tinyrsnn", [[]]),
    ):
        if options.only not in ("", name):
            continue
        if not needed.exists():
            show(f"{name:14s} not measured: there is no {needed}")
            continue
        report[name] = []
        for given in runs:
            report[name].append(apart(f"{bench.__name__}.py", options.data, *given))
            show(bench.text(report[name][-1]))
    if options.only in ("", "throughput"):
        x, _ = workload.spikes(net, options.images, options.samples)
        report["equality"] = equality.prove(rb.Image.load(file), x, options.golden_seconds)
        del x
        show(equality.text(report["equality"]))
        report["throughput"] = []
        for threads in options.threads:
            report["throughput"].append(throughput(file, options, threads))
            show(rates.text(report["throughput"][-1]))
    return report


def failures(report: dict, strict: bool) -> list[str]:
    import event_camera

    found = []
    if not report.get("equality", {}).get("equal", True):
        found.append("the measured engine differs from the golden model")
    first = report.get("first_spike")
    if first and first["compiler_libraries"]:
        found.append("a process of layer 0 has MLIR or LLVM loaded")
    if strict and first and any(e["max_ms"] > first["limit_ms"] for e in first["engines"].values()):
        found.append("the first spike came too late")
    tiles = report.get("convolution")
    if strict and tiles and tiles["steps_per_second"] < tiles["limits"]["steps_per_second"]:
        found.append("too few steps of a convolutional network in a second")
    if strict and tiles and tiles["gigabytes"] > tiles["limits"]["gigabytes"]:
        found.append("a convolutional network takes too much memory")
    lava = report.get("lava")
    if strict and lava and lava["ratio"]["median"] < lava["limit"]:
        found.append("too slow beside Lava")
    for result in report.get("nmnist", []):
        if not result["equality"]["equal"]:
            found.append("the engine differs from the golden model on recordings of an event camera")
        if event_camera.lost(result) > result["limits"]["points"]:
            found.append("the image knows fewer digits than the float network")
        if strict and result["ratio"]["median"] < result["limits"]["ratio"]:
            found.append(f"recordings of an event camera are too slow with {result['threads']} thread(s)")
    for result in report.get("throughput", []):
        if strict and any(
            result["ratio"][what]["median"] < limit for what, limit in result["limits"].items()
        ):
            found.append(f"too slow with {result['threads']} thread(s)")
    return found


def save(report: dict, text: list[str], folder: Path) -> None:
    import plot

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmark.json").write_text(json.dumps(report, indent=2) + "\n")
    (folder / "benchmark.txt").write_text("\n".join(text) + "\n")
    if report.get("throughput"):
        (folder / "ratio.svg").write_text(plot.ratios(report["throughput"]))


def options_of(arguments: list[str] | None = None) -> argparse.Namespace:
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(prog="run bench", description=__doc__.splitlines()[0])
    parser.add_argument(
        "-o", "--output", type=Path, help="write benchmark.txt, benchmark.json, ratio.svg here"
    )
    parser.add_argument(
        "--only",
        choices=("throughput", "first_spike", "lava", "convolution", "nmnist", "streaming", "mapping"),
        default="",
    )
    parser.add_argument("--rounds", type=int, default=9, help="pairs of runs (%(default)s)")
    parser.add_argument("--threads", default=",".join(str(n) for n in (1, 2) if n <= cores))
    parser.add_argument("--samples", type=int, help="the first N test images only")
    parser.add_argument("--graphs", default="16k,64k", help="of mapping (%(default)s)")
    parser.add_argument("--starts", type=int, default=30, help="processes of each engine (%(default)s)")
    parser.add_argument(
        "--golden-seconds", type=float, default=60, help="time for the golden model (%(default)s)"
    )
    parser.add_argument("--data", type=Path, default=DATA, help="recordings for nmnist and streaming")
    parser.add_argument("--images", type=Path, default=IMAGES, help="an IDX file with its labels beside it")
    parser.add_argument("--program", type=Path, default=BUILD / "bin" / "first_spike")
    parser.add_argument(
        "--lava", type=Path, default=BUILD.parent / "lava" / "bin" / "python", help="the Python that has Lava"
    )
    parser.add_argument("--strict", action="store_true", help="exit status 1 where a limit is missed")
    options = parser.parse_args(arguments)
    try:
        options.threads = [int(n) for n in options.threads.split(",")]
    except ValueError:
        parser.error(f"--threads takes numbers such as 1,2, not '{options.threads}'")
    options.graphs = options.graphs.split(",")
    if unknown := [name for name in options.graphs if name not in reservoirs.LADDER]:
        parser.error(f"--graphs takes some of {','.join(reservoirs.LADDER)}, not '{unknown[0]}'")
    if not all(1 <= n <= cores for n in options.threads):
        parser.error(f"--threads: this process may use 1 to {cores} cores")
    if options.rounds < 2 or options.starts < 1 or (options.samples or 1) < 1:
        parser.error("--rounds is at least 2, --starts and --samples at least 1")
    return options


def main() -> int:
    options = options_of()
    if problem := missing(options):
        print(f"bench: {problem}", file=sys.stderr)
        return 3
    shown: list[str] = []

    def show(text: str) -> None:
        shown.append(text)
        print(text, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        report = measure(options, Path(folder), show)
    problems = failures(report, options.strict)
    report["failures"] = problems
    if options.output:
        save(report, shown, options.output)
        show(f"written to {options.output}")
    for problem in problems:
        print(f"bench: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
