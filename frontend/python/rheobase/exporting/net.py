"""Networks as lava-dl's .net files, which its NetX runs on Lava: a chain of layers, number for number the same network.

What a file's layers mean is in frontend/netx/Netx.h, whose reader takes what is written here. The neurons of a layer are
written by net_neurons.py, its weights and delays by net_weights.py; here are the chain and the shapes that its layers
hand on. Every field is called as SLAYER's export_hdf5 calls it. What rheobase reads again but NetX does not open, or
takes for something else, is written, and said in a warning.

A pool is written as a convolution with a group for each channel, which NetX opens where it opens no pool; taps along one
axis as a kernel of one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

import numpy as np

from ..arithmetic import NETX_MOST_DRIVE
from ..conventions import FLAGS
from ..errors import CompileError, Diagnostic
from ..image import Image
from ..network import Network
from .connections import integers_of_network
from .hdf5 import file_of
from .integers import Integers, Population, Synapses, integers_of_image
from .net_neurons import RESONATORS, Neurons, by_channel, neurons_of
from .net_weights import check_synapses, dense_fields, window_fields
from .sums import other_arithmetic


def content(source: Union[Image, Network]) -> tuple[bytes, list[Diagnostic]]:
    """The file's bytes, and what it cannot keep. Raises CompileError with everything that a .net file cannot hold."""
    found = integers_of_image(source) if isinstance(source, Image) else integers_of_network(source)
    if isinstance(source, Image) and (other := other_arithmetic(source)) is not None:
        found.refuse("", *other)
    _take_constants(found)
    driven = _driven(found)
    neurons = {
        p.name: neurons_of(found, p, p.name in driven) for p in found.populations.values() if not p.made
    }
    layers = _chain(found, driven)
    for s in found.synapses:
        if not _constant(found, s) and not (s.target in driven and s.source in found.payloads):
            check_synapses(found, s)
    written = _Writing(found, neurons).run(layers) if not found.refused else []
    if found.refused:
        raise CompileError(found.refused)
    root = {
        "layer": {str(i): fields for i, (_, fields) in enumerate(written)},
        "simulation": {"Ts": np.array(found.dt / 1e-3)},
    }
    _note_names(found, [name for name, _ in written])
    _note_hops(found, source)
    if isinstance(source, Image):
        _note_scales(found, source, layers)
    return file_of(root), found.lost


def _note_hops(found: Integers, source: Union[Image, Network]) -> None:
    if isinstance(source, Network) and source.conventions["feedforward_delay"]:
        found.lose(
            "",
            "that every hop takes a step is not kept: Lava steps so of itself, and rheobase takes what it is told",
            remedy=f"give {FLAGS['feedforward_delay']} 1 with the file",
        )


@dataclass
class Layer:
    """Neurons and what they receive; ``driven`` by the host, in an input layer."""

    population: Population
    forward: Synapses
    recurrent: Optional[Synapses]
    driven: bool


def _driven(found: Integers) -> set[str]:
    """The populations to which an input of numbers goes, one to one. What else such an input reaches is refused."""
    driven = set()
    for s in found.synapses:
        if s.source not in found.payloads:
            continue
        if s.one_to_one:
            driven.add(s.target)
        else:
            found.refuse(
                s.source,
                f"the input '{s.source}' is graded and goes to '{s.target}' through weights; a .net file has no numbers "
                "but those that drive the neurons of an input layer, one to one",
                "use spikes, or connect the input to neurons one to one, and weigh what they send",
            )
    for name, payload in found.payloads.items():
        if payload > NETX_MOST_DRIVE:
            found.refuse(
                name,
                f"the input '{name}' sends up to {payload}; what drives an input layer has 13 bits, {NETX_MOST_DRIVE} at most",
                "send smaller numbers",
                value=float(payload),
                limit=float(NETX_MOST_DRIVE),
            )
        elif payload < NETX_MOST_DRIVE:
            found.lose(name, f"that '{name}' sends {payload} at most is not kept: {NETX_MOST_DRIVE} is read")
    return driven


