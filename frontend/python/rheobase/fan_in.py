"""What reaches one neuron: its row of weights in a float network, and in an image."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

import numpy as np

from . import _core
from .image import Image
from .network import Network, Node

# (source, its neuron in C order, steps in the network's own time)
Place = tuple[str, int, int]


@dataclass
class Row:
    """weights by place; bias: what arrives in every step besides, in the same unit."""

    weights: dict[Place, float] = field(default_factory=dict)
    bias: float = 0.0

    def add(self, source: str, neurons, values, delay: int) -> None:
        for neuron, value in zip(np.asarray(neurons).tolist(), np.asarray(values, np.float64).tolist()):
            if value != 0:
                place = (source, neuron, delay)
                self.weights[place] = self.weights.get(place, 0.0) + value


def of_network(net: Network, population: str, neuron: int) -> Optional[Row]:
    """The row of a neuron behind matrices, convolutions and plain edges; None behind anything else."""
    row = Row()
    for middle, target, delay in net.edges:
        if target != population:
            continue
        node = net.nodes[middle]
        if _is_source(node):
            found, sources = (np.array([neuron]), np.ones(1), 0.0), [(middle, delay)]
        else:
            reached = _sources(net, middle)
            found = _row_of(node, neuron)
            if found is None or reached is None:
                return None
            sources = [(name, delay + before) for name, before in reached]
        neurons, values, bias = found
        row.bias += bias
        for name, steps in sources:
            row.add(name, neurons, values, steps)
    return row


def of_image(image: Image, population: str, neuron: int) -> Optional[Row]:
    """The same of an image, in units of weights; None where populations that the compiler made pass sums on.

    Clones count as the neurons that they are clones of; a population that fires in every step is a bias.
    """
    inputs, populations = image.info["inputs"], image.info["populations"]
    lag = {p["name"]: p["lag"] for p in populations}
    row = Row()
    numbers, neurons, delays, weights = _core.fan_in(image.program, population, neuron)
    for number in np.unique(numbers).tolist():
        at = numbers == number
        which, values, steps = neurons[at], weights[at], delays[at] + 1 - lag[population]
        if number < len(inputs):
            name = inputs[number]["name"]
        else:
            about = populations[number - len(inputs)]
            name = about["name"]
            if about["clone_of"]:
                name = about["clone_of"]
                which = np.asarray(about["originals"])[which]
            elif about["hidden"]:
                if len(_core.fan_in(image.program, name, 0)[0]):
                    return None
                row.bias += float(values.sum())
                continue
            steps = steps + lag[name]
        for delay in np.unique(steps).tolist():
            row.add(name, which[steps == delay], values[steps == delay], delay)
    return row


def _is_source(node: Node) -> bool:
    return node.kind == "Input" or node.spiking


def _sources(net: Network, middle: str) -> Optional[list[tuple[str, int]]]:
    """(population or input, delay) of what flows into a node, through nodes that only flatten."""
    found = []
    for source, target, delay in net.edges:
        if target != middle:
            continue
        node = net.nodes[source]
        if _is_source(node):
            found.append((source, delay))
        elif node.kind == "Flatten":
            before = _sources(net, source)
            if before is None:
                return None
            found += [(name, delay + steps) for name, steps in before]
        else:
            return None
    return found


def _row_of(node: Node, neuron: int) -> Optional[tuple[np.ndarray, np.ndarray, float]]:
    """(inputs, weights, bias) of one output of a matrix or a convolution."""
    parameters = node.parameters
    if np.any(parameters.get("delay", 0)):
        return None
    if node.kind in ("Linear", "Affine"):
        weights = parameters["weight"][neuron]
        bias = float(parameters["bias"][neuron]) if "bias" in parameters else 0.0
        return np.arange(weights.size), weights, bias
    if node.kind not in ("Conv1d", "Conv2d"):
        return None
    kernel = parameters["weight"]
    channel, *place = np.unravel_index(neuron, node.output_shape)
    per_group = kernel.shape[0] // int(np.ravel(parameters.get("groups", 1))[0])
    first = int(channel) // per_group * kernel.shape[1]
    # For each axis, which taps of the kernel meet the input, and where.
    taps, at = [np.arange(kernel.shape[1])], [first + np.arange(kernel.shape[1])]
    for axis, index in enumerate(place):
        stride, padding, dilation = (
            int(np.ravel(parameters[name])[axis]) for name in ("stride", "padding", "dilation")
        )
        read = int(index) * stride - padding + np.arange(kernel.shape[2 + axis]) * dilation
        inside = (read >= 0) & (read < node.input_shape[1 + axis])
        taps.append(np.flatnonzero(inside))
        at.append(read[inside])
    weights = kernel[channel][np.ix_(*taps)]
    inputs = np.ravel_multi_index(np.meshgrid(*at, indexing="ij"), node.input_shape)
    bias = float(parameters["bias"][channel]) if "bias" in parameters else 0.0
    return inputs.ravel(), weights.ravel(), bias
