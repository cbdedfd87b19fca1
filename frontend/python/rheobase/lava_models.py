"""Lava's neuron processes as the integers of a step: one entry for each process type. SPEC N11, N20 to N34.

Only attributes of the processes are read; Lava itself is not imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np

from .arithmetic import ALIGN, DECAY_ONE, MODELS, TURN_BITS


LARGEST_MANTISSA = (1 << 15) - 1  # of a bias: Lava holds 16 bits


def value_of(process, name: str) -> np.ndarray:
    """What a variable of a process starts with; sparse matrices become dense ones."""
    value = getattr(process, name).init
    return np.asarray(value.toarray() if hasattr(value, "toarray") else value)


def shares_of(process, name: str) -> np.ndarray:
    """A share that Lava holds as a fraction, in the parts of SPEC N1; whole numbers where Lava rounds nothing."""
    return value_of(process, name) * DECAY_ONE


def _membrane(process) -> dict:
    """Lava's du is one less than the share of the current that is lost (SPEC N3)."""
    return {
        "decay_u": value_of(process, "du").astype(np.int64) + 1,
        "decay_v": value_of(process, "dv").astype(np.int64),
        "bias": _bias(process),
    }


def _bias(process) -> np.ndarray:
    mantissa, exponent = (value_of(process, f"bias_{part}").astype(np.int64) for part in ("mant", "exp"))
    return (mantissa << np.maximum(exponent, 0)) >> np.maximum(-exponent, 0)


def _aligned(process, name: str) -> np.ndarray:
    """Thresholds sit 6 bits up (SPEC N9)."""
    return value_of(process, name).astype(np.int64) * ALIGN


def _lif(process) -> dict:
    return {**_membrane(process), "threshold": _aligned(process, "vth")}


def _lif_reset(process) -> dict:
    interval = int(process.proc_params["reset_interval"])
    phase = (int(process.proc_params.get("reset_offset", 0)) - 1) % interval
    return {**_lif(process), "reset_interval": interval, "reset_phase": phase}


def _ternary_lif(process) -> dict:
    ends = {"threshold_high": _aligned(process, "vth_hi"), "threshold_low": _aligned(process, "vth_lo")}
    return {**_membrane(process), **ends}


def _atrlif(process) -> dict:
    decays = {key: shares_of(process, f"delta_{key}") for key in _DELTAS}
    return {
        "decay_u": decays["i"] + 1,
        "decay_v": decays["v"],
        "decay_theta": decays["theta"],
        "decay_r": decays["r"],
        "bias": _bias(process),
        "theta_0": _aligned(process, "theta_0"),
        "theta_step": _aligned(process, "theta_step"),
    }


def _encoder(process) -> dict:
    return {
        "threshold": value_of(process, "vth").astype(np.int64),
        "state_exponent": value_of(process, "state_exp").astype(np.int64),
        "cumulative": value_of(process, "cum_error").astype(np.int64),
    }


def _delta(process) -> dict:
    shift = value_of(process, "spike_exp") + value_of(process, "state_exp")
    return {**_encoder(process), "input_shift": shift.astype(np.int64)}


def _sigma_delta(process) -> dict:
    rectified = int(process.proc_params.get("act_mode", 1))
    return {**_encoder(process), "bias": value_of(process, "bias").astype(np.int64), "rectified": rectified}


def _graded(process) -> dict:
    return {"threshold": value_of(process, "vth").astype(np.int64)}


def _product(process) -> dict:
    return {**_graded(process), "exponent": value_of(process, "exp").astype(np.int64)}


def _resonator(process) -> dict:
    """Lava's factors count parts of 2^decay_bits, ours of 2^15 (SPEC N30)."""
    unit = 1 << (TURN_BITS - int(value_of(process, "decay_bits").max()))
    return {
        "cosine": value_of(process, "cos_decay").astype(np.int64) * unit,
        "sine": value_of(process, "sin_decay").astype(np.int64) * unit,
        "input_shift": value_of(process, "state_exp").astype(np.int64),
        "threshold": value_of(process, "vth").astype(np.int64),
    }


