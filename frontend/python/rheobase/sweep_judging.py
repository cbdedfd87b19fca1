"""What images of a sweep do to the data beside the float network, whose recordings are kept meanwhile."""

from __future__ import annotations

from typing import Iterator, Optional

import numpy as np

from .data import DataSet, Samples, part_of, samples_in
from .errors import DataError, in_file
from .image import Image
from .network import Network
from .statistics import difference, proportion
from .verification import Judge

CACHE_BYTES = 1 << 30  # of the float network's recordings


class Measuring:
    """Figures of images on one data set, on all of it and on its halves: samples 0, 2, 4, ... and 1, 3, 5, ...

    What is chosen on one half can be judged on the other, which had no say in it.
    """

    def __init__(self, net: Network, data: DataSet, engine: str, threads: Optional[int]):
        self.net, self.data, self.engine, self.threads = net, data, engine, threads
        self.size = 0  # samples of a chunk: what the first image asks for
        self.kept: list[Optional[_Kept]] = []
        self.held = 0

    def measure(self, image: Image) -> dict:
        """{figures of all samples, "halves": [of the even ones, of the odd ones], where there are two samples}."""
        judges = [Judge(self.net, image, self.data) for _ in range(3)]
        counts = [0, 0, 0]
        for judge in judges:
            judge.probes = []
        self.size = self.size or judges[0].chunk_size()
        for first, half, x, y, ref in self._pieces():
            try:
                out = image.run(x, engine=self.engine, threads=self.threads)
            except DataError as error:
                raise in_file(error, self.data.file) from None
            for k in (0, 1 + half):
                judges[k].add(first, ref, out, y)
                counts[k] += samples_in(x)
        image._engines.clear()  # of many images they would take room
        found = _figures(judges[0], counts[0])
        if self.data.samples > 1:
            found["halves"] = [_figures(judges[k], counts[k]) for k in (1, 2)]
            for half in found["halves"]:
                del half["spikes"], half["overflows"]
        return found

    def _pieces(self) -> Iterator[tuple]:
        """(first sample of its chunk, 0 or 1 for even or odd samples, x, y, the float network's recording)."""
        number = 0
        for first, chunk in self.data.chunks(self.size):
            for half in (0, 1):
                part = slice((first + half) % 2, None, 2)
                x = part_of(chunk, part)
                if not samples_in(x):
                    continue
                y = None if self.data.y is None else self.data.y[first : first + samples_in(chunk)][part]
                yield first, half, x, y, self._float(number, x)
                number += 1

    def _float(self, number: int, x: Samples):
        if number < len(self.kept) and self.kept[number] is not None:
            return self.kept[number]
        ref = self.net.run(x, threads=self.threads)
        if number == len(self.kept):
            kept = _Kept(ref)
            self.held += kept.bytes
            self.kept.append(kept if self.held < CACHE_BYTES else None)
        return ref


def _figures(judge: Judge, samples: int) -> dict:
    right = judge.right
    cells = sum(c["cells"] for c in judge.counts.values())
    error = [e["chip_to_float"].result() for e in judge.errors.values()]
    found = {
        "samples": samples,
        "agreement": sum(c["equal"] for c in judge.counts.values()) / cells if cells else 1.0,
        "spikes": {
            name: {"agreement": c["equal"] / c["cells"], "float": c["float"], "chip": c["chip"]}
            for name, c in judge.counts.items()
        },
        "overflows": sum(sum(o.values()) for o in judge.overflows.values()),
        "error": max((e["mean_absolute"] for e in error), default=None),
        "r2": min((e["r2"] for e in error if e["r2"] is not None), default=None),
    }
    if judge.task == "classification":
        only_float, only_chip = right["float"] - right["both"], right["chip"] - right["both"]
        found.update(
            float_accuracy=proportion(right["float"], samples),
            accuracy=proportion(right["chip"], samples),
            same_answer=proportion(right["same"], samples),
            accuracy_drop=difference(only_float, only_chip, samples),
        )
        found["loss"] = 1 - right["same"] / samples
    elif judge.task == "regression":
        sides = judge.errors[judge.target]
        found["float_r2"], found["chip_r2"] = (sides[s].result()["r2"] for s in ("float", "chip"))
    if "loss" not in found:
        found["loss"] = 1.0 - (found["r2"] if found["r2"] is not None else found["agreement"])
    return found


def judged(mixed: dict) -> dict:
    """A setting that was chosen by its figures on the first half of the samples, with those on the other half."""
    return {**mixed, **mixed["halves"][1]} if "halves" in mixed else mixed


def score_of(s: dict) -> float:
    """What a setting is drawn and compared by, from 0 to 1 (or below 0: R2)."""
    if s.get("accuracy"):
        return s["accuracy"]["value"]
    return 1 - s["loss"] if s.get("chip_r2") is None else s["chip_r2"]


def score_name(s: dict) -> str:
    """What `score_of` is a share of."""
    if s.get("accuracy"):
        return "right answers"
    if s.get("chip_r2") is not None:
        return "variance of the targets explained (R2)"
    if s["r2"] is not None:
        return "variance of the float network's output explained (R2)"
    return "cells of spikes equal to the float network's"


def loss_name(s: dict) -> str:
    """What a setting's loss is a share of."""
    if s.get("accuracy"):
        return "answers that are not the float network's"
    if s["r2"] is not None:
        return "variance of the float network's output not explained"
    return "cells of spikes that are not the float network's"


class _Kept:
    """A float recording in little room: spikes as bits."""

    def __init__(self, ref):
        self._packed = {name: (s.shape, np.packbits(s != 0)) for name, s in ref.spikes.items()}
        self.outputs = ref.outputs
        self.bytes = sum(p.nbytes for _, p in self._packed.values()) + sum(
            o.nbytes for o in self.outputs.values()
        )

    @property
    def spikes(self) -> dict:
        return {
            name: np.unpackbits(packed, count=int(np.prod(shape))).reshape(shape)
            for name, (shape, packed) in self._packed.items()
        }
