"""The neurons of an image as Lava processes, model by model: what ../lava_models.py reads, written. SPEC N11 to N37.

A population without spikes is a LIF whose threshold no potential reaches. Where the constructor of a process takes one
number for all neurons, or scales what it takes, its variables are set afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

import numpy as np

from ..arithmetic import ALIGN, DECAY_ONE, FIXED_FUNCTION, MODELS, TURN_BITS
from ..lava_models import LARGEST_MANTISSA, LAVA_MODELS

NEVER = 1 << 24  # a threshold register beyond every potential: 24 bits, 6 bits up
LARGEST_POTENTIAL = (1 << 23) - 1  # SPEC N7

_PORTS = {about.model: about.ports for about in LAVA_MODELS.values()}
_BUILT_ON_RF = ("adaptive_resonate_and_fire", "adaptive_resonate_and_fire_izhikevich")
_PORTS |= dict.fromkeys(_BUILT_ON_RF, LAVA_MODELS["RF"].ports)
_LAVA_STATE = {("atrlif", "adaptation"): "theta"}  # minus theta_0
_UNHELD = ("clock", "product")  # states that Lava's processes have no variable for


def ports_of(model: str) -> tuple[str, ...]:
    """The ports of a model's Lava process, in the order of the model's."""
    return _PORTS.get(model, ("a_in",))


def states_of(model: str) -> list[str]:
    """The variables of a model's Lava process that are its states."""
    return [
        _LAVA_STATE.get((model, state), state) for state in MODELS[model]["states"] if state not in _UNHELD
    ]


@dataclass
class Process:
    """A process as text: its class, expressions for arguments of the constructor and for variables that are set later."""

    kind: str
    arguments: dict[str, str]
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def silent(self) -> bool:
        return self.arguments.get("vth") == str(NEVER)


