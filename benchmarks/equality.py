"""Proof that what is measured is right: the golden engine and the measured one, every spike, potential and output."""

from __future__ import annotations

import time

import numpy as np

CHUNK = 250  # samples between two looks at the clock


def prove(image, x: np.ndarray, seconds: float) -> dict:
    """Runs samples in both engines until all are done or the time is over: {samples, of, spikes, equal}."""
    from rheobase.recording import first_difference

    measured = image.engine("auto").name
    begin, done, spikes = time.monotonic(), 0, 0
    probes = image.probes()
    while done < len(x) and (done == 0 or time.monotonic() - begin < seconds):
        part = x[done : done + CHUNK]
        golden = image.run(part, engine="golden", probes=probes)
        fast = image.run(part, engine=measured, probes=probes)
        difference = first_difference(golden, fast)
        unequal = difference is not None or not same_overflows(golden.overflows, fast.overflows)
        spikes += sum(int(np.count_nonzero(s)) for s in golden.spikes.values())
        done += len(part)
        if unequal:
            return _result(measured, done, x, spikes, probes, False, difference)
    return _result(measured, done, x, spikes, probes, True, None)


def same_overflows(left: dict, right: dict) -> bool:
    """Whether the counted wraps and saturations of every neuron agree."""
    return left.keys() == right.keys() and all(
        np.array_equal(counts[kind], right[name][kind]) for name, counts in left.items() for kind in counts
    )


def _result(
    engine: str, done: int, x: np.ndarray, spikes: int, probes: list, equal: bool, difference
) -> dict:
    return {
        "engine": engine,
        "samples": done,
        "of": len(x),
        "spikes": spikes,
        "probes": probes,
        "equal": equal,
        "first_difference": difference,
    }


def text(result: dict) -> str:
    compared = (
        f"{result['samples']} of {result['of']} images, {result['spikes']} spikes, {', '.join(result['probes'])}, "
        "outputs, overflows"
    )
    if result["equal"]:
        return f"golden model   equal to engine {result['engine']} bit for bit: {compared}"
    return (
        f"golden model   DIFFERS from engine {result['engine']} in {compared}: {result['first_difference']}"
    )
