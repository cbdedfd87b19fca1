"""What a framework's layer becomes: neurons, a map without neurons, nothing, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

import numpy as np

# A decay that loses nothing is a time constant of so many steps: 1 / STEADY vanishes beside 1 in float64, too.
STEADY = 2.0**60


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


def matrix(weight, bias=None) -> Map:
    """A linear map; without a bias where there is none, or one of zeros."""
    parameters = {"weight": array(weight)}
    if bias is not None and np.any(array(bias)):
        parameters["bias"] = array(bias)
    return Map("Affine" if "bias" in parameters else "Linear", parameters)


def require(holds: bool, why: str, remedy: str = "") -> None:
    if not holds:
        raise Refused(why, remedy)
