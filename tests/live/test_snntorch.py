"""Random networks of snnTorch against what they become."""

from environment import torch

import rheobase as rb
import snntorch as snn
from comparing import Case, check_random
from drawing import Draw

NETWORKS = 150
# What of a layer gives which convention: (reset_mechanism, reset_delay, layers).
RESETS = {
    "subtract-next": [("subtract", True, ("Leaky", "Lapicque", "Synaptic", "RLeaky", "RSynaptic"))],
    "subtract-late": [("subtract", False, ("Leaky", "Synaptic", "RLeaky"))],
    "zero": [("zero", True, ("Leaky",)), ("zero", False, ("Leaky", "Synaptic", "RLeaky"))],
    "zero-next": [("zero", True, ("Lapicque", "Synaptic", "RLeaky", "RSynaptic"))],
    "none": [("none", True, ("Leaky", "Lapicque", "Synaptic", "RLeaky", "RSynaptic"))],
}


class HandedOn(torch.nn.Module):
    """A step whose states the caller keeps, residual where sizes allow it."""

    def __init__(self, layers: list, residual: bool):
        super().__init__()
        self.layers, self.residual = torch.nn.ModuleList(layers), residual

    def forward(self, x, states=None):
        kept = []
        for k, layer in enumerate(self.layers):
            if isinstance(layer, snn.SpikingNeuron):
                sent, *state = layer(x) if states is None else layer(x, *states[k])
            else:
                sent, state = layer(x), ()
            kept.append(state if not isinstance(layer, (snn.RLeaky, snn.RSynaptic)) else (sent, *state))
            x = sent + x if self.residual and k and sent.shape == x.shape and sent is not x else sent
        return x, kept


