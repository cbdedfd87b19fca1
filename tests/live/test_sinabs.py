"""Random networks of Sinabs against what they become."""

from environment import torch

import numpy as np
import rheobase as rb
import sinabs.layers as sl
from comparing import Case, check_random
from drawing import Draw
from sinabs.activation import MembraneReset, MembraneSubtract, MultiSpike, SingleSpike

NETWORKS = 130


class Branches(torch.nn.Module):
    """Spikes beside what a layer makes of them."""

    def __init__(self, layer):
        super().__init__()
        self.layer, self.merge = layer, sl.Merge()

    def forward(self, x):
        return self.merge(self.layer(x), x)


def spiking(draw: Draw, shape: tuple, common: dict, clamped: bool, squeezed: int):
    """squeezed: the batch, of layers that take [batch * steps, ...]; else 0."""
    kind = (
        draw.one("LIF", "LIF", "IAF", "IAF", "LIFRecurrent", "IAFRecurrent")
        if not squeezed
        else draw.one("LIF", "IAF")
    )
    whole = (shape[0], shape[1], shape[2]) if len(shape) == 3 else shape
    each = (shape[0], 1, 1) if len(shape) == 3 else shape
    given = dict(common, spike_threshold=draw.value(0.6, 1.2, None if clamped else each))
    if draw.chance(0.3):
        given["tau_syn"] = draw.value(1.5, 8, each)
    elif clamped and kind.startswith("IAF"):
        given["min_v_mem"] = -given["spike_threshold"]
    if kind.startswith("LIF"):
        given.update(
            tau_mem=draw.value(2, 15, each), norm_input=draw.chance(0.4), train_alphas=draw.chance(0.3)
        )
        if given["norm_input"]:
            given["spike_threshold"] = 0.2 * given["spike_threshold"]
    if kind.endswith("Recurrent"):
        n = whole[0]
        if len(whole) == 3:
            inner = draw.weights(torch.nn.Conv2d(n, n, 3, padding=1, bias=False), 0.3)
        else:
            inner = draw.weights(torch.nn.Linear(n, n, bias=False), 0.3)
        given["rec_connect"] = inner
    if squeezed:
        return getattr(sl, f"{kind}Squeeze")(batch_size=squeezed, **given)
    return getattr(sl, kind)(**given)


def convolutional(draw: Draw, make, squeezed: bool) -> tuple[list, tuple, int]:
    channels, size, kernels = draw.size(1, 2), 6, draw.size(2, 4)
    merged = draw.chance(0.5)

    def flat(part) -> list:
        if squeezed:
            return [part]
        split = draw.one(sl.UnflattenTime(2), torch.nn.Unflatten(0, (2, -1)))
        return [sl.FlattenTime(), part, split] if merged else [sl.Repeat(part)]

    first = draw.weights(torch.nn.Conv2d(channels, kernels, 3, padding=1, bias=draw.chance(0.5)), 1.0)
    pool = sl.SumPool2d(2) if draw.chance(0.6) else torch.nn.AvgPool2d(2)
    layers = [*flat(first), make((kernels, size, size)), *flat(pool)]
    layers.append(torch.nn.Flatten(1) if squeezed else torch.nn.Flatten(2))
    return layers, (channels, size, size), kernels * 9


def network(seed: int) -> Case:
    draw = Draw(seed)
    common = {
        "spike_fn": draw.one(SingleSpike, MultiSpike),
        "reset_fn": draw.one(MembraneSubtract(), MembraneSubtract(), MembraneReset()),
    }
    clamped = draw.chance(0.3)
    squeezed = 2 if draw.chance(0.3) else 0
    layers, n = [], draw.size(4, 8)
    shape = (n,)

    def make(of: tuple):
        return spiking(draw, of, common, clamped, squeezed)

    if draw.chance(0.3):
        layers, shape, n = convolutional(draw, make, bool(squeezed))
    for _ in range(draw.size(0 if layers else 1, 3)):
        m = draw.size()
        linear = draw.weights(torch.nn.Linear(n, m, bias=draw.chance(0.5)), 0.8)
        layers.append(linear)
        if squeezed and draw.chance(0.3):
            layers.append(draw.norm(torch.nn.BatchNorm1d(m)))
        layers += [*draw.nothing(), make((m,))]
        if draw.chance(0.2):
            layers.append(Branches(draw.weights(torch.nn.Linear(m, m), 0.8)))
        n = m
    if draw.chance(0.4):
        m = draw.size(2, 4)
        tau = {"tau_mem": draw.value(2, 15, (m,)), "norm_input": draw.chance(0.5)}
        leak = sl.ExpLeakSqueeze(batch_size=squeezed, **tau) if squeezed else sl.ExpLeak(**tau)
        layers += [draw.weights(torch.nn.Linear(n, m)), leak]
    return Case(torch.nn.Sequential(*layers).eval(), shape, "squeezed" if squeezed else "batch first", forget)


def forget(module) -> None:
    for part in module.modules():
        if isinstance(part, sl.StatefulLayer):
            for name, _ in list(part.named_buffers(recurse=False)):
                part.register_buffer(name, torch.zeros(0))


def test_random_networks():
    check_random(network, rb.from_sinabs, NETWORKS)


def test_a_flatten_before_squeezing_layers():
    """[40, 1, 4, 5] is 40 steps of one channel, not 40 samples of one step."""
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(20, 30), sl.IAFSqueeze(batch_size=1))
    x = (torch.rand(40, 1, 4, 5, generator=torch.Generator().manual_seed(0)) < 0.4).float()
    net = rb.from_sinabs(module, x)
    assert net.inputs[0].shape == (1, 4, 5)
    with torch.no_grad():
        sent = module(x).numpy()
    assert sent.any() and np.array_equal(net.run(x.numpy()).output, sent)
