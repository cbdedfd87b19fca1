"""The first difference between float and chip: potentials of both sides, thresholds, and why."""

from __future__ import annotations

from typing import Optional

import numpy as np

from . import _core
from .arithmetic import ALIGN
from .data import Samples, part_of
from .counterfactual import THINGS, explain
from .image import Image
from .network import Network

ROUNDING = 0.05  # of the threshold: two potentials that differ by more do so for another reason
THRESHOLD_STEP = ALIGN  # of the chip's threshold, in its integers (SPEC N9)
LATER = 2  # steps around the difference in which the same spike is looked for on the other side


def explained(
    net: Network,
    image: Image,
    found: dict,
    sample: Samples,
    engine: str,
    threads: Optional[int],
    conventions: dict[str, tuple],
) -> dict:
    """The difference with what both sides' potentials were, and its cause.

    found: population, sample, step, neuron and whether float and chip spike. sample: its whole input [1, T, *shape], of
    several by name. conventions: those that image and network do not share. Adds float_v, chip_v, threshold,
    chip_threshold in the network's units, cause, timing (steps by which the chip's spike comes later, negative: earlier;
    None: it does not come), counterfactual (see `counterfactual.explain`) and because, the last two in words.
    """
    name, step, neuron = found["population"], found["step"], found["neuron"]
    node = net.nodes[name]
    probe = f"{name}.v"
    until = part_of(sample, np.s_[:, : step + 1])  # what comes later caused nothing
    ref = net.run(until, probes=[probe], threads=threads)
    out = image.run(until, engine=engine, probes=[probe], threads=threads)
    scale = _of_neuron(image.scale[probe], neuron)
    v_float = ref.states[probe][0, :, neuron].astype(np.float64)
    zero = _zero(net, image, name, neuron)
    v_chip = out.aligned(probe)[0, :, neuron] / scale + zero
    exact = "v_threshold" not in node.parameters  # SPEC F14
    found["float_v"], found["chip_v"] = float(v_float[step]), float(v_chip[step])
    found["threshold"] = _of_neuron(node.parameters["threshold" if exact else "v_threshold"], neuron)
    register = _threshold_register(image, name, neuron)
    found["chip_threshold"] = None if register is None else register / scale + zero
    found["lag"] = next(p["lag"] for p in image.info["populations"] if p["name"] == name)
    found["timing"] = _timing(net, image, found, sample, engine, threads)
    found["counterfactual"], found["because"] = None, []
    counts = out.overflows.get(name, {})
    if sum(int(np.ravel(v)[neuron]) for v in counts.values()):
        found["cause"] = "overflow: a state of this neuron wrapped or saturated on the chip"
        return found
    if conventions:
        differ = "; ".join(f"{w} {a} and {b}" for w, (a, b) in conventions.items())
        found["cause"] = f"other conventions: image and network have {differ}"
        return found
    if register is not None and abs(found["chip_threshold"] - found["threshold"]) > THRESHOLD_STEP / scale:
        found["cause"] = (
            f"another threshold: the chip's is {found['chip_threshold']:.6g} (register {register} at scale "
            f"{scale:.6g}), the network's {found['threshold']:.6g}; were 'vth' or 'scale_v' pinned?"
        )
    else:
        rest = _of_neuron(node.parameters.get("v_leak", 0.0), neuron)
        found["cause"] = _rounding_or_more(found, v_float[:step] - rest, v_chip[:step] - rest, rest)
    found["counterfactual"] = explain(net, image, found, zero, until, ref, v_chip)
    found["because"] = _because(found)
    return found


def _timing(net, image, found: dict, sample, engine: str, threads: Optional[int]) -> Optional[int]:
    """Steps by which the chip's spike is later than the float network's, if it comes soon and has no other partner."""
    name, step, neuron = found["population"], found["step"], found["neuron"]
    near = part_of(sample, np.s_[:, : step + 1 + LATER])
    a = net.run(near, threads=threads).spikes[name][0, :, neuron] != 0
    b = image.run(near, engine=engine, threads=threads).aligned(name)[0, :, neuron] != 0
    one, other, sign = (a, b, 1) if found["float"] else (b, a, -1)
    for later in range(1, LATER + 1):
        at = step + later
        if at < len(one) and other[at]:
            return None if one[at] else sign * later
    return None


