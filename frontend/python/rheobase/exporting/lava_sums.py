"""The sums of an image as Lava's synapse processes. SPEC T1, T7, W1, W5, W7.

A small matrix, or one that is not mostly zeros, is Dense, with a delay DelayDense; another is Sparse, with a delay the
program's own LateSparse. A neuron's ports are rows of the sum here and ports of the process there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Optional

import numpy as np

from .sums import Sum

MOST_LISTED = 1 << 25  # of an image: about 3 GB while gathered and packed, 80 bytes each
MESSAGE_BITS = 24  # Lava asks only whether there are any
_SMALL = 1 << 16  # cells that are laid out whatever they hold
_MOSTLY_ZEROS = 4  # so many cells for each synapse


@dataclass
class Synapses:
    """One process: what it multiplies, the port of its targets; ``mode`` is Lava's sign mode."""

    process: str
    port: str
    mode: str
    told_apart: list[str]  # words that its name needs beside the number of the sum
    arrays: dict[str, np.ndarray]  # by what their names end with
    shape: tuple[int, int]


def processes_of(found: Sum, ports: tuple[str, ...], graded: bool) -> Optional[list[Synapses]]:
    """The processes that make a sum; None where its weights mix signs in a way that no process holds."""
    made = []
    for port, part in _by_port(found, ports):
        modes = _sign_modes(part[2])
        # Two processes would shift, and floor, each its own part.
        if modes is None or (len(modes) > 1 and found.exponent < 0):
            return None
        shape = (found.shape[0] // len(ports), found.shape[1])
        process = _process(found, shape, part.shape[1], graded)
        for mode, kept in modes.items():
            words = [port] * (len(ports) > 1) + [mode.lower()] * (len(modes) > 1)
            arrays = _arrays(process, shape, part[:, kept])
            made.append(Synapses(process, port, mode, words, arrays, shape))
    return made


def _by_port(found: Sum, ports: tuple[str, ...]) -> Iterator[tuple[str, np.ndarray]]:
    """The synapses [3, n] of each port that has any: row = neuron * ports + port (SPEC T1)."""
    every = np.stack([found.rows, found.columns, found.values])
    for number, port in enumerate(ports):
        part = every[:, every[0] % len(ports) == number]
        part[0] //= len(ports)
        if part.shape[1]:
            yield port, part


def _process(found: Sum, shape: tuple[int, int], synapses: int, graded: bool) -> str:
    cells = shape[0] * shape[1]
    if cells > max(_SMALL, _MOSTLY_ZEROS * synapses):
        return "LateSparse" if found.delay else "Sparse"
    if not found.delay:
        return "Dense"
    # DelayDense adds payloads up in 64 bits before it shifts, where sums here wrap at 32 (SPEC N19).
    return "LateSparse" if graded and found.exponent < 0 else "DelayDense"


def _arrays(process: str, shape: tuple[int, int], part: np.ndarray) -> dict[str, np.ndarray]:
    """A matrix, or its parts in compressed rows: values, their columns, where each row starts."""
    rows, columns, values = part
    if not process.endswith("Sparse"):
        matrix = np.zeros(shape, np.int32)
        matrix[rows, columns] = values
        return {"": matrix}
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=shape[0]))])
    return {".data": values, ".indices": columns, ".indptr": starts}


def _sign_modes(weights: np.ndarray) -> Optional[dict[str, np.ndarray]]:
    """{mode: which weights}: one process where its format holds them all, two where even and odd signs do not share one."""
    low, high = int(weights.min()), int(weights.max())
    if not (weights % 2).any() and -256 <= low and high <= 254:
        return {"MIXED": np.ones(len(weights), bool)}
    if -255 <= low and high <= 255:
        parts = {"EXCITATORY": weights > 0, "INHIBITORY": weights < 0}
        return {mode: part for mode, part in parts.items() if part.any()}
    return None
