"""The quantized network out of a witness: nodes with their integers, projections with every synapse. SPEC V1.

Read are witnesses that the compiler of this process has just made; rheo-witness is the checker of files of others.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

_HEADER = 16  # magic and version, then a hash of what follows
SIGN_MODES = ("mixed", "excitatory", "inhibitory")


@dataclass
class WitnessNode:
    """A population, or an input, whose model is "". parameters: name -> int64, one value or one for each neuron."""

    name: str
    model: str
    size: int
    lag: int
    parameters: dict[str, np.ndarray]


@dataclass
class WitnessProjection:
    """Synapses: ``rows``, ``columns`` and ``which`` weight each has. ``kernel``: weights are shared by positions.

    weights: int64, as they are stored, without the exponent. delays: steps, one for each weight, or empty.
    """

    name: str
    source: int
    target: int
    delay_steps: int
    bits: int
    exponent: int
    sign_mode: str
    blocks: int
    weights: np.ndarray
    delays: np.ndarray
    rows: np.ndarray = field(repr=False)
    columns: np.ndarray = field(repr=False)
    which: np.ndarray = field(repr=False)
    kernel: bool = False


class _Table:
    """A table of a FlatBuffer: fields by their number."""

    def __init__(self, data: bytes, at: int):
        self.data, self.at = data, at
        self.fields = at - struct.unpack_from("<i", data, at)[0]

    def _place(self, number: int) -> int:
        size = struct.unpack_from("<H", self.data, self.fields)[0]
        entry = 4 + 2 * number
        offset = struct.unpack_from("<H", self.data, self.fields + entry)[0] if entry < size else 0
        return self.at + offset if offset else 0

    def number(self, number: int, form: str) -> int:
        place = self._place(number)
        return struct.unpack_from(form, self.data, place)[0] if place else 0

    def _follow(self, place: int) -> int:
        return place + struct.unpack_from("<I", self.data, place)[0]

    def text(self, number: int) -> str:
        at = self._follow(self._place(number))
        length = struct.unpack_from("<I", self.data, at)[0]
        return self.data[at + 4 : at + 4 + length].decode("utf-8", "surrogateescape")

    def array(self, number: int, dtype: str) -> np.ndarray:
        at = self._follow(self._place(number))
        length = struct.unpack_from("<I", self.data, at)[0]
        return np.frombuffer(self.data, dtype, length, at + 4)

    def tables(self, number: int) -> list[_Table]:
        at = self._follow(self._place(number))
        length = struct.unpack_from("<I", self.data, at)[0]
        return [_Table(self.data, self._follow(at + 4 + 4 * k)) for k in range(length)]


def read_witness(content: bytes) -> tuple[str, list[WitnessNode], list[WitnessProjection]]:
    """(arithmetic profile, nodes, projections). content: what `run_compiler` gives as "witness".

    Example: profile, nodes, projections = read_witness(result["witness"])
    """
    data = bytes(content)
    network = _Table(data, _HEADER + struct.unpack_from("<I", data, _HEADER)[0])
    nodes = [
        WitnessNode(
            t.text(0),
            t.text(1),
            t.number(2, "<I"),
            t.number(3, "<i"),
            {p.text(0): p.array(1, "<i4").astype(np.int64) for p in t.tables(4)},
        )
        for t in network.tables(2)
    ]
    return network.text(0), nodes, [_projection(t, nodes) for t in network.tables(3)]


def _projection(t: _Table, nodes: list[WitnessNode]) -> WitnessProjection:
    blocks, groups, planes = (t.number(k, "<I") for k in (7, 8, 9))
    starts, places, entries = (t.array(k, "<u4").astype(np.int64) for k in (10, 11, 12))
    weights, delays = t.array(13, "<i2").astype(np.int64), t.array(14, "u1").astype(np.int64)
    source = t.number(1, "<I")
    positions = len(starts) - 1
    each = len(weights) // (blocks * planes)
    kernel = len(entries) > 0 or planes > 1 or groups > 1
    entry = entries if len(entries) else np.arange(len(places))
    position = np.repeat(np.arange(positions), np.diff(starts))
    plane_size = nodes[source].size // (groups * planes)
    b, i = (axis.ravel() for axis in np.meshgrid(np.arange(blocks), np.arange(planes), indexing="ij"))
    group = b // (blocks // groups)
    rows = b[:, None] * positions + position
    columns = (group * planes + i)[:, None] * plane_size + places
    which = (b * planes + i)[:, None] * each + entry
    return WitnessProjection(
        t.text(0),
        source,
        t.number(2, "<I"),
        t.number(3, "<i"),
        t.number(4, "B"),
        t.number(5, "<h"),
        SIGN_MODES[t.number(6, "B")],
        blocks,
        weights,
        delays,
        rows.ravel(),
        columns.ravel(),
        which.ravel(),
        kernel,
    )
