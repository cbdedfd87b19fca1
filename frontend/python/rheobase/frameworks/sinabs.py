"""Modules of Sinabs 3.1 (SynSense).

Sinabs takes exponential steps (SPEC F3): v = a v + (1 - a) i with a = exp(-1/tau_mem) and tau_mem in steps, or v = a v + i
without norm_input; behind i = b (i + x), which is SPEC F3's current with w_in = b/(1 - b), b = exp(-1/tau_syn). A membrane that reaches
its threshold fires, several times in one step with MultiSpike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

import numpy as np

from ..conventions import Choices, Unpack
from ..network import Network
from .assembling import take_over
from .framework import Framework
from .parts import Map, Neurons, each, loss, matrix, one_axis, require
from .torch_layers import convolution, rank, windows

_EXPONENTIAL = {"discretization": "exponential", "update": "decay"}


def _tau(alpha, shape) -> np.ndarray:
    """Steps of the time constant of a factor."""
    alpha = each(alpha, shape)
    require(bool(((alpha > 0) & (alpha <= 1)).all()), "a factor of a step is not between 0 and 1")
    return 1 / loss(-np.log(alpha))


def _gain(module, tau: np.ndarray) -> np.ndarray:
    """r that gives i the factor of `norm_input`."""
    return np.ones_like(tau) if module.norm_input else -1 / np.expm1(-1 / tau)


def _fires(module, threshold: np.ndarray) -> dict:
    """The conventions of spikes."""
    many = getattr(module.spike_fn, "__name__", "")
    require(
        many in ("MultiSpike", "SingleSpike"),
        "its spike_fn is neither MultiSpike nor SingleSpike",
        "use one of them",
    )
    kind, reset = type(module.reset_fn).__name__, module.reset_fn
    if kind == "MembraneSubtract":
        amount = reset.subtract_value
        require(
            amount is None or bool((threshold == each(amount, threshold.shape)).all()),
            "a spike subtracts something else than the threshold",
            "leave out subtract_value",
        )
    else:
        require(kind == "MembraneReset", f"its reset_fn is {kind}", "use MembraneSubtract or MembraneReset")
        require(reset.reset_value == 0, "Sinabs adds reset_value in every step", "leave it at 0")
    require(bool((threshold > 0).all()), "a threshold is not above 0", "give thresholds above 0")
    return {
        "reset": "subtract" if kind == "MembraneSubtract" else "zero",
        "spikes_per_step": "many" if many == "MultiSpike" else "one",
        "firing": "reached",
    }


def _clamp(module, threshold: np.ndarray, allowed: bool) -> str:
    if module.min_v_mem is None:
        return "none"
    require(
        allowed and bool((each(module.min_v_mem, threshold.shape) == -threshold).all()),
        "its min_v_mem is not minus the threshold of an IAF without tau_syn",
        "leave it out",
    )
    return "threshold"


def _spiking(module, layer, kind: str, parameters: dict) -> Neurons:
    threshold = each(module.spike_threshold, layer.out_shape)
    conventions = _fires(module, threshold)
    clamp = _clamp(module, threshold, kind == "integrate_and_fire")
    if kind == "integrate_and_fire":
        conventions["clamp"] = clamp
    else:
        conventions.update(_EXPONENTIAL)
    if kind == "cuba_lif":
        conventions["current"] = "new"
    return Neurons(kind, {**parameters, "v_threshold": threshold}, conventions)


def lif(module, layer) -> Neurons:
    """LIF; CubaLIF with tau_syn"""
    shape = layer.out_shape
    tau = _tau(module.alpha_mem_calculated, shape)
    if module.alpha_syn_calculated is None:
        return _spiking(module, layer, "lif", {"tau": tau, "r": _gain(module, tau)})
    tau_syn = _tau(module.alpha_syn_calculated, shape)
    current = {"tau_syn": tau_syn, "w_in": 1 / np.expm1(1 / tau_syn)}
    return _spiking(module, layer, "cuba_lif", {"tau_mem": tau, "r": _gain(module, tau), **current})


def iaf(module, layer) -> Neurons:
    """IF, min_v_mem none or minus the threshold; CubaLIF with tau_syn"""
    if module.tau_syn is not None:
        return lif(module, layer)
    return _spiking(module, layer, "integrate_and_fire", {"r": np.ones(layer.out_shape)})


def exp_leak(module, layer) -> Neurons:
    """LI, without min_v_mem"""
    require(module.min_v_mem is None, "NIR has no integrator with a lower bound", "leave out min_v_mem")
    tau = _tau(module.alpha_mem_calculated, layer.out_shape)
    return Neurons("li", {"tau": tau, "r": _gain(module, tau)}, _EXPONENTIAL)


def _feedback(module, layer) -> Map:
    inner, shape = module.rec_connect, layer.out_shape
    steps = [part for part in (inner if type(inner).__name__ == "Sequential" else [inner])]
    kinds = [type(part).__name__ for part in steps]
    if kinds[:1] == ["Flatten"] and len(steps) > 1 and steps[0].start_dim == 1:
        steps, kinds, shape = steps[1:], kinds[1:], (int(np.prod(shape)),)
    if kinds[1:] == ["Unflatten"]:
        steps, kinds = steps[:1], kinds[:1]
    require(
        kinds in (["Linear"], ["Conv2d"]), "its rec_connect is no Linear and no Conv2d", "use one of them"
    )
    bias = steps[0].bias
    require(
        bias is None or not bool(bias.any()),
        "the bias of its rec_connect does not act in the first step, and in every other",
        "use bias=False",
    )
    if kinds == ["Conv2d"]:
        return convolution(steps[0], layer)
    one_axis(shape, "put a Flatten before it")
    return matrix(steps[0].weight)


def lif_recurrent(module, layer) -> Neurons:
    """As LIF, with a Linear or Conv2d without bias as rec_connect"""
    return replace(lif(module, layer), recurrent=_feedback(module, layer))


def iaf_recurrent(module, layer) -> Neurons:
    """As IAF, with a Linear or Conv2d without bias as rec_connect"""
    return replace(iaf(module, layer), recurrent=_feedback(module, layer))


def sum_pool(module, layer) -> Map:
    """SumPool2d, without ceil_mode"""
    return Map("SumPool2d", windows(module))


def _leading(module, axes: int) -> Optional[int]:
    kind = type(module).__name__
    return rank(module, axes, 1 if kind.endswith("Squeeze") else 2 if kind in SINABS.taken else None)


SINABS = Framework(
    name="Sinabs",
    package="sinabs",
    tested=((3, 1), (3, 2)),
    exports=("sinabs.layers", "sinabs.network"),
    taken={
        "LIF": lif,
        "LIFSqueeze": lif,
        "LIFRecurrent": lif_recurrent,
        "IAF": iaf,
        "IAFSqueeze": iaf,
        "IAFRecurrent": iaf_recurrent,
        "ExpLeak": exp_leak,
        "ExpLeakSqueeze": exp_leak,
        "SumPool2d": sum_pool,
    },
    followed=frozenset({"FlattenTime", "UnflattenTime", "Repeat", "Merge", "Network"}),
    refused={
        "ALIF": "NIR has no neuron with a threshold that adapts",
        "ALIFRecurrent": "NIR has no neuron with a threshold that adapts",
        "SpikingMaxPooling2dLayer": "NIR has no node that takes a maximum",
        "NeuromorphicReLU": "NIR has no such function",
        "QuantizeLayer": "NIR has no such function",
        "Img2SpikeLayer": "it makes spikes of numbers: encode outside the module, rb.encode does it for pixels",
        "Sig2SpikeLayer": "it makes spikes of numbers: encode outside the module",
        "ChannelShift": "NIR has no node that adds channels",
        "Cropping2dLayer": "NIR has no node that cuts",
        "StatefulLayer": "it is the base of the layers",
    },
    leading=_leading,
    in_steps=True,
    keeps_state=True,
    layouts={2: "[batch, steps, *shape]", 1: "[batch * steps, *shape] where layers are of the Squeeze kind"},
)


def from_sinabs(
    module, sample, dt: float = 1e-4, name: Optional[str] = None, **conventions: Unpack[Choices]
) -> Network:
    """The network of a module of Sinabs layers, or of a sinabs.network.Network, stepping as Sinabs does.

    module: a torch.nn.Module. Layers that are taken over, and why others are not:
    frontend/python/rheobase/frameworks/SUPPORT.md. sample: what the forward takes, [batch, steps, *shape], or [batch *
    steps, *shape] where layers are of the Squeeze kind; it is run once, which leaves the module as it was, and fixes
    the shapes. dt: seconds of a step, which Sinabs does not have: they scale time constants and nothing else. name: of
    the network, else the module's class.

    conventions: those of `rb.load` that shall differ from the module's, as reset="subtract" for a chip that has no
    other reset; the network then computes something else than the module.

    The network's input is [steps, *shape] or [batch, steps, *shape]. It starts from states of 0. With MultiSpike a
    neuron sends how often it fired. Its spikes are those of Sinabs in the same arithmetic, but for membranes that
    rounding carries over the threshold.

    Raises FormatError naming the layer for what cannot be taken over exactly, as MultiSpike beside SingleSpike;
    UsageError where Sinabs is missing, OptionError for what is no module. Source: Sinabs 3.1, SynSense 2019 to 2026,
    sinabs/layers/functional/lif.py.

    Example::

        model = torch.nn.Sequential(torch.nn.Linear(86, 64, bias=False), sinabs.layers.LIF(tau_mem=20.0))
        net = rb.from_sinabs(model, torch.zeros(1, 2, 86))
        net.run(x).output
    """
    return take_over(SINABS, module, sample, name, conventions, dt)
