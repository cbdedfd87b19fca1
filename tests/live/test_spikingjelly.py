"""Random networks of SpikingJelly against what they become."""

from environment import torch

import numpy as np
import rheobase as rb
from comparing import Case, check_random
from drawing import Draw
from spikingjelly.activation_based import functional, layer, neuron

NETWORKS = 150


def spiking(draw: Draw, hard: bool, any_mode: bool = False):
    """A layer, single step; step modes are set on the whole, which some layers do not take."""
    stepped = () if any_mode else ("SLTT", "OTTT", "CUBA")
    kind = draw.one("IF", "LIF", "LIF", "PLIF", "SimpleIF", "SimpleLIF", *stepped)
    common = {
        "v_threshold": draw.number(0.6, 1.2),
        "v_reset": draw.one(0.0, 0.0, -0.2, 0.3) if hard else None,
    }
    leak = {"decay_input": draw.chance(0.5)}
    if leak["decay_input"] and "IF" != kind:
        common["v_threshold"] *= 0.5
    if kind in ("IF", "SimpleIF"):
        return (neuron.IFNode if kind == "IF" else neuron.SimpleIFNode)(**common)
    if kind == "PLIF":
        return neuron.ParametricLIFNode(init_tau=draw.number(1.5, 5), **leak, **common)
    if kind == "CUBA":
        return neuron.CUBALIFNode(c_decay=draw.number(0.2, 0.7), v_decay=draw.number(0.3, 0.9), **common)
    if kind == "SimpleLIF":
        if not hard:
            return neuron.LIFNode(tau=draw.number(1.5, 5), **leak, **common)
        return neuron.SimpleLIFNode(tau=draw.number(1.5, 5), **leak, **common)
    kinds = {"LIF": neuron.LIFNode, "SLTT": neuron.SLTTLIFNode, "OTTT": neuron.OTTTLIFNode}
    return kinds[kind](tau=draw.number(1.5, 5), **leak, **common)


def recurrent(draw: Draw, n: int, hard: bool):
    inner = spiking(draw, hard)
    if draw.chance(0.5):
        return layer.ElementWiseRecurrentContainer(inner, lambda y, x: y + x)
    container = layer.LinearRecurrentContainer(inner, n, n, bias=draw.chance(0.5))
    draw.weights(container.rc, 1.2)
    return container


class Residual(torch.nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = torch.nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x) + x


def convolutional(draw: Draw, hard: bool) -> tuple[list, tuple, int]:
    if draw.chance(0.25):
        channels, length, kernels = draw.size(1, 2), 9, draw.size(2, 4)
        first = draw.weights(layer.Conv1d(channels, kernels, 3, padding=draw.one(0, 1, "same")), 1.5)
        extent = length - 2 if first.padding == (0,) else length
        return [first, spiking(draw, hard), layer.Flatten()], (channels, length), kernels * extent
    channels, size, kernels = draw.size(1, 2), 6, draw.size(2, 4)
    shape = (channels, size, size)
    kind = draw.one(layer.Conv2d, layer.Conv2d, layer.WSConv2d, layer.ConvTranspose2d)
    first = draw.weights(kind(channels, kernels, 3, padding=1, bias=draw.chance(0.5)), 1.5)
    norm = []
    if draw.chance(0.4):
        norm = [draw.norm(layer.BatchNorm2d(kernels))]
    if draw.chance(0.3):
        norm.append(layer.Dropout2d(0.3))
    layers = [first, *norm, spiking(draw, hard)]
    if draw.chance(0.3):
        block = draw.weights(layer.Conv2d(kernels, kernels, 3, padding=1, groups=draw.one(1, kernels)), 1.0)
        layers.append(Residual(block, spiking(draw, hard, any_mode=True)))
    return [*layers, layer.AvgPool2d(2), layer.Flatten()], shape, kernels * 9


def network(seed: int) -> Case:
    draw = Draw(seed)
    hard, multi = draw.chance(0.6), draw.chance(0.5)
    layers, n = [], draw.size(4, 8)
    shape = (n,)
    if draw.chance(0.35):
        layers, shape, n = convolutional(draw, hard)
    for _ in range(draw.size(0 if layers else 1, 3)):
        m = draw.size()
        linear = draw.one(layer.Linear, layer.Linear, layer.WSLinear)(n, m, bias=draw.chance(0.5))
        layers += [draw.weights(linear, 1.2)]
        if draw.chance(0.2):
            layers.append(draw.norm(layer.BatchNorm1d(m)))
        if draw.chance(0.15):
            layers.append(layer.Delay(draw.size(0, 3)))
        if draw.chance(0.2):
            layers.append(layer.Dropout(0.2))
        layers.append(recurrent(draw, m, hard) if draw.chance(0.25) else spiking(draw, hard))
        n = m
    module = torch.nn.Sequential(*layers).eval()
    stepped = (neuron.OTTTLIFNode, neuron.SLTTLIFNode, neuron.CUBALIFNode)
    if multi:
        for name, part in list(module.named_children()):
            if isinstance(part, stepped):
                inside = draw.one(layer.MultiStepContainer, lambda p: layer.StepModeContainer(True, "m", p))
                module[int(name)] = inside(part)
            elif isinstance(part, layer.AvgPool2d):
                module[int(name)] = layer.SeqToANNContainer(torch.nn.AvgPool2d(2))
            else:
                functional.set_step_mode(part, "m")
        for part in module.modules():  # what a container holds stays single step
            if isinstance(part, (layer.LinearRecurrentContainer, layer.ElementWiseRecurrentContainer)):
                part.sub_module.step_mode = "s"
        if draw.chance(0.4):
            linear = draw.weights(torch.nn.Linear(n, 3))
            module = torch.nn.Sequential(
                *module,
                linear,
                draw.one(neuron.NonSpikingIFNode(), neuron.NonSpikingLIFNode(draw.number(1.5, 4))),
            ).eval()
    return Case(module, shape, "time first" if multi else "steps", functional.reset_net)


def test_random_networks():
    check_random(network, rb.from_spikingjelly, NETWORKS)


def test_one_sample_through_a_flatten():
    module = torch.nn.Sequential(
        layer.Conv2d(1, 4, 3, bias=False),
        neuron.IFNode(),
        layer.Flatten(),
        layer.Linear(144, 5),
        neuron.IFNode(),
    )
    functional.set_step_mode(module, "m")
    x = (torch.rand(12, 1, 1, 8, 8, generator=torch.Generator().manual_seed(0)) < 0.5).float()
    net = rb.from_spikingjelly(module, x)
    functional.reset_net(module)
    with torch.no_grad():
        sent = module(x)[:, 0].numpy()
    assert np.array_equal(net.run(x[:, 0].numpy()).output, sent)
