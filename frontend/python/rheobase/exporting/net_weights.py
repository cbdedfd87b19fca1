"""The weights and delays of a layer as its fields, what frontend/netx/Weights.cpp and Windows.cpp read turned round.

Weights are whole numbers of 9 bits. Where NetX makes others of them, or does not open such a layer, that is said in a
warning: read by rheobase the file is what was written.
"""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..arithmetic import LEAST_WEIGHT, MODELS, MOST_MIXED_WEIGHT, MOST_WEIGHT
from .integers import Integers, Synapses
from .net_neurons import RESONATORS, number


def check_synapses(found: Integers, s: Synapses) -> None:
    """Refuses what no layer has, whatever stands before and behind."""
    resonates = found.populations[s.target].model in RESONATORS
    if s.direct:
        found.refuse(
            s.target,
            f"'{s.source}' and '{s.target}' are connected one to one; layers are connected by weights",
            "connect them by a matrix with ones on its diagonal",
        )
    elif resonates and s.window is not None:
        found.refuse(
            s.name,
            f"'{s.name}' is a convolution into the resonators '{s.target}', which have complex weights of dense layers",
            "write it as a matrix",
        )
    elif s.delay.any() and s.source == s.target:
        found.refuse(
            s.target,
            f"the loop of '{s.target}' has delays up to {s.delay.max()} steps, of which SLAYER and NetX make different ones "
            "(X30)",
            "use a loop without delays",
            value=float(s.delay.max()),
            limit=0.0,
        )
    elif s.delay.any() and s.window is not None:
        _check_kernels_delay(found, s)
    elif resonates:
        _check_complex_delay(found, s)
    _check_weights(found, s)


def _check_kernels_delay(found: Integers, s: Synapses) -> None:
    if s.window.transposed:
        found.refuse(
            s.name,
            f"'{s.name}' is a transposed convolution with delays, which a .net file has not",
            "give its delays to another layer",
        )
    elif s.delay.size > 1 and s.delay.size != len(s.delay):
        found.refuse(
            s.name,
            f"'{s.name}' has a delay for each input channel; a .net file has one for each output channel, or for all",
            "give one number",
        )


def _check_complex_delay(found: Integers, s: Synapses) -> None:
    (real, its_delay), (imag, other) = _parts(s)
    clash = (real != 0) & (imag != 0) & (its_delay != other)
    if clash.any():
        found.refuse(
            s.name or s.target,
            f"the real and the imaginary weight of neuron {np.argwhere(clash)[0][0]} of '{s.target}' have different delays; "
            "a complex weight has one",
            "give both the same",
        )


def _parts(s: Synapses) -> list[tuple[np.ndarray, np.ndarray]]:
    """The real and the imaginary weights into resonators, which have two ports each, and their delays."""
    each = s.delay.ndim == 2 and len(s.delay) > 1
    return [(s.weights[k::2], s.delay[k::2] if each else s.delay) for k in range(2)]


def _check_weights(found: Integers, s: Synapses) -> None:
    bad = (s.weights != np.floor(s.weights)) | (s.weights < LEAST_WEIGHT) | (s.weights > MOST_WEIGHT)
    if not bad.any():
        return
    at = tuple(int(i) for i in np.argwhere(bad)[0])
    neuron = at[0] // len(MODELS[found.populations[s.target].model]["ports"])
    whose = f"from channel {at[1]} of '{s.source}' to neuron {neuron} of '{s.target}'"
    if s.window is not None:
        whose = f"at {list(at)} of the kernel '{s.name}'"
    found.refuse(
        s.name or s.target,
        f"the weight {whose} is {s.weights[at]:g}, one of {int(bad.sum())} that are no whole numbers from {LEAST_WEIGHT} "
        f"to {MOST_WEIGHT}",
        "give whole numbers within this range"
        if s.name
        else 'pin "exponent": 0 of this projection in the quantization settings, without "scale_v" and "vth"',
        value=float(s.weights[at]),
        limit=float(LEAST_WEIGHT if s.weights[at] < 0 else MOST_WEIGHT),
    )