def _chain(found: Integers, driven: set[str]) -> list[Layer]:
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
        _refuse_loop(found, population, forward[name], recurrent[name], name in driven)
    if found.refused:
        return []
    layers, at = [], next(iter(found.inputs))
    while targets[at]:
        (at,) = targets[at]
        layers.append(
            Layer(found.populations[at], forward[at][0], next(iter(recurrent[at]), None), at in driven)
        )
    (output,), parts = found.outputs, next(iter(found.outputs.values()))
    apart = [name for name in found.populations if name not in {layer.population.name for layer in layers}]
    if apart:
        listed = ", ".join(f"'{name}'" for name in apart)
        found.refuse(
            apart[0], f"{listed} and the input are not connected; layers form one chain", "leave them out"
        )
    elif parts != [at] or not layers:
        listed = ", ".join(f"'{part}'" for part in parts)
        found.refuse(
            output, f"the output reads {listed}; a .net file's is its last layer, '{at}'", "read the last"
        )
    return layers


def _constant(found: Integers, s: Synapses) -> bool:
    """Whether the compiler made the source, which spikes in every step: an Affine's bias before a lasting current."""
    return s.source in found.populations and found.populations[s.source].made


def _take_constants(found: Integers) -> None:
    """The bias of a file's ALIF enters its current, where the compiler made a source of it: one that starts with the
    population's first step, behind no Delay."""
    rest = []
    for s in found.synapses:
        target = found.populations[s.target]
        late = (s.weights != 0) & (s.delay != target.lag - 1)
        if _constant(found, s) and target.model == "atrlif" and not late.any():
            target.take(s.weights[:, 0])
        else:
            rest.append(s)
    found.synapses = rest
    sources = {s.source for s in found.synapses}
    for name in [p.name for p in found.populations.values() if p.made and p.name not in sources]:
        del found.populations[name]


def _refuse_constant(found: Integers, s: Synapses) -> None:
    found.refuse(
        s.target,
        f"'{s.target}' takes a constant current that starts with its input, for the bias of an Affine or a v_leak before "
        "it; NetX's biases are added to potentials, and at once",
        "train without this bias, or give it to exact neurons",
    )


def _refuse_parallel(found: Integers, forward: list[Synapses], recurrent: list[Synapses]) -> None:
    """Several sums between the same two: parts that do not add up."""
    for group in (forward, recurrent):
        if len({s.source for s in group}) < len(group):
            s = group[0]
            found.refuse(
                s.target,
                f"between '{s.source}' and '{s.target}' there are {len(group)} sums that do not add up to one matrix",
                "give the connection as one matrix"
                if s.name
                else 'pin "exponent": 0 in the quantization settings',
            )


def _refuse_loop(
    found: Integers, population: Population, forward: list[Synapses], loop: list[Synapses], driven: bool
) -> None:
    """Layers with a loop are dense, and without delays."""
    name = population.name
    if not loop or not forward:
        return
    into = forward[0]
    loopless = {
        "an input layer": driven,
        "a convolution": into.window or loop[0].window,
        "resonators": population.model in RESONATORS,
    }
    what = next((what for what, applies in loopless.items() if applies), None)
    if what is not None:
        found.refuse(
            name, f"'{name}' has a loop, which {what} cannot have in a .net file", "leave out the loop"
        )
    elif into.delay.any():
        found.refuse(
            name,
            f"'{name}' has a loop, and delays before it, which NetX would give to the loop, too (X30)",
            "leave out the loop or the delays",
            value=float(into.delay.max()),
            limit=0.0,
        )


