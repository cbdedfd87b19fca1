"""A network from arrays, without a file."""

from __future__ import annotations

from math import prod
from typing import Optional

import numpy as np

from . import _core
from .arguments import whole_number
from .arithmetic import MODELS
from .data import check_numbers
from .errors import option_error, shown, unknown_name
from .network import Network, convention_options


LARGEST = 1 << 24  # elements of one node, as in files: R0209


def _checked_name(what: str, name) -> str:
    if not isinstance(name, str) or not name:
        raise option_error(
            f"the name of a {what} cannot be {shown(name)}", "give it a text of at least one letter"
        )
    # An image keeps names as UTF-8 that a terminal can show.
    if any(ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) < 0xE000 for c in name):
        raise option_error(
            f"the name of a {what} cannot be {shown(name)}",
            "leave out control characters and lone surrogates",
        )
    return name


def _checked_shape(name: str, shape) -> tuple[int, ...]:
    """A shape from a number or a sequence of numbers."""
    try:
        given = [shape] if np.ndim(shape) == 0 else list(shape)
        whole = [
            int(v) for v in given if isinstance(v, (int, np.integer)) and not isinstance(v, bool) and v > 0
        ]
    except (TypeError, ValueError):
        given, whole = [shape], []
    if not whole or len(whole) != len(given) or prod(whole) > LARGEST:
        raise option_error(
            f"the shape of '{name}' cannot be {shown(shape)}",
            f"give whole numbers above zero, at most {LARGEST:,} elements in all",
        )
    return tuple(whole)


