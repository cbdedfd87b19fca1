"""Which conventions a recording was made with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Iterator, Optional

import numpy as np

from .arguments import callback, gather, thread_count
from .conventions import CHOICES, FLAGS, FRAMEWORKS, Choices, Unpack, convention_options, typed
from .data import check_numbers, lone
from .errors import data_error, option_error, shown
from .network import Network, as_real
from .recording import Recording

_OTHER_DT = (1e-4, 1e-3)  # seconds; tried beside the network's own, where nothing says what it is
_TOLERANCE = 1e-5
_BESIDE = {"steps", "batched", "dt"}  # what a recording's file holds beside its series
MOST_ASKED = 64  # at most so many sets are compared on a stimulus


@dataclass(frozen=True)
class Fit:
    """A set of conventions against a recording.

    conventions: those that make a difference to the network, as `rb.load` takes them; dt and as_ where a framework's
    reader changes parameters, too. offset: steps by which the recording is later than the network's run.
    wrong, cells: cells that differ, of all that were compared. first: the first difference, {series, sample, step,
    neuron, ours, recorded}, or None. frameworks: those that step so.
    """

    conventions: dict
    offset: int
    wrong: int
    cells: int
    first: Optional[dict]
    frameworks: tuple


@dataclass(frozen=True)
class Stimulus:
    """An input on which sets of conventions that one recording cannot tell apart differ.

    x: uint8 [T, *input_shape], a dictionary by name for several inputs. text: what it is. groups: how many
    different runs the sets give on it.
    """

    x: object
    text: str
    groups: int


@dataclass(frozen=True)
class FittedConventions:
    """What `fit_conventions` found.

    fits: every set whose run equals the recording, simplest first, or else the nearest ones. exact: whether they
    equal it. tried: sets that were compared. decided: what all exact sets agree on; open: {convention: values} that
    the recording does not tell apart. Printed, it says so in words.

    Example: net = net.under(**rb.fit_conventions(net, x, recorded).best.conventions)
    """

    fits: tuple
    exact: bool
    tried: int
    decided: dict
    open: dict
    _network: Network
    _x: object

    @property
    def best(self) -> Fit:
        return self.fits[0]

    def stimulus(self, seed: int = 0) -> Optional[Stimulus]:
        """An input that tells the exact sets apart; None where there is but one, or where none of the inputs that
        were tried does: random spikes of several rates, short and long, and silence.

        Example: np.save("next.npy", rb.fit_conventions(net, x, recorded).stimulus().x)
        """
        if not self.exact or len(self.fits) == 1:
            return None
        networks = [self._network.under(**fit.conventions) for fit in self.fits[:MOST_ASKED]]
        best = None
        for x, text in _stimuli(self._network, self._x, seed):
            runs = {_fingerprint(net.run(x), fit.offset) for net, fit in zip(networks, self.fits)}
            if len(runs) > (1 if best is None else best.groups):
                best = Stimulus(x, text, len(runs))
            if len(runs) == len(networks):
                break
        return best

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def fit_conventions(
    net: Network,
    x,
    recorded,
    dt: Optional[float] = None,
    tolerance: float = _TOLERANCE,
    threads: Optional[int] = None,
    progress: Optional[Callable] = None,
    **pinned: Unpack[Choices],
) -> FittedConventions:
    """The conventions under which the network's run on ``x`` equals what a framework recorded on it.

    x: as for `Network.run`. recorded: a Recording, a dictionary of arrays [T, n] or [B, T, n] under their names
    ("hidden" or "hidden.spikes", "hidden.v", "output"), or one array of the only node of its size. Spikes are equal
    or wrong; states and real outputs may differ by ``tolerance``, relative to their size or to 1. dt in seconds and
    the conventions in ``pinned`` are taken as known. Every other set that can make a difference to this network is
    run in float32 until it cannot be among the best any more; recordings may be one step early or late. progress:
    called with (done, total) sets.

    Raises DataError for recordings that fit no node.

    Example: print(rb.fit_conventions(net, x, np.load("raster_of_snntorch.npy")))
    """
    if not isinstance(net, Network):
        raise option_error(f"net is {shown(net)}", "give a network: rb.load, rb.from_nir or a Builder's")
    if not isinstance(tolerance, (int, float)) or isinstance(tolerance, bool) or not 0 <= tolerance < 1:
        raise option_error(f"tolerance is {shown(tolerance)}, needed is a number from 0 to below 1")
    if pinned.get("as_") is not None:
        raise option_error("as_ names one set, and this function looks for it", "leave as_ out")
    arrays, samples, steps, _ = gather(x, net.input_shapes, as_real)
    series = list(_series(net, recorded, samples, steps))
    if not any(values.size for _, _, values in series):
        raise data_error(
            "R0660", "nothing is recorded", remedy="give spikes of a population, states or outputs"
        )

    def search(network: Network, known: dict, time_steps: list) -> dict:
        return network._core.fit_conventions(
            arrays,
            [
                (node, state, values, tolerance if state or not _whole(values) else 0.0)
                for node, state, values in series
            ],
            time_steps,
            convention_options(known),
            thread_count(threads),
            callback(progress),
        )

    names = [f"{node}.{state}" if state else node for node, state, _ in series]
    distinct = net.distinct_conventions()
    raw = search(net, {"dt": dt, **pinned}, _time_steps(net, dt))
    others = dict(_readings(net, dt))
    fits = tuple(_fit(found, names, distinct, others) for found in raw["fits"])
    tried = raw["tried"]
    if fits[0].wrong and not any(value is not None for value in pinned.values()):
        for name, other in others.items():
            known = {key: value for key, value in other.conventions.items() if key != "dt"}
            again = search(other, known, [other.dt])
            tried += again["tried"]
            exact = [_as_read(found, name, other.dt, names) for found in again["fits"] if not found["wrong"]]
            fits = tuple(exact) or fits
            if exact:
                break
    exact = fits[0].wrong == 0
    decided, still_open = _agreement(fits, distinct) if exact else ({}, {})
    return FittedConventions(fits, exact, tried, decided, still_open, net, x)


def _readings(net: Network, dt: Optional[float]) -> Iterator[tuple[str, Network]]:
    """The network as each framework reads it that makes something else of its parameters than the file means."""
    for name in FRAMEWORKS:
        other = net.under(as_=name, **({} if dt is None else {"dt": dt}))
        if readings(other):
            yield name, other


def readings(net: Network) -> list[str]:
    """What a framework's own reader makes of the file, where that is not what the file means."""
    return [a["value"] for a in net.assumptions if a["what"] == "reading"]


