"""Connected Lava processes as a network of exact nodes. SPEC F14, W1 to W5.

Only attributes of the processes are read; Lava itself is not imported.
"""

from __future__ import annotations

import itertools
from typing import Iterable

import numpy as np

from .builder import Builder
from .errors import Diagnostic, FormatError, option_error
from .network import Network

SUPPORTED = "LIF, Dense and Sparse with binary spikes, a RingBuffer that sends, and sinks or monitors behind"
_LISTENERS = ("Monitor", "Sink", "Extractor", "Receiver", "RingBuffer")


def from_lava(process, name: str = "lava") -> Network:
    """A network from a graph of Lava processes, of which any one is given: all that are connected to it belong to it.

    LIF becomes exact neurons; Dense and Sparse their weights, clipped and truncated as Lava does; a RingBuffer that
    sends becomes an input, "in", "in_2" and so on in the order in which they are met. Populations are called as their
    processes. An image compiled from it computes what Lava's fixed-point models compute, in the same steps.

    Raises FormatError naming everything that is not supported, OptionError for what is no process.

    Example: net = rb.from_lava(lif)
    """
    if not hasattr(process, "in_ports") or not hasattr(process, "out_ports"):
        raise option_error(f"a Lava process is needed, not {type(process).__name__}")
    graph = _Graph(process)
    if graph.refused:
        raise FormatError(graph.refused)
    return graph.build(name)


class _Graph:
    def __init__(self, process):
        self.refused: list[Diagnostic] = []
        self.neurons: list = []
        self.sources: list = []
        self.synapses: list = []
        for found in _connected(process):
            self._sort(found)
        for synapse in self.synapses:
            self._check_ends(synapse)
        for sender in (*self.neurons, *self.sources):
            self._check_receivers(sender)
        if not self.sources:
            self._refuse(process, "no RingBuffer sends anything: the network would have no input")

    def _refuse(self, process, message: str) -> None:
        remedy = f"supported are {SUPPORTED}"
        self.refused.append(Diagnostic("R0112", "error", message, "lava", process.name, remedy=remedy))

    def _sort(self, process) -> None:
        kind = type(process).__name__
        sends = bool(list(process.out_ports))
        if kind == "LIF":
            self.neurons.append(process)
            for state in ("u", "v"):
                if np.any(_value(process, state)):
                    self._refuse(process, f"'{process.name}' starts with '{state}' that is not 0")
            self._check_whole(process, ("du", "dv", "vth", "bias_mant", "bias_exp"))
        elif kind in ("Dense", "Sparse"):
            self.synapses.append(process)
            self._check_whole(process, ("weights",))
            if np.any(_value(process, "num_message_bits") if hasattr(process, "num_message_bits") else 0):
                self._refuse(process, f"'{process.name}' takes graded messages (num_message_bits)")
        elif kind == "RingBuffer" and sends:
            self.sources.append(process)
        elif sends or not any(word in kind for word in _LISTENERS):
            self._refuse(process, f"processes of type {kind} are not supported ('{process.name}')")

    def _check_whole(self, process, names: Iterable[str]) -> None:
        for name in names:
            values = _value(process, name)
            if not np.array_equal(values, np.floor(values)):
                self._refuse(
                    process, f"'{name}' of '{process.name}' is no integer: this is a floating-point model"
                )

    def _check_ends(self, synapse) -> None:
        """One sender, whose spikes pass a test for zero; neurons behind."""
        senders = _ends(synapse.s_in.in_connections, "in_connections")
        if senders is None or len(senders) != 1 or senders[0] not in (*self.neurons, *self.sources):
            self._refuse(synapse, f"'{synapse.name}' needs exactly one LIF or RingBuffer that sends to it")
        targets = _ends(synapse.a_out.out_connections, "out_connections")
        if not targets or any(t not in self.neurons and not _listens(t) for t in targets):
            self._refuse(
                synapse, f"'{synapse.name}' sends to something else than LIF processes, or to nothing"
            )

    def _check_receivers(self, sender) -> None:
        """A spike that reaches neurons without synapses arrives in its own step, which no chip's hop does."""
        targets = _ends(sender.s_out.out_connections, "out_connections")
        if targets is None or any(t not in self.synapses and not _listens(t) for t in targets):
            self._refuse(sender, f"'{sender.name}' sends to something else than Dense and Sparse processes")

    def build(self, name: str) -> Network:
        builder = Builder(name=name)
        taken = {neuron.name for neuron in self.neurons}

        def fresh(wanted: str) -> str:
            free = next(
                n for k in itertools.count(1) if (n := wanted if k == 1 else f"{wanted}_{k}") not in taken
            )
            taken.add(free)
            return free

        names: dict = {}
        for source in self.sources:
            names[source] = builder.input(fresh("in"), int(np.prod(source.s_out.shape)))
        for neuron in self.neurons:
            names[neuron] = builder.exact(neuron.name, int(np.prod(neuron.s_out.shape)), **_registers(neuron))
        for synapse in self.synapses:
            (source,) = _ends(synapse.s_in.in_connections, "in_connections")
            for target in _ends(synapse.a_out.out_connections, "out_connections"):
                if target in self.neurons:
                    ends = names[source], names[target]
                    builder.connect(*ends, _weights(synapse), name=fresh("{}_to_{}".format(*ends)))
        for neuron in self.neurons:
            builder.output(
                fresh(f"{neuron.name}_output" if len(self.neurons) > 1 else "output"), names[neuron]
            )
        return builder.build()


