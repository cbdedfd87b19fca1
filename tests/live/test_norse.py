"""Random networks of Norse against what they become."""

from environment import torch

import norse.torch as norse
import rheobase as rb
from comparing import Case, check_random
from drawing import Draw

NETWORKS = 120


def lif_parameters(draw: Draw, shape, kind=norse.LIFParameters):
    leak = draw.one(0.0, 0.0, 0.2, -0.3)
    given = {
        "tau_mem_inv": draw.value(80, 500, shape),
        "v_leak": torch.tensor(leak),
        "v_th": draw.value(0.3, 0.8, shape),
        "v_reset": draw.value(-0.2, 0.2, shape),
    }
    if kind is norse.LIFParameters:
        given["tau_syn_inv"] = draw.value(100, 900, shape)
        given["method"] = draw.one("super", "tanh", "heaviside")
    elif draw.chance(0.3):
        given.update(reset_method=norse.reset_subtract, v_leak=torch.tensor(0.0))
    return kind(**given)


def li_parameters(draw: Draw, n, kind=norse.LIParameters):
    given = {"tau_mem_inv": draw.value(80, 500, (n,))}
    return kind(
        **given, **({"tau_syn_inv": draw.value(100, 900, (n,))} if kind is norse.LIParameters else {})
    )


def iaf_parameters(draw: Draw, shape):
    return norse.IAFParameters(
        v_th=draw.value(1.0, 2.0, shape), v_reset=torch.tensor(draw.one(0.0, -0.2, 0.3))
    )


def spiking(draw: Draw, n: int, shape: tuple, cells: bool, dt: float):
    """A layer of n flat neurons, or of neurons of a shape."""
    kind = draw.one(
        "LIF", "LIF", "IAF", "LIFRecurrent" if len(shape) == 1 else "LIF", "LIFBox" if cells else "LIF"
    )
    if kind == "LIFRecurrent":
        layer = (norse.LIFRecurrentCell if cells else norse.LIFRecurrent)(
            n, n, lif_parameters(draw, shape), dt=dt
        )
        for weight in (layer.input_weights, layer.recurrent_weights):
            weight.data = torch.as_tensor(draw.rng.normal(0.1, 1.0 / n**0.5, (n, n)), dtype=torch.float32)
        return layer
    if kind == "IAF":
        return (norse.IAFCell if cells else norse.IAF)(iaf_parameters(draw, shape))
    if kind == "LIFBox":
        return norse.LIFBoxCell(lif_parameters(draw, shape, norse.LIFBoxParameters), dt=dt)
    return (norse.LIFCell if cells else norse.LIF)(lif_parameters(draw, shape), dt=dt)


def readout(draw: Draw, n: int, cells: bool, dt: float) -> list:
    m = draw.size(2, 4)
    if cells and draw.chance(0.3):
        layer = norse.LILinearCell(n, m, li_parameters(draw, m))
        layer.dt = dt
        layer.input_weights.data = torch.as_tensor(draw.rng.normal(0, 0.5, (m, n)), dtype=torch.float32)
        return [layer]
    linear = draw.weights(torch.nn.Linear(n, m))
    if cells and draw.chance(0.5):
        return [linear, norse.LIBoxCell(li_parameters(draw, m, norse.LIBoxParameters), dt=dt)]
    return [linear, (norse.LICell if cells else norse.LI)(li_parameters(draw, m), dt=dt)]


def convolutional(draw: Draw, cells: bool, dt: float) -> tuple[list, tuple, int]:
    channels, size = draw.size(1, 2), draw.one(6, 7, 8)
    kernels, kernel, stride, padding = draw.size(2, 4), draw.one(2, 3), draw.one(1, 2), draw.one(0, 1)
    spread = draw.one(1, 1, 2)
    over = {"stride": stride, "padding": padding, "dilation": spread}
    if not cells and draw.chance(0.3):
        convolution = draw.weights(norse.LConv2d(channels, kernels, kernel, **over), 2.0)
        parts = [convolution]
    else:
        parts = [draw.weights(torch.nn.Conv2d(channels, kernels, kernel, **over), 2.0)]
        if draw.chance(0.3):
            parts.append(draw.norm(torch.nn.BatchNorm2d(kernels)))
        if draw.chance(0.3):
            parts.append(torch.nn.Dropout2d(0.2))
    extent = (size + 2 * padding - spread * (kernel - 1) - 1) // stride + 1
    lifted = lambda part: part if cells or isinstance(part, norse.LConv2d) else norse.Lift(part)  # noqa: E731
    layers = [lifted(part) for part in parts] + [spiking(draw, 0, (kernels, 1, 1), cells, dt)]
    if extent >= 4 and draw.chance(0.5):
        layers.append(lifted(draw.weights(torch.nn.AvgPool2d(2))))
        extent //= 2
    layers.append(torch.nn.Flatten(1) if cells else torch.nn.Flatten(2))
    return layers, (channels, size, size), kernels * extent * extent


def network(seed: int) -> Case:
    draw = Draw(seed)
    cells, dt = draw.chance(0.5), draw.one(1e-3, 1e-3, 5e-4)
    if draw.chance(0.3):
        layers, shape, n = convolutional(draw, cells, dt)
    else:
        layers, n = [], draw.size(4, 8)
        shape = (n,)
    for _ in range(draw.size(0 if layers else 1, 3)):
        m = draw.size()
        layers += [
            draw.weights(torch.nn.Linear(n, m, bias=draw.chance(0.5)), 2.0),
            spiking(draw, m, (m,), cells, dt),
        ]
        layers[-1:-1] = draw.nothing()
        n = m
    if draw.chance(0.5):
        layers += readout(draw, n, cells, dt)
    for layer in layers:
        if isinstance(layer, norse.LIFBoxCell) and layer.p.reset_method is norse.reset_subtract:
            return network(seed + 100_000)  # one kind of reset in a network: see test_reset_subtract
    module = norse.SequentialState(*layers).eval()
    return Case(module, shape, "steps" if cells else "time first")


def test_random_networks():
    check_random(network, rb.from_norse, NETWORKS)
