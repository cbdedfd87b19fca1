"""PyTorch's own layers, which every framework uses between its neurons. SPEC F6 to F9, F15 to F17."""

from __future__ import annotations

from typing import Optional

import numpy as np

from .parts import PASS, Map, Norm, array, matrix, one_axis, require


def _weight(module) -> np.ndarray:
    """Also of layers that standardize theirs."""
    return array(module.get_weight() if hasattr(module, "get_weight") else module.weight)


def linear(module, layer) -> Map:
    """Linear; Affine with a bias"""
    one_axis(layer.in_shape, "flatten what it is given", "it")
    return matrix(_weight(module), module.bias)


def convolution(module, layer) -> Map:
    """Conv1d, Conv2d; zero padding"""
    kind = {"1": "Conv1d", "2": "Conv2d"}[type(module).__name__[-2]]
    require(module.padding_mode == "zeros", f"its padding_mode is '{module.padding_mode}'", "use zeros")
    axes = len(module.kernel_size)
    padding = module.padding
    if padding == "valid":
        padding = [0] * axes
    elif padding == "same":
        around = [d * (k - 1) for k, d in zip(module.kernel_size, module.dilation)]
        require(not any(a % 2 for a in around), "'same' pads one side more than the other", "use odd kernels")
        padding = [a // 2 for a in around]
    parameters = {
        "weight": _weight(module),
        **{
            name: np.array(value, np.int64)
            for name, value in (
                ("stride", module.stride),
                ("padding", padding),
                ("dilation", module.dilation),
                ("groups", module.groups),
            )
        },
    }
    if module.bias is not None:
        parameters["bias"] = array(module.bias)
    return Map(kind, parameters)


def transposed(module, layer) -> Map:
    """ConvTranspose2d, without output_padding"""
    require(not any(module.output_padding), "it has an output_padding", "leave it at 0")
    return Map("ConvTranspose2d", convolution(module, layer).parameters)


def windows(module, padding=0) -> dict:
    """Size, stride and padding of a pooling over two axes."""
    require(not module.ceil_mode, "its ceil_mode lets windows hang over", "set it to False")
    stride = module.kernel_size if module.stride is None else module.stride
    sizes = {"kernel_size": module.kernel_size, "stride": stride, "padding": padding}
    return {name: np.broadcast_to(np.array(size, np.int64), (2,)) for name, size in sizes.items()}


def pool(module, layer) -> Map:
    """AvgPool2d, without ceil_mode"""
    require(
        module.divisor_override is None and (module.count_include_pad or not np.any(module.padding)),
        "it divides by another number than its window's size",
        "leave divisor_override and count_include_pad as they are",
    )
    return Map("AvgPool2d", windows(module, module.padding))


def norm(module, layer) -> Norm:
    """part of the weights right before it, after module.eval()"""
    require(
        not module.training and module.running_var is not None,
        "it normalizes by the batch that it is given",
        "call module.eval()",
    )
    factor = 1 / np.sqrt(array(module.running_var).astype(np.float64) + module.eps)
    shift = np.zeros_like(factor)
    if module.affine:
        factor, shift = factor * array(module.weight), array(module.bias).astype(np.float64)
    return Norm(factor, shift - array(module.running_mean) * factor)


def dropout(module, layer):
    """left out, after module.eval()"""
    require(not module.training or module.p == 0, "it drops at random while training", "call module.eval()")
    return PASS


def identity(module, layer):
    """left out"""
    return PASS


def rank(module, axes: int, of_others: Optional[int]) -> Optional[int]:
    """How many axes of time and batch stand before those of a step, in an input of so many axes: what torch's layers
    say, else `of_others`."""
    own = next(
        (r for r, kinds in _RANKS.items() if any(base.__name__ in kinds for base in type(module).__mro__)),
        None,
    )
    return of_others if own is None else axes - own


_RANKS = {
    1: {"Linear"},
    2: {"Conv1d", "AvgPool1d", "MaxPool1d"},
    3: {"Conv2d", "ConvTranspose2d", "AvgPool2d", "MaxPool2d", "LPPool2d", "BatchNorm2d"},
}


_MAXIMUM = "NIR has no node that takes a maximum"
_FUNCTION = "NIR has no such function"

TAKEN = {
    "Linear": linear,
    "Conv1d": convolution,
    "Conv2d": convolution,
    "ConvTranspose2d": transposed,
    "AvgPool2d": pool,
    "BatchNorm1d": norm,
    "BatchNorm2d": norm,
    "Dropout": dropout,
    "Dropout1d": dropout,
    "Dropout2d": dropout,
    "Identity": identity,
}
# Their forwards are followed: they only arrange layers or axes.
FOLLOWED = {"Sequential", "ModuleList", "ModuleDict", "Flatten", "Unflatten"}
REFUSED = {
    "MaxPool1d": _MAXIMUM,
    "MaxPool2d": _MAXIMUM,
    "AdaptiveMaxPool2d": _MAXIMUM,
    "ReLU": _FUNCTION,
    "LeakyReLU": _FUNCTION,
    "Sigmoid": _FUNCTION,
    "Tanh": _FUNCTION,
    "Softmax": _FUNCTION,
    "AvgPool1d": "NIR pools over two axes: use AvgPool2d",
    "AdaptiveAvgPool2d": "its windows follow from the input's size: use AvgPool2d",
    "Conv3d": "NIR convolves over one or two axes",
    "LayerNorm": "it normalizes by what it is given",
    "RNN": "it is no spiking layer",
    "LSTM": "it is no spiking layer",
    "GRU": "it is no spiking layer",
}
