"""The integers of a network, whoever holds them: a decoded image, or a network of exact nodes. SPEC F14, N, W."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union

import numpy as np

from ..errors import Diagnostic
from ..image import Image
from ..network import Network, Node
from .sums import parameters_of, sums_of

ALIGN = 64  # SPEC N2: a weight of 1 adds 64 to the current


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
    if info["profile"] != "lava":
        found.refuse(
            "",
            f"the image follows the arithmetic profile '{info['profile']}', Lava its own",
            "compile with --profile lava, on a chip that has it",
        )
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
    before: dict[str, list[str]] = {name: [] for name in net.nodes}
    after: dict[str, list[str]] = {name: [] for name in net.nodes}
    flat = {n.name for n in net.nodes.values() if n.kind == "Flatten"}

    def sources(name: str) -> list[str]:
        """Those of a node, a Flatten left out: populations are flat in C order, as it makes them."""
        return [s for n in before[name] for s in (sources(n) if n in flat else [n])]

    for a, b, _ in net.edges:
        before[b].append(a)
        after[a].append(b)
    for node in net.nodes.values():
        if node.stateful and not _exact(node):
            found.refuse(
                node.name,
                f"'{node.name}' ({node.kind}) is given as real numbers; a .net file holds a chip's integers",
                "compile the network and export the image: rheobase compile NET -o IMAGE",
            )
        elif node.stateful:
            found.populations[node.name] = _population(node)
    for node in net.nodes.values():
        _connect(found, net, node, sources(node.name))
    return found


def _exact(node: Node) -> bool:
    return node.kind.islower()  # "cuba_lif" is a model's own name, "CubaLIF" that of a NIR primitive


def _population(node: Node) -> Population:
    values = {k: np.asarray(v).astype(np.int64).ravel() for k, v in node.parameters.items()}
    return Population(node.name, node.kind, node.size, values)


def _connect(found: Integers, net: Network, node: Node, sources: list[str]) -> None:
    """Adds what flows into this node through matrices, or refuses what has another form."""
    if node.kind == "Output":
        found.outputs[node.name] = sources
        for name in sources:
            if not net.nodes[name].stateful:
                found.refuse(
                    node.name,
                    f"'{node.name}' receives '{name}' ({net.nodes[name].kind}), which is no population",
                    "end the network with neurons",
                )
        return
    if node.kind not in ("Input", "Linear", "Affine", "Flatten") and not node.stateful:
        found.refuse(
            node.name,
            f"'{node.name}' ({node.kind}) has no form in a .net file",
            "fold it into the weights",
        )
    if node.kind in ("Linear", "Affine"):
        for name in sources:
            if not (net.nodes[name].stateful or net.nodes[name].kind == "Input"):
                found.refuse(
                    node.name, f"'{name}' and '{node.name}' are two matrices in a row", "multiply them"
                )
    if not node.stateful or node.name not in found.populations:
        return
    for name in sources:
        middle = net.nodes[name]
        if middle.kind not in ("Linear", "Affine"):
            if middle.stateful or middle.kind == "Input":
                found.refuse(
                    node.name,
                    f"'{name}' and '{node.name}' are connected one to one; layers are connected by weights",
                    "connect them by a matrix with ones on its diagonal",
                )
                found.synapses.append(Synapses(name, node.name, np.zeros((0, 0))))
            continue
        weights = np.asarray(middle.parameters["weight"], np.float64)
        for source in _ends(net, name):
            found.synapses.append(Synapses(source, node.name, weights, name=name))
        if middle.kind == "Affine":
            _add_bias(found, node.name, name, np.asarray(middle.parameters["bias"], np.float64))


def _ends(net: Network, matrix: str) -> list[str]:
    """The inputs and populations that a matrix reads."""
    found, waiting = [], [matrix]
    while waiting:
        at = waiting.pop()
        for a, b, _ in net.edges:
            if b == at and net.nodes[a].kind == "Flatten":
                waiting.append(a)
            elif b == at and (net.nodes[a].stateful or net.nodes[a].kind == "Input"):
                found.append(a)
    return found


def _add_bias(found: Integers, population: str, matrix: str, bias: np.ndarray) -> None:
    """A bias before the current is one of the potential only where the current keeps nothing. SPEC F6, N3, N6."""
    if not bias.any():
        return
    values = found.populations[population].parameters
    if np.any(values.get("decay_u", 4096) != 4096):
        found.refuse(
            matrix,
            f"the bias of '{matrix}' enters the current of '{population}', which keeps part of it",
            "give the bias to the neurons: it is added to their potential",
        )
        return
    values["bias"] = values.get("bias", 0) + ALIGN * bias
