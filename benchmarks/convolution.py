"""A convolutional network of PilotNet's shape, one sample, step by step: the image against PyTorch's conv2d.

Random kernels of whole numbers and neurons without leak, so that float32 computes the same integers: every spike of
every layer is proven equal before anything is timed. One core, one thread; runs alternate.

    python benchmarks/convolution.py [--rounds N]      prints one JSON object
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from math import prod

import numpy as np
from throughput import confine, interleaved, ratios

INPUT = (3, 66, 200)
# channels, kernel, stride, padding
CONVOLUTIONS = [
    (24, 3, (2, 2), (0, 0)),
    (36, 3, (2, 2), (0, 0)),
    (48, 3, (2, 2), (0, 0)),
    (64, 3, (2, 1), (1, 0)),
    (64, 3, (1, 1), (0, 0)),
]
DENSE = [100, 50, 10]
STEPS, ACTIVITY = 24, 0.2
LIMITS = {"steps_per_second": 20, "gigabytes": 1.0}


def layers(seed: int = 0) -> list[dict]:
    """Kernels, strides, paddings, thresholds and shapes; thresholds that let a tenth or so of the neurons fire."""
    rng = np.random.default_rng(seed)
    made, shape = [], INPUT
    for channels, size, stride, padding in CONVOLUTIONS:
        weight = 2 * rng.integers(-60, 64, (channels, shape[0], size, size))
        extents = ((n + 2 * p - size) // s + 1 for n, s, p in zip(shape[1:], stride, padding, strict=True))
        shape = (channels, *extents)
        made.append({"weight": weight, "stride": stride, "padding": padding, "shape": shape})
    for size in DENSE:
        made.append({"weight": 2 * rng.integers(-60, 64, (size, prod(shape))), "shape": (size,)})
        shape = (size,)
    for layer in made:
        layer["threshold"] = int(np.sqrt(prod(layer["weight"].shape[1:]) * ACTIVITY) * 70)
    return made


def network(made: list[dict]):
    import rheobase as rb

    b = rb.Builder(dt=1e-3, name="pilotnet_shaped")
    before = b.input("in", INPUT)
    for k, layer in enumerate(made):
        name = b.exact(
            f"layer{k}", layer["shape"], decay_u=4096, decay_v=0, threshold=64 * layer["threshold"]
        )
        if "stride" in layer:
            b.convolve(before, name, layer["weight"], stride=layer["stride"], padding=layer["padding"])
        else:
            b.connect(before, name, layer["weight"])
        before = name
    b.output("out", before)
    return b.build()


class Peer:
    """The same layers in PyTorch, float32: every layer sees what the one before sent a step earlier."""

    def __init__(self, made: list[dict]):
        import torch

        self.torch = torch
        self.layers = [
            (torch.from_numpy(layer["weight"].astype(np.float32)), layer.get("stride"), layer.get("padding"))
            for layer in made
        ]
        self.shapes = [layer["shape"] for layer in made]
        self.thresholds = [float(layer["threshold"]) for layer in made]

    def run(self, x, record: bool = False) -> list[list]:
        """x [T, 1, C, H, W] float32; the spikes of every layer and step, or of the last layer alone."""
        torch, conv2d = self.torch, self.torch.nn.functional.conv2d
        kept: list[list] = [[] for _ in self.layers]
        with torch.inference_mode():
            v = [torch.zeros(1, *shape) for shape in self.shapes]
            sent = [torch.zeros(1, *shape) for shape in self.shapes]
            for step in range(len(x) + len(self.layers)):
                given = x[step - 1] if 0 < step <= len(x) else torch.zeros_like(x[0])
                fired = []
                for k, (weight, stride, padding) in enumerate(self.layers):
                    before = given if k == 0 else sent[k - 1]
                    if stride is None:
                        v[k] += torch.nn.functional.linear(before.flatten(1), weight)
                    else:
                        v[k] += conv2d(before, weight, stride=stride, padding=padding)
                    spikes = v[k] > self.thresholds[k]
                    v[k].masked_fill_(spikes, 0)
                    fired.append(spikes.float())
                sent = fired
                for k in range(len(self.layers)) if record else [len(self.layers) - 1]:
                    kept[k].append(sent[k])
        return kept


def measure(rounds: int) -> dict:
    import rheobase as rb

    made = layers()
    begin = time.perf_counter()
    image = rb.compile(network(made), chip="loihi2")
    compiled = time.perf_counter() - begin
    x = (np.random.default_rng(1).random((STEPS, *INPUT)) < ACTIVITY).astype(np.uint8)
    out = image.run(x, engine="vector", threads=1)
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    import torch  # only now: its memory is not ours

    torch.set_num_threads(1)
    peer, given = Peer(made), torch.from_numpy(x.astype(np.float32))[:, None]
    rasters = [torch.cat(kept).flatten(1).numpy() for kept in peer.run(given, record=True)]
    for k, raster in enumerate(rasters):
        ours = out.spikes[f"layer{k}"].reshape(len(out.spikes[f"layer{k}"]), -1)
        if not np.array_equal(ours[: len(raster)], raster[: len(ours)]):
            raise SystemExit(f"convolution: the spikes of layer {k} differ from PyTorch's")
    sides = {
        "image": lambda: image.run(x, engine="vector", threads=1, spikes=False),
        "PyTorch": lambda: peer.run(given),
    }
    seconds = interleaved(sides, rounds)
    executed = STEPS + image.lag
    return {
        "synapses": sum(core["synapses"] for core in image.program.counts()),
        "cores": len(image.info["cores"]),
        "activity": [float(r.mean()) for r in rasters],
        "compile_seconds": compiled,
        "gigabytes": gigabytes,
        "rounds": rounds,
        "torch": torch.__version__,
        "seconds": seconds,
        "steps_per_second": executed / float(np.median(seconds["image"])),
        "ratio": ratios(seconds["image"], seconds["PyTorch"]),
        "limits": LIMITS,
    }


def text(result: dict) -> str:
    r, limits = result["ratio"], result["limits"]
    activity = ", ".join(f"{100 * a:.0f}" for a in result["activity"])
    return "\n".join(
        [
            f"convolution    PilotNet's shape: {result['synapses']:,} synapses on {result['cores']} cores; {activity} % "
            "of the neurons of its layers fire in a step; every spike equals PyTorch's",
            f"  the image    compiled in {result['compile_seconds']:.1f} s; {result['steps_per_second']:.0f} steps/s "
            f"(at least {limits['steps_per_second']}); {result['gigabytes']:.2f} GB with the compiler (at most "
            f"{limits['gigabytes']:.0f})",
            f"  ratio        PyTorch {result['torch']} conv2d, one core: median {r['median']:.2f}, quartiles "
            f"{r['quartiles'][0]:.2f} and {r['quartiles'][1]:.2f}, from {r['min']:.2f} to {r['max']:.2f} in "
            f"{result['rounds']} pairs",
        ]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    confine(1)
    json.dump(measure(options.rounds), sys.stdout)