def _as_read(found: dict, name: str, dt: float, names: list[str]) -> Fit:
    return replace(_fit(found, names, {}, {}), conventions={"dt": dt, "as_": name}, frameworks=(name,))


def _time_steps(net: Network, dt: Optional[float]) -> list[float]:
    if dt is not None:
        return [float(dt)]
    told = next((a for a in net.assumptions if a["what"] == "dt"), None)
    known = told is None or not told["warning"]
    return [net.dt] if known else [net.dt, *(other for other in _OTHER_DT if other != net.dt)]


def _whole(values: np.ndarray) -> bool:
    return values.dtype.kind != "f" or bool((values == np.rint(values)).all())


def _series(net: Network, recorded, samples: int, steps: int) -> Iterator[tuple[str, str, np.ndarray]]:
    """(node, state or "", [B, T, n]) of everything recorded that the network has, too."""
    if isinstance(recorded, Recording):
        recorded = comparable(recorded)
    if not isinstance(recorded, dict):
        recorded = {_only_node(net, np.asarray(recorded), samples, steps): recorded}
    for name, values in recorded.items():
        if not isinstance(name, str):
            raise data_error("R0661", f"{shown(name)} is no node's name", remedy="give a dictionary by node")
        if "/" in name or name in _BESIDE:
            continue
        node, state = _place(net, name)
        array = check_numbers(values, where=name)
        size, shape = net.nodes[node].size, tuple(net.nodes[node].shape)
        lead = [(samples, steps)] + ([(steps,)] if samples == 1 else [])
        if array.shape not in {(*first, *last) for first in lead for last in (shape, (size,))}:
            raise data_error(
                "R0660",
                f"the recording of '{name}' has shape {list(array.shape)}; a run on this input gives "
                f"[{samples}, {steps}, {size}]",
                where=name,
                remedy="record every step of the same input, time before neurons",
            )
        yield node, state, array.reshape(samples, steps, size)