class Builder:
    """Adds nodes and connections, then builds a checked Network.

    Parameters are numbers or one value per neuron, under their NIR names: tau in seconds, potentials and
    thresholds in the network's own units. Wrong names, shapes and values raise OptionError or DataError at
    once, what only the whole network shows raises FormatError in `build`.

    dt: seconds per step; reset, discretization, spikes: as in `rb.load`.

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
        self._name = _checked_name("network", name)
        self._nodes: list[tuple] = []
        self._index: dict[str, int] = {}
        self._size: dict[str, int] = {}
        self._ports: dict[str, list[str]] = {}  # of populations
        self._edges: list[tuple[int, int]] = []
        self._delays: list[tuple] = []

    def _add(self, name: str, kind: str, parameters: dict, shape=None, size: Optional[int] = None) -> str:
        _checked_name("node", name)
        if name in self._index:
            raise option_error(f"there are two nodes named '{name}'", "give each node a name of its own")
        self._index[name] = len(self._nodes)
        self._nodes.append((name, kind, parameters, shape))
        if size is not None:
            self._size[name] = size
        return name

    def _check_known(self, node) -> None:
        if not isinstance(node, str) or node not in self._index:
            raise unknown_name("node", node, self._index)

    def _neurons(self, name: str, kind: str, shape, parameters: dict) -> str:
        shape = _checked_shape(name, shape)
        arrays = {}
        for key, value in parameters.items():
            value = check_numbers(value, where=f"{name}.{key}")
            value = value if value.dtype in (np.float32, np.float64) else value.astype(np.float64)
            try:
                arrays[key] = np.ascontiguousarray(np.broadcast_to(value, shape))
            except ValueError:
                raise option_error(
                    f"'{key}' of '{name}' has shape {list(value.shape)}, the population has {list(shape)}",
                    "give one number, or one for each neuron",
                ) from None
        self._add(name, kind, arrays, shape, prod(shape))
        self._ports[name] = MODELS[kind]["ports"] if kind in MODELS else ["in"]
        return name

    def input(self, name: str, shape, payload: Optional[int] = None) -> str:
        """An input of that many channels, or of a shape. Example: b.input("in", 86)

        payload: the largest magnitude of its messages where they are whole numbers of either sign, not spikes.
        """
        shape = _checked_shape(name, shape)
        parameters = {"shape": np.array(shape, np.int64)}
        if payload is not None:
            payload = whole_number(f"the payload of '{name}'", payload, 1, (1 << 31) - 1)
            parameters["payload"] = np.array([payload], np.int64)
        return self._add(name, "Input", parameters, shape, prod(shape))

    def lif(self, name: str, shape, tau, r=1.0, v_leak=0.0, v_threshold=1.0, v_reset=0.0) -> str:
        """Leaky integrate-and-fire: v += dt/tau ((v_leak - v) + r i); spike and reset where v > v_threshold.

        shape: neurons, or a shape. tau: seconds. r: v per unit of input.
        Example: b.lif("hidden", 64, tau=0.02, r=20)
        """
        return self._neurons(
            name, "LIF", shape, dict(tau=tau, r=r, v_leak=v_leak, v_threshold=v_threshold, v_reset=v_reset)
        )

    def cuba_lif(
        self, name: str, shape, tau_syn, tau_mem, r=1.0, w_in=1.0, v_leak=0.0, v_threshold=1.0, v_reset=0.0
    ) -> str:
        """LIF behind a synaptic current: I += dt/tau_syn (-I + w_in x), then the membrane with the new I.

        tau_syn, tau_mem: seconds. Example: b.cuba_lif("hidden", 64, tau_syn=0.005, tau_mem=0.02, w_in=5,
        r=20)
        """
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
        """Leaky integrator, a readout without spikes. tau: seconds.

        Example: b.li("velocity", 2, tau=0.02, r=20)
        """
        return self._neurons(name, "LI", shape, dict(tau=tau, r=r, v_leak=v_leak))

    def cuba_li(self, name: str, shape, tau_syn, tau_mem, r=1.0, w_in=1.0, v_leak=0.0) -> str:
        """Leaky integrator behind a synaptic current. tau_syn, tau_mem: seconds.

        Example: b.cuba_li("velocity", 2, tau_syn=0.005, tau_mem=0.02)
        """
        return self._neurons(
            name, "CubaLI", shape, dict(tau_syn=tau_syn, tau_mem=tau_mem, r=r, w_in=w_in, v_leak=v_leak)
        )

    def integrate_and_fire(self, name: str, shape, r=1.0, v_threshold=1.0, v_reset=0.0) -> str:
        """v += r i; spike and reset where v > v_threshold.

        Example: b.integrate_and_fire("count", 10, v_threshold=5)
        """
        return self._neurons(name, "IF", shape, dict(r=r, v_threshold=v_threshold, v_reset=v_reset))

    def integrator(self, name: str, shape, r=1.0) -> str:
        """v += r i, a readout without spikes. Example: b.integrator("sum", 10)"""
        return self._neurons(name, "I", shape, dict(r=r))

    def exact(self, name: str, shape, model: str = "cuba_lif", **integers) -> str:
        """Neurons given as the integers of a chip's step, which compile keeps as they are (SPEC F14).

        model: cuba_lif, lif, cuba_li, li, integrate_and_fire or integrator, or a program of the chip: cuba_lif_reset,
        cuba_lif_refractory, ternary_lif, atrlif, sigma, delta, sigma_delta, graded_vec, graded_relu_vec, prod_neuron (SPEC
        N20 to N29). integers, one or one for each neuron: what the model's step reads (decay_u, decay_v in 1/4096 per step,
        threshold, bias, ... in units of v; an unknown name is answered with the known ones); what is left out is the
        model's default. Weights into them are whole numbers too; those into membranes enter 64 times as large.

        Example: b.exact("hidden", 64, decay_u=4096, decay_v=410, threshold=64 * 80)
        """
        if model not in MODELS:
            raise unknown_name("model", model, MODELS)
        return self._neurons(name, model, shape, integers)

    def connect(
        self,
        source: str,
        target: str,
        weight=None,
        bias=None,
        delay: Optional[int] = None,
        name: Optional[str] = None,
        port: Optional[str] = None,
    ) -> None:
        """Connects two nodes: by a matrix [targets, sources] and an optional bias [targets] added in every
        step, or one to one where ``weight`` is None.

        Neurons with several ports (of models like prod_neuron) have a row for each port of each neuron, neuron by
        neuron: [neurons * ports, sources]. port: the one port that is meant; then a row is a neuron.

        delay: None, or what the float rules give the connection anyway: 0 steps forward, 1 on a connection
        that closes a cycle. Other delays have no float rule and are refused. name: of the matrix's node, else
        "SOURCE_to_TARGET", or "SOURCE_to_TARGET_PORT".

        Example: b.connect("in", "hidden", W, bias=np.zeros(64))
        """
        for node in (source, target):
            self._check_known(node)
        if delay is not None and not (type(delay) is int and delay in (0, 1)):
            raise option_error(
                f"a delay of {shown(delay)} steps between '{source}' and '{target}' has no float rule",
                "leave it out: forward connections act in the same step, recurrent ones one step later",
            )
        if port is not None and weight is None:
            weight = np.eye(self._rows(target, port))
        middle = None
        if weight is not None:
            where = f"{source}->{target}"
            weight = check_numbers(weight, where=where)
            weight = weight if weight.dtype in (np.float32, np.float64) else weight.astype(np.float64)
            wanted = (self._rows(target, port), self._size.get(source))
            if weight.ndim != 2 or (None not in wanted and weight.shape != wanted):
                raise option_error(
                    f"the matrix from '{source}' to '{target}' has shape {list(weight.shape)}, needed is "
                    f"{list(wanted)}",
                    "rows are targets, columns are sources",
                )
            parameters = {"weight": self._spread(weight, target, port)}
            if bias is not None:
                bias = check_numbers(bias, where=where)
                if bias.shape not in ((), (weight.shape[0],)):
                    raise option_error(
                        f"the bias from '{source}' to '{target}' has shape {list(bias.shape)}, needed is "
                        f"[{weight.shape[0]}]"
                    )
                bias = np.broadcast_to(bias, (weight.shape[0],)).astype(weight.dtype)
                parameters["bias"] = self._spread(bias, target, port)
            middle = self._add(
                "_".join([source, "to", target, *([port] if port else [])]) if name is None else name,
                "Affine" if bias is not None else "Linear",
                parameters,
            )
        elif bias is not None:
            raise option_error(
                "a bias needs a matrix", "give weight=numpy.eye(n) for a one-to-one connection"
            )
        a, b = self._index[source], self._index[target]
        if middle is None:
            self._edges.append((a, b))
        else:
            self._edges += [(a, self._index[middle]), (self._index[middle], b)]
        if delay is not None:
            self._delays.append((source, middle, target, delay))

    def _rows(self, target: str, port: Optional[str]) -> Optional[int]:
        """How many sums a matrix into a node makes; into one port of it."""
        ports = self._ports.get(target, ["in"])
        if port is not None and (target not in self._ports or port not in ports):
            raise unknown_name(f"port of '{target}'", port, self._ports.get(target, []))
        if target not in self._size:
            return None
        return self._size[target] * (len(ports) if port is None else 1)

    def _spread(self, rows: np.ndarray, target: str, port: Optional[str]) -> np.ndarray:
        """Rows of one port among those of the others, which receive nothing."""
        if port is None:
            return rows
        ports = self._ports[target]
        all_rows = np.zeros((len(rows) * len(ports), *rows.shape[1:]), rows.dtype)
        all_rows[ports.index(port) :: len(ports)] = rows
        return all_rows

    def output(self, name: str, source: str) -> str:
        """An output that receives what ``source`` sends: spikes, or the membrane of a readout without spikes.

        Example: b.output("out", "velocity")
        """
        self._check_known(source)
        self._add(name, "Output", {}, None)
        self._edges.append((self._index[source], self._index[name]))
        return name

    def _is_end(self, index: int) -> bool:
        """Whether a population feeds nothing but itself."""
        if self._nodes[index][0] not in self._size:
            return False
        reached = [b for a, b in self._edges if a == index]
        while reached:
            node = reached.pop()
            if self._nodes[node][0] not in self._size:  # a matrix
                reached += [b for a, b in self._edges if a == node]
            elif node != index:
                return False
        return True

    def build(self) -> Network:
        """The finished network. Raises FormatError with every fault found.

        Where no output was declared, the populations that feed nothing but themselves become outputs:
        "output" if it is one, else "output_NAME" each.

        Example: net = b.build(); net.run(x).output
        """
        if not any(node[1] == "Output" for node in self._nodes):
            ends = [node[0] for k, node in enumerate(self._nodes) if node[1] != "Input" and self._is_end(k)]
            for end in ends:
                self.output("output" if len(ends) == 1 else f"output_{end}", end)
        network = Network(_core.build_network(self._name, self._nodes, self._edges, self._options))
        actual = {(source, target): delay for source, target, delay in network.edges}
        for source, middle, target, wanted in self._delays:
            hops = [(source, target)] if middle is None else [(source, middle), (middle, target)]
            delay = sum(actual.get(hop, 0) for hop in hops)
            if wanted != delay:
                raise option_error(
                    f"a delay of {wanted} from '{source}' to '{target}' is not what the float rules give: "
                    f"{delay}",
                    "leave the delay out, or close or open the cycle",
                )
        return network
