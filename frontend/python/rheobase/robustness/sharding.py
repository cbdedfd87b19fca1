"""Blocks of a campaign over the workers of a Dask client: the same figures, merged in the same order."""

from __future__ import annotations

import threading
from collections import deque
from typing import Callable, Iterable, Iterator

import numpy as np

from ..errors import Error, data_error, option_error
from ..image import Image
from .plan import Plan, Request, draw_blocks

BLOCK_SAMPLES = 64  # of a visit, at most
LEAST_DRAWS = 250  # that a worker is asked for
AHEAD = 2  # blocks under way for each thread of the workers: their counts are held in memory

_opened: dict = {}  # in a worker: both campaigns of the plan that was last asked for
_opening = threading.Lock()


def _campaign(image: bytes, plan: Plan, x: list, labels: np.ndarray, exhaustive: bool):
    key = (plan.fingerprint(), exhaustive)
    with _opening:
        if any(other != key[0] for other, _ in _opened):
            _opened.clear()
        if key not in _opened:
            campaign = plan.open(Image.from_bytes(image), exhaustive)
            if exhaustive:
                campaign.visit(x, 0, 0, labels, 1, None)  # sorts its faults, before threads share it
            _opened[key] = campaign
        return _opened[key]


def _visit(image: bytes, plan: Plan, x: list, labels: np.ndarray, first: int, count: int) -> dict:
    return _campaign(image, plan, x, labels, True).visit(x, first, count, labels, 1, None)


def _draw(image: bytes, plan: Plan, x: list, requests: list[Request]) -> list[dict]:
    return _campaign(image, plan, x, np.zeros(0, np.int32), False).draw_many(x, requests, 1, None)


class Sharding:
    """What the runner asks instead of its own campaigns."""

    def __init__(self, client, image: Image, plan: Plan, x: list, labels: np.ndarray):
        if not all(hasattr(client, name) for name in ("submit", "scatter", "scheduler_info")):
            raise option_error(
                f"workers is {type(client).__name__}, needed is a dask.distributed.Client",
                "pip install dask distributed, then Client(address)",
            )
        self.client, self.plan, self.labels = client, plan, labels
        # Bare arrays and bytes; a list would be scattered element by element.
        self.image = self._asked(lambda: client.scatter(image.to_bytes(), broadcast=True))
        self.x = self._asked(lambda: client.scatter({"x": x}, broadcast=True))["x"]

    def _asked(self, ask: Callable):
        """Raises DataError where no worker answers; errors of ours pass."""
        try:
            return ask()
        except Error:
            raise
        except Exception as error:  # Dask raises what its workers, its network and its timers raise
            raise data_error(
                "R0808",
                f"the workers gave no answer: {type(error).__name__}: {' '.join(str(error).split())[:200]}",
                remedy="look at the scheduler and its workers, then go on with --resume",
            ) from error

    def _threads(self) -> int:
        workers = self._asked(self.client.scheduler_info)["workers"].values()
        return max(1, sum(worker["nthreads"] for worker in workers))

    def _in_order(self, tasks: Iterable[tuple], over: Callable) -> Iterator:
        """Results of (function, arguments...) in the order of the tasks, a few ahead; none is begun once time is over."""
        tasks, waiting, most = iter(tasks), deque(), AHEAD * self._threads()
        try:
            while True:
                while len(waiting) < most and not over():
                    task = next(tasks, None)
                    if task is None:
                        break
                    waiting.append(self._asked(lambda task=task: self.client.submit(*task, pure=False)))
                if not waiting:
                    return
                future = waiting.popleft()
                yield self._asked(future.result)
        finally:
            for future in waiting:
                future.cancel()

    def visit(self, first: int, samples: int, over: Callable) -> Iterator[dict]:
        """Blocks of all samples from ``first`` on, in their order."""
        count = max(1, min(BLOCK_SAMPLES, (samples - first) // (4 * self._threads())))
        yield from self._in_order(
            (
                (_visit, self.image, self.plan, self.x, self.labels, start, min(count, samples - start))
                for start in range(first, samples, count)
            ),
            over,
        )

    def draw(self, wanted: dict[int, tuple[int, int]], over: Callable) -> Iterator[tuple[list, list]]:
        """Draws of strata, {stratum: (first, count)}: blocks of requests with what was drawn, in their order."""
        total = sum(count for _, count in wanted.values())
        size = max(LEAST_DRAWS, total // (4 * self._threads()))
        blocks = list(draw_blocks(wanted, lambda: size))
        tasks = ((_draw, self.image, self.plan, self.x, block) for block in blocks)
        yield from zip(blocks, self._in_order(tasks, over))
