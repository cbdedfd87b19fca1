"""The integers of a network, whoever holds them: a decoded image, or a network of exact nodes. SPEC F14, N, W."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union

import numpy as np

from ..arithmetic import ALIGN, DECAY_ONE
from ..errors import Diagnostic
from ..image import Image
from ..network import Network, Node
from .sums import other_arithmetic, parameters_of, sums_of


@dataclass
class Population:
    """Neurons of one model; ``parameters`` are those of its step, int64 [n] each. ``made``: by the compiler."""

    name: str
    model: str
    size: int
    parameters: dict[str, np.ndarray]
    made: bool = False

    @property
    def spiking(self) -> bool:
        return "threshold" in self.parameters


@dataclass
class Synapses:
    """What one source adds to one population: ``weights`` [targets, sources], the exponent of their sum folded in."""

    source: str
    target: str
    weights: np.ndarray
    delay: int = 0
    name: str = ""  # of the matrix, where the user gave it one


@dataclass
class Integers:
    """Populations, synapses, and what reads them; ``refused`` names what has no integers."""

    name: str
    dt: float  # seconds
    inputs: dict[str, int] = field(default_factory=dict)  # name -> channels
    graded: list[str] = field(default_factory=list)  # inputs that send more than 0 and 1
    populations: dict[str, Population] = field(default_factory=dict)
    synapses: list[Synapses] = field(default_factory=list)
    outputs: dict[str, list[str]] = field(default_factory=dict)  # name -> populations
    refused: list[Diagnostic] = field(default_factory=list)
    file: str = ""

    def refuse(self, where: str, message: str, remedy: str, **more) -> None:
        self.refused.append(Diagnostic("R0670", "error", message, self.file, where, remedy=remedy, **more))


def integers_of(source: Union[Image, Network]) -> Integers:
    return _of_image(source) if isinstance(source, Image) else _of_network(source)


def _of_image(image: Image) -> Integers:
    info = image.info
    found = Integers(info["network"], info["dt"], file=image.file)
    if (other := other_arithmetic(image)) is not None:
        found.refuse("", *other)
    found.inputs = {i["name"]: i["size"] for i in info["inputs"]}
    found.graded = [i["name"] for i in info["inputs"] if i["encoding"] != "Binary"]
    for p in info["populations"]:
        values = parameters_of(image, p["name"])
        found.populations[p["name"]] = Population(p["name"], p["model"], p["size"], values, p["hidden"])
    found.outputs = {o["name"]: [part["population"] for part in o["parts"]] for o in info["outputs"]}
    joined: dict[tuple, Synapses] = {}
    for s in sums_of(image):
        weights = s.weights * 2.0**s.exponent
        whole = np.array_equal(weights, np.floor(weights))
        key = (s.source, s.target, s.delay)
        # A sum that is shifted right floors (SPEC W5, W7): only whole numbers add up across sums.
        if not whole or key not in joined:
            entry = Synapses(s.source, s.target, weights, s.delay)
            found.synapses.append(entry)
            if whole:
                joined[key] = entry
        else:
            joined[key].weights = joined[key].weights + weights
    return found


def _of_network(net: Network) -> Integers:
    found = Integers(net.name, net.dt, file=net.file)
    found.inputs = {n.name: n.size for n in net.inputs}
    found.graded = [n.name for n in net.inputs if "payload" in n.parameters]
    for node in net.nodes.values():
        if node.exact:
            values = {k: np.asarray(v).astype(np.int64).ravel() for k, v in node.parameters.items()}
            found.populations[node.name] = Population(node.name, node.kind, node.size, values)
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
    """Adds what flows into this node through matrices, or refuses what has another form."""
    matrix = node.kind in ("Linear", "Affine")
    sources = ways.into(node.name)
    if node.kind == "Output":
        found.outputs[node.name] = [source.name for source in sources]
        for source in sources:
            if not source.stateful:
                found.refuse(
                    node.name,
                    f"'{node.name}' receives '{source.name}' ({source.kind}), which is no population",
                    "end the network with neurons",
                )
    elif matrix:
        for source in sources:
            if not _sends(source):
                found.refuse(
                    node.name,
                    f"'{source.name}' and '{node.name}' are two matrices in a row",
                    "multiply them",
                )
    elif node.name in found.populations:
        for source in sources:
            _connect_population(found, node, source, ways)
    elif not _sends(node) and node.kind != "Flatten":
        found.refuse(
            node.name,
            f"'{node.name}' ({node.kind}) is not written to .net files",
            "fold it into the weights"
            if node.kind == "Scale"
            else "export the network with --to nir; or compile it, and export the image",
        )


def _connect_population(found: Integers, node: Node, middle: Node, ways: _Ways) -> None:
    if middle.kind in ("Linear", "Affine"):
        weights = np.asarray(middle.parameters["weight"], np.float64)
        if "delay" in middle.parameters and middle.parameters["delay"].any():
            found.refuse(
                middle.name,
                f"the weights of '{middle.name}' have delays, which this form does not keep",
                "build the network without delays",
            )
        for source in ways.into(middle.name):
            if _sends(source):
                found.synapses.append(Synapses(source.name, node.name, weights, name=middle.name))
        if middle.kind == "Affine":
            _add_bias(found, node.name, middle.name, np.asarray(middle.parameters["bias"], np.float64))
    elif not _sends(middle):  # refused where it stands: the populations are joined all the same
        for source in ways.into(middle.name):
            if _sends(source):
                found.synapses.append(Synapses(source.name, node.name, np.zeros((0, 0))))
    else:
        found.refuse(
            node.name,
            f"'{middle.name}' and '{node.name}' are connected one to one; layers are connected by weights",
            "connect them by a matrix with ones on its diagonal",
        )
        found.synapses.append(Synapses(middle.name, node.name, np.zeros((0, 0))))


def _add_bias(found: Integers, population: str, matrix: str, bias: np.ndarray) -> None:
    """A bias before the current is one of the potential only where the current keeps nothing. SPEC F6, N3, N6."""
    if not bias.any():
        return
    values = found.populations[population].parameters
    if np.any(values.get("decay_u", DECAY_ONE) != DECAY_ONE):
        found.refuse(
            matrix,
            f"the bias of '{matrix}' enters the current of '{population}', which keeps part of it",
            "give the bias to the neurons: it is added to their potential",
        )
        return
    values["bias"] = values.get("bias", 0) + ALIGN * bias
