"""Float networks in Python: nodes, assumptions, the float reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np

from . import _core
from .data import check_numbers, with_batch
from .errors import Diagnostic, UsageError, data_error
from .recording import Recording, from_core, unknown_name

RESETS = ("zero", "v_reset", "subtract", "subtract-late")
DISCRETIZATIONS = ("euler", "exponential")
SPIKES = ("unit", "dirac")


@dataclass(frozen=True)
class Node:
    """A node of the flattened graph. ``parameters`` are arrays under their NIR names, ``units`` their units."""

    name: str
    kind: str  # the NIR primitive
    input_shape: tuple
    output_shape: tuple
    parameters: dict
    units: dict
    origin: str
    stateful: bool
    spiking: bool

    @property
    def shape(self) -> tuple:
        return self.output_shape

    @property
    def size(self) -> int:
        return int(np.prod(self.output_shape))


class Network:
    """A trained spiking network. Made by `rb.load` or `rb.Builder`."""

    def __init__(self, core: _core.Network):
        self._core = core
        self._nodes: Optional[dict] = None

    @property
    def name(self) -> str:
        return self._core.name

    @property
    def nodes(self) -> Mapping[str, Node]:
        """name -> Node."""
        if self._nodes is None:
            self._nodes = {
                n["name"]: Node(
                    n["name"],
                    n["kind"],
                    tuple(n["input_shape"]),
                    tuple(n["output_shape"]),
                    {k: p["values"] for k, p in n["parameters"].items()},
                    {k: p["unit"] for k, p in n["parameters"].items()},
                    n["origin"],
                    n["stateful"],
                    n["spiking"],
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
        """What the file leaves unsaid and how it was decided: [{what, value, why, how_to_change, warning}]."""
        return self._core.assumptions()

    @property
    def conventions(self) -> dict:
        """dt in seconds, reset, discretization, spikes."""
        return self._core.conventions()

    @property
    def dt(self) -> float:
        """Seconds per step."""
        return self.conventions["dt"]

    @property
    def inputs(self) -> list[Node]:
        """In order of names."""
        return sorted((n for n in self.nodes.values() if n.kind == "Input"), key=lambda n: n.name)

    @property
    def outputs(self) -> list[Node]:
        return sorted((n for n in self.nodes.values() if n.kind == "Output"), key=lambda n: n.name)

    @property
    def populations(self) -> list[Node]:
        """The nodes with a state."""
        return [node for node in self.nodes.values() if node.stateful]

    def probes(self) -> list[str]:
        """Every state that can be probed: "hidden.u" (the synaptic current I), "hidden.v"."""
        return [
            f"{n.name}.{state}"
            for n in self.populations
            for state in ("u", "v")
            if state == "v" or n.kind.startswith("Cuba")
        ]

    def _inputs(self, x) -> tuple[list[np.ndarray], int, bool]:
        nodes = self.inputs
        if isinstance(x, dict):
            for name in x:
                if name not in {n.name for n in nodes}:
                    raise unknown_name("input", name, [n.name for n in nodes])
        elif len(nodes) == 1:
            x = {nodes[0].name: x}
        else:
            raise data_error("R0258", f"the network has {len(nodes)} inputs: give a dictionary by name")
        arrays, batched = [], True
        for node in nodes:
            if node.name not in x:
                raise data_error("R0258", f"there is no data for input '{node.name}'", where=node.name)
            array, batched = with_batch(
                check_numbers(x[node.name], where=node.name), node.shape, where=node.name
            )
            if array.dtype.kind != "f":
                array = array if array.dtype == np.uint8 else array.astype(np.float64)
            elif array.dtype not in (np.float32, np.float64):
                array = array.astype(np.float32)
            arrays.append(np.ascontiguousarray(array.reshape(*array.shape[:2], -1)))
            if arrays[0].shape[:2] != array.shape[:2]:
                raise data_error(
                    "R0251",
                    f"input '{node.name}' has {list(array.shape[:2])} samples and steps, input "
                    f"'{nodes[0].name}' has {list(arrays[0].shape[:2])}",
                    where=node.name,
                )
        return arrays, arrays[0].shape[1], batched

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
        dtype: "float32" (as the frameworks compute) or "float64". probes: states such as "hidden.v".
        Returns a Recording whose lags are all zero. Raises DataError.

        Example: ref = net.run(x, probes=["hidden.v"]); ref.spikes["hidden"].sum()
        """
        if dtype not in ("float32", "float64"):
            raise unknown_name("dtype", str(dtype), ["float32", "float64"])
        arrays, steps, batched = self._inputs(x)
        known = self.probes()
        for probe in probes:
            if probe not in known:
                raise unknown_name("state", probe, known)
        run = self._core.run_float32 if dtype == "float32" else self._core.run_float64
        raw = run(arrays, list(probes), spikes, threads or 0, progress)
        return from_core(raw, steps, batched, {n.name: n.shape for n in self.outputs})

    def __repr__(self) -> str:
        return f"<rheobase.Network '{self.name}', {len(self.nodes)} nodes, dt {self.dt:g} s>"


def convention_options(dt=None, reset=None, discretization=None, spikes=None, as_=None):
    """The options as `_core` takes them. Raises UsageError for a value that does not exist."""

    def index(what: str, value, allowed) -> Optional[int]:
        if value is None:
            return None
        if value not in allowed:
            raise UsageError(
                [
                    Diagnostic(
                        "R0690",
                        "error",
                        f"{what} cannot be '{value}'",
                        remedy=f"it is one of {', '.join(allowed)}",
                    )
                ]
            )
        return allowed.index(value)

    if dt is not None and not (np.isfinite(dt) and dt > 0):
        raise UsageError(
            [Diagnostic("R0690", "error", f"dt cannot be {dt}: it is the length of a step in seconds")]
        )
    return _core.ConventionOptions(
        dt=dt,
        reset=index("reset", reset, RESETS),
        discretization=index("discretization", discretization, DISCRETIZATIONS),
        spikes=index("spikes", spikes, SPIKES),
        framework=as_ or "",
    )