def _because(found: dict) -> list[str]:
    """What a counterfactual and the timing say, in words."""
    lines = []
    told = found["counterfactual"]
    if told:
        if told["alone"]:
            which = " or ".join(_rounded(thing, told) for thing in told["alone"])
            lines.append(f"one thing as on the chip is enough: {which}")
        elif told["together"]:
            which = ", ".join(
                _rounded(thing, told)
                for thing in THINGS
                if thing == "weights" or _rounded(thing, told) != thing
            )
            lines.append(f"no single thing as on the chip is enough, all together are: {which}")
        elif told["states"]:
            lines.append(
                "weights, decays, threshold and bias of the chip in real arithmetic spike as the float network does: "
                "it is the rounding of the states in every step"
            )
        weight = told["weight"]
        if weight and ("weights" in told["alone"] or (told["together"] and not told["alone"])):
            lines.append(
                f"the weight that counts most: w['{weight['source']}' {weight['neuron']} -> {found['neuron']}]: "
                f"{weight['network']:.6g} became {weight['image']:.6g}, which moved v by {weight['moved']:.3g} "
                f"(all weights: {weight['all']:.3g})"
            )
    if found["timing"]:
        steps = abs(found["timing"])
        side = "later" if found["timing"] > 0 else "earlier"
        lines.append(f"timing: the spike comes {steps} step{'s' * (steps > 1)} {side} on the chip")
    return lines


def _rounded(thing: str, told: dict) -> str:
    """A thing with its value in the network and on the chip."""
    if thing == "start" and "start" in told["rounded"]:
        steps = -told["rounded"]["start"][1]
        return f"start (the bias acts {steps} step{'s' * (steps > 1)} before the input has come)"
    names = {"decay": ("tau", "tau_syn", "tau_mem"), "threshold": ("threshold",), "bias": ("bias",)}
    pairs = [
        f"{name} {told['rounded'][name][0]:.6g} became {told['rounded'][name][1]:.6g}"
        for name in names.get(thing, ())
        if name in told["rounded"]
    ]
    return f"{thing} ({', '.join(pairs)})" if pairs else thing


def _zero(net: Network, image: Image, name: str, neuron: int) -> float:
    """A chip's potential of 0 in the network's units: v_leak or a Threshold below 0 where it is counted from there
    (R0314, R0317)."""
    node = net.nodes[name]
    if node.kind == "Threshold":
        return min(_of_neuron(node.parameters["threshold"], neuron), 0.0)
    told = {"what": f"v_leak of '{name}'", "value": "is the zero of its potential"}
    counted = any(told.items() <= a.items() for a in image.assumptions)
    return _of_neuron(node.parameters["v_leak"], neuron) if counted else 0.0


def _threshold_register(image: Image, name: str, neuron: int) -> Optional[int]:
    """The chip's threshold of a neuron, in the integers of its potential."""
    registers = _core.registers(image.program, name)
    return int(registers["threshold"][neuron]) if "threshold" in registers else None


def _of_neuron(values, neuron: int) -> float:
    """A neuron's value, where one number may stand for all neurons."""
    return float(np.ravel(values)[neuron if np.size(values) > 1 else 0])


def _rounding_or_more(found: dict, v_float: np.ndarray, v_chip: np.ndarray, rest: float) -> str:
    """Whether rounding explains a difference; the potentials, relative to rest, are those of the steps before.

    In the step itself one side has been reset, so that the other side's distance to its threshold stands for
    the difference of the two. Where the potential is far below rest, rounding grows with it.
    """
    threshold, chip_threshold = found["threshold"], found["chip_threshold"]
    unit = abs(threshold - rest) or abs(threshold) or float(np.abs(v_float).max(initial=0)) or 1.0
    if found["float"]:
        short = abs((threshold if chip_threshold is None else chip_threshold) - found["chip_v"]) / unit
    else:
        short = abs(threshold - found["float_v"]) / unit
    before = float((np.abs(v_chip - v_float) / np.maximum(np.abs(v_float), unit)).max(initial=0))
    measured = (
        f"without the spike the potential is {100 * short:.3g} % of the threshold away from it, and in the "
        f"steps before, float and chip were at most {100 * before:.3g} % apart"
    )
    if max(short, before) <= ROUNDING:
        return f"rounding: {measured}"
    return (
        f"more than rounding explains: {measured}; look for weights or decays held in few bits, for pinned "
        "quantization settings, for overflow in other populations, and whether this network made the image"
    )
