"""The neurons of a layer as its fields: its group 'neuron' and its bias, what frontend/netx/Neurons.cpp reads turned round.

A layer has one number of each kind for all of its neurons, or one for each channel, and a bias for each. What its numbers
cannot say is refused, neuron and limit named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arithmetic import (
    ALIGN,
    DECAY_ONE,
    FIXED_FUNCTION,
    MODELS,
    MOST_THRESHOLD,
    NETX_MOST_MANTISSA,
    NETX_NEVER_SPIKES,
    NETX_SPIKE_EXPONENT,
    NETX_STATE_EXPONENT,
    TURN_BITS,
    most,
)
from ..lava_models import LARGEST_MANTISSA
from .integers import Integers, Population

TYPES = {name: model["slayer"] for name, model in MODELS.items() if model["slayer"]}
RESONATORS = {name: of for name, of in TYPES.items() if len(MODELS[name]["ports"]) > 1}
MOST_BIAS = most("cuba_lif", "bias") // ALIGN
TURN_SHARE = (1 << TURN_BITS) // DECAY_ONE


@dataclass
class Neurons:
    fields: dict
    bias: np.ndarray  # [n], in the file's units


def number(value) -> np.ndarray:
    return np.asarray(value, np.int64)


def by_channel(values: np.ndarray, channels: int) -> Optional[np.ndarray]:
    """One of equal values of neurons for each channel; None where they differ within one."""
    rows = values.reshape(channels, -1)
    return rows[:, 0] if (rows == rows[:, :1]).all() else None


MEANINGLESS = {"refDelay": number(1), "gradedSpike": number(0)}  # what SLAYER writes beside the others


def neurons_of(found: Integers, population: Population, host: bool) -> Neurons:
    """host: they are an input layer's, driven by numbers from outside. What is refused has fields, too, of no use."""
    read = _Reading(found, population, host, _channels(found, population, host))
    if population.model in FIXED_FUNCTION:
        return read.membrane()
    if population.model in RESONATORS and not host:
        return read.resonator()
    if population.model == "atrlif":
        return read.adaptive_membrane()
    if population.model == "delta" and host:
        return read.delta()
    if population.model in ("sigma_delta", "sigma") and not host:
        return read.sigma_delta() if population.model == "sigma_delta" else read.sigma()
    read.refuse(
        f"neurons of model '{population.model}' "
        + (
            "are no input layer's: numbers from the host drive membranes, atrlif and delta"
            if host
            else "begin a network: they belong behind an input that sends numbers"
            if population.model == "delta"
            else f"are not lava-dl's: {', '.join(TYPES.values())}"
        ),
        "choose another model",
    )
    return Neurons({}, np.zeros(population.size, np.int64))


def _channels(found: Integers, population: Population, host: bool) -> int:
    """Of the layer's shape: what windows before or behind it say, else its own if that has three extents; flat ones have
    a channel for each neuron."""
    ends = [(s.target, s.window.output_shape) for s in found.synapses if s.window]
    if host:
        ends = [(s.source, s.window.input_shape) for s in found.synapses if s.window]
        ends.append((population.name, population.shape))
    shape = next((shape for name, shape in ends if name == population.name), ())
    return shape[0] if len(shape) == 3 else population.size


