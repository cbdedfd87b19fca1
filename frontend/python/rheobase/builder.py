"""A network from arrays, without a file."""

from __future__ import annotations

from math import prod
from typing import Optional

import numpy as np

from . import _core
from .arguments import option_name, whole_number
from .arithmetic import MODELS, MOST_DELAY, MOST_ELEMENTS, MOST_STEP
from .conventions import Conventions, Unpack, convention_options
from .data import check_numbers
from .errors import option_error, shown, unknown_name
from .network import Network

_WITHOUT_NEURONS = (
    "Linear",
    "Affine",
    "Conv1d",
    "Conv2d",
    "ConvTranspose2d",
    "Scale",
    "SumPool2d",
    "AvgPool2d",
    "Flatten",
)


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
    if not whole or len(whole) != len(given) or prod(whole) > MOST_ELEMENTS:
        raise option_error(
            f"the shape of '{name}' cannot be {shown(shape)}",
            f"give whole numbers above zero, at most {MOST_ELEMENTS:,} elements in all",
        )
    return tuple(whole)


def _counts(where: str, what: str, value, axes: int, least: int) -> np.ndarray:
    """A number for each axis, from one for all or one for each."""
    several = isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)
    given = list(value) if several else [value] * axes
    if len(given) != axes:
        raise option_error(
            f"'{what}' of {where} has {len(given)} values for {axes} axes",
            "give one number, or one for each axis",
        )
    return np.array([whole_number(f"'{what}' of {where}", v, least, MOST_STEP) for v in given], np.int64)


def _delays(source: str, target: str, delay, shape: tuple) -> np.ndarray:
    """Whole steps: one number, or one for each row, column or weight of a matrix of that shape."""
    if isinstance(delay, (int, np.integer)):
        return np.array(whole_number("the delay", delay, 0, MOST_DELAY), np.int64)
    values = check_numbers(delay, where=f"{source}->{target}")
    if values.ndim == 0:
        steps = float(values)
        whole = int(steps) if steps.is_integer() else steps
        return np.array(whole_number("the delay", whole, 0, MOST_DELAY), np.int64)
    if values.shape not in {(shape[0], 1), (1, shape[1]), tuple(shape)}:
        raise option_error(
            f"the delays from '{source}' to '{target}' have shape {list(values.shape)}, the weights {list(shape)}",
            "give one number, or [targets, 1], [1, sources] or [targets, sources] of them",
        )
    if (values != np.floor(values)).any() or values.min() < 0 or values.max() > MOST_DELAY:
        raise option_error(
            f"the delays from '{source}' to '{target}' go from {values.min():g} to {values.max():g}",
            f"give whole steps from 0 to {MOST_DELAY}",
        )
    return values.astype(np.int64)


