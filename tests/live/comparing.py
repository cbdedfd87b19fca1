"""A module run by its framework and by the network that it became: the same spikes, cell for cell.

Rounding differs: one multiplies by beta, the other subtracts a part of v. Networks are therefore compared up to the first
step in which some membrane lies within `NEAR` of its threshold; in most none ever does, and that is asserted.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Callable
from unittest import mock

import numpy as np
import rheobase as rb
import torch

NEAR = 1e-5
STEPS = 16


@dataclass
class Case:
    """layout: how the module takes time, "steps" one by one, "time first", "batch first" or "squeezed"."""

    module: torch.nn.Module
    shape: tuple
    layout: str
    reset: Callable = lambda module: None
    amplitude: float = 1.0


@dataclass
class Tally:
    networks: int = 0
    near: int = 0  # networks in which a membrane came near its threshold
    cells: int = 0
    spikes: int = 0
    wrong: int = 0
    apart: float = 0.0  # the largest difference of an output that is no spike, relative above 1
    layers: Counter = field(default_factory=Counter)

    def __str__(self) -> str:
        return (
            f"{self.networks} networks, {self.near} of them with a membrane near its threshold; {self.cells} cells, "
            f"{self.spikes} spikes, {self.wrong} wrong; outputs at most {self.apart:.1e} apart"
        )


def arranged(x: torch.Tensor, layout: str) -> torch.Tensor:
    """[batch, steps, ...] as a module takes it at once."""
    return {
        "time first": lambda: x.transpose(0, 1),
        "batch first": lambda: x,
        "squeezed": lambda: x.flatten(0, 1),
    }[layout]()


def sample_of(case: Case) -> torch.Tensor:
    x = torch.zeros(3, 1 if case.layout == "steps" else 2, *case.shape)
    return x[:, 0] if case.layout == "steps" else arranged(x, case.layout)


def back(parts: list, layout: str, batch: int, membrane: bool) -> np.ndarray:
    """What a layer sent in its calls, or its membrane, as [batch, steps, ...]."""
    sent = []
    for part in parts:
        if isinstance(part, tuple):
            part = part[-1 if membrane else 0]
        sent.append(torch.stack(part) if isinstance(part, list) else part)
    if layout == "steps" or len(sent) > 1:
        return torch.stack(sent, 1).numpy()
    whole = sent[0]
    if layout == "squeezed":
        return whole.reshape(batch, -1, *whole.shape[1:]).numpy()
    return (whole.transpose(0, 1) if layout == "time first" else whole).numpy()


def in_framework(case: Case, x: np.ndarray, net, dtype) -> dict:
    """What each of the network's populations sends there, [batch, steps, ...]."""
    sent: dict = {node.name: [] for node in net.populations}
    handles = []
    for path, part in case.module.named_modules():
        if path in sent:
            handles.append(part.register_forward_hook(lambda m, a, r, path=path: sent[path].append(r)))
        if dtype == torch.float64:  # frameworks send float32 spikes whatever they are given
            handles.append(part.register_forward_pre_hook(lambda m, a: tuple(map(_doubled, a))))
    tensor = torch.as_tensor(x, dtype=dtype)
    case.module.to(dtype)
    with torch.no_grad():
        if case.layout == "steps":
            case.reset(case.module)
            state = None
            for t in range(tensor.shape[1]):
                result = case.module(tensor[:, t], *([] if state is None else [state]))
                state = result[1] if isinstance(result, tuple) else None
        else:
            case.reset(case.module)
            case.module(arranged(tensor, case.layout))
    for handle in handles:
        handle.remove()
    # snnTorch's layers return spikes before states; the other frameworks' integrators send their membrane.
    modules = dict(case.module.named_modules())
    readouts = {n.name for n in net.populations if not n.spiking and hasattr(modules[n.name], "reset_mem")}
    return {name: back(parts, case.layout, x.shape[0], name in readouts) for name, parts in sent.items()}


def _doubled(argument):
    return (
        argument.double() if isinstance(argument, torch.Tensor) and argument.is_floating_point() else argument
    )


@contextlib.contextmanager
def thresholds_moved(by: float):
    """Networks are built with other thresholds."""
    neurons = rb.Builder._neurons

    def moved(self, name, kind, shape, parameters):
        if "v_threshold" in parameters:
            parameters = {**parameters, "v_threshold": parameters["v_threshold"] + by}
        return neurons(self, name, kind, shape, parameters)

    with mock.patch.object(rb.Builder, "_neurons", moved):
        yield


