"""Fault campaigns: every single-bit weight fault of a 784-128-10 network on 10,000 images, and differential simulation
against running the faulty chip, on a 784-512-512-10 network.

    python benchmarks/fault_campaigns.py [--samples 10000] [--threads 2] [--pairs 200000] [--rounds 9]

Both networks take the example's first layer; the readouts are fitted to the training images by ridge regression, so that
they classify. The peer of a pair of fault and sample is one run of our own vector engine on that sample, on one thread, the
fault's image taken as ready: the making of it is not counted against the peer. Rounds of both alternate, as elsewhere. Pairs
share 50 images: each image's intact run is a part of what its pairs take, so that few pairs an image cost more each.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import nir
import numpy as np
import rheobase as rb
from machine import describe
from rheobase import data
from rheobase.robustness import plan as plans

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parent / "examples" / "fashion_mnist" / "fashion_mnist.nir"
IMAGES = Path("/usr/share/datasets/fashion-mnist")
FITTED = 4000  # training images
RIDGE = 10.0


def _lif(like: nir.LIF, count: int) -> nir.LIF:
    return nir.LIF(
        tau=like.tau[:count],
        r=like.r[:count],
        v_leak=like.v_leak[:count],
        v_threshold=like.v_threshold[:count],
        v_reset=like.v_reset[:count],
    )


def _graph(layers: list[np.ndarray], example: nir.NIRGraph) -> nir.NIRGraph:
    """Linear and LIF layers, and a readout of leaky integrators behind the last weights."""
    nodes, edges, last = {"input": nir.Input({"input": np.array([784])})}, [], "input"
    for k, weight in enumerate(layers):
        end = k == len(layers) - 1
        name = "readout" if end else f"hidden{k + 1}"
        nodes[f"fc{k + 1}"] = nir.Linear(weight=weight.astype(np.float32))
        nodes[name] = example.nodes["readout"] if end else _lif(example.nodes["hidden"], len(weight))
        edges += [(last, f"fc{k + 1}"), (f"fc{k + 1}", name)]
        last = name
    nodes["output"] = nir.Output({"output": np.array([10])})
    return nir.NIRGraph(nodes=nodes, edges=[*edges, (last, "output")])


def network(widths: list[int], steps: int) -> rb.Network:
    """784-widths-10, its readout fitted."""
    example = nir.read(EXAMPLE)
    first = example.nodes["fc1"].weight
    keep = np.argsort(-np.abs(example.nodes["fc2"].weight).sum(axis=0))[: widths[0]]
    layers = [first[np.sort(keep)]]
    random = np.random.default_rng(0)
    for below, width in zip(widths, widths[1:]):
        layers.append(0.4 * random.standard_normal((width, below)) / np.sqrt(below) * 4)
    train = data.load(
        IMAGES / "train-images-idx3-ubyte.gz", (784,), f"rate:{steps},1", "input", 1e-4
    ).limited(FITTED)
    made = rb.from_nir(_graph([*layers, np.zeros((10, widths[-1]))], example))
    counts = made.run(train.slice(0, FITTED)).spikes[f"hidden{len(widths)}"].sum(axis=1).astype(np.float64)
    wanted = np.eye(10)[np.asarray(train.y)] - 0.1
    gram = counts.T @ counts + RIDGE * len(counts) / 100 * np.eye(counts.shape[1])
    readout = np.linalg.solve(gram, counts.T @ wanted).T
    readout *= 2.0 / np.abs(readout).sum(axis=1).max()
    return rb.from_nir(_graph([*layers, readout], example))


def campaign(image: rb.Image, steps: int, samples: int):
    """The core's campaign of weight flips, the samples as it takes them, and labels."""
    dataset = data.load(
        IMAGES / "t10k-images-idx3-ubyte.gz", (784,), f"rate:{steps},0", "input", 1e-4
    ).limited(samples)
    plan = plans.Plan("", "", ["weight-flip"], samples=samples, steps=steps, output=0)
    core = plans.open_core(image, plan.faults, plan)
    return core, image._inputs(dataset.slice(0, samples))[0], np.asarray(dataset.y, np.int32)


def every_weight(samples: int, threads: int) -> None:
    image = rb.compile(network([128], 16), chip="loihi2")
    core, x, labels = campaign(image, 16, samples)
    sites = sum(s["sites"] for s in core.strata())
    begin = time.perf_counter()
    found = core.visit(x, 0, samples, labels, threads, None)
    seconds = time.perf_counter() - begin
    pairs = sites * samples
    print(
        f"784-128-10, 16 steps: {sites:,} faults x {samples:,} images = {pairs:,} pairs in {seconds:.1f} s on "
        f"{threads} threads, {pairs / seconds / 1e6:.1f} million a second"
    )
    print(
        f"  right without faults {100 * (found['answers'] == labels).mean():.2f} %, other answers {int(found['decision'].sum()):,}"
    )


def against_full_runs(pairs: int, rounds: int) -> None:
    image = rb.compile(network([512, 512], 32), chip="loihi2")
    core, x, _ = campaign(image, 32, 50)
    strata = core.strata()
    share = pairs // len(strata)
    ratios, ours, theirs = [], [], []
    for round_ in range(rounds + 1):
        first = round_ * share
        begin = time.perf_counter()
        drawn = core.draw_many(x, [(k, first, share) for k in range(len(strata))], 1, None)
        middle = time.perf_counter()
        few = np.concatenate([d["sample"] for d in drawn])[:: max(1, pairs // 400)]
        image.run(x[0][few], engine="vector", threads=1, spikes=False)
        end = time.perf_counter()
        if round_ == 0:
            _prove(core, x, strata, drawn)
            continue  # the first round warms both
        ours.append((middle - begin) / (share * len(strata)))
        theirs.append((end - middle) / len(few))
        ratios.append(theirs[-1] / ours[-1])
    low, middle, high = np.percentile(ratios, [25, 50, 75])
    damage = np.concatenate([d["damage"] for d in drawn])
    print(
        f"784-512-512-10, 32 steps, weight faults drawn over all layers and bits, {len(damage):,} pairs a round: "
        f"{middle:.0f} times a full run [{low:.0f}, {high:.0f}] ({1e6 * np.median(ours):.2f} us against "
        f"{1e6 * np.median(theirs):.0f} us); {100 * (damage > 0).mean():.1f} % change a spike or an output"
    )


def _prove(core, x, strata, drawn) -> None:
    """Some of the drawn pairs, run as a whole: every outcome equal."""
    checked = 0
    for k, found in enumerate(drawn):
        for n in range(0, len(found["site"]), max(1, len(found["site"]) // 12)):
            name = core.fault_name(k, int(found["site"][n]))
            whole = core.replay(name, x, int(found["sample"][n]))["outcome"]
            assert whole["damage"] == found["damage"][n], name
            checked += 1
    print(f"  {checked} drawn pairs run as a whole: every outcome equal")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=9)
    wanted = parser.parse_args()
    print(describe())
    every_weight(wanted.samples, wanted.threads)
    against_full_runs(wanted.pairs, wanted.rounds)


if __name__ == "__main__":
    main()
