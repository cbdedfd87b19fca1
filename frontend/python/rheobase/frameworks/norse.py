"""Modules of Norse 1.1 (Pehle and Pedersen 2021).

Norse takes Euler steps of i' = -i/tau_syn, v' = (v_leak - v + i)/tau_mem. The input jumps into i first, v sees the jump, and
then i decays: the sum that v sees, j[t] = (1 - dt/tau_syn) j[t-1] + x[t], is the current of SPEC F2 with
w_in = tau_syn/dt and r = 1. A membrane starts at v_leak, that of an IAF at v_reset; here it starts at 0, so that
potentials are counted from there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

import numpy as np

from ..conventions import Choices, Unpack
from ..network import Network
from .assembling import take_over
from .framework import Framework, by_class
from .parts import Map, Neurons, array, each, loss, matrix, one_axis, require
from .torch_layers import rank

_EULER = {"discretization": "euler", "update": "difference"}
_SPIKES = {"firing": "above", "spikes_per_step": "one"}
_RESETS = {"reset_value": "v_reset", "reset_subtract": "subtract"}


def _steps(module, inverse, shape) -> np.ndarray:
    """Seconds of a time constant that is given as its inverse."""
    return module.dt / loss(module.dt * each(inverse, shape))


def _start(p, shape) -> np.ndarray:
    return each(p.v_leak, shape)


def _spiking(p, shape, start) -> dict:
    return {"v_threshold": each(p.v_th, shape) - start, "v_reset": each(p.v_reset, shape) - start}


def _current(module, p, shape) -> dict:
    tau_syn = _steps(module, p.tau_syn_inv, shape)
    return {"tau_syn": tau_syn, "tau_mem": _steps(module, p.tau_mem_inv, shape), "w_in": tau_syn / module.dt}


def lif(module, layer) -> Neurons:
    """CubaLIF"""
    p, shape = module.p, layer.out_shape
    return Neurons(
        "cuba_lif",
        {**_current(module, p, shape), **_spiking(p, shape, _start(p, shape))},
        {"dt": module.dt, "current": "new", "reset": "v_reset", **_EULER, **_SPIKES},
    )


def lif_recurrent(module, layer) -> Neurons:
    """CubaLIF between its two matrices"""
    one_axis(layer.in_shape, "flatten its input")
    weights = {"before": matrix(module.input_weights), "recurrent": matrix(module.recurrent_weights)}
    return replace(lif(module, layer), **weights)


def lif_box(module, layer) -> Neurons:
    """LIF"""
    p, shape = module.p, layer.out_shape
    reset = _RESETS.get(getattr(p.reset_method, "__name__", ""))
    require(reset is not None, "its reset_method is not one of Norse's", "use reset_value or reset_subtract")
    start = _start(p, shape)
    require(
        reset == "v_reset" or not start.any(),
        "v_leak is not 0, and what a spike subtracts is not the way from there to the threshold",
        "set v_leak to 0",
    )
    return Neurons(
        "lif",
        {"tau": _steps(module, p.tau_mem_inv, shape), **_spiking(p, shape, start)},
        {"dt": module.dt, "reset": reset, **_EULER, **_SPIKES},
    )


def iaf(module, layer) -> Neurons:
    """IF"""
    shape = layer.out_shape
    start = each(module.p.v_reset, shape)
    return Neurons("integrate_and_fire", _spiking(module.p, shape, start), {"reset": "v_reset", **_SPIKES})


def _rests_at_0(p, shape) -> None:
    require(not _start(p, shape).any(), "its output starts at v_leak, which is not 0", "set v_leak to 0")


def li(module, layer) -> Neurons:
    """CubaLI, where v_leak is 0"""
    _rests_at_0(module.p, layer.out_shape)
    parameters = _current(module, module.p, layer.out_shape)
    return Neurons("cuba_li", parameters, {"dt": module.dt, "current": "new", **_EULER})


def li_linear(module, layer) -> Neurons:
    """CubaLI behind its matrix, where v_leak is 0"""
    one_axis(layer.in_shape, "flatten its input")
    return replace(li(module, layer), before=matrix(module.input_weights))


def li_box(module, layer) -> Neurons:
    """LI, where v_leak is 0"""
    _rests_at_0(module.p, layer.out_shape)
    tau = _steps(module, module.p.tau_mem_inv, layer.out_shape)
    return Neurons("li", {"tau": tau}, {"dt": module.dt, **_EULER})


def convolution(module, layer) -> Map:
    """Conv2d"""
    sizes = {
        name: np.array(getattr(module, name)[:2], np.int64) for name in ("stride", "padding", "dilation")
    }
    return Map("Conv2d", {"weight": array(module.weight)[..., 0], "groups": np.int64(module.groups), **sizes})


_REFUSED = {
    "NIR has no refractory period": """
        LIFRefracCell LIFRefracRecurrentCell LIFRefracRecurrent LIFAdExRefracCell LIFAdExRefracRecurrent
        LIFAdExRefracRecurrentCell LIFMCRefracRecurrentCell""",
    "NIR has no such neuron": """
        LIFAdEx LIFAdExCell LIFAdExRecurrent LIFAdExRecurrentCell LIFEx LIFExCell LIFExRecurrent LIFExRecurrentCell
        LIFMCRecurrentCell LSNN LSNNCell LSNNRecurrent LSNNRecurrentCell LIFCorrelation Izhikevich IzhikevichCell
        IzhikevichRecurrent IzhikevichRecurrentCell""",
    "NIR has no synapses with conductances": "CobaLIFCell",
    "it makes spikes of numbers: encode outside the module, rb.encode does it for pixels": """
        ConstantCurrentLIFEncoder PoissonEncoder PopulationEncoder SignedPoissonEncoder SpikeLatencyEncoder
        SpikeLatencyLIFEncoder""",
    "it feeds back what it sent in its last call, not in the last step": "RecurrentSequential",
    "it counts while training: leave it out of the module": "RegularizationCell",
    "it decodes over time: decode outside the module": "SpikesToTimesDecoder",
    "it computes its kernels in each call: use a Conv2d that holds them": """
        ParameterizedSpatialReceptiveField2d SampledSpatialReceptiveField2d SpatialReceptiveField2d
        TemporalReceptiveField""",
}
_CELLS = {"LIFCell", "LIFRecurrentCell", "LIFBoxCell", "IAFCell", "LICell", "LILinearCell", "LIBoxCell"}


def _leading(module, axes: int) -> Optional[int]:
    kind = type(module).__name__
    return rank(module, axes, 1 if kind in _CELLS else 2 if kind in NORSE.taken else None)


NORSE = Framework(
    name="Norse",
    package="norse",
    tested=((1, 1), (1, 2)),
    exports=("norse.torch",),
    taken={
        "LIF": lif,
        "LIFCell": lif,
        "LIFRecurrent": lif_recurrent,
        "LIFRecurrentCell": lif_recurrent,
        "LIFBoxCell": lif_box,
        "IAF": iaf,
        "IAFCell": iaf,
        "LI": li,
        "LICell": li,
        "LILinearCell": li_linear,
        "LIBoxCell": li_box,
        "LConv2d": convolution,
    },
    followed=frozenset({"SequentialState", "Lift", "ConvNet", "ConvNet4", "MobileNetV2", "VGG"}),
    refused=by_class(_REFUSED),
    leading=_leading,
    in_steps=False,
    keeps_state=False,
    layouts={2: "[steps, batch, *shape] for layers in time", 1: "[batch, *shape] for cells"},
)


def from_norse(module, sample, name: Optional[str] = None, **conventions: Unpack[Choices]) -> Network:
    """The network of a module of Norse layers, SequentialState or any other, stepping as Norse does.

    module: a torch.nn.Module; Norse's layers give dt, the time constants, 1/s each, and the potentials. Layers that are
    taken over, and why others are not: frontend/python/rheobase/frameworks/SUPPORT.md. sample: what the module's
    forward takes, [steps, batch, *shape] for layers in time (LIF, LI), [batch, *shape] for cells; it is run once, which
    leaves the module as it was, and fixes the shapes. name: of the network, else the module's class.

    conventions: those of `rb.load` that shall differ from the module's, as reset="subtract" for a chip that has no
    other reset; the network then computes something else than the module.

    The network's input is [steps, *shape] or [batch, steps, *shape]. Its spikes are those of Norse in the same
    arithmetic, but for membranes that rounding carries over the threshold.

    Raises FormatError naming the layer for what cannot be taken over exactly, UsageError where Norse is missing,
    OptionError for what is no module. Source: Pehle and Pedersen 2021, Norse, doi:10.5281/zenodo.4422025; the steps are
    those of norse/torch/functional.

    Example::

        model = norse.torch.SequentialState(torch.nn.Linear(86, 64), norse.torch.LIF(), torch.nn.Linear(64, 2), norse.torch.LI())
        net = rb.from_norse(model, torch.zeros(1, 2, 86))
        net.run(x).output
    """
    return take_over(NORSE, module, sample, name, conventions)
