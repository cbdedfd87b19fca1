"""Blocks of a campaign over the workers of a Dask client: the same bytes, merged in the same order."""

from __future__ import annotations

from typing import Iterator

import numpy as np

from ..errors import option_error
from ..image import Image
from . import plan as plans
from .plan import Plan

_opened: dict = {}  # in a worker: campaigns by plan


def _campaign(image: bytes, plan: Plan, exhaustive: bool):
    key = (plan.fingerprint(), exhaustive)
    if key not in _opened:
        _opened.clear()  # one campaign at a time: counts of many faults are large
        _opened[key] = plan.open(Image.from_bytes(image), exhaustive)
    return _opened[key]


def _visit(image: bytes, plan: Plan, x: list, labels: np.ndarray, first: int, count: int) -> dict:
    return _campaign(image, plan, True).visit(x, first, count, labels, 1, None)


def _draw(image: bytes, plan: Plan, x: list, stratum: int, first: int, count: int) -> dict:
    return _campaign(image, plan, False).draw(x, stratum, first, count, 1, None)


class Sharding:
    """What the runner asks instead of its own campaign."""

    def __init__(self, client, image: Image, plan: Plan, x: list, labels: np.ndarray):
        if not all(hasattr(client, name) for name in ("submit", "scatter", "scheduler_info")):
            raise option_error(
                f"workers is {type(client).__name__}, needed is a dask.distributed.Client",
                "pip install dask distributed, then Client(address)",
            )
        self.client, self.plan, self.labels = client, plan, labels
        self.image, self.x = client.scatter([image.to_bytes(), x], broadcast=True)

    def _workers(self) -> int:
        return max(1, sum(w["nthreads"] for w in self.client.scheduler_info()["workers"].values()))

    def visit(self, first: int, samples: int) -> Iterator[dict]:
        """Blocks of all samples from ``first`` on, in their order."""
        starts = range(first, samples, plans.BLOCK_SAMPLES)
        futures = [
            self.client.submit(
                _visit,
                self.image,
                self.plan,
                self.x,
                self.labels,
                start,
                min(plans.BLOCK_SAMPLES, samples - start),
                pure=False,
            )
            for start in starts
        ]
        for future in futures:
            yield future.result()
            future.release()

    def draw(self, stratum: int, first: int, count: int) -> dict:
        share = -(-count // self._workers())
        futures = [
            self.client.submit(
                _draw,
                self.image,
                self.plan,
                self.x,
                stratum,
                start,
                min(share, first + count - start),
                pure=False,
            )
            for start in range(first, first + count, share)
        ]
        parts = self.client.gather(futures)
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