def _connected(process) -> list:
    """Every process that ports lead to, the given one first."""
    found, waiting = [], [process]
    while waiting:
        at = waiting.pop(0)
        if any(at is known for known in found):
            continue
        found.append(at)
        for port in [*at.in_ports, *at.out_ports]:
            for direction in ("in_connections", "out_connections"):
                waiting += _ends(getattr(port, direction), direction, follow=True)
    return found


def _ends(ports, direction: str, follow: bool = False):
    """The processes at the other end of connections. A reshape on the way keeps the order of the values; where another
    virtual port changes it, None, or with ``follow`` the processes behind it all the same."""
    ends = []
    for port in ports:
        virtual = type(port).__name__ not in ("InPort", "OutPort", "SimpleNamespace")
        if virtual and type(port).__name__ != "ReshapePort" and not follow:
            return None
        further = _ends(getattr(port, direction), direction, follow) if virtual else [port.process]
        if further is None:
            return None
        ends += further
    return ends


def _listens(process) -> bool:
    return not list(process.out_ports)


def _value(process, name: str) -> np.ndarray:
    value = getattr(process, name).init
    return np.asarray(value.toarray() if hasattr(value, "toarray") else value)


def _registers(lif) -> dict[str, np.ndarray]:
    """Lava's du is one less than the share of the current that is lost (SPEC N3); a threshold sits 6 bits up (N9)."""
    mantissa, exponent = _value(lif, "bias_mant").astype(np.int64), _value(lif, "bias_exp").astype(np.int64)
    up, down = np.maximum(exponent, 0), np.maximum(-exponent, 0)
    size = int(np.prod(lif.s_out.shape))

    def each(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values.ravel() if values.size == size else values.reshape(-1)[:1], (size,))

    return {
        "decay_u": each(_value(lif, "du").astype(np.int64) + 1),
        "decay_v": each(_value(lif, "dv").astype(np.int64)),
        "threshold": each(_value(lif, "vth").astype(np.int64) * 64),
        "bias": each(np.asarray((mantissa << up) >> down)),
    }


def _weights(synapse) -> np.ndarray:
    """[targets, sources], clipped and truncated (SPEC W2, W3), times the exponent of their sum (W5)."""
    weights = _value(synapse, "weights").astype(np.int64)
    options = synapse.proc_params
    mode = options.get("sign_mode")
    kind = mode.name if mode is not None else _sign_mode(weights)
    bits, exponent = int(options.get("num_weight_bits", 8)), int(options.get("weight_exp", 0))
    if kind == "MIXED":
        return _truncated(np.clip(weights, -256, 255), 9 - bits) * 2.0**exponent
    if kind == "INHIBITORY":
        return -_truncated(np.clip(-weights, 0, 255), 8 - bits) * 2.0**exponent
    # EXCITATORY, and NULL, which Lava treats alike.
    return _truncated(np.clip(weights, 0, 255), 8 - bits) * 2.0**exponent


def _truncated(weights: np.ndarray, bits: int) -> np.ndarray:
    return (weights >> bits) << bits


def _sign_mode(weights: np.ndarray) -> str:
    return "EXCITATORY" if weights.min() >= 0 else "INHIBITORY" if weights.max() <= 0 else "MIXED"
