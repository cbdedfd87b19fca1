"""Random graphs of the nir package, from a seed: every node that a NIR file can hold, branches, joins, loops, nesting."""

from __future__ import annotations

import nir
import numpy as np

NEURONS = {
    "I": (),
    "Threshold": ("threshold",),
    "IF": ("v_threshold", "v_reset"),
    "LI": ("tau", "v_leak"),
    "LIF": ("tau", "v_leak", "v_threshold", "v_reset"),
    "CubaLI": ("tau_syn", "tau_mem", "v_leak", "w_in"),
    "CubaLIF": ("tau_syn", "tau_mem", "v_leak", "w_in", "v_threshold", "v_reset"),
}
NAMES = ("n{}", "layer.{}", "lif{}.w", "été{}", "{} b", "Z-{}")


class RandomGraph:
    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        self.type = self.rng.choice([np.float16, np.float32, np.float64], p=[0.1, 0.6, 0.3])
        self.nodes: dict[str, nir.NIRNode] = {}
        self.edges: list[tuple[str, str]] = []
        self.shape: dict[str, tuple] = {}  # what a node hands on
        self.neurons: list[str] = []
        self.checked = True  # the package's check reckons with square kernels, and without groups

    def graph(self) -> nir.NIRGraph:
        for _ in range(self.rng.integers(1, 3)):
            self._add(None, self._input())
        for _ in range(self.rng.integers(2, 9)):
            self._grow()
        for _ in range(self.rng.integers(0, 3)):
            self._loop()
        self._join()
        for name in [n for n in self.nodes if not any(a == n for a, _ in self.edges)]:
            self._end(name)
        if self.rng.random() < 0.3 or self._senders() == list(self.nodes):
            self._end(str(self.rng.choice(self.neurons or self._senders())))
        self.rng.shuffle(self.edges)
        edges = [(str(a), str(b)) for a, b in self.edges]
        metadata = {"made": "by a test"} if self.rng.random() < 0.2 else {}
        return nir.NIRGraph(self.nodes, edges, metadata, type_check=False)

    def _add(self, source, made: tuple) -> str:
        node, shape = made
        name = str(self.rng.choice(NAMES)).format(len(self.nodes))
        self.nodes[name], self.shape[name] = node, tuple(int(v) for v in shape)
        if source is not None:
            self.edges.append((source, name))
        return name

    def _end(self, source: str) -> None:
        self._add(source, (nir.Output(np.array(self.shape[source])), self.shape[source]))

    def _senders(self) -> list[str]:
        return [n for n, node in self.nodes.items() if not isinstance(node, nir.Output)]

    def _input(self) -> tuple:
        shape = tuple(self.rng.integers(2, 7, self.rng.choice([1, 2, 3], p=[0.5, 0.2, 0.3])))
        return nir.Input(np.array(shape)), shape

    def _grow(self) -> None:
        source = str(self.rng.choice(self._senders()))
        shape = self.shape[source]
        wide = {1: ["matrix", "scale", "delay"], 2: ["conv1d", "flatten"], 3: ["conv2d", "pool", "flatten"]}[
            len(shape)
        ]
        made = getattr(self, f"_{self.rng.choice([*wide, 'neuron', 'neuron'])}")(shape)
        if made is not None:
            name = self._add(source, made)
            if type(made[0]).__name__ in NEURONS:
                self.neurons.append(name)

    def _loop(self) -> None:
        """Back into neurons, through a matrix where the shapes ask for one."""
        if not self.neurons:
            return
        source, target = (str(self.rng.choice(self.neurons)) for _ in range(2))
        if len(self.shape[source]) == len(self.shape[target]) == 1:
            weight = self._values((*self.shape[target], *self.shape[source]))
            middle = self._add(source, (nir.Linear(weight), self.shape[target]))
            self.edges.append((middle, target))

    def _join(self) -> None:
        """What has the shape of a neuron's input may flow into it, too."""
        for target in self.neurons:
            source = str(self.rng.choice(self._senders()))
            free = source in self.neurons and (source, target) not in self.edges
            if free and self.shape[source] == self.shape[target] and self.rng.random() < 0.3:
                self.edges.append((source, target))

    def _values(self, shape, low: float = -2, high: float = 2) -> np.ndarray:
        return self.rng.uniform(low, high, shape).astype(self.type)

    def _matrix(self, shape) -> tuple:
        outputs = int(self.rng.integers(1, 7))
        weight = self._values((outputs, *shape))
        if self.rng.random() < 0.5:
            return nir.Linear(weight), (outputs,)
        return nir.Affine(weight, self._values(outputs)), (outputs,)

    def _scale(self, shape) -> tuple:
        return nir.Scale(self._values(shape)), shape

    def _delay(self, shape) -> tuple:
        return nir.Delay(self._values(shape, 0, 9e-4)), shape

    def _flatten(self, shape) -> tuple:
        return nir.Flatten({"input": np.array(shape)}, 0, -1), (int(np.prod(shape)),)

    def _conv1d(self, shape) -> tuple:
        taps = int(self.rng.integers(1, shape[1] + 1))
        padding = self.rng.choice([0, 1])
        groups = self._groups(shape[0])
        outputs = groups * int(self.rng.integers(1, 3))
        node = nir.Conv1d(
            int(shape[1]), self._values((outputs, shape[0] // groups, taps)), 1, int(padding), 1, groups,
            self._values(outputs),
        )  # fmt: skip
        return node, (outputs, shape[1] + 2 * int(padding) - taps + 1)

    def _conv2d(self, shape) -> tuple:
        rows = columns = int(self.rng.integers(1, min(shape[1:]) + 1))
        if self.rng.random() < 0.1:
            columns, self.checked = int(self.rng.integers(1, shape[2] + 1)), False
        stride, padding = (int(v) for v in (self.rng.integers(1, 3), self.rng.integers(0, 2)))
        groups = self._groups(shape[0])
        outputs = groups * int(self.rng.integers(1, 3))
        node = nir.Conv2d(
            tuple(int(v) for v in shape[1:]), self._values((outputs, shape[0] // groups, rows, columns)),
            (stride, stride), (padding, padding), (1, 1), groups, self._values(outputs),
        )  # fmt: skip
        sizes = zip(shape[1:], (rows, columns))
        return node, (outputs, *((n + 2 * padding - size) // stride + 1 for n, size in sizes))

    def _groups(self, channels: int) -> int:
        if self.rng.random() < 0.9:
            return 1
        self.checked = self.checked and channels == 1
        return channels

    def _pool(self, shape) -> tuple:
        size = int(self.rng.integers(1, min(shape[1:]) + 1))
        kind = nir.SumPool2d if self.rng.random() < 0.5 else nir.AvgPool2d
        node = kind(np.array([size, size]), np.array([size, size]), np.array([0, 0]))
        return node, (shape[0], *((n - size) // size + 1 for n in shape[1:]))

    def _neuron(self, shape) -> tuple:
        kind = str(self.rng.choice(list(NEURONS)))
        values = {"r": self._values(shape, 0.1, 9)} if kind != "Threshold" else {}
        for name in NEURONS[kind]:
            low, high = (1e-3, 0.1) if name.startswith("tau") else (0.1, 2) if name == "w_in" else (-1, 1)
            values[name] = self._values(shape, low, high)
        if "v_reset" in values and self.rng.random() < 0.5:
            values["v_reset"] = np.zeros_like(values["v_threshold"])
        return getattr(nir, kind)(**values), shape


def nested(graph: nir.NIRGraph, rng: np.random.Generator, depth: int) -> nir.NIRGraph:
    """The same network with its nodes in graphs within graphs; its edges name them as the format does: G.B."""
    if depth == 0:
        return graph
    inside = [n for n, node in graph.nodes.items() if not isinstance(node, (nir.Input, nir.Output))]
    inside = (
        set(rng.choice(inside, rng.integers(1, len(inside) + 1), replace=False).tolist()) if inside else set()
    )
    group = f"G.{depth}"
    inner = nir.NIRGraph(
        {n: graph.nodes[n] for n in inside},
        [(a, b) for a, b in graph.edges if a in inside and b in inside],
        type_check=False,
    )
    outer = {n: node for n, node in graph.nodes.items() if n not in inside}
    outer[group] = nested(inner, rng, depth - 1)
    called = _names(outer[group], group + ".")
    place = {name.rsplit("\0", 1)[-1]: name.replace("\0", "") for name in called}
    edges = [
        (place.get(a, a), place.get(b, b)) for a, b in graph.edges if not (a in inside and b in inside)
    ]  # fmt: skip
    return nir.NIRGraph(outer, edges, type_check=False)


def _names(graph: nir.NIRGraph, prefix: str) -> list[str]:
    """The leaves as an outer edge names them, with a mark before their own names."""
    found = []
    for name, node in graph.nodes.items():
        inner = isinstance(node, nir.NIRGraph)
        found += _names(node, prefix + name + ".") if inner else [f"{prefix}\0{name}"]
    return found


def flat(graph: nir.NIRGraph, prefix: str = "") -> tuple[dict, set]:
    """Leaves by their dotted names, and edges between them."""
    nodes, edges = {}, set()
    for name, node in graph.nodes.items():
        if isinstance(node, nir.NIRGraph):
            inner, between = flat(node, f"{prefix}{name}.")
            nodes.update(inner)
            edges |= between
        else:
            nodes[prefix + name] = node
    return nodes, edges | {(prefix + a, prefix + b) for a, b in graph.edges}
