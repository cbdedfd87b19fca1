"""One image, one input: every engine and the plain simulator, all equal bit for bit."""

from __future__ import annotations

import chip_simulator
import numpy as np
import rheobase as rb

ENGINES = ("golden", "vector", "jit")


def overflows_differ(left: dict, right: dict) -> str | None:
    for name in left.keys() | right.keys():
        for kind in ("wraps", "saturations"):
            a, b = (side.get(name, {}).get(kind, np.zeros(1, int)) for side in (left, right))
            if not np.array_equal(*np.broadcast_arrays(a, b)):
                return f"{kind} of '{name}': {a} against {b}"
    return None


def run_engines(image: rb.Image, x: dict[str, np.ndarray], engines=ENGINES) -> rb.Recording:
    """The golden recording. Raises AssertionError where an engine differs: spikes, states, outputs, overflows."""
    given = x if len(x) > 1 else next(iter(x.values()))
    golden = None
    for engine in engines:
        out = image.run(given, engine=engine, probes=image.probes(), hidden=True, threads=1)
        if golden is None:
            golden = out
            continue
        assert golden.spikes.keys() == out.spikes.keys() and golden.states.keys() == out.states.keys()
        assert golden.outputs.keys() == out.outputs.keys() and golden.lag == out.lag
        difference = rb.first_difference(golden, out)
        assert difference is None, f"{engines[0]} (left) and {engine} (right): {difference}"
        differs = overflows_differ(golden.overflows, out.overflows)
        assert differs is None, f"{engines[0]} and {engine}: {differs}"
    return golden


def compare_with_rules(golden: rb.Recording, net: chip_simulator.ChipNet, x: dict[str, np.ndarray]) -> None:
    """The golden recording against the rules written down once more (chip_simulator.py)."""
    lags = {name: lag for name, lag in golden.lag.items() if name in net.lag}
    assert lags == net.lag
    spikes, states, last = chip_simulator.run(net, x)
    for name, raster in spikes.items():
        assert np.array_equal(golden.spikes[name], raster), first(golden.spikes[name], raster, name)
    assert golden.states.keys() == states.keys()
    for name, values in states.items():
        assert np.array_equal(golden.states[name], values), first(golden.states[name], values, name)
    counted = {
        name: dict(wraps=last.wraps[name], saturations=last.saturations[name])
        for name in last.wraps
        if last.wraps[name].any() or last.saturations[name].any()
    }
    shown = {name: count for name, count in golden.overflows.items() if name in net.lag}
    differs = overflows_differ(shown, counted)
    assert differs is None, f"the image and the rules: {differs}"


def first(left: np.ndarray, right: np.ndarray, name: str) -> str:
    if left.shape != right.shape:
        return f"'{name}': shape {left.shape} in the image, {right.shape} by the rules"
    places = np.argwhere(left != right)
    step = places[:, 1].min()
    sample, _, neuron = places[places[:, 1] == step][0]
    return (
        f"'{name}' sample {sample} step {step} neuron {neuron}: {left[sample, step, neuron]} in the image, "
        f"{right[sample, step, neuron]} by the rules"
    )
