"""Modules of snnTorch 1.0 (Eshraghian et al. 2023).

snnTorch's layers take steps, not seconds: mem = beta mem + x, behind syn = alpha syn + x. In Euler steps (SPEC F2) a factor
beta is a time constant of dt/(1 - beta), and a gain of 1/(1 - beta) undoes what F2 multiplies the input with. A spike of
one step acts in the next (reset_delay) or in its own step; SPEC F11 has both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

import numpy as np

from ..conventions import Choices, Unpack
from ..network import Network
from .assembling import take_over
from .framework import Framework
from .parts import LEAST, Map, Neurons, each, is_step, loss, matrix, one_axis, require
from .torch_layers import convolution, linear, rank

_EULER = {"discretization": "euler", "update": "decay"}
_RESET_OF = {"_base_sub": "subtract", "_base_zero": "zero", "_base_int": "none"}


def _unrounded(module) -> None:
    require(not module.state_quant, "state_quant rounds its states", "leave it out: rb.compile quantizes")


def _threshold(module, shape) -> np.ndarray:
    """Of layers that do nothing beside what their parameters say."""
    require(not module.inhibition, "inhibition lets one neuron of a layer fire at a time", "leave it out")
    _unrounded(module)
    require(
        is_step(module.spike_grad, reached=False),
        "its spike_grad does not send 1 above the threshold and 0 below",
        "use one that changes the gradient alone",
    )
    return each(module.threshold, shape)


def _reset(module, threshold: np.ndarray, at_once: bool) -> str:
    """at_once: a delayed reset to zero leaves the input of its step standing, which only Leaky does."""
    reset = _RESET_OF[module.state_function.__name__]
    require(
        reset == module.reset_mechanism,
        f"its reset was '{reset}' when it was made and was changed to '{module.reset_mechanism}', which acts in parts",
        "make the layer anew",
    )
    delayed = getattr(module, "reset_delay", True)
    require(
        reset != "zero" or (threshold >= 0).all(),
        "a threshold is below 0: a membrane that was reset to 0 would fire again",
        "give thresholds of at least 0",
    )
    if reset == "subtract":
        return "subtract-next" if delayed else "subtract-late"
    return "zero-next" if reset == "zero" and delayed and not at_once else reset


def _decay(factor, shape) -> np.ndarray:
    """What is lost in a step."""
    return loss(1 - np.clip(each(factor, shape), 0, 1))


_READOUT = {"integrate_and_fire": "integrator", "lif": "li", "cuba_lif": "cuba_li"}


def _neurons(module, layer, kind: str, parameters: dict, at_once: bool = False) -> Neurons:
    """Spiking neurons; integrators where the forward returns their membrane and nothing reads their spikes."""
    threshold = _threshold(module, layer.out_shape)
    reset = _reset(module, threshold, at_once)
    conventions = {} if kind == "integrate_and_fire" else dict(_EULER)
    if kind == "cuba_lif":
        conventions["current"] = "new"
    if layer.membrane:
        require(
            reset == "none" and not hasattr(module, "recurrent"),
            "the forward returns its membrane, which its spikes reset or feed",
            "use reset_mechanism='none' in a readout, or return its spikes",
        )
        return Neurons(_READOUT[kind], parameters, conventions)
    conventions.update(reset=reset, firing="above", spikes_per_step="one")
    return _graded(module, layer, Neurons(kind, {**parameters, "v_threshold": threshold}, conventions))


def _graded(module, layer, neurons: Neurons, power: int = 1) -> Neurons:
    factor = each(module.graded_spikes_factor, layer.out_shape) ** power
    require(bool((factor != 0).all()), "its graded_spikes_factor is 0", "leave the layer out")
    return neurons if (factor == 1).all() else replace(neurons, gain=factor)


def leaky(module, layer, at_once: bool = True) -> Neurons:
    """LIF; IF where beta is 1"""
    lost = _decay(module.beta, layer.out_shape)
    if (lost == LEAST).all():
        return _neurons(module, layer, "integrate_and_fire", {"r": np.ones(layer.out_shape)}, at_once)
    return _neurons(module, layer, "lif", {"tau": 1 / lost, "r": 1 / lost}, at_once)


def lapicque(module, layer) -> Neurons:
    """LIF"""
    shape = layer.out_shape
    lost = each(module.time_step, shape) / (each(module.R, shape) * each(module.C, shape))
    require(bool((lost > 0).all()), "R C is not above 0")
    return _neurons(module, layer, "lif", {"tau": 1 / lost, "r": each(module.R, shape)})


def synaptic(module, layer) -> Neurons:
    """CubaLIF"""
    tau_syn, tau_mem = (1 / _decay(factor, layer.out_shape) for factor in (module.alpha, module.beta))
    gains = {"w_in": tau_syn, "r": tau_mem}
    return _neurons(module, layer, "cuba_lif", {"tau_syn": tau_syn, "tau_mem": tau_mem, **gains})


def _feedback(module, layer) -> Map:
    inner, shape = module.recurrent, layer.out_shape
    if hasattr(inner, "V"):
        return Map("Scale", {"scale": each(inner.V, shape)})
    if hasattr(inner, "in_features"):
        one_axis(shape, "flatten its input")
        return matrix(inner.weight, inner.bias)
    return convolution(inner, layer)


def rleaky(module, layer) -> Neurons:
    """LIF, or IF where beta is 1, with its recurrent matrix, kernel or factor"""
    return replace(leaky(module, layer, at_once=False), recurrent=_feedback(module, layer))


def rsynaptic(module, layer) -> Neurons:
    """CubaLIF with its recurrent matrix, kernel or factor; with reset_delay=False snnTorch's own forward fails"""
    return replace(synaptic(module, layer), recurrent=_feedback(module, layer))


