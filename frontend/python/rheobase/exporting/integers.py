"""The integers of a network, whoever holds them: a decoded image, or a network of exact nodes. SPEC F14, N, W.

An image says what its synapses make: matrices from population to population. Those of a network, and its convolutions,
are in connections.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Optional

import numpy as np

from ..arithmetic import MODELS
from ..errors import Diagnostic
from ..image import Image
from .sums import parameters_of, sums_of


@dataclass
class Population:
    """Neurons of one model; ``parameters`` are those of its step, int64 [n] each. ``made``: by the compiler. ``lag``: of an
    image's. ``arriving``: what each receives in every step beside its synapses, in units of weights [n]."""

    name: str
    model: str
    shape: tuple[int, ...]
    parameters: dict[str, np.ndarray]
    made: bool = False
    lag: int = 0
    arriving: Optional[np.ndarray] = None

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def take(self, each: np.ndarray) -> None:
        self.arriving = each if self.arriving is None else self.arriving + each

    @property
    def spiking(self) -> bool:
        return MODELS[self.model]["spiking"]


@dataclass
class Window:
    """How a kernel is slid over rows and columns. SPEC F15 to F17; shapes are [channels, rows, columns]."""

    transposed: bool
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]


@dataclass
class Synapses:
    """What one source adds to one population.

    weights: [targets' ports, sources], or with a window its kernel, [outputs, inputs / groups, rows, columns],
    [inputs, outputs / groups, rows, columns] where it is transposed; the exponent of their sum is folded in. delay:
    steps, broadcast to the weights. name: of the node, where the user gave one. direct: there are no weights, each
    value goes to one neuron.
    """

    source: str
    target: str
    weights: np.ndarray
    delay: np.ndarray = field(default_factory=lambda: np.array(0))
    name: str = ""
    window: Optional[Window] = None
    direct: bool = False

    def add(self, weights: np.ndarray, delay) -> bool:
        """Takes in another matrix between the same two, unless a weight would have two delays."""
        used = weights != 0
        if (used & (self.weights != 0) & (self.delay != delay)).any():
            return False
        if np.any(self.delay != delay):
            self.delay = np.where(used, delay, self.delay)
        self.weights = self.weights + weights
        return True

    @property
    def one_to_one(self) -> bool:
        """Whether every value goes on as it is, to the neuron in its place."""
        if self.direct:
            return True
        w, kernel = self.window, self.weights
        if self.delay.any():
            return False
        if w is None:
            return kernel.shape[0] == kernel.shape[1] and np.array_equal(kernel, np.eye(len(kernel)))
        alone = w.groups == len(kernel) == kernel.size and not any(w.padding)
        return alone and w.input_shape == w.output_shape and bool((kernel == 1).all())


@dataclass
class Integers:
    """Populations, synapses, and what reads them; ``refused`` names what has no integers, ``lost`` what is not kept."""

    name: str
    dt: float  # seconds
    file: str = ""
    inputs: dict[str, tuple[int, ...]] = field(default_factory=dict)  # name -> shape
    payloads: dict[str, int] = field(default_factory=dict)  # of inputs that send numbers -> the largest
    transform: tuple[int, int] = (1, 0)  # x -> weight x + bias, which whoever sends those numbers applies
    populations: dict[str, Population] = field(default_factory=dict)
    synapses: list[Synapses] = field(default_factory=list)
    outputs: dict[str, list[str]] = field(default_factory=dict)  # name -> populations
    averages: dict[str, int] = field(default_factory=dict)  # outputs of means -> the number of groups
    refused: list[Diagnostic] = field(default_factory=list)
    lost: list[Diagnostic] = field(default_factory=list)

    def refuse(self, where: str, message: str, remedy: str, **more) -> None:
        self.refused.append(Diagnostic("R0670", "error", message, self.file, where, remedy=remedy, **more))

    def lose(self, where: str, message: str, remedy: str = "", severity: str = "note") -> None:
        self.lost.append(Diagnostic("R0671", severity, message, self.file, where, remedy=remedy))


def transform_of(assumptions: list[dict]) -> tuple[int, int]:
    """What a .net file's input layer asks of whoever sends numbers; its reader keeps it as an assumption."""
    for a in assumptions:
        found = a["what"] == "input" and re.search(
            r"in every step: (-?\d+) x \+ (-?\d+), rounded", a["value"]
        )
        if found:
            return int(found[1]), int(found[2])
    return 1, 0


def integers_of_image(image: Image) -> Integers:
    info = image.info
    found = Integers(info["network"], info["dt"], image.file, transform=transform_of(image.assumptions))
    found.inputs = {i["name"]: tuple(i["shape"]) for i in info["inputs"]}
    found.payloads = {i["name"]: i["max_payload"] for i in info["inputs"] if i["encoding"] != "Binary"}
    for p in info["populations"]:
        if p["clone_of"]:
            continue
        values = parameters_of(image, p["name"])
        found.populations[p["name"]] = Population(
            p["name"], p["model"], tuple(p["shape"]), values, p["hidden"], p["lag"]
        )
    found.outputs = {o["name"]: [part["population"] for part in o["parts"]] for o in info["outputs"]}
    joined: dict[tuple, Synapses] = {}
    for s in sums_of(image):
        weights = s.weights * 2.0**s.exponent
        if info["profile"] == "loihi1":  # SPEC W6
            weights = np.floor(weights)
        key = (s.source, s.target)
        # A sum that is shifted right floors (SPEC W5, W7): only whole numbers add up across sums.
        whole = np.array_equal(weights, np.floor(weights))
        if not (whole and key in joined and joined[key].add(weights, s.delay)):
            entry = Synapses(s.source, s.target, weights, np.array(s.delay))
            found.synapses.append(entry)
            if whole:
                joined.setdefault(key, entry)
    return found
