"""Connected Lava processes as a network of exact nodes. SPEC F14, W1 to W5.

Only attributes of the processes are read; Lava itself is not imported.
"""

from __future__ import annotations

import itertools
from typing import Iterable

import numpy as np

from .builder import Builder
from .errors import Diagnostic, FormatError, option_error
from .arithmetic import DECAY_ONE, MOST_DELAY
from .lava_models import LAVA_MODELS, shares_of, value_of
from .lava_synapses import (
    CONVOLUTIONS,
    MATRICES,
    delays_of,
    is_convolution,
    kernel_of,
    lavas_order,
    map_shapes,
    matrix_of,
    takes_payloads,
    weights_name,
)
from .network import Network

SUPPORTED = f"{', '.join(LAVA_MODELS)}, {', '.join(MATRICES + CONVOLUTIONS)}, a RingBuffer that sends, and sinks or monitors behind"
_LISTENERS = ("Monitor", "Sink", "Extractor", "Receiver", "RingBuffer")


def from_lava(process, name: str = "lava") -> Network:
    """A network from a graph of Lava processes, of which any one is given: all that are connected to it belong to it.

    Neuron processes become exact neurons; Dense and Sparse, with delays or without, their weights, clipped and truncated
    as Lava does; Conv its kernel; a RingBuffer that sends becomes an input, "in", "in_2" and so on in the order in which
    they are met. Populations are called as their processes, with a number where names repeat. What a Conv reads or
    reaches has the shape [channels, rows, columns], which Lava holds the other way round. Every hop takes a step (SPEC
    F5), as in Lava and on a chip: an image compiled from the network computes what Lava's fixed-point models compute,
    in the same steps; `Network.run` does the same over real numbers (SPEC F14).

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
        self.shapes = self._find_shapes()
        if not self.sources:
            self._refuse(process, "no RingBuffer sends anything: the network would have no input")

    def _refuse(self, process, message: str) -> None:
        remedy = f"supported are {SUPPORTED}"
        self.refused.append(Diagnostic("R0112", "error", message, "lava", process.name, remedy=remedy))

    def _sort(self, process) -> None:
        kind = type(process).__name__
        sends = bool(list(process.out_ports))
        if kind in LAVA_MODELS:
            self.neurons.append(process)
            about = LAVA_MODELS[kind]
            for state in about.states:
                if np.any(value_of(process, state)):
                    self._refuse(process, f"'{process.name}' starts with '{state}' that is not 0")
            self._check_whole(process, about.whole)
            self._check_fractions(process, about.fractions)
            if reason := about.refused(process):
                self._refuse(process, f"'{process.name}' ({kind}): {reason}")
        elif kind in MATRICES + CONVOLUTIONS:
            self.synapses.append(process)
            self._check_whole(process, (weights_name(process),))
            if (steps := delays_of(process)) is not None and steps.max(initial=0) > MOST_DELAY:
                self._refuse(
                    process, f"'{process.name}' has a delay of {steps.max()} steps; SPEC T7 has {MOST_DELAY}"
                )
        elif kind == "RingBuffer" and sends:
            self.sources.append(process)
        elif sends or not any(word in kind for word in _LISTENERS):
            self._refuse(process, f"processes of type {kind} are not supported ('{process.name}')")

    def _check_whole(self, process, names: Iterable[str]) -> None:
        for name in names:
            values = value_of(process, name)
            if not np.array_equal(values, np.floor(values)):
                self._refuse(
                    process, f"'{name}' of '{process.name}' is no integer: this is a floating-point model"
                )

    def _check_fractions(self, process, names: Iterable[str]) -> None:
        """Lava multiplies such a share and does not round: what is no multiple gives a floating-point step."""
        for name in names:
            parts = shares_of(process, name)
            whole = np.array_equal(parts, np.floor(parts))
            if not whole or (parts < 0).any() or (parts >= DECAY_ONE).any():
                self._refuse(
                    process,
                    f"'{name}' of '{process.name}' is no multiple of 1/4096 below 1, which Lava never rounds",
                )

    def _check_messages(self, synapse, sender) -> None:
        """Without message bits Lava turns every message into one of 1, whatever its size and sign."""
        if takes_payloads(synapse):
            return
        if sender in self.sources:
            graded = not set(np.unique(_data(sender))) <= {0, 1}
        else:
            graded = LAVA_MODELS[type(sender).__name__].graded
        if graded:
            self._refuse(
                synapse,
                f"'{synapse.name}' has num_message_bits=0 and takes the payloads of '{sender.name}' for spikes: "
                "-1 would act as 1",
            )

    def _check_ends(self, synapse) -> None:
        """One sender, whose spikes pass a test for zero; neurons behind."""
        senders = _ends(synapse.s_in.in_connections, "in_connections")
        if senders is None or len(senders) != 1 or senders[0] not in (*self.neurons, *self.sources):
            self._refuse(
                synapse, f"'{synapse.name}' needs exactly one neuron process or RingBuffer that sends to it"
            )
        else:
            self._check_messages(synapse, senders[0])
        targets = _ends(synapse.a_out.out_connections, "out_connections")
        if not targets or any(t not in self.neurons and not _listens(t) for t in targets):
            self._refuse(
                synapse, f"'{synapse.name}' sends to something else than neuron processes, or to nothing"
            )

    def _check_receivers(self, sender) -> None:
        """A spike that reaches neurons without synapses arrives in its own step, which no chip's hop does."""
        targets = _ends(sender.s_out.out_connections, "out_connections")
        if targets is None or any(t not in self.synapses and not _listens(t) for t in targets):
            self._refuse(sender, f"'{sender.name}' sends to something else than synapse processes")

    def _find_shapes(self) -> dict:
        """Feature maps, [channels, rows, columns]: what convolutions read and reach."""
        shapes: dict = {}
        for synapse in self.synapses:
            ends = [_ends(synapse.s_in.in_connections, "in_connections") or [], self._targets(synapse)]
            for processes, shape in zip(ends, map_shapes(synapse) if is_convolution(synapse) else ()):
                for process in processes:
                    if shapes.setdefault(process, shape) != shape:
                        self._refuse(
                            synapse,
                            f"'{process.name}' has another shape for '{synapse.name}' than for others",
                        )
        return shapes

    def _targets(self, synapse) -> list:
        ends = _ends(synapse.a_out.out_connections, "out_connections") or []
        return [target for target in ends if target in self.neurons]

    def build(self, name: str) -> Network:
        builder = Builder(name=name, feedforward_delay=1)
        taken: set = set()

        def fresh(wanted: str) -> str:
            free = next(
                n for k in itertools.count(1) if (n := wanted if k == 1 else f"{wanted}_{k}") not in taken
            )
            taken.add(free)
            return free

        names: dict = {neuron: fresh(neuron.name) for neuron in self.neurons}
        for source in self.sources:
            largest = int(np.abs(_data(source)).max(initial=0))
            spikes = largest <= 1 and _data(source).min(initial=0) >= 0
            names[source] = builder.input(fresh("in"), self._shape(source), None if spikes else largest)
        for neuron in self.neurons:
            shape, about = self._shape(neuron), LAVA_MODELS[type(neuron).__name__]
            integers = {key: _each(value, shape) for key, value in about.integers(neuron).items()}
            builder.exact(names[neuron], shape, about.model, **integers)
        for synapse in self.synapses:
            (source,) = _ends(synapse.s_in.in_connections, "in_connections")
            for port in _end_ports(synapse.a_out.out_connections, "out_connections"):
                if port.process in self.neurons:
                    ends = names[source], names[port.process]
                    about = LAVA_MODELS[type(port.process).__name__]
                    called = fresh("{}_to_{}".format(*ends))
                    if is_convolution(synapse):
                        builder.convolve(*ends, **kernel_of(synapse), name=called)
                        continue
                    places = np.ix_(*(lavas_order(self._shape(end)) for end in (port.process, source)))
                    delays = delays_of(synapse)
                    builder.connect(
                        *ends,
                        matrix_of(synapse)[places],
                        delay=None if delays is None else delays[places],
                        name=called,
                        port=about.port(port.name) if len(about.ports) > 1 else None,
                    )
        for neuron in self.neurons:
            builder.output(
                fresh(f"{names[neuron]}_output" if len(self.neurons) > 1 else "output"), names[neuron]
            )
        return builder.build()

    def _shape(self, process) -> tuple:
        return self.shapes.get(process, (int(np.prod(process.s_out.shape)),))


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
    """The processes at the other end of connections, as `_end_ports`."""
    ends = _end_ports(ports, direction, follow)
    return ends if ends is None else [port.process for port in ends]


def _end_ports(ports, direction: str, follow: bool = False):
    """The ports at the other end of connections. A reshape on the way keeps the order of the values; where another
    virtual port changes it, None, or with ``follow`` the ports behind it all the same."""
    ends = []
    for port in ports:
        virtual = type(port).__name__ not in ("InPort", "OutPort", "SimpleNamespace")
        if virtual and type(port).__name__ != "ReshapePort" and not follow:
            return None
        further = _end_ports(getattr(port, direction), direction, follow) if virtual else [port]
        if further is None:
            return None
        ends += further
    return ends


def _listens(process) -> bool:
    return not list(process.out_ports)


def _each(value, shape: tuple) -> np.ndarray:
    """One value for each neuron of a shape of ours, of one for all or of an array in Lava's order."""
    values, order = np.asarray(value), lavas_order(shape)
    each = values.ravel()[order] if values.size == order.size else values.reshape(-1)[:1]
    return np.broadcast_to(each, order.shape).reshape(shape)


def _data(source) -> np.ndarray:
    """What a RingBuffer sends; nothing where it does not say."""
    return value_of(source, "data") if hasattr(source, "data") else np.zeros(1)
