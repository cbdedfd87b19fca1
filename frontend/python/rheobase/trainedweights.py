"""Projections as training sees them: all weights of one, whatever the formats that a chip holds them in. SPEC W1 to W6, W10.

A witness has a projection for each format, settings have rows of weights with the bits and exponents of each row: the former
tell where synapses are, the latter what they hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import _core
from .arithmetic import LEAST_WEIGHT, MOST_MIXED_WEIGHT, MOST_WEIGHT, MOST_WEIGHT_BITS
from .witnessfile import WitnessNode, WitnessProjection


@dataclass(frozen=True)
class WeightFormat:
    """Bits, sign mode and exponent of some weights. ``both_signs``: held in lists of one sign each, so that mixed weights
    have a bit more than a synapse stores (SPEC W10)."""

    bits: int
    exponent: int
    sign_mode: str
    both_signs: bool = False

    @property
    def step(self) -> int:
        return 1 << (MOST_WEIGHT_BITS + (self.sign_mode == "mixed") - self.bits)

    @property
    def range(self) -> tuple[int, int]:
        """(least, most) of a stored weight."""
        least, most = {
            "mixed": (-MOST_WEIGHT, MOST_WEIGHT) if self.both_signs else (LEAST_WEIGHT, MOST_MIXED_WEIGHT),
            "excitatory": (0, MOST_WEIGHT),
            "inhibitory": (-MOST_WEIGHT, 0),
        }[self.sign_mode]
        return -(-least // self.step) * self.step, most // self.step * self.step


@dataclass
class TrainedProjection:
    """Synapses: ``rows``, ``columns`` and ``which`` weight each has, as of a WitnessProjection. ``formats``, and which of
    them each weight has, ``format_of`` [values]. frozen: weights that stay 0, since nobody knows what they would wait for."""

    name: str
    source: int
    target: int
    delay_steps: int
    blocks: int
    kernel: bool
    weights: np.ndarray
    delays: np.ndarray
    formats: list[WeightFormat]
    format_of: np.ndarray
    rows: np.ndarray = field(repr=False)
    columns: np.ndarray = field(repr=False)
    which: np.ndarray = field(repr=False)
    sources: int = 0
    frozen: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)

    def of_each(self, what) -> np.ndarray:
        """``what(format)`` of each weight."""
        return np.array([what(f) for f in self.formats])[self.format_of]

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """(least, most) of each weight; a frozen one stays 0."""
        least, most = self.of_each(lambda f: f.range).reshape(-1, 2).T
        for ends in (least, most):
            ends[self.frozen] = 0
        return least, most

    def held(self, rows: list) -> np.ndarray:
        """int64 [values]: what rows of settings hold."""
        if self.kernel:
            return np.array(rows, np.int64).reshape(-1)
        places, weights = _listed(rows, self.sources)
        wanted = self.rows * self.sources + self.columns
        at = np.searchsorted(places, wanted)
        at[at == len(places)] = 0
        return (
            np.where(places[at] == wanted, weights[at], 0) if len(places) else np.zeros(len(wanted), np.int64)
        )

    def row_lists(self, weights: np.ndarray) -> list:
        """Weights as settings hold them: of kernels a row for each output channel, else one for each target."""
        if self.kernel:
            return weights.reshape(self.blocks, -1).tolist()
        matrix = np.zeros((self.blocks, self.sources), np.int64)
        matrix[self.rows, self.columns] = weights[self.which]
        return matrix.tolist()


@dataclass
class Quantized:
    """A network's settings with all weights, as `run_compiler` gives them with ``keep_weights``, and the projections of its
    witness, joined by the names that the settings know them by."""

    settings: dict
    parts: dict[str, list[WitnessProjection]]

    @classmethod
    def of(cls, settings: dict, projections: list[WitnessProjection]) -> Quantized:
        parts: dict[str, list[WitnessProjection]] = {}
        for p in projections:
            parts.setdefault(_owner(p.name, settings["projections"]), []).append(p)
        return cls(settings, parts)


def trained_projections(
    now: Quantized, finest: Quantized, nodes: list[WitnessNode], stored_bits: int
) -> list[TrainedProjection]:
    """finest: the same network at the finest precision, without the projections whose weights are pinned. stored_bits: of a
    mixed weight on the chip.

    Where most pairs of neurons have a weight, all of them can be trained; elsewhere those that are not 0 at the finest
    precision or now.
    """
    found = []
    for name, parts in now.parts.items():
        entry = now.settings["projections"][name]
        fine = finest.settings["projections"].get(name)
        more = finest.parts[name] if fine else []
        sources = nodes[parts[0].source].size
        found.append(_joined(name, [*more, *parts], entry, fine or entry, sources, stored_bits))
    return found


def _owner(name: str, known) -> str:
    """The settings' name of a witness's projection: its own, or what stands in front of its format."""
    if name in known:
        return name
    return max((n for n in known if name.startswith(n + "[")), key=len, default=name)


def _joined(
    name: str, parts: list[WitnessProjection], entry: dict, finest: dict, sources: int, stored_bits: int
) -> TrainedProjection:
    last = parts[-1]
    blocks = len(entry["weights"])
    if last.kernel:
        rows, columns, which = last.rows, last.columns, last.which
        count = len(last.weights)
        row_of = np.arange(count) // max(1, count // blocks)
    else:
        waits = any(p.delays.any() for p in parts)
        rows, columns = _places(entry["weights"], finest["weights"], sources, waits)
        count, row_of = len(rows), rows
        which = np.arange(count)
    formats, format_of = _formats(entry, stored_bits, row_of)
    found = TrainedProjection(
        name,
        last.source,
        last.target,
        last.delay_steps,
        blocks,
        last.kernel,
        np.zeros(count, np.int64),
        np.zeros(0, np.int64),
        formats,
        format_of,
        rows,
        columns,
        which,
        sources,
    )
    found.weights = found.held(entry["weights"])
    found.delays, found.frozen = _delays(found, parts)
    return found


def _listed(weights: list, sources: int) -> tuple[np.ndarray, np.ndarray]:
    """(places, weights) of rows of settings that are not 0; a place is target * sources + source, ascending."""
    if weights and isinstance(weights[0], dict):
        places = [t * sources + int(s) for t, row in enumerate(weights) for s in row]
        values = np.array([w for row in weights for w in row.values()], np.int64)
        places = np.array(places, np.int64)
        order = np.argsort(places, kind="stable")
        there = order[values[order] != 0]
        return places[there], values[there]
    values = np.array(weights, np.int64).reshape(-1)
    places = np.flatnonzero(values)
    return places, values[places]


def _places(weights: list, finest: list, sources: int, waits: bool) -> tuple[np.ndarray, np.ndarray]:
    """(targets, sources) of what can be trained, by target. waits: synapses have delays, which are known of those alone that
    are not 0."""
    there = np.union1d(_listed(weights, sources)[0], _listed(finest, sources)[0])
    pairs = len(weights) * sources
    if not waits and not _core.listing_pays(len(there), pairs):
        there = np.arange(pairs)
    return there // max(sources, 1), there % max(sources, 1)


def _formats(entry: dict, stored_bits: int, row_of: np.ndarray) -> tuple[list[WeightFormat], np.ndarray]:
    """Those that occur, and which of them each weight has. row_of: of each weight, as the settings count rows."""
    sign = entry["sign_mode"]
    bits, exponents = (np.atleast_1d(np.asarray(entry[key], np.int64)) for key in ("bits", "exponent"))
    rows = max(len(bits), len(exponents))
    pairs = np.stack([np.broadcast_to(bits, rows), np.broadcast_to(exponents, rows)], 1)
    different, of_row = np.unique(pairs, axis=0, return_inverse=True)
    formats = [WeightFormat(int(b), int(e), sign, sign == "mixed" and b > stored_bits) for b, e in different]
    of_row = of_row.reshape(-1)
    return formats, np.zeros(len(row_of), np.int64) if rows == 1 else of_row[row_of]


def _delays(projection: TrainedProjection, parts: list[WitnessProjection]) -> tuple[np.ndarray, np.ndarray]:
    """(steps of each weight's own, or none; weights whose steps nobody knows): those that it has in a part where it is not
    0, for the delay of what is not there is anything (SPEC T7)."""
    none = np.zeros(0, np.int64)
    if not any(p.delays.any() for p in parts):
        return none, none
    count = len(projection.weights)
    found, known = np.zeros(count, np.int64), np.zeros(count, bool)
    places = projection.rows * projection.sources + projection.columns
    for p in parts:
        there = p.weights != 0 if projection.kernel else p.weights[p.which] != 0
        delays = p.delays if p.delays.size else np.zeros(len(p.weights), np.int64)
        if projection.kernel:
            found[there], known[there] = delays[there], True
            continue
        at = np.searchsorted(places, (p.rows * projection.sources + p.columns)[there])
        found[at], known[at] = delays[p.which[there]], True
    return found, np.flatnonzero(~known)