def _finer_than_15_bits(process) -> Optional[str]:
    bits = int(value_of(process, "decay_bits").max())
    return (
        f"'decay_bits' is {bits}, sine and cosine have at most {TURN_BITS} here" if bits > TURN_BITS else None
    )


def _resonator_zero(process) -> dict:
    return {
        "cosine": value_of(process, "lct").astype(np.int64),
        "sine": value_of(process, "lst").astype(np.int64),
        "threshold": value_of(process, "uth").astype(np.int64),
    }


def _second_output(process) -> Optional[str]:
    if not process.s2_out.out_connections:
        return None
    return "a neuron sends one message: take 's2_out' from a ProdNeuron whose two ports receive what 'a_in1' does"


@dataclass(frozen=True)
class LavaModel:
    """A process type: our model, its integers, the states that have to start at 0, the variables that are integers."""

    model: str
    integers: Callable[[object], dict]
    states: tuple[str, ...]
    whole: tuple[str, ...] = ()
    fractions: tuple[str, ...] = ()  # multiples of 1/4096 below 1
    ports: tuple[str, ...] = ("a_in",)  # Lava's, in the order of the model's
    refused: Callable[[object], Optional[str]] = lambda process: None  # why this one is not supported

    def port(self, lava_name: str) -> str:
        """The model's name of one of Lava's ports."""
        return MODELS[self.model]["ports"][self.ports.index(lava_name)]

    @property
    def graded(self) -> bool:
        return MODELS[self.model]["graded"]


_DELTAS = ("i", "v", "theta", "r")
_MEMBRANE = ("du", "dv", "bias_mant", "bias_exp")
_ENCODER = ("vth", "spike_exp", "state_exp")
_CODED = ("act", "residue", "error")
_TWO = ("a_in1", "a_in2")
_RF = (
    ("real", "imag"),
    ("sin_decay", "cos_decay", "state_exp", "decay_bits", "vth"),
    (),
    ("a_real_in", "a_imag_in"),
    _finer_than_15_bits,
)
LAVA_MODELS = {
    "LIF": LavaModel("cuba_lif", _lif, ("u", "v"), (*_MEMBRANE, "vth")),
    "LIFReset": LavaModel("cuba_lif_reset", _lif_reset, ("u", "v"), (*_MEMBRANE, "vth")),
    "TernaryLIF": LavaModel("ternary_lif", _ternary_lif, ("u", "v"), (*_MEMBRANE, "vth_hi", "vth_lo")),
    "ATRLIF": LavaModel(
        "atrlif",
        _atrlif,
        ("i", "v", "r"),
        ("bias_mant", "bias_exp", "theta_0", "theta_step"),
        tuple(f"delta_{key}" for key in _DELTAS),
    ),
    "Sigma": LavaModel("sigma", lambda process: {}, ("sigma",)),
    "Delta": LavaModel("delta", _delta, _CODED, _ENCODER),
    "SigmaDelta": LavaModel("sigma_delta", _sigma_delta, ("sigma", *_CODED), (*_ENCODER, "bias")),
    "GradedVec": LavaModel("graded_vec", _graded, ("v",), ("vth",)),
    "GradedReluVec": LavaModel("graded_relu_vec", _graded, ("v",), ("vth",)),
    "RF": LavaModel("resonate_and_fire", _resonator, *_RF),
    "RF_IZ": LavaModel("resonate_and_fire_izhikevich", _resonator, *_RF),
    "RFZero": LavaModel(
        "resonate_and_fire_zero", _resonator_zero, ("u", "v"), ("lct", "lst", "uth"), ports=("u_in", "v_in")
    ),
    "NormVecDelay": LavaModel(
        "norm_vec_delay", _graded, ("v", "v2"), ("vth",), ports=_TWO, refused=_second_output
    ),
    "InvSqrt": LavaModel("inv_sqrt", lambda process: {}, ()),
    "ProdNeuron": LavaModel("prod_neuron", _product, (), ("vth", "exp"), ports=_TWO),
}
