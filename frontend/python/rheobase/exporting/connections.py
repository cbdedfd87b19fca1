"""What populations of a network of exact nodes send each other: matrices and kernels between them. SPEC F14 to F18."""

from __future__ import annotations

import numpy as np

from ..arithmetic import ALIGN, DECAY_ONE, FIXED_FUNCTION
from ..network import Network, Node
from .integers import Integers, Population, Synapses, Window, transform_of

MATRICES = ("Linear", "Affine")
WINDOWS = ("Conv1d", "Conv2d", "ConvTranspose2d", "SumPool2d")


def integers_of_network(net: Network) -> Integers:
    found = Integers(net.name, net.dt, net.file, transform=transform_of(net.assumptions))
    found.inputs = {n.name: n.shape for n in net.inputs}
    found.payloads = {
        n.name: int(n.parameters["payload"].max()) for n in net.inputs if "payload" in n.parameters
    }
    for node in net.nodes.values():
        if node.exact:
            values = {k: np.asarray(v).astype(np.int64).ravel() for k, v in node.parameters.items()}
            found.populations[node.name] = Population(node.name, node.kind, node.shape, values)
        elif node.stateful:
            found.refuse(
                node.name,
                f"'{node.name}' ({node.kind}) is given as real numbers; a .net file holds a chip's integers",
                "compile the network and export the image: rheobase compile NET -o IMAGE",
            )
    ways = _Ways(net)
    for node in net.nodes.values():
        _connect(found, node, ways)
    return found


class _Ways:
    """What flows into nodes, a Flatten left out: populations are flat in C order, as it makes them."""

    def __init__(self, net: Network):
        self._nodes = net.nodes
        self._before: dict[str, list[str]] = {name: [] for name in net.nodes}
        for source, target, _ in net.edges:
            self._before[target].append(source)

    def into(self, name: str) -> list[Node]:
        before = (self._nodes[source] for source in self._before[name])
        return [n for node in before for n in (self.into(node.name) if node.kind == "Flatten" else [node])]


def _sends(node: Node) -> bool:
    return node.stateful or node.kind == "Input"


def _connect(found: Integers, node: Node, ways: _Ways) -> None:
    """Adds what flows into this node, or refuses what has another form."""
    sources = ways.into(node.name)
    if node.kind == "Output":
        found.outputs[node.name] = [_read(found, node, source, ways) for source in sources]
    elif node.kind in (*MATRICES, *WINDOWS):
        if node.kind == "SumPool2d":
            found.lose(
                node.name, f"the pool '{node.name}' becomes a convolution with a group for each channel"
            )
        for source in sources:
            if not _sends(source) and source.kind != "Delay":  # refused where it stands
                found.refuse(
                    node.name,
                    f"'{source.name}' and '{node.name}' are two matrices in a row",
                    "multiply them"
                    if {source.kind, node.kind} <= {*MATRICES}
                    else "put neurons between them",
                )
    elif node.name in found.populations:
        for source in sources:
            _connect_population(found, node, source, ways)
    elif node.kind == "AvgPool2d":
        found.refuse(
            node.name,
            f"'{node.name}' averages, and a .net file's weights are whole numbers",
            "pool by sums, into neurons whose thresholds and biases are as many times larger",
        )
    elif not _sends(node) and node.kind != "Flatten":
        found.refuse(
            node.name,
            f"'{node.name}' ({node.kind}) is not written to .net files",
            "fold it into the weights"
            if node.kind == "Scale"
            else "export the network with --to nir; or compile it, and export the image",
        )


def _read(found: Integers, output: Node, source: Node, ways: _Ways) -> str:
    """The name of the population that an output reads, perhaps as means over equal parts of it."""
    if source.stateful:
        return source.name
    behind = ways.into(source.name)
    if len(behind) == 1 and behind[0].stateful and _is_average(source):
        found.averages[output.name] = source.size
        return behind[0].name
    found.refuse(
        output.name,
        f"'{output.name}' receives '{source.name}' ({source.kind}), which is no population",
        "end the network with neurons",
    )
    return source.name