class InTime(torch.nn.Module):
    def __init__(self, layers: list):
        super().__init__()
        self.layers = torch.nn.ModuleList(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
            x = x[0] if isinstance(x, tuple) else x
        return x


class Looping(torch.nn.Module):
    """Loops over steps, as snnTorch's tutorials do."""

    def __init__(self, layers: list):
        super().__init__()
        self.layers = torch.nn.ModuleList(layers)

    def forward(self, x):
        sent = []
        for t in range(x.shape[0]):
            step = x[t]
            for layer in self.layers:
                step = layer(step)
            sent.append(step)
        return torch.stack(sent)


def spiking(draw: Draw, reset: str, shape: tuple, hidden: bool) -> snn.SpikingNeuron:
    mechanism, delay, kinds = draw.one(*RESETS[reset])
    kind = draw.one(*kinds)
    common = {"reset_mechanism": mechanism, "threshold": draw.value(0.6, 1.2, shape), "init_hidden": hidden}
    if kind == "Lapicque":
        return snn.Lapicque(
            **common, **draw.one({"beta": 0.8}, {"R": 2.0, "C": 1.5}, {"beta": 0.7, "R": 1.3})
        )
    common["reset_delay"] = delay
    beta = (
        draw.value(0.4, 0.95, shape) if draw.chance(0.85) else draw.one(torch.tensor(0.0), torch.tensor(1.0))
    )
    if kind == "Leaky":
        return snn.Leaky(beta=beta, graded_spikes_factor=draw.one(1.0, 1.0, 0.5), **common)
    alpha = draw.value(0.3, 0.9, shape)
    if kind == "Synaptic":
        return snn.Synaptic(alpha=alpha, beta=beta, **common)
    if len(shape) == 3:
        recurrent = {"conv2d_channels": shape[0], "kernel_size": 3}
    else:
        recurrent = {"linear_features": shape[0]}
    if draw.chance(0.3) or len(shape) == 2:
        recurrent = {"all_to_all": False, "V": draw.value(-0.5, 0.5, shape)}
    currents = {"alpha": alpha} if kind == "RSynaptic" else {}
    layer = getattr(snn, kind)(beta=beta, **currents, **recurrent, **common)
    if "V" not in recurrent:
        draw.weights(layer.recurrent, 0.4)
    return layer


def convolutional(draw: Draw, reset: str, hidden: bool, gain: float) -> tuple[list, tuple, int]:
    channels, kernels = draw.size(1, 2), draw.size(2, 4)
    if draw.chance(0.3):
        shape, n = (channels, 9), kernels * 7
        first = [draw.weights(torch.nn.Conv1d(channels, kernels, 3), gain), torch.nn.Dropout1d(0.2)]
        return [*first, spiking(draw, reset, (kernels, 1), hidden), torch.nn.Flatten()], shape, n
    size = draw.one(5, 6)
    kind = draw.one(torch.nn.Conv2d, torch.nn.Conv2d, torch.nn.ConvTranspose2d)
    last = draw.weights(torch.nn.Conv2d(kernels, 2, draw.one(2, 3), stride=2), gain)
    layers = [
        draw.weights(kind(channels, kernels, 3, padding=1), gain),
        spiking(draw, reset, (kernels, size, size) if draw.chance(0.3) else (kernels, 1, 1), hidden),
        last,
        torch.nn.Flatten(),
    ]
    n = 2 * ((size - last.kernel_size[0]) // 2 + 1) ** 2
    return [*layers, spiking(draw, reset, (n,), hidden)], (channels, size, size), n


def in_time(draw: Draw) -> Case:
    """Layers that take all steps at once, and are never reset."""
    n = draw.size(4, 8)
    shape, layers = (n,), []
    for _ in range(draw.size(1, 3)):
        m = draw.size()
        layer = snn.LinearLeaky(draw.value(0.3, 0.9, (m,)), n, m, threshold=draw.value(0.6, 2, (m,)))
        draw.weights(layer.linear, 0.6)
        layers += [layer]
        n = m
        if draw.chance(0.5):
            given = {"threshold": draw.value(0.6, 2, (n,)), "graded_spikes_factor": draw.one(1.0, 0.8)}
            layers.append(snn.StateLeaky(draw.value(0.3, 0.9, (n,)), n, **given))
    if draw.chance(0.5):
        layers.append(snn.StateLeaky(draw.value(0.3, 0.9, (n,)), n, output=False))
    return Case(InTime(layers).eval(), shape, "time first")


class Readout(torch.nn.Module):
    """Spiking layers, and the membrane of one that is never reset."""

    def __init__(self, layers: list, last):
        super().__init__()
        self.layers = torch.nn.ModuleDict({f"layer{k}": layer for k, layer in enumerate(layers)})
        self.last = last

    def forward(self, x):
        membranes = []
        for t in range(x.shape[0]):
            step = x[t]
            for layer in self.layers.values():
                step = layer(step)
            membranes.append(self.last(step)[-1])
        return torch.stack(membranes)


def forget(module) -> None:
    for part in module.modules():
        if hasattr(part, "reset_mem") and hasattr(part, "mem"):
            part.reset_mem()


def network(seed: int) -> Case:
    draw = Draw(seed)
    if draw.chance(0.1):
        return in_time(draw)
    reset = draw.one(*RESETS)
    style = draw.one("hidden", "hidden", "handed on", "looping")
    hidden = style != "handed on"
    gain = 1.0 if reset == "none" else 1.4
    layers = []
    if draw.chance(0.3):
        layers, shape, n = convolutional(draw, reset, hidden, gain)
    else:
        n = draw.size(4, 8)
        shape = (n,)
    for _ in range(draw.size(0 if layers else 1, 3)):
        m = draw.one(n, draw.size())
        layers += [draw.weights(torch.nn.Linear(n, m, bias=draw.chance(0.7)), gain), *draw.nothing()]
        layers.append(spiking(draw, reset, (m,), hidden))
        n = m
    if style == "handed on":
        return Case(HandedOn(layers, draw.chance(0.5)).eval(), shape, "steps", forget)
    if style == "looping" and reset == "none":
        given = {"beta": draw.value(0.4, 0.9, (n,)), "reset_mechanism": "none"}
        last = (
            snn.Leaky(**given)
            if draw.chance(0.5)
            else snn.Synaptic(alpha=draw.value(0.3, 0.8, (n,)), **given)
        )
        return Case(Readout(layers, last).eval(), shape, "time first", forget)
    if style == "looping":
        return Case(Looping(layers).eval(), shape, "time first", forget)
    return Case(torch.nn.Sequential(*layers).eval(), shape, "steps", forget)


def test_random_networks():
    check_random(network, rb.from_snntorch, NETWORKS)
