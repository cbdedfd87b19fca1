"""Float networks in Python: nodes, assumptions, the float reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np

from . import _core
from .arithmetic import MODELS
from .arguments import callback, gather, option_name, probe_names, thread_count
from .conventions import Conventions, Unpack, choice_value, convention_options, values_of
from .recording import Recording, from_core
from .room import check_room


@dataclass(frozen=True)
class Node:
    """A node of the flattened graph.

    name: nested graphs joined with '.', e.g. "lif1.w_rec". kind: the NIR primitive, e.g. "LIF". parameters:
    arrays under their NIR names, units: their units ("s", "V", "1"). origin: where in the file.

    Example: net.nodes["hidden"].parameters["tau"]  # seconds, one per neuron
    """

    name: str
    kind: str
    input_shape: tuple
    output_shape: tuple
    parameters: dict
    units: dict
    origin: str
    stateful: bool  # a population: neurons, with or without memory
    spiking: bool  # its output is spikes
    states: tuple = ()  # names of what can be probed: "v"; "u", the synaptic current

    @property
    def exact(self) -> bool:
        """Its parameters are the integers of a chip's step (SPEC F14): its kind is a model, not a NIR primitive."""
        return self.kind in MODELS

    @property
    def shape(self) -> tuple:
        return self.output_shape

    @property
    def size(self) -> int:
        return int(np.prod(self.output_shape))


class Network:
    """A trained spiking network. Made by `rb.load` or `rb.Builder`; ``file`` is where it came from, if from a
    file.

    Example: net = rb.load("net.nir"); net.nodes["hidden"].shape; net.assumptions; net.run(x).output
    """

    def __init__(self, core: _core.Network, file: str = ""):
        self._core = core
        self.file = file
        self._nodes: Optional[dict] = None

    @property
    def name(self) -> str:
        return self._core.name

    @property
    def nodes(self) -> Mapping[str, Node]:
        """name -> Node: shape, kind, parameters with units. Example: net.nodes["hidden"].parameters["tau"]"""
        if self._nodes is None:
            self._nodes = {
                n["name"]: Node(
                    n["name"],
                    n["kind"],
                    tuple(n["input_shape"]),
                    tuple(n["output_shape"]),
                    {k: _frozen(p["values"]) for k, p in n["parameters"].items()},
                    {k: p["unit"] for k, p in n["parameters"].items()},
                    n["origin"],
                    n["stateful"],
                    n["spiking"],
                    tuple(n["states"]),
                )
                for n in self._core.nodes()
            }
        return self._nodes

    @property
    def edges(self) -> list[tuple[str, str, int]]:
        """(source, target, delay in steps of the float network)."""
        return self._core.edges()

    @property
    def assumptions(self) -> list[dict]:
        """What the file leaves unsaid and how it was decided: [{what, value, why, how_to_change, warning}].

        ``warning`` is true where another choice is likely, e.g. for a bare default.
        """
        return self._core.assumptions()

    @property
    def conventions(self) -> dict:
        """dt in seconds, reset, discretization, spikes, and so on: those by which `run` steps, as `rb.load` takes them."""
        return values_of(self._core)

    def under(self, **conventions: Unpack[Conventions]) -> Network:
        """The same network under other conventions. Those left out are as they were given, or inferred anew; where as_
        names a framework, they are the framework's.

        Raises OptionError for a convention that does not exist, FormatError for one that this network cannot have.

        Example: net.under(reset="subtract").run(x); net.under(as_="sinabs").run(x)
        """
        return Network(self._core.under(convention_options(conventions)), self.file)

    def distinct_conventions(self, rounding: bool = False) -> dict[str, list]:
        """{convention: values under which this network can step differently}; one value: nothing depends on it.

        rounding: also where values differ by rounding alone.

        Example: net.distinct_conventions()["reset"]
        """
        return {
            name: list(map(choice_value, values))
            for name, values, only_rounded in self._core.distinct_conventions()
            if rounding or not only_rounded
        }

    @property
    def dt(self) -> float:
        """Seconds per step."""
        return self.conventions["dt"]

    @property
    def inputs(self) -> list[Node]:
        """In order of names."""
        return sorted((n for n in self.nodes.values() if n.kind == "Input"), key=lambda n: n.name)

    @property
    def input_shapes(self) -> dict[str, tuple]:
        """Of every input, by name, in the order of `inputs`."""
        return {node.name: node.shape for node in self.inputs}

    @property
    def outputs(self) -> list[Node]:
        """In order of names."""
        return sorted((n for n in self.nodes.values() if n.kind == "Output"), key=lambda n: n.name)

    @property
    def populations(self) -> list[Node]:
        """The nodes that are neurons."""
        return [node for node in self.nodes.values() if node.stateful]

    def probes(self) -> list[str]:
        """Every state that can be probed: "hidden.u" (the synaptic current I), "hidden.v"."""
        return [f"{n.name}.{state}" for n in self.populations for state in n.states]

    def run(
        self,
        x,
        dtype: str = "float32",
        probes=(),
        threads: Optional[int] = None,
        spikes: bool = True,
        progress: Optional[Callable] = None,
    ) -> Recording:
        """The float reference: runs the network as its file means it, from state zero.

        x: real numbers [T, *input_shape] or [B, T, *input_shape], a dictionary by name for several inputs.
        dtype: "float32" (as the frameworks compute) or "float64". probes: states such as "hidden.v", see
        `probes`. threads: None for all cores; the result does not depend on it. spikes=False records outputs
        and probes only. progress: called with (done, total) samples.

        Returns a Recording of float arrays whose lags are all zero. Raises DataError for data that do not
        fit, OptionError for names that do not exist. Runs without the GIL; Ctrl-C ends it.

        Example: ref = net.run(x, probes=["hidden.v"]); ref.spikes["hidden"].sum()
        """
        option_name("dtype", dtype, ("float32", "float64"))
        names = probe_names(probes, self.probes())
        count = thread_count(threads)
        arrays, samples, steps, batched = gather(x, self.input_shapes, as_real)
        check_room(samples, steps, self._recorded_width(names, spikes), 4 if dtype == "float32" else 8)
        run = self._core.run_float32 if dtype == "float32" else self._core.run_float64
        raw = run(arrays, names, bool(spikes), count, callback(progress))
        return from_core(raw, steps, batched, {n.name: n.shape for n in self.outputs}, self.dt)

    def _recorded_width(self, probes: list[str], spikes: bool) -> int:
        """Values of a recording in one step of one sample."""
        width = sum(n.size for n in self.outputs) + sum(self.nodes[p.rsplit(".", 1)[0]].size for p in probes)
        return width + (sum(n.size for n in self.populations if n.spiking) if spikes else 0)

    def __repr__(self) -> str:
        return f"<rheobase.Network '{self.name}', {len(self.nodes)} nodes, dt {self.dt:g} s>"


def _frozen(values: np.ndarray) -> np.ndarray:
    """A copy would be edited in vain: networks do not change."""
    values.flags.writeable = False
    return values


def as_real(array: np.ndarray, name: str) -> np.ndarray:
    """What `_core` reads in place: uint8, float32 or float64."""
    if array.dtype.kind != "f":
        return array if array.dtype == np.uint8 else array.astype(np.float64)
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)
