"""The cortical microcircuit of Potjans and Diesmann (2014), at a scale, as a hypergraph.

    python benchmarks/microcircuit.py 0.1 -o cortex.hgr

Eight populations; the number of synapses between two of them follows from their probability of a connection, sources and
targets are drawn at random. At a scale below 1 there are fewer neurons and as many fewer synapses onto each.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
from reservoirs import write

NAMES = ("L2/3e", "L2/3i", "L4e", "L4i", "L5e", "L5i", "L6e", "L6i")
NEURONS = (20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948)
RATES = (0.971, 2.868, 4.746, 5.396, 8.142, 9.078, 0.991, 7.523)  # spikes per second
# Of a target's population (row) and a source's (column).
PROBABILITIES = (
    (0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0, 0.0076, 0),
    (0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0, 0.0042, 0),
    (0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0),
    (0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0, 0.1057, 0),
    (0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0),
    (0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0),
    (0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252),
    (0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443),
)


def synapses(probability: float, sources: int, targets: int) -> float:
    """How many draws of a pair leave no connection with probability 1 - p."""
    return math.log1p(-probability) / math.log1p(-1 / (sources * targets)) if probability else 0


def generate(scale: float, path: Path, seed: int = 192) -> int:
    """Writes the graph; returns the number of targets."""
    random = np.random.default_rng(seed)
    sizes = [max(1, round(scale * size)) for size in NEURONS]
    first = np.concatenate([[0], np.cumsum(sizes)])
    pairs = []
    for target, row in enumerate(PROBABILITIES):
        for source, probability in enumerate(row):
            full = synapses(probability, NEURONS[source], NEURONS[target])
            count = round(full / NEURONS[target] * scale * sizes[target])
            sources = first[source] + random.integers(sizes[source], size=count)
            pairs.append(sources * first[-1] + first[target] + random.integers(sizes[target], size=count))
    drawn = np.unique(np.concatenate(pairs))
    ends = np.searchsorted(drawn, np.arange(1, first[-1] + 1) * first[-1])
    return write(path, np.repeat(RATES, sizes), np.split(drawn % first[-1], ends[:-1]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scale", type=float)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    print(f"{generate(options.scale, options.output):,} targets")
