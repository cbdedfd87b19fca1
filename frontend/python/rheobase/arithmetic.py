"""The numbers of a chip's arithmetic and the neuron models, as the C++ side has them. SPEC N, W."""

from __future__ import annotations

from . import _core

_NUMBERS = _core.arithmetic
ALIGN = _NUMBERS["align"]  # N2: weights and thresholds enter so many times as large
TURN_BITS = _NUMBERS["turn_bits"]  # N30: sines and cosines count parts of 2 to the power of this
DECAY_ONE = _NUMBERS["decay_one"]  # N1: decays count parts of this; all of it keeps nothing
HALF_PERIOD = _NUMBERS["half_period"]  # N4, N7: currents and potentials end there, either way
MOST_THRESHOLD = _NUMBERS["most_threshold"]  # N9: the register vth
LEAST_WEIGHT, MOST_MIXED_WEIGHT = _NUMBERS["least_weight"], _NUMBERS["most_mixed_weight"]  # W1
MOST_WEIGHT = _NUMBERS["most_weight"]  # W1: of one sign
MOST_WEIGHT_BITS = MOST_WEIGHT.bit_length()  # W1: that a synapse stores
MOST_SIGNED_BITS = MOST_WEIGHT_BITS + 1  # W10: of weights of both signs, in lists of one sign
MOST_DELAY = _NUMBERS["most_delay"]  # T7: steps
MOST_ELEMENTS = _NUMBERS["most_elements"]  # of a node: R0209
MOST_STEP = _NUMBERS["most_step"]  # stride, padding, dilation or kernel along an axis: R0209
NETX_NEVER_SPIKES = _NUMBERS["netx_never_spikes"]  # lava-dl's vThMant of neurons that are not to spike
NETX_OLDER_CUBA = _NUMBERS["netx_older_cuba"]  # the older name of a .net file's CUBA
NETX_MOST_DRIVE = _NUMBERS["netx_most_drive"]  # of the numbers that drive an input layer
NETX_STATE_EXPONENT = _NUMBERS["netx_state_exponent"]  # of sigma-delta networks and resonators
NETX_SPIKE_EXPONENT = _NUMBERS["netx_spike_exponent"]
NETX_MOST_MANTISSA = _NUMBERS["netx_most_mantissa"]  # of sigma-delta networks

MODELS = {model["name"]: model for model in _core.models()}
FIXED_FUNCTION = tuple(name for name, model in MODELS.items() if not model["program"])


def most(model: str, parameter: str) -> int:
    """The largest value of an integer of a model's step."""
    return next(p["most"] for p in MODELS[model]["parameters"] if p["name"] == parameter)
