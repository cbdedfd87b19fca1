"""Convolutions written out as matrices, plainly: what wirings and kernels are compared with. SPEC F15."""

from __future__ import annotations

import re

import numpy as np


def unfold(
    kernel: np.ndarray, source: tuple, target: tuple, stride, padding, dilation, groups: int
) -> np.ndarray:
    """[targets, sources] of a kernel [outputs, inputs / groups, rows, columns] between shapes [channels, rows, columns]."""
    matrix = np.zeros((*target, *source), kernel.dtype)
    outputs, inputs, rows, columns = kernel.shape
    for o, r, c in np.ndindex(*target):
        first = o // (outputs // groups) * inputs
        for i, k, m in np.ndindex(inputs, rows, columns):
            y = r * stride[0] - padding[0] + k * dilation[0]
            x = c * stride[1] - padding[1] + m * dilation[1]
            if 0 <= y < source[1] and 0 <= x < source[2]:
                matrix[o, r, c, first + i, y, x] += kernel[o, i, k, m]
    return matrix.reshape(int(np.prod(target)), int(np.prod(source)))


def unfold_attribute(kernel: np.ndarray, text: str) -> np.ndarray:
    """The same from the text of #spk.convolution<...>."""
    lists = [tuple(int(n) for n in found.split(",")) for found in re.findall(r"\[([^\]]*)\]", text)]
    source, target, _, stride, padding, dilation = lists[:6]
    groups = int(re.search(r"groups (\d+)", text)[1])
    return unfold(kernel, source, target, stride, padding, dilation, groups)
