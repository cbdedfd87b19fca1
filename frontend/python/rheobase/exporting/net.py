"""Networks as lava-dl's .net files, which its NetX runs on Lava: a chain of dense layers of CUBA neurons.

What NetX makes of a file is in frontend/netx/Netx.h, whose reader takes what is written here: number for number the
same network. Every field is called as SLAYER's export_hdf5 calls it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

import numpy as np

from ..arithmetic import (
    ALIGN,
    DECAY_ONE,
    FIXED_FUNCTION,
    LEAST_WEIGHT,
    MOST_MIXED_WEIGHT,
    MOST_THRESHOLD,
    MOST_WEIGHT,
    NETX_NEVER_SPIKES,
)
from ..errors import CompileError, Diagnostic
from ..image import Image
from ..network import Network
from .hdf5 import file_of
from .integers import Integers, Population, Synapses, integers_of
from .lava import LARGEST_MANTISSA


def content(source: Union[Image, Network]) -> tuple[bytes, list[Diagnostic]]:
    """The file's bytes, and what it cannot keep. Raises CompileError with everything that NetX cannot express."""
    found = integers_of(source)
    for name in found.graded:
        found.refuse(name, f"the input '{name}' is graded; a .net file says nothing of that", "use spikes")
    for population in found.populations.values():
        if not population.made:
            _check_population(found, population)
    layers = _chain(found)
    for s in found.synapses:
        if not _constant(found, s):
            _check_weights(found, s)
    if not found.refused:
        for layer in layers:
            _check_as_read(found, layer)
    if found.refused:
        raise CompileError(found.refused)
    root = {
        "layer": {str(i): _fields(layer) for i, layer in enumerate(layers)},
        "simulation": {"Ts": np.array(found.dt / 1e-3)},
    }
    return file_of(root), _lost(found, source, layers)


@dataclass
class Layer:
    population: Population
    forward: Synapses
    recurrent: Optional[Synapses]


