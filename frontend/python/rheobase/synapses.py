"""How many synapses a node with weights makes. SPEC F6, F7, F15 to F17."""

from __future__ import annotations

import numpy as np

from .network import Node


def synapses_of(node: Node) -> int:
    """Pairs of an input and an output whose weight is not zero. Example: synapses_of(net.nodes["in_to_hidden"])"""
    if node.kind in ("Linear", "Affine"):
        return int(np.count_nonzero(node.parameters["weight"]))
    if "stride" not in node.parameters:
        return 0
    # A transposed convolution has those of the convolution that it turns round.
    inputs, outputs = node.input_shape, node.output_shape
    if node.kind == "ConvTranspose2d":
        inputs, outputs = outputs, inputs
    axes = len(inputs) - 1
    if "weight" in node.parameters:
        used = node.parameters["weight"] != 0
        dilation = node.parameters["dilation"]
    else:
        used = np.ones((inputs[0], 1, *node.parameters["kernel_size"]), bool)
        dilation = np.ones(axes, int)
    counts = used.sum((0, 1)).astype(float)
    for axis in range(axes):
        stride, padding = (int(node.parameters[name][axis]) for name in ("stride", "padding"))
        taps = np.arange(used.shape[2 + axis]) * int(dilation[axis]) - padding
        reads = np.arange(outputs[1 + axis]) * stride
        places = np.searchsorted(reads, inputs[1 + axis] - taps) - np.searchsorted(reads, -taps)
        counts = counts * places.reshape([-1 if a == axis else 1 for a in range(axes)])
    return int(counts.sum())