@dataclass
class _Reading:
    found: Integers
    population: Population
    host: bool
    channels: int

    def refuse(self, message: str, remedy: str, **more) -> None:
        self.found.refuse(self.population.name, message, remedy, **more)

    def each(self, key: str, field: str) -> np.ndarray:
        """The value that all neurons have, or one for each channel."""
        values = self.population.parameters[key]
        if (values == values[0]).all():
            return values[0]
        each = by_channel(values, self.channels)
        if each is None:
            run = len(values) // self.channels
            at = int(np.argmax(values != np.repeat(values[::run], run)))
            first = at - at % run
            self.refuse(
                f"'{key}' of '{self.population.name}' is {values[first]} in neuron {first} and {values[at]} in neuron "
                f"{at}; a channel has one '{field}'",
                "give all neurons of a channel one value, or split the population into layers",
            )
            each = values[::run]
        return each

    def is_always(self, key: str, wanted: int) -> None:
        """Of what a file does not say."""
        values = self.population.parameters[key]
        if (values == wanted).all():
            return
        at = int(np.argmax(values != wanted))
        self.refuse(
            f"'{key}' of neuron {at} of '{self.population.name}' is {values[at]}; a .net file's is always {wanted}",
            f"set it to {wanted}",
            value=float(values[at]),
            limit=float(wanted),
        )

    def multiples(self, key: str, field: str, unit: int, least: int, most: int) -> np.ndarray:
        """The value, or one for each channel, in multiples of ``unit``, within a range of these."""
        values = self.population.parameters[key]
        bad = (values % unit != 0) | (values < unit * least) | (values > unit * most)
        if bad.any():
            at = int(np.argmax(bad))
            self.refuse(
                f"the {key} of neuron {at} of '{self.population.name}' is {int(values[at])}; '{field}' holds multiples "
                f"of {unit} from {unit * least} to {unit} times {most}",
                f"choose another {key} or scale",
                value=float(values[at]),
                limit=float(unit * (most if values[at] > 0 else least)),
            )
        return self.each(key, field) // unit

    def biases(self, unit: int, most: int, whose: str, remedy: str) -> np.ndarray:
        name, bias = self.population.name, self.population.parameters["bias"]
        if (bias % unit).any():
            at = int(np.argmax(bias % unit != 0))
            self.refuse(
                f"the bias of neuron {at} of '{name}' is {bias[at]:g}, no multiple of {unit}; NetX shifts biases by "
                f"{unit.bit_length() - 1} bits",
                remedy,
                value=float(bias[at]),
            )
        elif np.abs(bias // unit).max() > most:
            at = int(np.argmax(np.abs(bias)))
            self.refuse(
                f"the bias of neuron {at} of '{name}' is {unit} times {int(bias[at]) // unit}; {whose}, {most} at most",
                "choose a smaller scale",
                value=float(bias[at] // unit),
                limit=float(most),
            )
        return bias // unit

    def membrane(self) -> Neurons:
        name, model, values = self.population.name, self.population.model, self.population.parameters
        current = self.each("decay_u", "iDecay") if "decay_u" in values else np.array(DECAY_ONE)
        if (current < 1).any():
            self.refuse(
                f"'decay_u' of '{name}' is 0; the least that Loihi's current loses in a step is 1 of 4096 (SPEC N3)",
                "set decay_u to 1 or more",
                value=0.0,
                limit=1.0,
            )
        potential = self.each("decay_v", "vDecay") if "decay_v" in values else 0
        threshold = NETX_NEVER_SPIKES
        if self.population.spiking:
            threshold = self.multiples("threshold", "vThMant", ALIGN, 0, MOST_THRESHOLD)
            self._check_reset()
        bias = self.biases(
            ALIGN,
            LARGEST_MANTISSA,
            "Lava holds 16 bits",
            'pin "bias_mantissa", the bias divided by 64 and rounded, and "bias_exponent": 6 in the quantization settings',
        )
        self._note_membrane(name, model)
        if self.host:
            self._check_driven(name, current, bias)
        fields = {
            "type": TYPES["cuba_lif"],
            "iDecay": number(current),
            "vDecay": number(potential),
            "vThMant": number(threshold),
            **MEANINGLESS,
        }
        return Neurons(fields, bias)

    def _check_reset(self) -> None:
        name, values = self.population.name, self.population.parameters
        if values["reset_keep"].any():
            self.refuse(
                f"'{name}' resets by subtraction; NetX resets to zero",
                "train with reset to zero, and give it: --reset zero",
            )
        elif values["reset_amount"].any():
            self.refuse(
                f"'{name}' resets to a value; NetX resets to zero", "train with reset to zero: --reset zero"
            )

    def _check_driven(self, name: str, current: np.ndarray, bias: np.ndarray) -> None:
        if (current != DECAY_ONE).any():
            self.refuse(
                f"'{name}' has a current, and numbers from the host drive the potential of an input layer",
                "choose the model lif",
            )
        self._check_no_bias(name, bias)

    def _check_no_bias(self, name: str, bias: np.ndarray) -> None:
        if bias.any():
            at = int(np.argmax(bias != 0))
            self.refuse(
                f"the bias of neuron {at} of '{name}' is {ALIGN} times {int(bias[at])}; that of an input layer is the "
                "host's number",
                "add it to what is sent",
                value=float(bias[at]),
                limit=0.0,
            )

    def _note_membrane(self, name: str, model: str) -> None:
        if not self.population.spiking:
            self.found.lose(
                name,
                f"'{name}' never spikes: its layer has lava-dl's threshold of such neurons, {NETX_NEVER_SPIKES}",
                "read the potential 'v' of its neurons",
            )
        elif model != ("lif" if self.host else "cuba_lif"):
            self.found.lose(
                name,
                f"'{name}' ({model}) becomes "
                + ("a lif" if self.host else "a CUBA layer whose current keeps nothing"),
            )

    def delta(self) -> Neurons:
        self.is_always("input_shift", NETX_STATE_EXPONENT + NETX_SPIKE_EXPONENT)
        return self._changes({}, np.zeros(self.population.size, np.int64))

    def sigma_delta(self) -> Neurons:
        every = self.population.parameters["rectified"]
        rectified = every[0]
        if (every != rectified).any():
            self.refuse(
                f"some of '{self.population.name}' are rectified and some are not; a layer has one 'activation'",
                "split the population into layers",
            )
        if not rectified:
            self.found.lose(
                self.population.name,
                f"'{self.population.name}' sends negative activations, too; NetX does not look at 'activation', and makes "
                "them 0",
                "run the file here",
                "warning",
            )
        bias = self.biases(
            1 << (NETX_STATE_EXPONENT + NETX_SPIKE_EXPONENT),
            NETX_MOST_MANTISSA,
            "a state has 32 bits",
            "round the bias",
        )
        return self._changes({"activation": "relu" if rectified else "identity"}, bias)

    def _changes(self, activation: dict, bias: np.ndarray) -> Neurons:
        self.is_always("state_exponent", NETX_STATE_EXPONENT)
        self.is_always("cumulative", 0)
        unit = 1 << (NETX_STATE_EXPONENT + NETX_SPIKE_EXPONENT)
        threshold = self.multiples("threshold", "vThMant", unit, 0, NETX_MOST_MANTISSA)
        return Neurons({"type": TYPES["sigma_delta"], **activation, "vThMant": number(threshold)}, bias)

    def sigma(self) -> Neurons:
        return Neurons(
            {"type": TYPES["sigma_delta"], "sigma_output": number(1)},
            np.zeros(self.population.size, np.int64),
        )

    def resonator(self) -> Neurons:
        self.is_always("input_shift", NETX_STATE_EXPONENT)
        sine = self.multiples("sine", "sinDecay", TURN_SHARE, -DECAY_ONE, DECAY_ONE)
        cosine = self.multiples("cosine", "cosDecay", TURN_SHARE, -DECAY_ONE, DECAY_ONE)
        turn = {"sinDecay": number(sine), "cosDecay": number(cosine)}
        none = np.zeros(self.population.size, np.int64)
        fields = {"type": RESONATORS[self.population.model], **turn}
        if "threshold" not in self.population.parameters:
            self._netx_reads("as resonators without adaptation")
            return Neurons({**fields, **self._adapting(), **MEANINGLESS}, none)
        threshold = self.multiples("threshold", "vThMant", 1 << NETX_STATE_EXPONENT, 0, MOST_THRESHOLD)
        self._note_turn(sine, cosine)
        return Neurons({**fields, "vThMant": number(threshold), **MEANINGLESS}, none)

    def adaptive_membrane(self) -> Neurons:
        """SLAYER adds the bias of ALIF to what arrives, not to the potential."""
        self.is_always("bias", 0)
        bias = self._arriving()
        if self.host:
            self._check_no_bias(self.population.name, bias)
        self._netx_reads("not at all")
        fields = {
            "type": TYPES["atrlif"],
            "iDecay": number(self.each("decay_u", "iDecay")),
            "vDecay": number(self.each("decay_v", "vDecay")),
            **self._adapting(),
            **MEANINGLESS,
        }
        return Neurons(fields, bias)

    def _arriving(self) -> np.ndarray:
        bias = self.population.arriving
        if bias is None:
            return np.zeros(self.population.size, np.int64)
        bad = (bias % 1 != 0) | (np.abs(bias) > MOST_BIAS)
        if bad.any():
            at = int(np.argmax(bad))
            self.refuse(
                f"the bias that neuron {at} of '{self.population.name}' receives is {bias[at]:g}; a file holds whole "
                f"numbers of at most {MOST_BIAS}",
                "round it, or choose a smaller scale",
                value=float(bias[at]),
                limit=float(MOST_BIAS),
            )
        return bias

    def _adapting(self) -> dict:
        return {
            "thDecay": number(self.each("decay_theta", "thDecay")),
            "refDecay": number(self.each("decay_r", "refDecay")),
            "vThMant": number(self.multiples("theta_0", "vThMant", ALIGN, 0, MOST_THRESHOLD)),
            "vThStep": number(self.multiples("theta_step", "vThStep", ALIGN, 0, MOST_THRESHOLD)),
        }

    def _netx_reads(self, how: str) -> None:
        name, of = self.population.name, TYPES[self.population.model]
        self.found.lose(
            name, f"NetX reads the neurons of '{name}', {of}, {how} (X26)", "run the file here", "warning"
        )

    def _note_turn(self, sine: np.ndarray, cosine: np.ndarray) -> None:
        for of_channel in zip(np.ravel(sine).tolist(), np.ravel(cosine).tolist()):
            if (anew := _lavas_turn(*of_channel)) != of_channel:
                self.found.lose(
                    self.population.name,
                    f"'{self.population.name}' turns by the sine {of_channel[0]} and the cosine {of_channel[1]} of 4096; "
                    f"NetX makes a period of them, and Lava {anew[0]} and {anew[1]} of that (X33)",
                    "run the file here",
                    "warning",
                )
                return


def _lavas_turn(sine: int, cosine: int) -> tuple[int, int]:
    """Sine and cosine as Lava computes them of the period and decay that NetX makes of a file's (X33)."""
    left = 1 - np.sqrt((sine / DECAY_ONE) ** 2 + (cosine / DECAY_ONE) ** 2)
    with np.errstate(divide="ignore"):
        period = 1 / (np.arctan2(sine / DECAY_ONE, cosine / DECAY_ONE) / 2 / np.pi)
    angle = np.pi * 2 * 1 / period
    return int((1 - left) * np.sin(angle) * DECAY_ONE), int((1 - left) * np.cos(angle) * DECAY_ONE)