def _check_population(found: Integers, population: Population) -> None:
    name, values = population.name, population.parameters
    if population.model not in FIXED_FUNCTION:
        found.refuse(
            name, f"neurons of model '{population.model}' are not NetX's CUBA", "choose another model"
        )
        return
    for key, field in (("decay_u", "iDecay"), ("decay_v", "vDecay"), ("threshold", "vThMant")):
        if key not in values or (values[key] == values[key][0]).all():
            continue
        other = int(np.argmax(values[key] != values[key][0]))
        found.refuse(
            name,
            f"'{key}' of '{name}' is {values[key][0]} in neuron 0 and {values[key][other]} in neuron {other}; a layer "
            f"has one '{field}'",
            "give all neurons of the population one value, or split it into layers",
        )
    if "decay_u" in values and values["decay_u"].min() < 1:
        found.refuse(
            name,
            f"'decay_u' of '{name}' is 0; the least that Loihi's current loses in a step is 1 of 4096 (SPEC N3)",
            "set decay_u to 1 or more",
            value=0.0,
            limit=1.0,
        )
    if population.spiking:
        _check_threshold(found, name, values)
    bias = values["bias"]
    if (bias % ALIGN).any():
        at = int(np.argmax(bias % ALIGN != 0))
        found.refuse(
            name,
            f"the bias of neuron {at} of '{name}' is {bias[at]:g}, no multiple of 64; NetX shifts biases by 6 bits",
            'pin "bias_mantissa", the bias divided by 64 and rounded, and "bias_exponent": 6 in the quantization settings',
            value=float(bias[at]),
        )
    elif np.abs(bias // ALIGN).max() > LARGEST_MANTISSA:
        at = int(np.argmax(np.abs(bias)))
        found.refuse(
            name,
            f"the bias of neuron {at} of '{name}' is 64 times {int(bias[at]) // ALIGN}; Lava holds 16 bits, "
            f"{LARGEST_MANTISSA} at most",
            "choose a smaller scale",
            value=float(bias[at] // ALIGN),
            limit=float(LARGEST_MANTISSA),
        )


def _check_threshold(found: Integers, name: str, values: dict[str, np.ndarray]) -> None:
    threshold = values["threshold"]
    bad = (threshold % ALIGN != 0) | (threshold < 0) | (threshold > ALIGN * MOST_THRESHOLD)
    if bad.any():
        at = int(np.argmax(bad))
        found.refuse(
            name,
            f"the threshold of neuron {at} of '{name}' is {int(threshold[at])}; 'vThMant' holds multiples of 64 from 0 "
            f"to 64 times {MOST_THRESHOLD}",
            "choose another threshold or scale",
            value=float(threshold[at]),
            limit=float(ALIGN * MOST_THRESHOLD),
        )
    if values["reset_keep"].any():
        found.refuse(
            name,
            f"'{name}' resets by subtraction; NetX resets to zero",
            "train with reset to zero, and give it: --reset zero",
        )
    elif values["reset_amount"].any():
        found.refuse(
            name, f"'{name}' resets to a value; NetX resets to zero", "train with reset to zero: --reset zero"
        )


def _chain(found: Integers) -> list[Layer]:
    """The layers from the input to the output; what is no chain is refused."""
    for what, names in (("input", found.inputs), ("output", found.outputs)):
        if len(names) != 1:
            listed = ", ".join(f"'{n}'" for n in names)
            found.refuse(
                "",
                f"the network has {len(names)} {what}s ({listed}); a .net file has one",
                f"export a network with one {what}",
                value=float(len(names)),
                limit=1.0,
            )
    forward: dict[str, list[Synapses]] = {name: [] for name in found.populations}
    recurrent: dict[str, list[Synapses]] = {name: [] for name in found.populations}
    targets: dict[str, set[str]] = {name: set() for name in (*found.inputs, *found.populations)}
    for s in found.synapses:
        if _constant(found, s):
            _refuse_constant(found, s)
            continue
        (recurrent if s.source == s.target else forward)[s.target].append(s)
        if s.source != s.target:
            targets.setdefault(s.source, set()).add(s.target)
    for name, ends in targets.items():
        if len(ends) > 1:
            listed = ", ".join(f"'{end}'" for end in sorted(ends))
            found.refuse(
                name, f"'{name}' branches to {listed}; layers form one chain", "leave out the branch"
            )
    for name, population in found.populations.items():
        if population.made:
            continue
        starts = sorted({s.source for s in forward[name]})
        if len(starts) != 1:
            listed = ", ".join(f"'{start}'" for start in starts) or "nothing"
            found.refuse(
                name,
                f"'{name}' joins {listed}; a layer has one before it",
                "leave out the skip connection" if starts else "connect it, or leave it out",
            )
        if not population.spiking and (targets[name] or recurrent[name]):
            found.refuse(
                name, f"'{name}' never spikes and sends its potential", "only the last layer may do so"
            )
        _refuse_parallel(found, forward[name], recurrent[name])
    if found.refused:
        return []
    layers, at = [], next(iter(found.inputs))
    while targets[at]:
        (at,) = targets[at]
        layers.append(Layer(found.populations[at], forward[at][0], next(iter(recurrent[at]), None)))
    (output,), parts = found.outputs, next(iter(found.outputs.values()))
    if parts != [at] or not layers or len(layers) != len(found.populations):
        listed = ", ".join(f"'{part}'" for part in parts)
        found.refuse(
            output, f"the output reads {listed}; a .net file's is its last layer, '{at}'", "read the last"
        )
    return layers


def _constant(found: Integers, s: Synapses) -> bool:
    """Whether the compiler made the source, which spikes in every step: an Affine's bias before a lasting current."""
    return s.source in found.populations and found.populations[s.source].made


def _refuse_constant(found: Integers, s: Synapses) -> None:
    found.refuse(
        s.target,
        f"'{s.target}' takes a constant current that starts with its input, for the bias of an Affine or a v_leak before "
        "it; NetX's biases are added to potentials, and at once",
        "train without this bias, or give it to exact neurons",
    )


def _refuse_parallel(found: Integers, forward: list[Synapses], recurrent: list[Synapses]) -> None:
    """Several sums between the same two: delays, or parts that do not add up."""
    for group in (forward, recurrent):
        if len({s.source for s in group}) < len(group) and len({s.delay for s in group}) == 1:
            s = group[0]
            found.refuse(
                s.target,
                f"between '{s.source}' and '{s.target}' there are {len(group)} sums that do not add up to one matrix",
                "give the connection as one matrix"
                if s.name
                else 'pin "exponent": 0 in the quantization settings',
            )
        for s in group:
            if s.delay:
                found.refuse(
                    s.target,
                    f"synapses from '{s.source}' to '{s.target}' have a delay of {s.delay} steps; .net files are "
                    "written without",
                    "use a network without delays, and without skip connections, which need them",
                    value=float(s.delay),
                    limit=0.0,
                )


def _check_weights(found: Integers, s: Synapses) -> None:
    bad = (s.weights != np.floor(s.weights)) | (s.weights < LEAST_WEIGHT) | (s.weights > MOST_WEIGHT)
    if not bad.any():
        return
    row, column = np.argwhere(bad)[0]
    found.refuse(
        s.name or s.target,
        f"the weight from channel {column} of '{s.source}' to neuron {row} of '{s.target}' is "
        f"{s.weights[row, column]:g}, one of {int(bad.sum())} that are no whole numbers from {LEAST_WEIGHT} to "
        f"{MOST_WEIGHT}",
        "give whole numbers within this range"
        if s.name
        else 'pin "exponent": 0 of this projection in the quantization settings, without "scale_v" and "vth"',
        value=float(s.weights[row, column]),
        limit=float(LEAST_WEIGHT if s.weights[row, column] < 0 else MOST_WEIGHT),
    )


def _check_as_read(found: Integers, layer: Layer) -> None:
    """NetX shifts the weights of a layer as far up as 8 bits allow, and Lava then clips each matrix by its signs."""
    parts = [s for s in (layer.forward, layer.recurrent) if s is not None]
    low, high = int(min(s.weights.min() for s in parts)), int(max(s.weights.max() for s in parts))
    name = layer.population.name
    if low == high == 0:
        found.refuse(name, f"all weights of '{name}' are zero, which NetX cannot open", "leave out the layer")
        return
    if low < 0 and high > MOST_MIXED_WEIGHT:
        found.refuse(
            name,
            f"the largest weight of '{name}' is {high}, which NetX cuts to {MOST_MIXED_WEIGHT} where others are negative",
            'pin "sign_mode": "mixed" in the quantization settings, or use weights up to 254',
            value=float(high),
            limit=float(MOST_MIXED_WEIGHT),
        )
        return
    if low >= 0:
        room = MOST_WEIGHT / high
    elif high < 0:
        room = LEAST_WEIGHT / low
    else:
        room = min(LEAST_WEIGHT / low, MOST_MIXED_WEIGHT / high if high else np.inf)
    shift = int(np.floor(np.log2(room)))
    for s in parts:
        lowest = int(s.weights.min())
        if s.weights.max() <= 0 and lowest * 2**shift == LEAST_WEIGHT:
            found.refuse(
                name,
                f"the weights from '{s.source}' to '{name}' are all negative or 0 and reach {lowest}; NetX makes it "
                f"{lowest} times 255/256",
                f"use weights above {lowest}, or any that is positive",
                value=float(lowest),
            )


def _fields(layer: Layer) -> dict:
    population, values = layer.population, layer.population.parameters
    size, channels = layer.forward.weights.shape

    def number(value) -> np.ndarray:
        return np.array(int(value), np.int64)

    fields = {
        "type": ("dense" if layer.recurrent is None else "dense_rec",),
        "shape": np.array([size], np.int64),
        "inFeatures": number(channels),
        "outFeatures": number(size),
        "weight": layer.forward.weights.astype(np.float32),
    }
    if layer.recurrent is not None:
        fields["weight_rec"] = layer.recurrent.weights.astype(np.float32)
    if values["bias"].any():
        fields["bias"] = (values["bias"] // ALIGN).astype(np.float32)
    fields["neuron"] = {
        "type": "CUBA",
        "iDecay": number(values["decay_u"][0] if "decay_u" in values else DECAY_ONE),
        "vDecay": number(values["decay_v"][0] if "decay_v" in values else 0),
        "vThMant": number(values["threshold"][0] // ALIGN if population.spiking else NETX_NEVER_SPIKES),
        "refDelay": number(1),
        "gradedSpike": number(0),
    }
    return fields


def _lost(found: Integers, source: Union[Image, Network], layers: list[Layer]) -> list[Diagnostic]:
    """What a .net file has no place for; the numbers stay what they are."""
    lost = []

    def note(where: str, message: str, remedy: str = "") -> None:
        lost.append(Diagnostic("R0671", "note", message, found.file, where, remedy=remedy))

    of_image = isinstance(source, Image)
    shape = source.info["inputs"][0]["shape"] if of_image else source.inputs[0].shape
    names = {layer.population.name: f"layer{i}" for i, layer in enumerate(layers)}
    if len(shape) > 1:
        text = "x".join(map(str, shape))
        note(
            next(iter(found.inputs)),
            f"the input's shape {text} is not kept: its channels are flat in C order",
        )
    if any(old != new for old, new in names.items()):
        listed = ", ".join(f"'{old}' becomes '{new}'" for old, new in names.items())
        note("", f"names are not kept: {listed}")
    for layer in layers:
        population = layer.population
        if not population.spiking:
            note(
                population.name,
                f"'{population.name}' never spikes: its layer has lava-dl's threshold of such neurons, {NETX_NEVER_SPIKES}",
                "read the potential 'v' of its neurons",
            )
        elif population.model != "cuba_lif":
            note(
                population.name,
                f"'{population.name}' ({population.model}) becomes a CUBA layer whose current keeps nothing",
            )
        scale = np.ravel(source.scale.get(f"{population.name}.v", 1))[0] if of_image else 1
        if scale != 1:
            note(
                population.name,
                f"the scale of '{population.name}' is not kept: a potential of 1 is {scale:g} in its integers",
            )
    return lost
