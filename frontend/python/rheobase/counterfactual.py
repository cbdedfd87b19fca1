"""Which rounding alone makes a neuron spike as the chip does: one neuron in real arithmetic, one thing of the image at a time.

Before the first difference both sides sent the same spikes, so that what reached the neuron is known. It is run alone, as the
float network steps, once as it is, once with all of the image's weights, decays, threshold and bias, and once with each of
these alone. A bias in a register acts from the chip's first step on, the lag's steps before the input has come: that is the
"start". What all of them together do not explain is the rounding of the states in every step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

import numpy as np

from . import _core, fan_in
from .arithmetic import ALIGN, DECAY_ONE
from .builder import Builder
from .data import Samples
from .errors import Error
from .fan_in import Place, Row
from .image import Image
from .network import Network
from .recording import Recording

THINGS = ("weights", "decay", "threshold", "bias", "start")
NEVER = 1e30  # a threshold that nothing reaches
_STATES = {"LIF": {"tau": "decay_v"}, "CubaLIF": {"tau_syn": "decay_u", "tau_mem": "decay_v"}, "IF": {}}
_OTHERS = ("r", "w_in", "v_leak", "v_threshold", "v_reset")
_GAIN = {"tau": "r", "tau_mem": "r", "tau_syn": "w_in"}  # what is multiplied by the share that a state loses


@dataclass
class _Neuron:
    """One neuron under a network's conventions: parameters, a row of weights in the order of ``places``, a bias."""

    conventions: dict
    kind: str
    parameters: dict[str, float]
    weights: np.ndarray
    bias: float
    early: int = 0  # steps without input before the first one

    def network(self) -> Network:
        b = Builder(**self.conventions)
        b.input("in", self.weights.size)
        add = {"LIF": b.lif, "CubaLIF": b.cuba_lif, "IF": b.integrate_and_fire}[self.kind]
        add("n", 1, **self.parameters)
        b.connect("in", "n", self.weights[None], bias=np.array([self.bias]))
        b.output("out", "n")
        return b.build()

    def delay(self) -> int:
        return sum(steps for _, target, steps in self.network().edges if target != "out")

    def run(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(spikes, v after reset), [T], of arriving spikes [T, places]."""
        neuron = self
        if self.early:  # the bias of a matrix waits for the input, that of a leak does not
            x = np.column_stack([x, np.ones(len(x))])
            x = np.concatenate([np.zeros((self.early, x.shape[1])), x])
            neuron = replace(self, weights=np.append(self.weights, self.bias), bias=0.0)
        out = neuron.network().run(x, dtype="float64", probes=["n.v"])
        return out.spikes["n"][self.early :, 0] != 0, out.states["n.v"][self.early :, 0]

    def gain(self) -> float:
        """What one arriving spike adds to v at a weight of 1, in the step in which it first does."""
        quiet = {**self.parameters, "v_threshold": NEVER, "v_reset": 0.0, "v_leak": 0.0}
        if self.kind == "IF":
            quiet.pop("v_leak")
        x = np.zeros((4, 1))
        x[0] = 1
        v = replace(self, parameters=quiet, weights=np.ones(1), bias=0.0).run(x)[1]
        return float(v[np.argmax(v != 0)])


def explain(
    net: Network,
    image: Image,
    found: dict,
    zero: float,
    sample: Samples,
    ref: Recording,
    v_chip: np.ndarray,
) -> Optional[dict]:
    """What of the image makes the neuron of the first difference spike as it does; None where this cannot be told.

    found: the difference, with its thresholds; zero: the chip's potential of 0 in the network's units; sample: the input
    up to the step of the difference [1, T, *shape]; ref: the float run of it, with spikes;
    v_chip: the chip's potential in the network's units [T]. Returns {alone: of THINGS those that suffice alone, together:
    whether all of them do, states: whether with all of them the potential keeps within a weight of 1 of the chip's, so that
    the rest is the rounding of states, rounded: {thing: (network, image)}, weight: the synapse whose rounding weighs most}.
    """
    try:
        return _told(_Case.of(net, image, found, zero), net, found, sample, ref, v_chip)
    except Error:  # a parameter that the network's conventions cannot have
        return None


def _told(case: Optional[_Case], net: Network, found: dict, sample, ref, v_chip) -> Optional[dict]:
    if case is None:
        return None
    x = case.arriving(net, sample, ref)
    wanted = ref.spikes[found["population"]][0, :, found["neuron"]] != 0
    if not np.array_equal(case.own.run(x)[0], wanted):
        return None  # something reaches this neuron that is not followed here
    wanted[found["step"]] = found["chip"]
    alone = [thing for thing in THINGS if np.array_equal(case.with_image(thing).run(x)[0], wanted)]
    spikes, v = case.with_image(*THINGS).run(x)
    before = slice(found["step"])
    apart = float(np.abs(v - v_chip)[before].max(initial=0))
    return {
        "alone": alone,
        "together": bool(np.array_equal(spikes, wanted)),
        "states": bool(np.array_equal(spikes[before], wanted[before]) and apart <= case.least),
        "rounded": case.rounded(),
        "weight": case.heaviest(x, wanted, found["chip"]),
    }


@dataclass
class _Case:
    """The neuron as the network has it, and each thing as the image has it, in the network's units."""

    own: _Neuron
    places: list[Place]
    weights: np.ndarray
    decays: dict[str, float]  # parameters that stand for the image's decays
    threshold: float
    shown_threshold: float
    bias: float
    from_leak: tuple[float, float]  # what the leak adds to v in a step: the network's, the image's
    early: int
    unit: float  # of a weight, in v
    delay: int
    least: float  # what a weight of 1 on the chip adds to v

    @classmethod
    def of(cls, net: Network, image: Image, found: dict, zero: float) -> Optional[_Case]:
        name, index = found["population"], found["neuron"]
        node = net.nodes[name]
        if node.kind not in _STATES or found["chip_threshold"] is None:
            return None
        mine, theirs = fan_in.of_network(net, name, index), fan_in.of_image(image, name, index)
        if mine is None or theirs is None or not mine.weights:
            return None
        registers = {key: int(values[index]) for key, values in _core.registers(image.program, name).items()}
        scale = float(
            np.ravel(image.scale[f"{name}.v"])[index if np.size(image.scale[f"{name}.v"]) > 1 else 0]
        )
        places = sorted(mine.weights.keys() | theirs.weights.keys())
        parameters = {
            key: float(np.ravel(values)[index if np.size(values) > 1 else 0])
            for key, values in node.parameters.items()
            if key in _STATES[node.kind] or key in _OTHERS
        }
        own = _Neuron(net.conventions, node.kind, parameters, _listed(mine, places), mine.bias)
        gain = own.gain()
        if not np.isfinite(gain) or gain == 0:
            return None
        leak = _from_leak(own, zero)
        unit = ALIGN / (scale * gain)  # of the image's weights in those of the network
        # A little higher: a chip's potential that meets its threshold exactly is below it, however it is summed here.
        tie = 1e-3 / scale
        return cls(
            own,
            places,
            _listed(theirs, places) * unit,
            _decays(own, registers),
            found["chip_threshold"] + tie,
            found["chip_threshold"],
            *_bias(own, registers.get("bias", 0) / scale, leak, theirs.bias * unit, gain, zero),
            found["lag"] if registers.get("bias", 0) else 0,
            gain,
            own.delay(),
            ALIGN / scale,
        )

    def with_image(self, *things: str) -> _Neuron:
        """The neuron with these as the image has them."""
        changed = self.own
        if "weights" in things:
            changed = replace(changed, weights=self.weights)
        if "bias" in things:
            changed = replace(changed, bias=self.bias)
        if "start" in things:
            changed = replace(changed, early=self.early)
        parameters = dict(changed.parameters)
        drive = self.from_leak["bias" in things]
        if "decay" in things:
            parameters.update(self.decays)
        leak = _leak_of(parameters)
        if leak and drive:  # what the leak adds in a step stays, whatever it takes away
            parameters["v_leak"] = drive / _share(changed.conventions, parameters[leak])
        if "threshold" in things:
            parameters["v_threshold"] = self.threshold
        return replace(changed, parameters=parameters)

    def arriving(self, net: Network, sample: Samples, ref: Recording) -> np.ndarray:
        """What arrives from each place, [T, places], at times that the small network's own delay leaves right."""
        spike = net.conventions["dt"] if net.conventions["spikes"] == "dirac" else 1.0  # SPEC F11
        given = sample if isinstance(sample, dict) else {net.inputs[0].name: sample}
        steps = next(iter(given.values())).shape[1]
        x = np.zeros((steps, len(self.places)))
        for column, (source, neuron, delay) in enumerate(self.places):
            if source in ref.spikes:
                sent = ref.spikes[source][0].reshape(steps, -1)[:, neuron] * spike
            else:
                sent = given[source][0].reshape(steps, -1)[:, neuron]
            late = delay - self.delay
            x[max(late, 0) : steps + min(late, 0), column] = sent[max(-late, 0) : steps - max(late, 0)]
        return x

    def rounded(self) -> dict:
        """{parameter: (network, image)} beside the weights; bias: all that arrives in every step, a leak to a potential
        other than the image's 0 too, as a weight would."""
        own = self.own
        pairs = {name: (own.parameters[name], self.decays[name]) for name in _STATES[own.kind]}
        pairs["threshold"] = (own.parameters["v_threshold"], self.shown_threshold)
        before, after = (bias + leak / self.unit for bias, leak in zip((own.bias, self.bias), self.from_leak))
        if before or after:
            pairs["bias"] = (before, after)
        if self.early:
            pairs["start"] = (0, -self.early)
        return pairs

    def heaviest(self, x: np.ndarray, spikes: np.ndarray, chip: bool) -> Optional[dict]:
        """The synapse whose rounding moved v most towards what the chip did, by how much in the network's units."""
        reached = _traces(self.own, x, spikes) * self.own.gain()
        moved = (self.weights - self.own.weights) * reached
        at = int(np.argmax(moved if chip else -moved))
        if not (moved[at] > 0 if chip else moved[at] < 0):
            return None
        source, neuron, _ = self.places[at]
        return {
            "source": source,
            "neuron": neuron,
            "network": float(self.own.weights[at]),
            "image": float(self.weights[at]),
            "moved": float(moved[at]),
            "all": float(moved.sum()),
        }


def _listed(row: Row, places: list[Place]) -> np.ndarray:
    return np.array([row.weights.get(place, 0.0) for place in places])


def _share(conventions: dict, tau: float) -> float:
    """Of a state that a step takes away. SPEC F2, F3."""
    ratio = conventions["dt"] / tau
    return ratio if conventions["discretization"] == "euler" else -float(np.expm1(-ratio))


def _leak_of(parameters: dict) -> Optional[str]:
    """The time constant of a potential that leaks."""
    return next((name for name in ("tau", "tau_mem") if name in parameters), None)


def _decays(own: _Neuron, registers: dict) -> dict[str, float]:
    """Time constants that lose what the image's decays do, and gains that leave what a spike adds as it is."""
    from .exporting.real import ALMOST_NOTHING, RealNeurons

    how = own.conventions
    real = RealNeurons(how["dt"], how["discretization"], how["reset"])
    changed: dict[str, float] = {}
    for name, register in _STATES[own.kind].items():
        decay = max(float(registers.get(register, DECAY_ONE)), ALMOST_NOTHING)
        before = _share(how, own.parameters[name])
        changed[name] = float(real.tau(np.array(decay)))
        changed[_GAIN[name]] = own.parameters[_GAIN[name]] * before / (decay / DECAY_ONE)
    return changed


def _from_leak(own: _Neuron, zero: float) -> float:
    """What a leak to v_leak adds to v in every step, where the image's potential is not counted from there."""
    name = _leak_of(own.parameters)
    return (
        0.0
        if name is None or zero
        else _share(own.conventions, own.parameters[name]) * own.parameters["v_leak"]
    )


def _bias(
    own: _Neuron, register: float, leak: float, helpers: float, gain: float, zero: float
) -> tuple[float, tuple[float, float]]:
    """The bias with which the neuron receives in every step what the image's does, and what leaks add to v: (the network's,
    the image's). register: what the image adds to v; helpers: what populations send that fire in every step."""
    if own.kind != "CubaLIF":
        return helpers + (register - leak) / gain, (leak, leak)
    if own.bias and not helpers:  # the compiler made one of a current and a potential: not told apart here
        return own.bias, (leak, leak)
    return helpers, (leak, leak if zero else register)


def _traces(own: _Neuron, x: np.ndarray, spikes: np.ndarray) -> np.ndarray:
    """What of the spikes of each place is left in v in the last step, before its reset, relative to one's first effect."""
    how, parameters = own.conventions, own.parameters
    current = 1 - _share(how, parameters["tau_syn"]) if "tau_syn" in parameters else 0.0
    leak = _leak_of(parameters)
    keep = 1 - _share(how, parameters[leak]) if leak else 1.0
    flowing, held = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for t, arrived in enumerate(x):
        flowing = current * flowing + arrived
        held = keep * held + flowing
        if spikes[t] and t + 1 < len(x) and how["reset"] in ("zero", "v_reset"):
            held = np.zeros_like(held)
    return held
