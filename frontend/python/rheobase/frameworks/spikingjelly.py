"""Modules of SpikingJelly 2.0 (Fang et al. 2023).

SpikingJelly's layers take steps, not seconds: v = v + (x - (v - v_reset))/tau, or + x without decay_input; an IF adds x. A
membrane that reaches its threshold fires (SPEC F11 `reached`). It starts at v_reset; here it starts at 0, so that potentials
are counted from there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

import numpy as np

from ..conventions import Choices, Unpack
from ..network import Network
from . import torch_layers
from .assembling import take_over
from .framework import Framework, by_class
from .parts import DIRECT, Neurons, array, each, is_step, loss, matrix, one_axis, require
from .torch_layers import rank

_EULER = {"discretization": "euler", "update": "difference"}


def _spiking(module, layer, kind: str, parameters: dict, from_reset: bool) -> Neurons:
    """from_reset: a membrane starts at v_reset, not at 0."""
    shape = layer.out_shape
    require(
        is_step(module.surrogate_function, reached=True),
        "its surrogate_function does not send 1 from the threshold on and 0 below",
        "use one with spiking=True",
    )
    hard = module.v_reset is not None
    reset = each(module.v_reset if hard else 0.0, shape)
    start = reset if from_reset else np.zeros(shape)
    potentials = {"v_threshold": each(module.v_threshold, shape) - start, "v_reset": reset - start}
    conventions = {"reset": "v_reset" if hard else "subtract", "firing": "reached", "spikes_per_step": "one"}
    if kind == "lif":
        potentials["v_leak"] = reset - start
    if kind == "cuba_lif":
        conventions["current"] = "new"
    if kind != "integrate_and_fire":
        conventions.update(_EULER)
    return Neurons(kind, {**potentials, **parameters}, conventions)


def integrate(module, layer) -> Neurons:
    """IF"""
    return _spiking(module, layer, "integrate_and_fire", {}, from_reset=True)


def simple_integrate(module, layer) -> Neurons:
    """IF; its membrane starts at 0"""
    return _spiking(module, layer, "integrate_and_fire", {}, from_reset=False)


def _leak(tau, decay_input: bool, shape) -> dict:
    tau = each(tau, shape)
    return {"tau": tau, "r": np.ones(shape) if decay_input else tau}


def leak(module, layer) -> Neurons:
    """LIF"""
    parameters = _leak(module.tau, module.decay_input, layer.out_shape)
    return _spiking(module, layer, "lif", parameters, from_reset=True)


def simple_leak(module, layer) -> Neurons:
    """LIF; its membrane starts at 0"""
    parameters = _leak(module.tau, module.decay_input, layer.out_shape)
    return _spiking(module, layer, "lif", parameters, from_reset=False)


def learned_leak(module, layer) -> Neurons:
    """LIF with tau = 1/sigmoid(w)"""
    tau = 1 + np.exp(-array(module.w).astype(np.float64))
    return _spiking(module, layer, "lif", _leak(tau, module.decay_input, layer.out_shape), from_reset=True)


def online_leak(module, layer) -> Neurons:
    """As LIFNode, after module.eval()"""
    require(not module.training, "it returns a trace beside its spikes while training", "call module.eval()")
    return leak(module, layer)


def current_leak(module, layer) -> Neurons:
    """CubaLIF"""
    shape = layer.out_shape
    tau_syn, tau = (1 / loss(1 - each(d, shape)) for d in (module.c_decay, module.v_decay))
    start = each(module.v_reset or 0.0, shape)
    parameters = {"tau_syn": tau_syn, "w_in": tau_syn, "tau_mem": tau, "r": tau, "v_leak": -start}
    return _spiking(module, layer, "cuba_lif", parameters, from_reset=True)


def _undecoded(module) -> None:
    require(module.decode is None, "it decodes over time", "use decode=None, and decode outside the module")


def integrator(module, layer) -> Neurons:
    """I, with decode=None"""
    _undecoded(module)
    return Neurons("integrator", {"r": np.ones(layer.out_shape)})


def leaky_integrator(module, layer) -> Neurons:
    """LI, with decode=None"""
    _undecoded(module)
    return Neurons("li", _leak(module.tau, True, layer.out_shape), _EULER)


def delay(module, layer) -> Neurons:
    """Delay"""
    return Neurons("delay", {"delay": np.full(layer.out_shape, float(module.delay_steps))})


def _inner(container, layer) -> Neurons:
    inner = container.sub_module
    taken = SPIKINGJELLY.taken.get(type(inner).__name__)
    require(taken in _SPIKING, "its sub_module is no spiking layer of those here", "put one there")
    return taken(inner, layer)


def linear_recurrent(module, layer) -> Neurons:
    """Its spiking layer, between the two parts of its matrix"""
    one_axis(layer.in_shape, "flatten its input")
    weight, inputs = array(module.rc.weight), layer.in_shape[0]
    parts = {"before": matrix(weight[:, :inputs], module.rc.bias), "recurrent": matrix(weight[:, inputs:])}
    return replace(_inner(module, layer), **parts)


def element_recurrent(module, layer) -> Neurons:
    """Its spiking layer, fed back one to one, where element_wise_function adds"""
    import torch

    x, y = torch.rand(2, *layer.in_shape)
    try:
        adds = bool(torch.equal(module.element_wise_function(y, x), x + y))
    except Exception:
        adds = False
    require(adds, "its element_wise_function does not add", "use lambda y, x: y + x")
    return replace(_inner(module, layer), recurrent=DIRECT)


_SPIKING = {integrate, simple_integrate, leak, simple_leak, learned_leak, online_leak, current_leak}

_REFUSED = {
    "NIR has no such neuron": """
        AdaptBaseNode EIFNode QIFNode IzhikevichNode RAFNode KLIFNode GatedLIFNode ComplementaryLIFNode LIAFNode
        HGNode ActivationAwareIFNode FewSpikeNode FlexSN ILIFNode OutlierAwareThresholdNode STBIFNode TernaryIFNode
        TernaryLIFNode DSRIFNode DSRLIFNode MPBNBaseNode MPBNLIFNode ILCBaseNode ILCIFNode ILCLIFNode ILCCUBALIFNode""",
    "its steps are computed all at once, by weights over time": "PSN MaskedPSN SlidingPSN",
    "it starts at half its threshold and subtracts all of it": "HalfThresholdIFNode",
    "it draws random numbers in each step": """
        NoisyBaseNode NoisyCUBALIFNode NoisyILCBaseNode NoisyILCCUBALIFNode NoisyNonSpikingBaseNode
        NoisyNonSpikingIFNode DropConnectLinear""",
    "it is the base of the layers": "BaseNode SimpleBaseNode NonSpikingBaseNode",
    "it normalizes by its input or over time: use BatchNorm1d or BatchNorm2d": """
        NeuNorm GroupNorm BatchNorm3d BatchNormThroughTime1d BatchNormThroughTime2d BatchNormThroughTime3d
        TemporalEffectiveBatchNorm1d TemporalEffectiveBatchNorm2d TemporalEffectiveBatchNorm3d
        ThresholdDependentBatchNorm1d ThresholdDependentBatchNorm2d ThresholdDependentBatchNorm3d""",
    "NIR convolves and pools over one or two axes": """
        Conv3d ConvTranspose1d ConvTranspose3d AvgPool1d AvgPool3d""",
    "its windows follow from the input's size: use AvgPool2d": """
        AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d""",
    "NIR has no node that takes a maximum": """
        MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d""",
    "NIR has no node that repeats pixels": "Upsample",
    "NIR has no products of two signals": """
        QKAttention TokenQKAttention ChannelQKAttention SpikingSelfAttention SpikeDrivenSelfAttention
        MultiDimensionalAttention TemporalWiseAttention""",
    "it takes time as the last axis: use the container without TLast": """
        TLastMultiStepContainer TLastSeqToANNContainer""",
    "it decodes: do so outside the module": "VotingLayer TemporalBinSum SpikeCountToBinary",
    "its filter's decay follows from its input": "SynapseFilter",
    "it acts on gradients: use the layer in it": "GradwithTrace SpikeTraceOp OTTTSequential",
    "it prints: leave it out": "PrintShapeModule",
}


def _leading(module, axes: int) -> Optional[int]:
    kind = type(module).__name__
    if kind in SPIKINGJELLY.taken and kind not in torch_layers.TAKEN:
        return 2 if getattr(module, "step_mode", "m") == "m" else 1
    return rank(module, axes, None)


SPIKINGJELLY = Framework(
    name="SpikingJelly",
    package="spikingjelly",
    tested=((2, 0), (2, 1)),
    exports=("spikingjelly.activation_based.neuron", "spikingjelly.activation_based.layer"),
    taken={
        "IFNode": integrate,
        "SimpleIFNode": simple_integrate,
        "LIFNode": leak,
        "SimpleLIFNode": simple_leak,
        "ParametricLIFNode": learned_leak,
        "OTTTLIFNode": online_leak,
        "SLTTLIFNode": leak,
        "CUBALIFNode": current_leak,
        "NonSpikingIFNode": integrator,
        "NonSpikingLIFNode": leaky_integrator,
        "Delay": delay,
        "LinearRecurrentContainer": linear_recurrent,
        "ElementWiseRecurrentContainer": element_recurrent,
        "WSLinear": torch_layers.linear,
        "WSConv2d": torch_layers.convolution,
        **{
            kind: torch_layers.TAKEN[kind]
            for kind in (
                "Linear",
                "Conv1d",
                "Conv2d",
                "ConvTranspose2d",
                "AvgPool2d",
                "BatchNorm1d",
                "BatchNorm2d",
                "Dropout",
                "Dropout2d",
            )
        },
    },
    followed=frozenset({"Flatten", "SeqToANNContainer", "MultiStepContainer", "StepModeContainer"}),
    refused=by_class(_REFUSED),
    leading=_leading,
    in_steps=True,
    keeps_state=True,
    forget=lambda part: part.reset() if hasattr(part, "_memories") else None,
    layouts={2: "[steps, batch, *shape] with step_mode='m'", 1: "[batch, *shape] with step_mode='s'"},
)


def from_spikingjelly(
    module, sample, dt: float = 1e-4, name: Optional[str] = None, **conventions: Unpack[Choices]
) -> Network:
    """The network of a module of SpikingJelly layers, stepping as SpikingJelly does.

    module: a torch.nn.Module, of either step_mode. Layers that are taken over, and why others are not:
    frontend/python/rheobase/frameworks/SUPPORT.md. sample: what the forward takes, [steps, batch, *shape] with
    step_mode='m', [batch, *shape] of one step with 's'; it is run once, which leaves the module as it was, and fixes
    the shapes. dt: seconds of a step, which SpikingJelly does not have: they scale time constants and nothing else.
    name: of the network, else the module's class.

    conventions: those of `rb.load` that shall differ from the module's, as reset="subtract" for a chip that has no
    other reset; the network then computes something else than the module.

    The network's input is [steps, *shape] or [batch, steps, *shape]. It starts as after functional.reset_net. Its
    spikes are those of SpikingJelly in the same arithmetic, but for membranes that rounding carries over the threshold.

    Raises FormatError naming the layer for what cannot be taken over exactly, as a hard reset beside a soft one;
    UsageError where SpikingJelly is missing, OptionError for what is no module. Source: Fang et al. 2023, SpikingJelly,
    Science Advances 9, eadi1480; the steps are those of activation_based/functional/neuron.py.

    Example::

        model = torch.nn.Sequential(layer.Linear(86, 64), neuron.LIFNode(tau=2.0))
        functional.set_step_mode(model, "m")
        net = rb.from_spikingjelly(model, torch.zeros(1, 2, 86))
        net.run(x).output
    """
    return take_over(SPIKINGJELLY, module, sample, name, conventions, dt)
