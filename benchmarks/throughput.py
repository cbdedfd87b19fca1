"""Throughput of an image against PyTorch on the same network, data and cores: one process for each thread count.

Runs alternate (image, PyTorch, image, PyTorch, ...), because the speed of a machine changes within seconds, and only the
ratio of neighbours counts. Two pairs: both sides leave the output alone, or every spike as well. The image's side is
`Image.run`, Python and the check of the data included, from the encoder's bytes; PyTorch's starts from float32 in the
layout it likes best.

    python benchmarks/throughput.py IMAGE.rheo --threads 1      prints one JSON object
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from functools import partial
from pathlib import Path

# PyTorch's seconds for one of ours. None for "every spike": where memory is new, it measures the operating system.
LIMITS = {"output alone": 5.0}


def confine(threads: int) -> list[int]:
    """Hold this process, and the threads it will make, on `threads` cores; before NumPy and PyTorch make theirs."""
    cores = sorted(os.sched_getaffinity(0))[:threads]
    os.sched_setaffinity(0, cores)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    return cores


def timed(call) -> tuple[float, object]:
    begin = time.perf_counter()
    result = call()
    return time.perf_counter() - begin, result


def interleaved(sides: dict, rounds: int) -> dict[str, list[float]]:
    """Seconds of each side in each round; results are dropped between the clocks."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, call in sides.items():
            seconds[name].append(timed(call)[0])
    return seconds


def ratios(ours: list[float], peer: list[float]) -> dict:
    values = [p / o for o, p in zip(ours, peer)]
    quarter, median, three_quarters = statistics.quantiles(values, n=4, method="inclusive")
    return {
        "median": median,
        "min": min(values),
        "max": max(values),
        "quartiles": [quarter, three_quarters],
        "values": values,
    }


def judge_image(image, x, y, output: str, threads: int) -> dict:
    """Runs once, which also makes the engine: accuracy, spikes and overflows."""
    import numpy as np
    import workload

    out = image.run(x, threads=threads)
    return {
        "engine": image.engine("auto").name,
        "accuracy": float((workload.answers(out.aligned(output)) == y).mean()),
        "hidden_spikes": int(np.count_nonzero(out.spikes["hidden"])),
        "overflows": sum(int(c["wraps"].sum() + c["saturations"].sum()) for c in out.overflows.values()),
    }


def judge_peer(peer, batches: list, y) -> tuple[dict, object]:
    """Chooses the faster form on some batches, then runs it once: what judge_image tells, and the form."""
    import torch
    import workload
    from torch_peer import BATCH

    trial = batches[: max(4, len(batches) // 8)]
    tried = {
        form: min(timed(lambda form=form: peer.run(form, trial, record=False))[0] for _ in range(3))
        for form in (peer.stepwise, peer.fused)
    }
    chosen = min(tried, key=tried.get)
    output, spikes = peer.run(chosen, batches, record=True)
    verdict = {
        "version": torch.__version__,
        "isa": torch.backends.cpu.get_cpu_capability(),
        "form": chosen.__name__,
        "batch": BATCH,
        "trial_seconds": {form.__name__: seconds for form, seconds in tried.items()},
        "accuracy": float((workload.answers(output.numpy()) == y).mean()),
        "hidden_spikes": int(torch.count_nonzero(spikes)),
    }
    return verdict, chosen


def measure(image_file: Path, images: Path, samples: int | None, threads: int, rounds: int) -> dict:
    import rheobase as rb
    import torch
    import workload
    from torch_peer import Peer, prepared

    torch.set_num_threads(threads)
    net = workload.network()
    x, y = workload.spikes(net, images, samples)
    image, peer, batches = rb.Image.load(image_file), Peer(net), prepared(x)
    ours = judge_image(image, x, y, net.outputs[0].name, threads)
    theirs, form = judge_peer(peer, batches, y)

    wanted = {"output alone": False, "every spike": True}
    sides = {}
    for what, record in wanted.items():
        sides[f"image, {what}"] = partial(image.run, x, threads=threads, spikes=record)
        sides[f"PyTorch, {what}"] = partial(peer.run, form, batches, record)
    seconds = interleaved(sides, rounds)
    return {
        "threads": threads,
        "rounds": rounds,
        "samples": len(x),
        "steps": x.shape[1],
        "input_activity": float(x.mean()),
        "image": ours,
        "torch": theirs,
        "seconds": seconds,
        "ratio": {what: ratios(seconds[f"image, {what}"], seconds[f"PyTorch, {what}"]) for what in wanted},
        "limits": LIMITS,
    }


def text(result: dict) -> str:
    ours, theirs, count = result["image"], result["torch"], result["samples"]
    lines = [
        f"throughput     {count} images of {result['steps']} steps, {result['threads']} thread(s) on each side"
    ]
    for name, seconds in result["seconds"].items():
        rates = [count / s for s in seconds]
        lines.append(
            f"  {name:21s} median {statistics.median(rates):8.0f} images/s, from {min(rates):.0f} to {max(rates):.0f}"
        )
    for name, r in result["ratio"].items():
        limit = result["limits"].get(name)
        verdict = (
            "" if limit is None else f"; at least {limit:.0f}: {'met' if r['median'] >= limit else 'MISSED'}"
        )
        lines.append(
            f"  ratio, {name:12s}   median {r['median']:.2f}, quartiles {r['quartiles'][0]:.2f} and "
            f"{r['quartiles'][1]:.2f}, from {r['min']:.2f} to {r['max']:.2f} in {result['rounds']} pairs{verdict}"
        )
    lines.append(
        f"  the image     engine {ours['engine']}: accuracy {ours['accuracy']:.4f}, {ours['hidden_spikes']} hidden "
        f"spikes, {ours['overflows']} overflows"
    )
    lines.append(
        f"  PyTorch       {theirs['form']}, batch {theirs['batch']}, {theirs['isa']}: accuracy "
        f"{theirs['accuracy']:.4f}, {theirs['hidden_spikes']} hidden spikes "
        f"({100 * (theirs['hidden_spikes'] / ours['hidden_spikes'] - 1):+.1f} % of the image's)"
    )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", type=Path)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=None)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    o = parser.parse_args()
    confine(o.threads)
    print(json.dumps(measure(o.image, o.images, o.samples, o.threads, o.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