def comparable(recording: Recording) -> dict[str, np.ndarray]:
    """The series that are the network's own, in its time: of a chip, whose states and outputs are integers, spikes."""
    names = [f"{name}.spikes" for name in recording.spikes] if recording.scale else recording.series()
    return {name: recording.aligned(name) for name in names}


def _only_node(net: Network, array: np.ndarray, samples: int, steps: int) -> str:
    """The node whose values the array can be."""
    nodes = [n for n in net.nodes.values() if n.spiking or n.kind == "Output"]
    fitting = [
        n for n in nodes if array.size == samples * steps * n.size and array.shape[-1:] == n.shape[-1:]
    ]
    spiking = [n for n in fitting if n.spiking] or fitting
    if len(spiking) == 1:
        return spiking[0].name
    sizes = ", ".join(f"'{n.name}' {n.size}" for n in nodes)
    raise data_error(
        "R0660",
        f"an array of shape {list(array.shape)} "
        + ("is nothing that this network hands on" if not fitting else "can be of several nodes")
        + f" in {samples} x {steps} steps: {sizes}",
        remedy="give a dictionary by node: {'hidden': array}",
    )


def _place(net: Network, name: str) -> tuple[str, str]:
    for ending in ("", ".spikes", ".output"):
        node = name[: len(name) - len(ending)] if name.endswith(ending) else None
        if node in net.nodes and (net.nodes[node].spiking or net.nodes[node].kind == "Output"):
            return node, ""
    node, _, state = name.rpartition(".")
    if node in net.nodes and state in net.nodes[node].states:
        return node, state
    known = [n.name for n in net.nodes.values() if n.spiking or n.kind == "Output"] + net.probes()
    raise data_error(
        "R0661",
        f"the network has nothing to compare with '{name}'",
        where=name,
        remedy=f"it has: {', '.join(known)}",
    )


def _fit(found: dict, names: list[str], distinct: dict, others: dict) -> Fit:
    first = found["first"]
    if first is not None:
        first = {**first, "series": names[first["series"]]}
    conventions = typed(found["conventions"])
    same = tuple(
        name
        for name, values in FRAMEWORKS.items()
        if name not in others
        and values["dt"] in (None, conventions["dt"])
        and all(canonical(values[key], known) == conventions[key] for key, known in distinct.items())
    )
    used = {key: conventions[key] for key in ("dt", *distinct) if key == "dt" or len(distinct[key]) > 1}
    return Fit(used, found["offset"], found["wrong"], found["cells"], first, same)


def canonical(value, known: list):
    """A value of a convention; one that makes no difference to a network counts as the first one."""
    return value if value in known else known[0]


def _agreement(fits: tuple, distinct: dict) -> tuple[dict, dict]:
    """({convention: value} of all, {convention: values} that differ)."""
    values = {
        name: list(dict.fromkeys(fit.conventions[name] for fit in fits))
        for name in fits[0].conventions
        if name in ("dt", "as_") or len(distinct.get(name, ())) > 1
    }
    values["offset"] = list(dict.fromkeys(fit.offset for fit in fits))
    return (
        {name: found[0] for name, found in values.items() if len(found) == 1},
        {name: found for name, found in values.items() if len(found) > 1},
    )


