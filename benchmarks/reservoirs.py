"""Random reservoirs, the graphs that mappers of spiking networks are compared on: neurons in a cube that reach others near by.

    python benchmarks/reservoirs.py 16k -o 16k.hgr

AxonFlow's generator `generate_reservoir_random`, by its definition and number by number (numpy's default_rng(192)): it
looks at all pairs of neurons, this one only at near ones. `targets_by_definition` is the definition itself.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import os
from pathlib import Path
from typing import Iterator

import numpy as np

SEED = 192
SIGMA = 0.01  # of the distances that targets are drawn by
FAR = 0.01  # share of the targets that are drawn anywhere
AGAINST = 0.1  # share of the neurons that are reached from above, the others from below
RATE_VARIATION = 1.58  # coefficient of variation of the rates, whose median is 1

# The "large" series: neurons and mean targets of each.
LADDER = {"16k": (16384, 128), "64k": (65536, 192), "192k": (196608, 288), "256k": (262144, 256)}

BUILD = Path(os.environ.get("RHEO_BUILD_DIR", Path(__file__).resolve().parents[1] / "build")) / "release"
LIBRARY = Path(os.environ.get("RHEOBASE_NEARBY_DRAW", BUILD / "lib" / "libnearby_draw.so"))


class Reservoir:
    """Where the neurons are, how often they fire, and the stream that their targets are drawn from."""

    def __init__(self, neurons: int, mean_targets: float, seed: int = SEED):
        self.random = np.random.default_rng(seed)
        self.neurons, self.mean_targets = neurons, mean_targets
        self.places = self.random.random((neurons, 3))
        self.direction = self.random.choice((-1, 1), neurons, p=(AGAINST, 1 - AGAINST))
        spread = math.sqrt(math.log(1 + RATE_VARIATION**2))
        self.rates = np.exp(self.random.normal(0, spread, neurons))

    def targets(self, near) -> Iterator[np.ndarray]:
        """The targets of each neuron in turn, each once. near(source, count): the draw by distance."""
        for source in range(self.neurons):
            count = self.random.poisson(self.mean_targets)
            far = int(round(FAR * count))
            if count >= self.neurons:
                yield np.delete(np.arange(self.neurons), source)
                continue
            drawn = near(source, count - far) if count > far else np.empty(0, np.int64)
            if far:
                anywhere = self.random.choice(self.neurons, size=far, replace=False)
                drawn = np.concatenate([drawn, anywhere[anywhere != source]])
            yield np.array(list(dict.fromkeys(drawn.tolist())), np.int64)


def targets_by_definition(reservoir: Reservoir) -> Iterator[np.ndarray]:
    """Slow: looks at every pair of neurons."""

    def near(source: int, count: int) -> np.ndarray:
        way = reservoir.places - reservoir.places[source]
        way[way[:, 2] * reservoir.direction < 0, 2] = np.inf
        weights = np.exp(-0.5 * (np.linalg.norm(way, axis=1) / SIGMA) ** 2)
        weights[source] = 0
        if weights.sum() == 0:
            return np.empty(0, np.int64)
        weights /= weights.sum()
        size = min(count, np.count_nonzero(weights))
        return reservoir.random.choice(reservoir.neurons, size=size, replace=False, p=weights)

    return reservoir.targets(near)


def targets(reservoir: Reservoir, library: Path = LIBRARY) -> Iterator[np.ndarray]:
    """The same targets, in time proportional to their number."""
    draw = ctypes.CDLL(str(library))
    draw.nearby_open.restype = ctypes.c_void_p
    draw.nearby_open.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int32, ctypes.c_double]
    draw.nearby_draw.argtypes = [
        ctypes.c_void_p,
        ctypes.c_int32,
        ctypes.c_int32,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    draw.nearby_close.argtypes = [ctypes.c_void_p]
    direction = reservoir.direction.astype(np.int8)
    generator = reservoir.random.bit_generator.ctypes.bit_generator
    found = np.empty(reservoir.neurons, np.int32)
    opened = draw.nearby_open(reservoir.places.ctypes.data, direction.ctypes.data, reservoir.neurons, SIGMA)

    def near(source: int, count: int) -> np.ndarray:
        return found[: draw.nearby_draw(opened, source, count, generator, found.ctypes.data)].copy()

    try:
        yield from reservoir.targets(near)
    finally:
        draw.nearby_close(opened)


def write(path: Path, rates: np.ndarray, lists) -> int:
    """One edge for each neuron, in hMETIS text form; returns the number of targets."""
    pins = 0
    with path.open("w", encoding="ascii") as file:
        file.write(f"{len(rates)} {len(rates)} 1\n")
        for source, (rate, list_) in enumerate(zip(rates.tolist(), lists)):
            pins += len(list_)
            file.write(f"{rate!r} {source + 1}{''.join(f' {target + 1}' for target in list_.tolist())}\n")
    return pins


def generate(name: str, path: Path) -> tuple[int, float]:
    """Writes a graph of the ladder; returns its targets and the sum of its rates."""
    reservoir = Reservoir(*LADDER[name])
    return write(path, reservoir.rates, targets(reservoir)), float(reservoir.rates.sum())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=LADDER)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    print("{:,} targets, sum of rates {:,.1f}".format(*generate(options.name, options.output)))
