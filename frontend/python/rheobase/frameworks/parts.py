"""What a framework's layer becomes: neurons, a map without neurons, nothing, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

import numpy as np

# What a decay that loses nothing loses in a step: it vanishes beside 1 in float64, too.
LEAST = 2.0**-60


class Refused(Exception):
    """This layer cannot be taken over: why, and what to do."""

    def __init__(self, why: str, remedy: str = ""):
        super().__init__(why)
        self.why, self.remedy = why, remedy


@dataclass(frozen=True)
class Map:
    """A node without neurons: its NIR kind and parameters."""

    kind: str
    parameters: dict


@dataclass(frozen=True)
class Neurons:
    """A population, or delays. kind: the Builder's method. conventions: what the layer needs the whole network to do. before:
    what its input passes first. recurrent: what its output passes on its way back, `DIRECT` where nothing. gain: by
    which its output is multiplied."""

    kind: str
    parameters: dict
    conventions: dict = field(default_factory=dict)
    before: Optional[Map] = None
    recurrent: Optional[object] = None
    gain: Optional[np.ndarray] = None


@dataclass(frozen=True)
class Norm:
    """Each channel times `factor` plus `shift`, which the map before it takes up."""

    factor: np.ndarray
    shift: np.ndarray


DIRECT = object()  # straight back into the neurons
PASS = object()  # hands on what it is given


def array(tensor) -> np.ndarray:
    """The values of a tensor or a number."""
    if not hasattr(tensor, "detach"):
        return np.asarray(tensor, np.float64)
    require(
        not tensor.is_floating_point() or str(tensor.dtype) in ("torch.float32", "torch.float64"),
        f"a parameter is of type {tensor.dtype}",
        "call module.float()",
    )
    return tensor.detach().cpu().numpy()


def each(value, shape: tuple, leading: int = 0) -> np.ndarray:
    """One value for each neuron, in float64, as torch broadcasts a parameter against [..., *shape]."""
    values = array(value).astype(np.float64)
    while values.ndim > len(shape) and values.shape[0] == 1:
        values = values[0]
    try:
        return np.broadcast_to(values, shape)
    except ValueError:
        raise Refused(
            f"a parameter has shape {list(values.shape)}, the layer has {list(shape)} neurons"
        ) from None


def loss(share) -> np.ndarray:
    """What a state loses of itself in a step, which is never nothing: a time constant is one over it."""
    return np.maximum(share, LEAST)


def one_axis(shape: tuple, remedy: str, what: str = "its matrix") -> None:
    require(len(shape) == 1, f"{what} acts on the last axis of {list(shape)} alone", remedy)


def is_step(function, reached: bool) -> bool:
    """Whether a function of tensors is 1 above 0, at it too where `reached`, and 0 below."""
    import torch

    probe = torch.linspace(-2, 2, 1001)
    return bool((function(probe) == (probe >= 0 if reached else probe > 0)).all())


def matrix(weight, bias=None) -> Map:
    """A linear map; without a bias where there is none, or one of zeros."""
    parameters = {"weight": array(weight)}
    if bias is not None and np.any(array(bias)):
        parameters["bias"] = array(bias)
    return Map("Affine" if "bias" in parameters else "Linear", parameters)


def require(holds: bool, why: str, remedy: str = "") -> None:
    if not holds:
        raise Refused(why, remedy)
