"""A network from arrays, without a file."""

from __future__ import annotations

from typing import Optional

import numpy as np

from . import _core
from .data import check_numbers
from .errors import Diagnostic, UsageError
from .network import Network, convention_options
from .recording import unknown_name


def _usage(message: str, remedy: str = "") -> UsageError:
    return UsageError([Diagnostic("R0690", "error", message, remedy=remedy)])


class Builder:
    """Adds nodes and connections, then builds a checked Network.

    Parameters are numbers or one value per neuron, under their NIR names and units (tau in seconds).

    Example::

        b = rb.Builder(dt=1e-3)
        b.input("in", 86)
        b.lif("hidden", 64, tau=0.02, v_threshold=1)
        b.connect("in", "hidden", W)          # W [64, 86]: rows are targets
        b.output("out", "hidden")
        net = b.build()
    """

    def __init__(
        self,
        dt: Optional[float] = None,
        name: str = "network",
        reset: Optional[str] = None,
        discretization: Optional[str] = None,
        spikes: Optional[str] = None,
    ):
        self._options = convention_options(dt, reset, discretization, spikes)
        self._name = name
        self._nodes: list[tuple] = []
        self._index: dict[str, int] = {}
        self._size: dict[str, int] = {}
        self._edges: list[tuple[int, int]] = []
        self._delays: list[tuple] = []

    def _add(self, name: str, kind: str, parameters: dict, shape=None, size: Optional[int] = None) -> str:
        if name in self._index:
            raise _usage(f"there are two nodes named '{name}'", "give each node a name of its own")
        self._index[name] = len(self._nodes)
        self._nodes.append((name, kind, parameters, shape))
        if size is not None:
            self._size[name] = size
        return name

    def _neurons(self, name: str, kind: str, shape, parameters: dict) -> str:
        shape = (int(shape),) if np.isscalar(shape) else tuple(int(v) for v in shape)
        arrays = {}
        for key, value in parameters.items():
            value = check_numbers(value, where=f"{name}.{key}")
            value = value if value.dtype.kind == "f" else value.astype(np.float64)
            try:
                arrays[key] = np.ascontiguousarray(np.broadcast_to(value, shape))
            except ValueError:
                raise _usage(
                    f"'{key}' of '{name}' has shape {list(value.shape)}, the population has {list(shape)}",
                    "give one number, or one for each neuron",
                ) from None
        return self._add(name, kind, arrays, shape, int(np.prod(shape)))

    def input(self, name: str, shape) -> str:
        """An input of that many channels, or of a shape."""
        shape = (int(shape),) if np.isscalar(shape) else tuple(int(v) for v in shape)
        return self._add(name, "Input", {"shape": np.array(shape, np.int64)}, shape, int(np.prod(shape)))

    def lif(self, name: str, shape, tau, r=1.0, v_leak=0.0, v_threshold=1.0, v_reset=0.0) -> str:
        """Leaky integrate-and-fire: v += dt/tau ((v_leak - v) + r i); spike and reset where v > v_threshold."""
        return self._neurons(
            name, "LIF", shape, dict(tau=tau, r=r, v_leak=v_leak, v_threshold=v_threshold, v_reset=v_reset)
        )

    def cuba_lif(
        self, name: str, shape, tau_syn, tau_mem, r=1.0, w_in=1.0, v_leak=0.0, v_threshold=1.0, v_reset=0.0
    ) -> str:
        """LIF behind a synaptic current: I += dt/tau_syn (-I + w_in x), then the membrane with the new I."""
        return self._neurons(
            name,
            "CubaLIF",
            shape,
            dict(
                tau_syn=tau_syn,
                tau_mem=tau_mem,
                r=r,
                w_in=w_in,
                v_leak=v_leak,
                v_threshold=v_threshold,
                v_reset=v_reset,
            ),
        )

    def li(self, name: str, shape, tau, r=1.0, v_leak=0.0) -> str:
        """Leaky integrator, a readout without spikes."""
        return self._neurons(name, "LI", shape, dict(tau=tau, r=r, v_leak=v_leak))

    def cuba_li(self, name: str, shape, tau_syn, tau_mem, r=1.0, w_in=1.0, v_leak=0.0) -> str:
        """Leaky integrator behind a synaptic current."""
        return self._neurons(
            name, "CubaLI", shape, dict(tau_syn=tau_syn, tau_mem=tau_mem, r=r, w_in=w_in, v_leak=v_leak)
        )

    def integrate_and_fire(self, name: str, shape, r=1.0, v_threshold=1.0, v_reset=0.0) -> str:
        """v += r i; spike and reset where v > v_threshold."""
        return self._neurons(name, "IF", shape, dict(r=r, v_threshold=v_threshold, v_reset=v_reset))

    def integrator(self, name: str, shape, r=1.0) -> str:
        """v += r i, a readout without spikes."""
        return self._neurons(name, "I", shape, dict(r=r))

    def connect(
        self,
        source: str,
        target: str,
        weight=None,
        bias=None,
        delay: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Connects two nodes: by a matrix [targets, sources] and an optional bias [targets] added in every step, or
        one to one where ``weight`` is None.

        delay: None, or what the float rules give the connection anyway: 0 steps forward, 1 on a connection that
        closes a cycle. Other delays have no float rule and are refused.
        """
        for node in (source, target):
            if node not in self._index:
                raise unknown_name("node", node, self._index)
        if delay not in (None, 0, 1):
            raise _usage(
                f"a delay of {delay} steps between '{source}' and '{target}' has no float rule",
                "leave it out: forward connections act in the same step, recurrent ones one step later",
            )
        middle = None
        if weight is not None:
            where = f"{source}->{target}"
            weight = check_numbers(weight, where=where)
            weight = weight if weight.dtype.kind == "f" else weight.astype(np.float64)
            wanted = (self._size.get(target), self._size.get(source))
            if weight.ndim != 2 or (None not in wanted and weight.shape != wanted):
                raise _usage(
                    f"the matrix from '{source}' to '{target}' has shape {list(weight.shape)}, needed is "
                    f"{list(wanted)}",
                    "rows are targets, columns are sources",
                )
            parameters = {"weight": weight}
            if bias is not None:
                bias = check_numbers(bias, where=where)
                if bias.shape not in ((), (weight.shape[0],)):
                    raise _usage(
                        f"the bias from '{source}' to '{target}' has shape {list(bias.shape)}, needed is "
                        f"[{weight.shape[0]}]"
                    )
                parameters["bias"] = np.broadcast_to(bias, (weight.shape[0],)).astype(weight.dtype)
            middle = self._add(
                name or f"{source}_to_{target}", "Affine" if bias is not None else "Linear", parameters
            )
        elif bias is not None:
            raise _usage("a bias needs a matrix", "give weight=numpy.eye(n) for a one-to-one connection")
        a, b = self._index[source], self._index[target]
        if middle is None:
            self._edges.append((a, b))
        else:
            self._edges += [(a, self._index[middle]), (self._index[middle], b)]
        if delay is not None:
            self._delays.append((source, middle, target, delay))

    def output(self, name: str, source: str) -> str:
        """An output that receives what ``source`` sends: spikes, or the membrane of a readout without spikes."""
        if source not in self._index:
            raise unknown_name("node", source, self._index)
        self._add(name, "Output", {}, None)
        self._edges.append((self._index[source], self._index[name]))
        return name

    def build(self) -> Network:
        """The finished network. Raises FormatError with every fault found.

        Where no output was declared, the populations that feed nothing become outputs: "output" if it is one,
        else "output_NAME" each.
        """
        if not any(node[1] == "Output" for node in self._nodes):
            feeding = {a for a, _ in self._edges}
            ends = [node[0] for k, node in enumerate(self._nodes) if k not in feeding and node[1] != "Input"]
            for end in ends:
                self.output("output" if len(ends) == 1 else f"output_{end}", end)
        network = Network(_core.build_network(self._name, self._nodes, self._edges, self._options))
        actual = {(source, target): delay for source, target, delay in network.edges}
        for source, middle, target, wanted in self._delays:
            hops = [(source, target)] if middle is None else [(source, middle), (middle, target)]
            delay = sum(actual.get(hop, 0) for hop in hops)
            if wanted != delay:
                raise _usage(
                    f"a delay of {wanted} from '{source}' to '{target}' is not what the float rules give: "
                    f"{delay}",
                    "leave the delay out, or close or open the cycle",
                )
        return network