class Builder:
    """Adds nodes and connections, then builds a checked Network.

    Parameters are numbers or one value per neuron, under their NIR names: tau in seconds, potentials and
    thresholds in the network's own units. Wrong names, shapes and values raise OptionError or DataError at
    once, what only the whole network shows raises FormatError in `build`.

    dt: seconds per step; reset, discretization, spikes and the other conventions: as in `rb.load`.

    Example::

        b = rb.Builder(dt=1e-3)
        b.input("in", 86)
        b.lif("hidden", 64, tau=0.02, v_threshold=1)
        b.connect("in", "hidden", W)          # W [64, 86]: rows are targets
        b.output("out", "hidden")
        net = b.build()
    """

    def __init__(self, dt: Optional[float] = None, name: str = "network", **conventions: Unpack[Conventions]):
        self._options = convention_options({"dt": dt, **conventions})
        self._name = _checked_name("network", name)
        self._nodes: list[tuple] = []
        self._index: dict[str, int] = {}
        self._shape: dict[str, tuple] = {}  # where it is known
        self._ports: dict[str, list[str]] = {}  # of populations
        self._edges: list[tuple[int, int]] = []

    def _add(self, name: str, kind: str, parameters: dict, shape: Optional[tuple] = None) -> str:
        _checked_name("node", name)
        if name in self._index:
            raise option_error(f"there are two nodes named '{name}'", "give each node a name of its own")
        self._index[name] = len(self._nodes)
        self._nodes.append((name, kind, parameters, shape))
        if shape is not None:
            self._shape[name] = shape
        return name

    def _size(self, name: str) -> Optional[int]:
        return prod(self._shape[name]) if name in self._shape else None

    def _check_known(self, node) -> None:
        if not isinstance(node, str) or node not in self._index:
            raise unknown_name("node", node, self._index)

    def _elements(self, name: str, kind: str, shape, parameters: dict) -> str:
        """A node with one value of each parameter for each of its elements."""
        shape = _checked_shape(name, shape)
        arrays = {}
        for key, value in parameters.items():
            value = check_numbers(value, where=f"{name}.{key}")
            value = value if value.dtype in (np.float32, np.float64) else value.astype(np.float64)
            try:
                arrays[key] = np.ascontiguousarray(np.broadcast_to(value, shape))
            except ValueError:
                raise option_error(
                    f"'{key}' of '{name}' has shape {list(value.shape)}, the node has {list(shape)}",
                    "give one number, or one for each of its elements",
                ) from None
        return self._add(name, kind, arrays, shape)

    def _neurons(self, name: str, kind: str, shape, parameters: dict) -> str:
        self._elements(name, kind, shape, parameters)
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
        return self._add(name, "Input", parameters, shape)

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

    def threshold(self, name: str, shape, threshold=1.0) -> str:
        """Neurons without memory: a spike in every step whose sum is above the threshold (SPEC F24).

        Example: b.threshold("majority", 10, threshold=2.5)
        """
        return self._neurons(name, "Threshold", shape, dict(threshold=threshold))

    def delay(self, name: str, shape, delay) -> str:
        """A node that hands on, element by element, what it received so many seconds before (SPEC F23).

        Example: b.delay("late", 64, delay=0.005)
        """
        return self._elements(name, "Delay", shape, dict(delay=delay))

    def exact(self, name: str, shape, model: str = "cuba_lif", **integers) -> str:
        """Neurons given as the integers of a chip's step, which compile keeps as they are (SPEC F14).

        model: cuba_lif, lif, cuba_li, li, integrate_and_fire or integrator, or a program of the chip: cuba_lif_reset,
        cuba_lif_refractory, ternary_lif, atrlif, sigma, delta, sigma_delta, sigma_delta_corrected, graded_vec,
        graded_relu_vec, prod_neuron, resonate_and_fire, resonate_and_fire_izhikevich, resonate_and_fire_zero,
        norm_vec_delay, inv_sqrt, adaptive_resonate_and_fire, adaptive_resonate_and_fire_izhikevich (SPEC N20 to N37).
        integers, one or one for each neuron: what the model's step reads (decay_u, decay_v in 1/4096 per step,
        threshold, bias, ... in units of v; an unknown name is answered with the known ones); what is left out is the
        model's default. Weights into them are whole numbers too; those into membranes enter 64 times as large.

        Example: b.exact("hidden", 64, decay_u=4096, decay_v=410, threshold=64 * 80)
        """
        if model not in MODELS:
            raise unknown_name("model", model, MODELS)
        return self._neurons(name, model, shape, integers)

    def node(self, name: str, kind: str, **parameters) -> str:
        """A node without neurons, by its NIR kind and parameters: Linear, Affine, Conv1d, Conv2d, ConvTranspose2d, Scale,
        SumPool2d, AvgPool2d or Flatten (SPEC F6 to F9, F15 to F17). `connect` joins it to others without a weight.

        Between neurons `connect`, `convolve` and `pool` are shorter; this one makes chains such as a pooling behind a
        convolution. `build` checks parameters and shapes.

        Example: b.node("half", "Scale", scale=np.full(64, 0.5)); b.connect("hidden", "half")
        """
        arrays = {}
        for key, value in parameters.items():
            value = check_numbers(value, where=f"{name}.{key}")
            arrays[key] = value if value.dtype.kind == "f" else value.astype(np.int64)
        return self._add(name, option_name("kind", kind, _WITHOUT_NEURONS), arrays)

    def connect(
        self,
        source: str,
        target: str,
        weight=None,
        bias=None,
        delay=None,
        name: Optional[str] = None,
        port: Optional[str] = None,
    ) -> None:
        """Connects two nodes: by a matrix [targets, sources] and an optional bias [targets] added in every
        step, or one to one where ``weight`` is None.

        Neurons with several ports (of models like prod_neuron) have a row for each port of each neuron, neuron by
        neuron: [neurons * ports, sources]. port: the one port that is meant; then a row is a neuron.

        delay: whole steps, 0 to 62, that what is sent waits on its way, beside the step that the connection takes
        where it closes a cycle or every hop does (SPEC F5, F18): one number, or [targets, 1], [1, sources] or [targets, sources] of
        them. name: of the matrix's node, else "SOURCE_to_TARGET", or "SOURCE_to_TARGET_PORT".

        Example: b.connect("in", "hidden", W, bias=np.zeros(64), delay=3)
        """
        self._check_known(source)
        self._check_known(target)
        if port is not None and weight is None:
            weight = np.eye(self._rows(target, port))
        if weight is None:
            for what, value in (("bias", bias), ("delay", delay)):
                if value is not None:
                    raise option_error(
                        f"a {what} needs a matrix", "give weight=numpy.eye(n) for a one-to-one connection"
                    )
            self._edges.append((self._index[source], self._index[target]))
            return
        weight = self._weight(source, target, weight)
        wanted = (self._rows(target, port), self._size(source))
        if weight.ndim != 2 or (None not in wanted and weight.shape != wanted):
            raise option_error(
                f"the matrix from '{source}' to '{target}' has shape {list(weight.shape)}, needed is {list(wanted)}",
                "rows are targets, columns are sources",
            )
        parameters = {"weight": weight, **self._bias(source, target, bias, weight)}
        if delay is not None:
            parameters["delay"] = _delays(source, target, delay, weight.shape)
        if port is not None:
            parameters = {key: self._spread(value, target, port) for key, value in parameters.items()}
        ends = "_".join([source, "to", target, *([port] if port else [])])
        middle = ends if name is None else name
        extents = [extent for extent in self._shape.get(source, ()) if extent > 1]
        if len(extents) > 1:  # a matrix takes a flat source, in C order
            whole = {"start_dim": np.array(0, np.int64), "end_dim": np.array(-1, np.int64)}
            flat = self._add(f"{middle}.flat", "Flatten", whole)
            self._edges.append((self._index[source], self._index[flat]))
            source = flat
        self._between(source, target, "Linear" if bias is None else "Affine", parameters, middle)

    def convolve(
        self,
        source: str,
        target: str,
        weight,
        stride=1,
        padding=0,
        dilation=1,
        groups: int = 1,
        bias=None,
        transposed: bool = False,
        delay: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Connects two nodes of shape [channels, rows, columns] by a convolution (SPEC F15).

        weight: [outputs, inputs / groups, rows, columns], or [outputs, inputs / groups, taps] between shapes
        [channels, length]; it is slid over the source without being flipped. stride, padding, dilation: one number,
        or one for each axis. bias: one for each output channel, added in every step. transposed: the transpose of
        such a convolution (SPEC F17); its weight is [inputs, outputs / groups, rows, columns]. delay: whole steps, 0
        to 62. name: of the node, else "SOURCE_to_TARGET".

        Example: b.convolve("in", "hidden", W, stride=2, padding=1)
        """
        self._check_known(source)
        self._check_known(target)
        weight = self._weight(source, target, weight)
        if not isinstance(transposed, (bool, np.bool_)):
            raise option_error(f"transposed is {shown(transposed)}", "give True or False")
        kinds = {(4, False): "Conv2d", (4, True): "ConvTranspose2d", (3, False): "Conv1d"}
        kind = kinds.get((weight.ndim, bool(transposed)))
        if kind is None:
            raise option_error(
                f"the kernel from '{source}' to '{target}' has shape {list(weight.shape)}",
                "give [inputs, outputs / groups, rows, columns]"
                if transposed
                else "give [outputs, inputs / groups, rows, columns]",
            )
        axes = weight.ndim - 2
        where = f"{source}->{target}"
        parameters = {
            "weight": weight,
            "stride": _counts(where, "stride", stride, axes, 1),
            "padding": _counts(where, "padding", padding, axes, 0),
            "dilation": _counts(where, "dilation", dilation, axes, 1),
            "groups": np.array(whole_number("groups", groups, 1, MOST_ELEMENTS), np.int64),
        }
        channels = weight.shape[0] if kind != "ConvTranspose2d" else weight.shape[1] * int(groups)
        parameters.update(self._bias(source, target, bias, weight, channels))
        if delay is not None:
            parameters["delay"] = np.array(whole_number("the delay", delay, 0, MOST_DELAY), np.int64)
        self._between(source, target, kind, parameters, name)

    def pool(
        self,
        source: str,
        target: str,
        kernel_size,
        stride=None,
        padding=0,
        average: bool = False,
        name: Optional[str] = None,
    ) -> None:
        """Connects two nodes of shape [channels, rows, columns] by sums over windows, or averages (SPEC F16).

        kernel_size, stride, padding: one number, or one for rows and one for columns; the stride is kernel_size where
        it is None. name: of the node, else "SOURCE_to_TARGET".

        Example: b.pool("hidden", "smaller", 2)
        """
        self._check_known(source)
        self._check_known(target)
        where = f"{source}->{target}"
        size = _counts(where, "kernel_size", kernel_size, 2, 1)
        parameters = {
            "kernel_size": size,
            "stride": size if stride is None else _counts(where, "stride", stride, 2, 1),
            "padding": _counts(where, "padding", padding, 2, 0),
        }
        self._between(source, target, "AvgPool2d" if average else "SumPool2d", parameters, name)

    def _weight(self, source: str, target: str, weight) -> np.ndarray:
        weight = check_numbers(weight, where=f"{source}->{target}")
        return weight if weight.dtype in (np.float32, np.float64) else weight.astype(np.float64)

    def _bias(
        self, source: str, target: str, bias, weight: np.ndarray, outputs: Optional[int] = None
    ) -> dict:
        """The parameter 'bias', if there is one: one value for each row or output channel."""
        if bias is None:
            return {}
        outputs = weight.shape[0] if outputs is None else outputs
        bias = check_numbers(bias, where=f"{source}->{target}")
        if bias.shape not in ((), (outputs,)):
            raise option_error(
                f"the bias from '{source}' to '{target}' has shape {list(bias.shape)}, needed is [{outputs}]"
            )
        return {"bias": np.broadcast_to(bias, (outputs,)).astype(weight.dtype)}

    def _between(self, source: str, target: str, kind: str, parameters: dict, name: Optional[str]) -> None:
        middle = self._add(f"{source}_to_{target}" if name is None else name, kind, parameters)
        edges = [(source, middle), (middle, target)]
        self._edges += [(self._index[a], self._index[b]) for a, b in edges]

    def _rows(self, target: str, port: Optional[str]) -> Optional[int]:
        """How many sums a matrix into a node makes; into one port of it."""
        ports = self._ports.get(target, ["in"])
        if port is not None and (target not in self._ports or port not in ports):
            raise unknown_name("port", port, self._ports.get(target, []))
        size = self._size(target)
        return None if size is None else size * (len(ports) if port is None else 1)

    def _spread(self, rows: np.ndarray, target: str, port: Optional[str]) -> np.ndarray:
        """Rows of one port among those of the others, which receive nothing; what is one for all rows stays."""
        if rows.ndim == 0 or rows.ndim == 2 and rows.shape[0] == 1 < self._size(target):
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
        if self._nodes[index][0] not in self._ports:
            return False
        reached = [b for a, b in self._edges if a == index]
        while reached:
            node = reached.pop()
            if self._nodes[node][0] not in self._ports:  # a matrix or a Delay
                reached += [b for a, b in self._edges if a == node]
            elif node != index:
                return False
        return True

    def build(self, notes: tuple = ()) -> Network:
        """The finished network. Raises FormatError with every fault found.

        Where no output was declared, the populations that feed nothing but themselves become outputs:
        "output" if it is one, else "output_NAME" each. notes: assumptions of its maker, dictionaries as in
        `Network.assumptions`, that stand before the others.

        Example: net = b.build(); net.run(x).output
        """
        if not any(node[1] == "Output" for node in self._nodes):
            ends = [node[0] for k, node in enumerate(self._nodes) if node[1] != "Input" and self._is_end(k)]
            for end in ends:
                self.output("output" if len(ends) == 1 else f"output_{end}", end)
        return Network(_core.build_network(self._name, self._nodes, self._edges, self._options, list(notes)))