def dense_fields(found: Integers, forward: Synapses, recurrent: Optional[Synapses]) -> dict:
    weights, name = forward.weights, forward.target
    fields: dict = {"inFeatures": number(weights.shape[1])}
    if found.populations[name].model in RESONATORS:
        (real, delay), (imag, other) = _parts(forward)
        if (delay != other).any():
            delay = np.where(real != 0, delay, other)
        rows = len(real)
        fields["weight"] = {"real": real.astype(np.float32), "imag": imag.astype(np.float32)}
        _warn_as_read(found, [real], name, "the real weights of")
        _warn_as_read(found, [imag], name, "the imaginary weights of")
        if delay.any():
            _lose_delays(found, forward, "complex weights")
    else:
        delay, rows = forward.delay, len(weights)
        fields["weight"] = weights.astype(np.float32)
        if recurrent is not None:
            fields["weight_rec"] = recurrent.weights.astype(np.float32)
        both = [weights, *([] if recurrent is None else [recurrent.weights])]
        _warn_as_read(found, both, name, "the weights of")
    fields["outFeatures"] = number(rows)
    if delay.any():
        fields["delay"] = _matrix_delay(delay, rows, weights.shape[1])
    return fields


def _matrix_delay(delay: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """One number, one for each row or for each column, or all of them. As many rows as columns: one is a row's."""
    if delay.size == 1:
        return number(delay.ravel()[0])
    if delay.shape == (rows, 1) or (delay.shape == (1, columns) and rows != columns):
        return delay.ravel()
    return np.broadcast_to(delay, (rows, columns)).copy()


def window_fields(found: Integers, s: Synapses) -> dict:
    w, channels = s.window, {"in": s.window.input_shape[0], "out": s.window.output_shape[0]}
    fields = {
        "inChannels": number(channels["in"]),
        "outChannels": number(channels["out"]),
        "kernelSize": np.array(s.weights.shape[2:], np.int64),
        "stride": np.array(w.stride, np.int64),
        "padding": np.array(w.padding, np.int64),
        "dilation": np.array(w.dilation, np.int64),
        "groups": number(w.groups),
        "weight": s.weights.astype(np.float32),
    }
    if s.delay.any():
        fields["delay"] = number(s.delay.ravel()[0]) if s.delay.size == 1 else s.delay.ravel()
        _lose_delays(found, s, "convolutions (X29)")
    if w.transposed:
        found.lose(
            s.name,
            f"'{s.name}' is a transposed convolution, which NetX does not open",
            "run the file here",
            "warning",
        )
    return fields


def _lose_delays(found: Integers, s: Synapses, what: str) -> None:
    found.lose(
        s.name or s.target,
        f"the weights from '{s.source}' to '{s.target}' have delays up to {s.delay.max()} steps; NetX leaves out those of "
        f"{what}",
        "run the file here",
        "warning",
    )


def _warn_as_read(found: Integers, parts: list[np.ndarray], name: str, whose: str) -> None:
    """NetX shifts the weights of a layer as far up as 8 bits allow, and Lava then clips each matrix by its signs."""
    low, high = int(min(w.min() for w in parts)), int(max(w.max() for w in parts))

    def warn(message: str, remedy: str) -> None:
        found.lose(name, message, remedy, "warning")

    if low == high == 0:
        warn(f"all of {whose} '{name}' are zero, which NetX cannot open", "leave out the layer")
        return
    if low < 0 and high > MOST_MIXED_WEIGHT:
        warn(
            f"the largest of {whose} '{name}' is {high}, which NetX cuts to {MOST_MIXED_WEIGHT} where others are negative",
            'pin "sign_mode": "mixed" in the quantization settings, or use weights up to 254',
        )
        return
    if low >= 0:
        room = MOST_WEIGHT / high
    elif high < 0:
        room = LEAST_WEIGHT / low
    else:
        room = min(LEAST_WEIGHT / low, MOST_MIXED_WEIGHT / high if high else np.inf)
    shift = int(np.floor(np.log2(room)))
    for weights in parts:
        lowest = int(weights.min())
        if weights.max() <= 0 and lowest * 2**shift == LEAST_WEIGHT:
            warn(
                f"{whose} '{name}' are all negative or 0 and reach {lowest}; NetX makes it {lowest} times 255/256",
                f"use weights above {lowest}, or any that is positive",
            )