def _is_average(node: Node) -> bool:
    if node.kind != "Conv1d" or node.input_shape[0] != 1:
        return False
    values, part = node.parameters, node.parameters["weight"].size
    return (
        len(values["weight"]) == 1
        and (values["weight"] == 1 / part).all()
        and values["stride"].tolist() == [part]
        and node.size * part == node.input_shape[1]
        and not any(values[key].any() for key in ("padding", "bias", "delay") if key in values)
        and (part == 1 or values["dilation"].tolist() == [1])
    )


def _connect_population(found: Integers, node: Node, middle: Node, ways: _Ways) -> None:
    if _sends(middle):
        found.synapses.append(Synapses(middle.name, node.name, np.zeros((0, 0)), direct=True))
        return
    for source in ways.into(middle.name):
        if _sends(source):
            _append(found, _synapses(source.name, node.name, middle))
    if "bias" in middle.parameters:
        _add_bias(found, node.name, middle)


def _append(found: Integers, added: Synapses) -> None:
    """Matrices between the same two add up, such as one for each port."""
    if added.window is None:
        for s in found.synapses:
            same = (s.source, s.target, s.window) == (added.source, added.target, None)
            if same and s.weights.shape == added.weights.shape and s.add(added.weights, added.delay):
                return
    found.synapses.append(added)


def _synapses(source: str, target: str, middle: Node) -> Synapses:
    values = middle.parameters
    delay = np.asarray(values.get("delay", 0)).astype(np.int64)
    if middle.kind in MATRICES:
        return Synapses(source, target, np.asarray(values["weight"], np.float64), delay, middle.name)
    if middle.kind not in WINDOWS:  # refused where it stands: the populations are joined all the same
        return Synapses(source, target, np.zeros((0, 0)))
    if middle.kind == "SumPool2d":
        channels = middle.input_shape[0]
        weights = np.ones((channels, 1, *values["kernel_size"]))
        dilation, groups = (1, 1), channels
    else:
        weights = np.asarray(values["weight"], np.float64)
        dilation, groups = _pair(values["dilation"], 1), int(values["groups"])
    if weights.ndim == 3:  # a row of taps
        weights = weights[:, :, None, :]
        delay = delay[..., None] if delay.ndim else delay
    window = Window(
        middle.kind == "ConvTranspose2d",
        _pair(values["stride"], 1),
        _pair(values["padding"], 0),
        dilation,
        groups,
        volume(middle.input_shape),
        volume(middle.output_shape),
    )
    return Synapses(source, target, weights, delay, middle.name, window)


def _pair(values: np.ndarray, of_rows: int) -> tuple[int, ...]:
    """For rows and columns, from one number for each axis there is."""
    return ((of_rows,) * 2 + tuple(int(v) for v in values))[-2:]


def volume(shape: tuple[int, ...]) -> tuple[int, ...]:
    """[channels, rows, columns] of that, of [channels, length] or of [length]."""
    return {1: (1, 1, *shape), 2: (shape[0], 1, shape[-1])}.get(len(shape), tuple(shape))


def _add_bias(found: Integers, population: str, middle: Node) -> None:
    """A bias before the current is one of the potential only where the current keeps nothing; a file's ALIF takes it before
    the current. SPEC F6, N3, N6."""
    bias = np.asarray(middle.parameters["bias"], np.float64)
    if not bias.any():
        return
    into = found.populations[population]
    each = np.repeat(bias, into.size // bias.size)  # one for each neuron, or for each channel
    if into.model == "atrlif":
        into.take(each)
        return
    keeps = "sum" if into.model not in FIXED_FUNCTION else "current"
    if keeps == "sum" or np.any(into.parameters.get("decay_u", DECAY_ONE) != DECAY_ONE):
        found.refuse(
            middle.name,
            f"the bias of '{middle.name}' enters the {keeps} of '{population}', which keeps part of it",
            "give the bias to the neurons: it is added to their potential",
        )
        return
    found.lose(
        middle.name,
        f"the bias of '{middle.name}' becomes one of the neurons '{population}': on a chip it acts before the first input "
        "arrives, not with it",
        "give the bias to the neurons",
        "warning",
    )
    into.parameters["bias"] = into.parameters.get("bias", 0) + ALIGN * each
