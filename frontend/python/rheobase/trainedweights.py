"""Projections as training sees them: all weights of one, whatever the formats that a chip holds them in. SPEC W1 to W6, W10.

A witness has a projection for each format, settings have rows of weights with the bits and exponents of each row: the former
tell where synapses are, the latter what they hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

import numpy as np

from .arithmetic import LEAST_WEIGHT, MOST_MIXED_WEIGHT, MOST_WEIGHT, MOST_WEIGHT_BITS
from .witnessfile import WitnessProjection


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
    them each weight has, ``format_of`` [values]."""

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

    def of_each(self, what) -> np.ndarray:
        """``what(format)`` of each weight."""
        return np.array([what(f) for f in self.formats])[self.format_of]


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
    now: Quantized, stored_bits: int, finest: Optional[Quantized] = None
) -> list[TrainedProjection]:
    """stored_bits: of a mixed weight on the chip. finest: the same network at the finest precision; where a projection is
    held in several formats, a weight that is 0 there is no synapse."""
    found = []
    for name, parts in now.parts.items():
        entry = now.settings["projections"][name]
        fine = finest.settings["projections"].get(name) if finest else None
        more = finest.parts[name] if fine else []
        found.append(_joined(name, parts, entry, stored_bits, fine or entry, more))
    return found


def _owner(name: str, known) -> str:
    """The settings' name of a witness's projection: its own, or what stands in front of its format."""
    if name in known:
        return name
    return max((n for n in known if name.startswith(n + "[")), key=len, default=name)


def _joined(
    name: str,
    parts: list[WitnessProjection],
    entry: dict,
    stored_bits: int,
    finest: dict,
    finest_parts: list[WitnessProjection],
) -> TrainedProjection:
    first = parts[0]
    if first.kernel or len(parts) == 1:
        blocks, rows, columns, which = first.blocks, first.rows, first.columns, first.which
        count = len(first.weights)
    else:
        rows, columns = _places(entry["weights"], finest["weights"])
        count, which = len(rows), np.arange(len(rows))
        blocks = len(entry["weights"])
    place = np.zeros(count, np.int64)
    place[which[::-1]] = np.arange(len(which))[::-1]  # the first synapse of each
    row_of = np.arange(count) // max(1, count // blocks) if first.kernel else rows[place]
    formats, format_of = _formats(entry, stored_bits, row_of)
    found = TrainedProjection(
        name,
        first.source,
        first.target,
        first.delay_steps,
        blocks,
        first.kernel,
        np.zeros(count, np.int64),
        np.zeros(0, np.int64),
        formats,
        format_of,
        rows,
        columns,
        which,
    )
    found.weights = held_weights(found, entry["weights"])
    found.delays = first.delays if len(parts) == 1 else _delays(found, finest_parts + parts, place)
    return found


def _places(weights: list, finest: list) -> tuple[np.ndarray, np.ndarray]:
    """(targets, sources) of the weights that are not 0 in either, by target."""
    pairs: set[tuple[int, int]] = set()
    for rows in (weights, finest):
        for target, row in enumerate(rows):
            listed = row.items() if isinstance(row, dict) else enumerate(row)
            pairs.update((target, int(source)) for source, weight in listed if weight)
    ordered = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    return ordered[:, 0], ordered[:, 1]


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


def held_weights(projection: TrainedProjection, rows: list) -> np.ndarray:
    """int64 [values]: of a projection, what rows of settings hold."""
    if projection.kernel:
        return np.array(rows, np.int64).reshape(-1)
    found = np.zeros(len(projection.weights), np.int64)
    if rows and isinstance(rows[0], dict):
        found[projection.which] = [
            rows[row].get(str(column), 0) for row, column in zip(projection.rows, projection.columns)
        ]
    elif len(found):
        found[projection.which] = np.array(rows, np.int64)[projection.rows, projection.columns]
    return found


def _delays(projection: TrainedProjection, parts: list[WitnessProjection], place: np.ndarray) -> np.ndarray:
    """Steps of each weight's own, or none: those that it has in a part where it is not 0."""
    if not any(p.delays.any() for p in parts):
        return np.zeros(0, np.int64)
    found = np.zeros(len(projection.weights), np.int64)
    at = {pair: k for k, pair in enumerate(zip(projection.rows[place], projection.columns[place]))}
    for p in parts:
        delays = p.delays if p.delays.size else np.zeros(len(p.weights), np.int64)
        if projection.kernel:
            held = p.weights != 0
            found[held] = delays[held]
            continue
        for row, column, which in zip(p.rows, p.columns, p.which):
            if p.weights[which]:
                found[at[row, column]] = delays[which]
    return found


def rows_of(projection: TrainedProjection, sources: int, weights: np.ndarray) -> list:
    """Weights as quantization settings hold them: of kernels a row for each output channel, else one for each target."""
    if projection.kernel:
        return weights.reshape(projection.blocks, -1).tolist()
    rows = int(projection.rows.max(initial=-1)) + 1
    matrix = np.zeros((max(rows, projection.blocks), sources), np.int64)
    matrix[projection.rows, projection.columns] = weights[projection.which]
    return matrix.tolist()