def _lines(found: FittedConventions) -> Iterator[str]:
    best = found.best
    if found.exact:
        sets = len({tuple(fit.conventions.items()) for fit in found.fits})
        give = "gives" if sets == 1 else "give"
        yield f"{sets} of {found.tried} sets of conventions {give} the recording: 0 of {best.cells:,} cells wrong"
        for name, value in found.decided.items():
            if name != "offset" or value:
                yield f"  {_title(name)}: {_shown(name, value)}"
        for name, values in found.open.items():
            yield f"  {_title(name)}: {' or '.join(_shown(name, v) for v in values)}, not told apart by this recording"
    else:
        yield f"none of {found.tried} sets of conventions gives the recording; the nearest:"
        for fit in found.fits[:3]:
            yield f"  {fit.wrong:,} of {fit.cells:,} cells wrong: {flags(fit)}"
        first = best.first
        yield (
            f"  its first difference: '{first['series']}', sample {first['sample']}, step {first['step']}, neuron "
            f"{first['neuron']}: {first['ours']:g} here, {first['recorded']:g} recorded"
        )
        return
    same = dict.fromkeys(name for fit in found.fits if not fit.offset for name in fit.frameworks)
    if same:
        yield f"  among them --as {', '.join(same)}" if sets > 1 else f"  that is --as {' or '.join(same)}"
    if "as_" in best.conventions:
        for reading in readings(found._network.under(**best.conventions)):
            yield f"    which reads the file otherwise: {reading}"
    yield f"  options: {flags(best)}"


def _title(name: str) -> str:
    return CHOICES[name].title if name in CHOICES else name.rstrip("_")


def _shown(name: str, value) -> str:
    if name == "dt":
        return f"{value:g} s"
    if name == "offset":
        return offset_text(value) or "none"
    return str(value)


def offset_text(steps: int) -> str:
    """How a recording lies to the run; empty where they agree."""
    return f"recorded a step {'later' if steps > 0 else 'earlier'}" if steps else ""


def flags(fit: Fit) -> str:
    """The set on the command line: what differs from the defaults, and the reset."""
    words = [f"--dt {fit.conventions['dt']:g}"]
    words += [
        f"{FLAGS[name]} {value}"
        for name, value in fit.conventions.items()
        if name in ("reset", "as_") or (name in CHOICES and value != CHOICES[name].default)
    ]
    late = offset_text(fit.offset)
    return " ".join([*words, f"({late})"] if late else words)


def _stimuli(net: Network, x, seed: int) -> Iterator[tuple[object, str]]:
    """Inputs to try, with what they are."""
    arrays, _, steps, _ = gather(x, net.input_shapes, as_real)
    most = max((float(np.abs(a).max()) if a.size else 1.0) for a in arrays)
    for long in (steps, 4 * steps):
        for rate in (0.3, 0.1, 0.6, 0.02, 1.0):
            random = np.random.default_rng([seed, long])
            given = {n.name: (random.random((long, *n.shape)) < rate).astype(np.uint8) for n in net.inputs}
            text = f"{long} steps in which every channel spikes with probability {rate:g} (seed {seed})"
            yield lone(given), text
    if most not in (0.0, 1.0):
        given = {n.name: np.full((steps, *n.shape), most, np.float32) for n in net.inputs}
        yield lone(given), f"{steps} steps of {most:g} in every channel"


def _fingerprint(run: Recording, offset: int) -> bytes:
    """What a recording of the run would show: its spikes, or its outputs where nothing spikes."""
    shown_arrays = run.spikes or {name: np.round(array, 4) for name, array in run.outputs.items()}
    return b"".join(np.roll(array, offset, axis=0).tobytes() for _, array in sorted(shown_arrays.items()))
