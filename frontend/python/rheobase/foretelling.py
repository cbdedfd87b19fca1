"""What quantization will do, told from the integers alone, before anything runs: errors of weights, silent neurons."""

from __future__ import annotations

import math
from typing import Optional

# A setting is flagged beyond these. At 6 dB the errors of weights have half the amplitude of the weights. Measured on a
# feed-forward classifier and a convolutional network (2 to 8 bits, scales by maximum, squared error and automatic), every
# setting below it lost more than 10 points of accuracy, none above lost more than 3. In a loop an error comes back: a
# recurrent controller of time series lost two thirds of the explained variance at 7.7 dB, a tenth at 11.8.
LEAST_SQNR_DB = 6.0
LEAST_SQNR_LOOP_DB = 9.0  # of weights in a loop
MOST_FRONT = 4096  # settings that a search for mixed precision goes on from
MOST_SILENT = 0.15  # of a population's neurons, proven never to fire whatever the input (SPEC P2)


def decibel(signal: float, error: float) -> Optional[float]:
    """10 log10 signal / error; None where there is no error."""
    return None if error <= 0 or signal <= 0 else 10 * math.log10(signal / error)


def in_loops(edges: list[tuple]) -> set[str]:
    """Nodes that reach themselves.

    Example: in_loops([("a", "b", 0), ("b", "a", 1), ("b", "c", 0)])  # {"a", "b"}
    """
    after: dict[str, set[str]] = {}
    for source, target, *_ in edges:
        after.setdefault(source, set()).add(target)

    def reached(node: str) -> set[str]:
        seen: set[str] = set()
        left = list(after.get(node, ()))
        while left:
            here = left.pop()
            if here not in seen:
                seen.add(here)
                left += after.get(here, ())
        return seen

    return {node for node in after if node in reached(node)}


def foretold(result: dict, sizes: dict[str, int]) -> dict:
    """What the figures of a compilation with ``examine`` say, before data: {projections: {name: {bits, sqnr_db, vanished,
    clipped, drift}}, silent: {population: neurons that never fire}}.

    vanished, clipped: shares of the weights that are not 0. drift: what the errors of a neuron's weights add up to, as a
    share of its weights' magnitudes, the median neuron. sizes: neurons of each population.
    """
    projections = {}
    for f in result["fidelity"]:
        count = max(f["weights"], 1)
        projections[f["projection"]] = {
            "bits": f["bits"],
            "sqnr_db": decibel(f["signal"], f["error"]),
            "vanished": f["vanished"] / count,
            "clipped": f["clipped"] / count,
            "drift": f["drift"],
        }
    silent = {
        d.where: int(d.value) for d in result["notes"] if d.code in ("R0340", "R0342") and d.where in sizes
    }
    return {"projections": projections, "silent": silent}


def flags(told: dict, best: dict, sizes: dict[str, int], loops: set[str] = frozenset()) -> list[str]:
    """Why a setting is expected to collapse; empty where it is not. best: of the finest setting, whose silent neurons the
    network has anyway. loops: nodes in loops."""
    found = []
    for name, p in told["projections"].items():
        sqnr = p["sqnr_db"]
        loop = name in loops or any(part in loops for part in name.split("+"))
        least = LEAST_SQNR_LOOP_DB if loop else LEAST_SQNR_DB
        if sqnr is not None and sqnr < least:
            found.append(
                f"weights of '{name}' at {p['bits']} bits: signal to error {sqnr:.1f} dB, below {least:g}"
                f"{' in a loop' if loop else ''}; {100 * p['vanished']:.0f} % of them become 0"
            )
    for name, count in told["silent"].items():
        more = count - best["silent"].get(name, 0)
        if more > MOST_SILENT * sizes[name]:
            found.append(
                f"{more:,} of {sizes[name]:,} neurons of '{name}' can no longer fire, whatever the input"
            )
    return found


def mixtures(
    gains: dict[str, dict[int, float]], costs: dict[str, dict[int, float]]
) -> tuple[list[dict[str, int]], bool]:
    """Mixed precisions that no other beats in both memory and loss, as the layers alone foretell them, best first.

    gains: layer -> bits -> memory saved beside the finest precision. costs: layer -> bits -> loss beside it, all other
    layers at the finest. Both are taken to add up, a loss below 0 to be noise. Returns settings {layer: bits}, where layers
    at the finest precision are left out, and whether the search was exact: beyond `MOST_FRONT` settings it is thinned out.

    Example: mixtures({"a": {4: 10.0}}, {"a": {4: 0.1}})  # ([{}, {"a": 4}], True)
    """
    layers = sorted(gains)
    exact = True
    # A part of a setting that no other beats in all is itself beaten by none of the same layers.
    found: list[tuple[float, float, tuple]] = [(0.0, 0.0, ())]
    for layer in layers:
        ways = [(0.0, 0.0, None)] + [(-g, max(costs[layer][b], 0.0), b) for b, g in gains[layer].items()]
        grown = [(memory + m, loss + c, taken + (b,)) for memory, loss, taken in found for m, c, b in ways]
        found = [grown[i] for i in front([(memory, -loss) for memory, loss, _ in grown])]
        if len(found) > MOST_FRONT:
            step = (len(found) - 1) / (MOST_FRONT - 1)
            found, exact = [found[round(k * step)] for k in range(MOST_FRONT)], False
    settings = [
        {layer: b for layer, b in zip(layers, taken) if b is not None} for _, _, taken in reversed(found)
    ]
    return settings, exact


def front(points: list[tuple[float, float]]) -> list[int]:
    """Indices of points (memory, score) that no other has less memory and at least the score of, by memory.

    Example: front([(2, 0.9), (1, 0.8), (3, 0.7)])  # [1, 0]
    """
    order = sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1]))
    kept: list[int] = []
    for i in order:
        if not kept or points[i][1] > points[kept[-1]][1]:
            kept.append(i)
    return kept
