"""Connected Lava processes as a network of exact nodes. SPEC F14, W1 to W5.

Only attributes of the processes are read; Lava itself is not imported.
"""

from __future__ import annotations

from typing import Optional

import numpy as np

from .builder import Builder
from .errors import Diagnostic, FormatError, option_error
from .network import Network

SUPPORTED = "LIF, Dense and Sparse, with a RingBuffer before and any sink or monitor behind"
_IGNORED = ("Monitor", "Sink", "Extractor", "Receiver")


def from_lava(process, name: str = "lava") -> Network:
    """A network from a graph of Lava processes, of which any one is given: all that are connected to it belong to it.

    LIF becomes exact neurons; Dense and Sparse their weights, clipped and truncated as Lava does; a RingBuffer that
    sends becomes an input of its size, in the order in which it is met: "in", "in_2". Populations are called as their
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
        self.synapses: list = []
        self.sources: list = []
        for found in _connected(process):
            self._sort(found)
        for synapse in self.synapses:
            for port in (synapse.s_in, synapse.a_out):
                if not (port.in_connections if port is synapse.s_in else port.out_connections):
                    self._refuse(synapse, f"'{synapse.name}' is connected on one side only")

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
        elif kind in ("Dense", "Sparse"):
            self.synapses.append(process)
        elif kind == "RingBuffer" and sends:
            self.sources.append(process)
        elif sends or not any(word in kind for word in (*_IGNORED, "RingBuffer")):
            self._refuse(process, f"processes of type {kind} are not supported ('{process.name}')")

    def build(self, name: str) -> Network:
        builder = Builder(name=name)
        names: dict = {}
        for number, source in enumerate(self.sources, 1):
            shape = source.s_out.shape
            names[source] = builder.input("in" if number == 1 else f"in_{number}", int(np.prod(shape)))
        for neuron in self.neurons:
            names[neuron] = builder.exact(neuron.name, int(np.prod(neuron.s_out.shape)), **_registers(neuron))
        for synapse in self.synapses:
            weights = _weights(synapse)
            for source in _others(synapse.s_in.in_connections):
                for target in _others(synapse.a_out.out_connections):
                    builder.connect(names[source], names[target], weights)
        for neuron in self.neurons:
            builder.output(f"{neuron.name}_output" if len(self.neurons) > 1 else "output", names[neuron])
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
            waiting += [*_others(port.in_connections), *_others(port.out_connections)]
    return found


def _others(ports) -> list:
    return [port.process for port in ports]


def _value(process, name: str) -> np.ndarray:
    return np.asarray(getattr(process, name).init)


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
    weights = synapse.weights.init
    weights = np.asarray(weights.toarray() if hasattr(weights, "toarray") else weights).astype(np.int64)
    options = synapse.proc_params
    mode: Optional[object] = options.get("sign_mode")
    kind = mode.name if mode is not None else _sign_mode(weights)
    bits, exponent = int(options.get("num_weight_bits", 8) or 8), int(options.get("weight_exp", 0) or 0)
    if kind == "INHIBITORY":
        return -_truncated(np.clip(-weights, 0, 255), 8 - bits) * 2.0**exponent
    if kind == "EXCITATORY":
        return _truncated(np.clip(weights, 0, 255), 8 - bits) * 2.0**exponent
    return _truncated(np.clip(weights, -256, 255), 9 - bits) * 2.0**exponent


def _truncated(weights: np.ndarray, bits: int) -> np.ndarray:
    return (weights >> bits) << bits


def _sign_mode(weights: np.ndarray) -> str:
    return "EXCITATORY" if weights.min() >= 0 else "INHIBITORY" if weights.max() <= 0 else "MIXED"
