"""Why two runs differ, found by changing one thing at a time and running again."""

from __future__ import annotations

from typing import Iterator, Optional

import numpy as np

from . import _core
from .conventions import CHOICES, convention_options
from .errors import Error
from .fitting import canonical, fit_conventions, offset_text, readings
from .network import Network
from .recording import Recording, first_difference

_MOST_CANDIDATES = 64  # runs that are spent on one question


def of_networks(left: Network, right: Network, x) -> str:
    """What of the right network makes its run on ``x`` differ from the left one's; "" where they run alike.

    A convention or a node's parameters are a cause where the right network, with those of the left one, runs as the left
    one does until after the step of the first difference, in every spike and every state.
    """
    probes = sorted(set(left.probes()) & set(right.probes()))
    reference = left.run(x, probes=probes)
    found = first_difference(reference, right.run(x, probes=probes))
    if found is None:
        return ""
    causes, candidates = [], list(_changes(left, right))
    for text, change in candidates[:_MOST_CANDIDATES]:
        try:
            again = first_difference(reference, change().run(x, probes=probes))
        except Error:  # the change alone makes no network
            continue
        if again is None or again["step"] > found["step"]:
            rest = "" if again is None else f"; the next difference is in step {again['step']}"
            causes.append(text + rest)
    if causes:
        return "cause: " + " or ".join(causes)
    if candidates:
        return f"no single change explains it; what differs: {'; '.join(text for text, _ in candidates[:6])}"
    return ""


def _changes(left: Network, right: Network) -> Iterator[tuple]:
    """(text, function that gives the right network with this one thing as the left one has it)."""
    for name, value in left.conventions.items():
        other = right.conventions[name]
        if other != value:
            title = CHOICES[name].title if name in CHOICES else name
            yield f"{title}: {value} and {other}", lambda n=name, v=value: right.under(**{n: v})
    for name, node in left.nodes.items():
        other = right.nodes.get(name)
        if other is None:
            continue
        if {node.kind, other.kind} == {"Affine", "Linear"}:
            side = "right" if other.kind == "Linear" else "left"
            yield (
                f"'{name}.bias': lost on the {side} side, where the node is a Linear",
                lambda n=name, node=node: _with_node(
                    right, n, node.kind, {**right.nodes[n].parameters, **_bias(node)}
                ),
            )
        elif other.kind != node.kind:
            continue
        for key, values in node.parameters.items():
            theirs = other.parameters.get(key)
            if theirs is None or theirs.shape != values.shape or np.array_equal(theirs, values):
                continue
            yield (
                f"'{name}.{key}': {_how(key, values, theirs)}",
                lambda n=name, k=key, v=values: _with_node(
                    right, n, right.nodes[n].kind, {**right.nodes[n].parameters, k: v}
                ),
            )


def _how(key: str, ours: np.ndarray, theirs: np.ndarray) -> str:
    """What two arrays of the same shape have to do with each other."""
    if key == "bias" and not theirs.any():
        return "lost on the right side, where it is 0"
    if key == "bias" and not ours.any():
        return "0 on the left side"
    place = tuple(int(i) for i in np.argwhere(theirs != ours)[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (theirs / ours)[(ours != 0) & (theirs != 0)]
    if ratios.size and np.ptp(ratios) <= 1e-5 * abs(ratios[0]) and abs(ratios[0] - 1) > 1e-3:
        return f"{ratios[0]:.6g} times as large on the right side"
    grid = _grid(theirs)
    largest = float(np.abs(theirs - ours).max())
    if grid and largest <= 0.5001 * grid:
        return f"rounded to multiples of {grid:.6g} on the right side, by {largest:.4g} at most"
    where = "" if ours.size == 1 else f" at {list(place)}"
    return f"{ours[place]:.6g} and {theirs[place]:.6g}{where}, by {largest:.4g} at most"


def _grid(values: np.ndarray) -> Optional[float]:
    """The step of which all values are multiples, where there are few enough of them."""
    levels = np.unique(np.abs(values[values != 0]).astype(np.float64))
    if not 1 <= levels.size <= 2**15:
        return None
    step = float(min(np.diff(levels).min(), levels[0])) if levels.size > 1 else float(levels[0])
    multiples = levels / step
    return step if np.abs(multiples - np.rint(multiples)).max() < 1e-3 else None


def _bias(node) -> dict:
    return {"bias": node.parameters["bias"]} if "bias" in node.parameters else {}


def _with_node(net: Network, name: str, kind: str, parameters: dict) -> Network:
    """The network with another kind and other parameters of a node."""
    if kind == "Linear":
        parameters = {key: value for key, value in parameters.items() if key != "bias"}
    nodes = [
        (n.name, *((kind, parameters) if n.name == name else (n.kind, n.parameters)), n.output_shape)
        for n in net.nodes.values()
    ]
    index = {node[0]: i for i, node in enumerate(nodes)}
    edges = [(index[source], index[target]) for source, target, _ in net.edges]
    core = _core.build_network(net.name, nodes, edges, convention_options(net.conventions), [])
    return Network(core, net.file)


def of_recording(net: Network, x, recorded: Recording) -> str:
    """The conventions of a recording where they are others than the network's; "" where none gives it."""
    found = fit_conventions(net, x, recorded, dt=net.dt)
    if not found.exact:
        best = found.best
        return f"no set of conventions gives the recording; the nearest leaves {best.wrong:,} of {best.cells:,} cells wrong"
    named = net.distinct_conventions()
    best = found.best
    if "as_" in best.conventions:
        other = net.under(**best.conventions)
        return f"cause: {best.conventions['as_']} reads the file otherwise: {'; '.join(readings(other))}"
    parts = [
        f"{CHOICES[name].title}: recorded with {best.conventions[name]}, run with {net.conventions[name]}"
        for name, values in named.items()
        if len(values) > 1 and best.conventions[name] != canonical(net.conventions[name], values)
    ]
    if best.offset:
        parts.append(f"it was {offset_text(best.offset)}")
    return "cause: " + " and ".join(parts) if parts else ""


def lag_between(left: Recording, right: Recording) -> str:
    """Whether one side is the other one, some steps later: silent at first, and then alike, not for want of spikes."""
    names = [name for name in left.spikes.keys() & right.spikes.keys() if _alike(left, right, name)]
    axis = 1 if left.batched else 0
    for steps in (1, 2, 3):
        for early, late, side in ((left, right, "right"), (right, left, "left")):
            pairs = [
                (np.moveaxis(early.spikes[n], axis, 0), np.moveaxis(late.spikes[n], axis, 0)) for n in names
            ]
            if (
                pairs
                and all(np.array_equal(a[:-steps], b[steps:]) and not b[:steps].any() for a, b in pairs)
                and any(b[steps:].any() for _, b in pairs)
            ):
                return f"cause: the {side} side is the other one, {steps} step{'s' * (steps > 1)} later"
    return ""


def _alike(left: Recording, right: Recording, name: str) -> bool:
    return left.batched == right.batched and left.spikes[name].shape == right.spikes[name].shape