def tested(net, name: str, run) -> np.ndarray:
    """The potentials that were compared with the threshold, [batch, steps, neurons], where a reset subtracts it. SPEC F11"""
    threshold = net.nodes[name].parameters["v_threshold"].reshape(-1)
    v = run.states[f"{name}.v"]
    v = v.reshape(*v.shape[:2], -1)
    fired = run.spikes[name].reshape(v.shape)
    reset = net.conventions["reset"]
    if reset == "subtract-next":
        return v
    late = np.zeros_like(v)
    if reset == "subtract-late":
        late[:, 1:] = v[:, :-1] > threshold
    return v + (fired - late) * threshold


def first_near(read: Callable, net, x: np.ndarray, dtype: str, run) -> int:
    """The first step in which a membrane lies near its threshold, or one of several spikes in a step.

    Where a reset subtracts, the potentials tell. Where it forgets them, a network with thresholds a little lower or higher
    does: a spike comes or goes there, and not before, as the threshold has no part in what follows.
    """
    first = steps = x.shape[1]
    spiking = [n.name for n in net.populations if n.spiking]
    if net.conventions["reset"].startswith("subtract"):
        many = net.conventions["spikes_per_step"] == "many"
        for name in spiking:
            threshold, v = net.nodes[name].parameters["v_threshold"].reshape(-1), tested(net, name, run)
            level = np.maximum(1, np.round(v / threshold)) if many else 1
            near = (abs(v - level * threshold) < NEAR).any((0, 2))
            first = min(first, int(np.argmax(near)) if near.any() else steps)
        return first
    for by in (-NEAR, NEAR):
        with thresholds_moved(by):
            other = read().run(x, dtype=dtype)
        for name in spiking:
            differs = (other.spikes[name] != run.spikes[name]).reshape(*x.shape[:2], -1).any((0, 2))
            first = min(first, int(np.argmax(differs)) if differs.any() else steps)
    return first


def compare(case: Case, read: Callable, rng: np.random.Generator, tallies: dict) -> None:
    """Takes the module over in one call, and adds what both say to the tally of each precision."""
    net = read(case.module, sample_of(case))
    x = case.amplitude * (rng.random((2, STEPS, *case.shape)) < 0.4)
    if rng.random() < 0.5:
        x = x * rng.normal(1, 0.3, x.shape)
    x = x.astype(np.float32)
    for dtype in ("float32", "float64"):
        tally = tallies.setdefault(dtype, Tally())
        run = net.run(x, dtype=dtype, probes=net.probes())
        there = in_framework(case, x, net, getattr(torch, dtype))
        until = first_near(lambda: read(case.module.float(), sample_of(case)), net, x, dtype, run)
        tally.networks += 1
        tally.near += until < STEPS
        tally.layers.update({type(part).__name__ for part in case.module.modules()})
        for node in net.populations:
            theirs = there[node.name][:, :until]
            if node.spiking:
                ours = run.spikes[node.name].reshape(theirs.shape[0], STEPS, *theirs.shape[2:])[:, :until]
                gain = net.nodes.get(f"{node.name}.gain")
                ours = ours * (gain.parameters["scale"].astype(theirs.dtype) if gain else 1)
                tally.cells += ours.size
                tally.spikes += int((ours != 0).sum())
                tally.wrong += int((ours != theirs).sum())
            else:
                ours = run.states[f"{node.name}.v"].reshape(theirs.shape[0], STEPS, *theirs.shape[2:])[
                    :, :until
                ]
                off = abs(ours - theirs) / np.maximum(1, abs(theirs))
                tally.apart = max(tally.apart, float(off.max(initial=0)))
    case.module.float()


def check(tallies: dict, networks: int) -> None:
    for dtype, tally in tallies.items():
        print(f"{dtype}: {tally}")
        assert tally.networks >= networks
        assert tally.wrong == 0
        assert tally.near <= 0.05 * tally.networks
        assert 0.02 * tally.cells < tally.spikes < 0.8 * tally.cells
        assert tally.apart < NEAR


def check_random(network: Callable, read: Callable, networks: int) -> None:
    """Compares so many random networks; network: seed -> Case."""
    tallies: dict = {}
    for seed in range(networks):
        compare(network(seed), read, np.random.default_rng(seed + 1), tallies)
    check(tallies, 100)