class _Writing:
    """The layers of a file, each with the name of its population or none; ``shape`` is what the next one receives."""

    def __init__(self, found: Integers, neurons: dict[str, Neurons]):
        self._found, self._neurons = found, neurons
        self._written: list[tuple[str, dict]] = []
        self._shape: tuple[int, ...] = ()

    def run(self, layers: list[Layer]) -> list[tuple[str, dict]]:
        found = self._found
        self._begin(layers)
        for layer in layers:
            if not layer.driven:
                self._layer(layer)
            self._note_shape(layer.population.name, layer.population.shape)
        for groups in found.averages.values():  # of what is flat to this layer, whatever its shape
            self._add("", "average", {"shape": np.array([groups], np.int64)})
            found.lose(
                "", "the network ends with averages, which NetX does not open", "run the file here", "warning"
            )
        return self._written

    def _add(self, name: str, kind: str, fields: dict) -> None:
        self._written.append((name, {"type": (kind,), **fields}))

    def _begin(self, layers: list[Layer]) -> None:
        """The input's shape: as the first window needs it, else as it is. A flat one that sends spikes needs no layer."""
        ((name, given),) = self._found.inputs.items()
        driven = layers[0] if layers[0].driven else None
        first = next((layer for layer in layers if not layer.driven), None)
        window = first.forward.window if first else None
        size = int(np.prod(given))
        self._shape = window.input_shape if window else tuple(given) if len(given) == 3 else (size,)
        self._note_shape(name, given)
        fields: dict = {"shape": np.array(self._shape, np.int64)}
        if driven:
            weight, bias = self._found.transform
            fields |= {"weight": np.array([weight], np.int64), "bias": np.array([bias], np.int64)}
            fields["neuron"] = self._neurons[driven.population.name].fields
            self._add(driven.population.name, "input", fields)
        elif len(self._shape) == 3:
            self._add("", "input", fields)

    def _layer(self, layer: Layer) -> None:
        found, forward, name = self._found, layer.forward, layer.population.name
        neurons = self._neurons[name]
        if forward.window is None:
            self._flatten()
            kind = "dense" if layer.recurrent is None else "dense_rec"
            fields, self._shape = dense_fields(found, forward, layer.recurrent), (layer.population.size,)
        else:
            if self._shape != forward.window.input_shape:
                found.refuse(
                    forward.name,
                    f"'{forward.name}' slides over {_extents(forward.window.input_shape)}, the layer before it hands on "
                    f"{_extents(self._shape)}",
                    "write it as a matrix: what is flat stays flat in a .net file",
                )
            kind = "convT" if forward.window.transposed else "conv"
            fields, self._shape = window_fields(found, forward), forward.window.output_shape
        fields["shape"] = np.array(self._shape, np.int64)
        if neurons.bias.any():
            fields["bias"] = self._bias(name, neurons.bias).astype(np.float32)
        fields["neuron"] = neurons.fields
        self._add(name, kind, fields)

    def _bias(self, name: str, bias: np.ndarray) -> np.ndarray:
        """One for each channel where they are equal within it."""
        each = by_channel(bias, self._shape[0])
        if each is not None:
            return each
        self._found.lose(
            name,
            f"the biases of '{name}' differ within a channel; NetX opens one for each channel of a convolution",
            "run the file here",
            "warning",
        )
        return bias

    def _flatten(self) -> None:
        if len(self._shape) > 1:
            self._shape = (int(np.prod(self._shape)),)
            self._add("", "flatten", {"shape": np.array(self._shape, np.int64)})

    def _note_shape(self, name: str, given: tuple[int, ...]) -> None:
        if tuple(given) == self._shape:
            return
        flat = "its channels are flat in C order" if len(self._shape) == 1 else _extents(self._shape)
        self._found.lose(name, f"the shape {_extents(given)} of '{name}' is not kept: {flat}")


def _extents(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _note_names(found: Integers, names: list[str]) -> None:
    renamed = {name: f"layer{i}" for i, name in enumerate(names) if name}
    if any(old != new for old, new in renamed.items()):
        listed = ", ".join(f"'{old}' becomes '{new}'" for old, new in renamed.items())
        found.lose("", f"names are not kept: {listed}")


def _note_scales(found: Integers, image: Image, layers: list[Layer]) -> None:
    for layer in layers:
        name = layer.population.name
        scale = np.ravel(image.scale.get(f"{name}.v", 1))[0]
        if scale != 1:
            found.lose(
                name,
                f"the scale of '{name}' is not kept: a potential of 1 is {scale:g} in its integers",
            )