@dataclass
class Neurons:
    """A population: its integers, [n] each; ``store`` gives the expression that reads an array in the program, ``refuse``
    tells what Lava does not have."""

    name: str
    model: str
    size: int
    values: dict[str, np.ndarray]
    store: Callable[[str, np.ndarray], str]
    refuse: Callable[[str, str], None]

    def integers(self, key: str, missing: int = 0) -> np.ndarray:
        return self.values.get(key, np.full(self.size, missing))

    def write(self, lava_name: str, key: str) -> str:
        return self.store(lava_name, self.integers(key))

    def aligned(self, lava_name: str, key: str) -> str:
        """A threshold that Lava shifts 6 bits up."""
        values = self.values[key]
        if key != "threshold_low":  # no potential lies above the largest
            values = np.where(values >= LARGEST_POTENTIAL, NEVER * ALIGN, values)
        if (values % ALIGN).any():
            at = int(np.argmax(values % ALIGN != 0))
            self.refuse(
                f"'{key}' of neuron {at} of '{self.name}' is {values[at]}; Lava's '{lava_name}' means multiples of {ALIGN}",
                f"choose a multiple of {ALIGN}",
            )
        return self.store(lava_name, values // ALIGN)

    def one(self, key: str) -> int:
        """What Lava has once for a whole process."""
        values = self.values[key]
        if (values != values[0]).any():
            at = int(np.argmax(values != values[0]))
            self.refuse(
                f"'{key}' of '{self.name}' is {values[0]} in neuron 0 and {values[at]} in neuron {at}; a Lava process "
                "has one",
                "make a population of the neurons of each value",
            )
        return int(values[0])

    def bias(self) -> tuple[np.ndarray, np.ndarray]:
        """Mantissas and exponents. SPEC N8."""
        mantissa = self.integers("bias").copy()
        exponent = np.zeros_like(mantissa)
        for _ in range(16):
            wide = np.abs(mantissa) > LARGEST_MANTISSA
            if (mantissa[wide] % 2 != 0).any():
                self.refuse(f"a bias of '{self.name}' has no mantissa of 16 bits", "choose another scale")
                break
            mantissa[wide] //= 2
            exponent[wide] += 1
        return mantissa, exponent


def process_of(neurons: Neurons) -> Process:
    """The Lava process that makes the same steps."""
    return (_lif if neurons.model in FIXED_FUNCTION else _WRITERS[neurons.model])(neurons)


def _bias(n: Neurons) -> dict[str, str]:
    mantissa, exponent = n.bias()
    return {"bias_mant": n.store("bias_mant", mantissa), "bias_exp": n.store("bias_exp", exponent)}


def _membrane(n: Neurons) -> dict[str, str]:
    """Lava's du is one less than the share of the current that is lost (SPEC N3)."""
    du = n.store("du", n.integers("decay_u", DECAY_ONE) - 1)
    return {"du": du, "dv": n.write("dv", "decay_v"), **_bias(n)}


def _lif(n: Neurons) -> Process:
    vth = n.aligned("vth", "threshold") if "threshold" in n.values else str(NEVER)
    arguments = {**_membrane(n), "vth": vth}
    if not (n.integers("reset_keep").any() or n.integers("reset_amount").any()):
        return Process("LIF", arguments)
    resets = {"keep": n.write("keep", "reset_keep"), "amount": n.write("amount", "reset_amount")}
    return Process("ResettingLIF", {**arguments, **resets})


def _lif_reset(n: Neurons) -> Process:
    """Lava counts steps from 1. A phase outside the interval is never reached: a LIF does that."""
    interval, phase = n.one("reset_interval"), n.one("reset_phase")
    if not 0 <= phase < interval:
        return _lif(n)
    resets = {"reset_interval": str(interval), "reset_offset": str((phase + 1) % interval)}
    return Process("LIFReset", {**_lif(n).arguments, **resets})


def _lif_refractory(n: Neurons) -> Process:
    steps = n.write("refractory_steps", "refractory_steps")
    return Process("WaitingLIF", {**_lif(n).arguments, "refractory_steps": steps})


def _ternary_lif(n: Neurons) -> Process:
    ends = {"vth_hi": n.aligned("vth_hi", "threshold_high"), "vth_lo": n.aligned("vth_lo", "threshold_low")}
    return Process("TernaryLIF", _membrane(n), ends)


def _atrlif(n: Neurons) -> Process:
    """Lava multiplies shares by 4096 and thresholds by 64, none of which rounds."""
    shares = {
        "delta_i": n.integers("decay_u") - 1,
        "delta_v": n.integers("decay_v"),
        "delta_theta": n.integers("decay_theta"),
        "delta_r": n.integers("decay_r"),
    }
    arguments = {key: f"{n.store(key, values)} / {DECAY_ONE}" for key, values in shares.items()}
    arguments["theta_0"] = f"{n.write('theta_0', 'theta_0')} / {ALIGN}"
    arguments["theta_step"] = f"{n.one('theta_step')} / {ALIGN}"
    return Process("ATRLIF", {**arguments, **_bias(n)})


def _sigma(n: Neurons) -> Process:
    return Process("Sigma", {})


def _delta(n: Neurons) -> Process:
    """Lava shifts what arrives by both exponents together."""
    process = _encoder(n, "Delta")
    exponent = n.integers("input_shift") - n.integers("state_exponent")
    process.variables["spike_exp"] = n.store("spike_exp", exponent)
    return process


def _sigma_delta(n: Neurons) -> Process:
    process = _encoder(n, "SigmaDelta")
    process.arguments["act_mode"] = f"ActivationMode.{'RELU' if n.one('rectified') else 'UNIT'}"
    process.variables["bias"] = n.write("bias", "bias")
    return process


def _sigma_delta_corrected(n: Neurons) -> Process:
    process = _sigma_delta(n)
    return Process("CorrectedSigmaDelta", {**process.arguments, "cum_error": "False"}, process.variables)


def _encoder(n: Neurons, kind: str) -> Process:
    variables = {"vth": n.write("vth", "threshold"), "state_exp": n.write("state_exp", "state_exponent")}
    cumulative = "cumulative" in n.values and bool(n.one("cumulative"))
    return Process(kind, {"vth": "0", "cum_error": str(cumulative)}, variables)


def _graded(kind: str) -> Callable[[Neurons], Process]:
    return lambda n: Process(kind, {}, {"vth": n.write("vth", "threshold")})


def _product(n: Neurons) -> Process:
    return Process("ProdNeuron", {}, {"vth": n.write("vth", "threshold"), "exp": n.write("exp", "exponent")})


def _resonator(kind: str) -> Callable[[Neurons], Process]:
    """Lava's constructor makes sine and cosine of a period; here they are set."""
    return lambda n: Process(kind, _NO_TURN, {**_turn(n), "vth": n.write("vth", "threshold")})


_NO_TURN = {"period": "1", "alpha": "0", "decay_bits": str(TURN_BITS)}


def _turn(n: Neurons) -> dict[str, str]:
    keys = {"cos_decay": "cosine", "sin_decay": "sine", "state_exp": "input_shift"}
    return {lava_name: n.write(lava_name, key) for lava_name, key in keys.items()}


def _adaptive_resonator(crossing: int) -> Callable[[Neurons], Process]:
    adapting = ("decay_theta", "decay_r", "theta_0", "theta_step")
    return lambda n: Process(
        "AdaptiveRF",
        _NO_TURN,
        {**_turn(n), "crossing": str(crossing), **{key: n.write(key, key) for key in adapting}},
    )


def _resonator_zero(n: Neurons) -> Process:
    given = {
        "freqs": "np.zeros(1)",
        "decay_tau": "np.ones(1)",
    }  # Lava makes the shares of these; here they are set
    keys = {"lct": "cosine", "lst": "sine", "uth": "threshold"}
    return Process("RFZero", given, {lava_name: n.write(lava_name, key) for lava_name, key in keys.items()})


def _inv_sqrt(n: Neurons) -> Process:
    return Process("InverseRoots", {})


_WRITERS = {
    "cuba_lif_reset": _lif_reset,
    "cuba_lif_refractory": _lif_refractory,
    "ternary_lif": _ternary_lif,
    "atrlif": _atrlif,
    "sigma": _sigma,
    "delta": _delta,
    "sigma_delta": _sigma_delta,
    "sigma_delta_corrected": _sigma_delta_corrected,
    "graded_vec": _graded("GradedVec"),
    "graded_relu_vec": _graded("GradedReluVec"),
    "prod_neuron": _product,
    "resonate_and_fire": _resonator("RF"),
    "resonate_and_fire_izhikevich": _resonator("RF_IZ"),
    "resonate_and_fire_zero": _resonator_zero,
    "adaptive_resonate_and_fire": _adaptive_resonator(1),
    "adaptive_resonate_and_fire_izhikevich": _adaptive_resonator(0),
    "norm_vec_delay": _graded("NormVecDelay"),
    "inv_sqrt": _inv_sqrt,
}