def state_leaky(module, layer) -> Neurons:
    """LIF that is never reset; LI where output=False"""
    require(
        module.kernel_truncation_steps is None,
        "its memory ends after some steps",
        "leave out kernel_truncation_steps",
    )
    _unrounded(module)
    tau = -1 / np.expm1(-1 / each(module.tau, layer.out_shape))
    parameters = {"tau": tau, "r": tau}
    if not module.output or layer.membrane:
        return Neurons("li", parameters, _EULER)
    parameters["v_threshold"] = _threshold(module, layer.out_shape)
    neurons = Neurons(
        "lif",
        parameters,
        {**_EULER, "reset": "none", "firing": "above", "spikes_per_step": "one"},
    )
    return _graded(module, layer, neurons, power=2)  # fire multiplies, and so does forward


def linear_leaky(module, layer) -> Neurons:
    """As StateLeaky, behind its matrix"""
    return replace(state_leaky(module, layer), before=linear(module.linear, layer))


def _leading(module, axes: int) -> Optional[int]:
    kind = type(module).__name__
    if kind in ("StateLeaky", "LinearLeaky"):
        return 2
    return rank(module, axes, 1 if kind in SNNTORCH.taken else None)


SNNTORCH = Framework(
    name="snnTorch",
    package="snntorch",
    tested=((1, 0), (1, 1)),
    exports=("snntorch",),
    taken={
        "Leaky": leaky,
        "Lapicque": lapicque,
        "Synaptic": synaptic,
        "RLeaky": rleaky,
        "RSynaptic": rsynaptic,
        "StateLeaky": state_leaky,
        "LinearLeaky": linear_leaky,
    },
    followed=frozenset(),
    refused={
        "Alpha": "NIR has no neuron whose two currents make an alpha function",
        "AssociativeLeaky": "its decays follow from its input",
        "DeltaLeaky": "it fires at changes of its membrane, which NIR has no neuron for",
        "LeakyParallel": "its membranes pass a ReLU and weights of their own",
        "SLSTM": "NIR has no LSTM",
        "SConv2dLSTM": "NIR has no LSTM",
        "SpikingNeuron": "it is the base of the layers",
        "LIF": "it is the base of the layers",
        "GradedSpikes": "it multiplies by weights of its own: use graded_spikes_factor",
    },
    leading=_leading,
    in_steps=True,
    keeps_state=True,
    membranes=True,
    layouts={
        1: "[batch, *shape] of one step",
        2: "[steps, batch, *shape] where the forward loops over steps",
    },
)


def from_snntorch(
    module, sample, dt: float = 1e-4, name: Optional[str] = None, **conventions: Unpack[Choices]
) -> Network:
    """The network of a module of snnTorch layers, stepping as snnTorch does.

    module: a torch.nn.Module whose forward takes one step, or loops over steps; states are kept in the layers
    (init_hidden=True) or handed on. Layers that are taken over, and why others are not:
    frontend/python/rheobase/frameworks/SUPPORT.md. sample: what the forward takes, [batch, *shape] of one step, or
    [steps, batch, *shape] where it loops over `x[t]`; it is run once, which leaves the module as it was, and fixes the
    shapes. dt: seconds of a step, which snnTorch does not have: they scale time constants and nothing else. name: of
    the network, else the module's class.

    conventions: those of `rb.load` that shall differ from the module's, as reset="subtract" for a chip that has no
    other reset; the network then computes something else than the module.

    What the forward returns becomes outputs: the spikes of a layer, or the membrane of one without a reset where no
    spikes are returned. The network's input is [steps, *shape] or [batch, steps, *shape]. It starts from states of 0.
    Its spikes are those of snnTorch in the same arithmetic, but for membranes that rounding carries over the threshold.

    Raises FormatError naming the layer for what cannot be taken over exactly, as two layers with different resets;
    UsageError where snnTorch is missing, OptionError for what is no module. Source: Eshraghian et al. 2023, Training
    Spiking Neural Networks Using Lessons From Deep Learning, Proceedings of the IEEE 111(9); the steps are those of
    snntorch/_neurons.

    Example::

        model = torch.nn.Sequential(torch.nn.Linear(86, 64), snntorch.Leaky(beta=0.9, init_hidden=True))
        net = rb.from_snntorch(model, torch.zeros(1, 86))
        net.run(x).spikes["1"]
    """
    return take_over(SNNTORCH, module, sample, name, conventions, dt)
