"""A campaign under way: blocks of work of a second or two, saved between, until every figure is known or time is up."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Callable, Iterator, Optional

import numpy as np

from ..data import DataSet
from ..errors import option_error
from ..files import make_folder
from ..image import Image
from . import plan as plans
from .checkpoint import DAMAGES, NAME, State, Tally
from .intervals import clopper_pearson, confidence_of_look
from .plan import Plan
from .progress import Forecast

BLOCK_SECONDS = 1.0  # blocks grow while they take less; no figure depends on where blocks end
SAVE_SECONDS = 3.0  # between two saves at least, and ten times as long as the last one took
LEVELS = ("raster", "output", "decision")  # of damage; each includes those after it


def at_least(counts) -> dict[str, int]:
    """From counts by damage [5] to those that a figure is made of: masked, the levels, undefined. SPEC B16."""
    count = {name: int(counts[k]) for k, name in enumerate(DAMAGES)}
    levels = {level: sum(count[name] for name in LEVELS[k:]) for k, level in enumerate(LEVELS)}
    return {"masked": count["none"], **levels, "undefined": count["undefined"]}


class Runner:
    """visited, drawn: the core's campaigns over both parts, None where one is empty; strata: of each; state: so far."""

    def __init__(
        self,
        image: Image,
        data: DataSet,
        arrays: list[np.ndarray],
        plan: Plan,
        threads: int,
        progress: Optional[Callable],
        workers,
    ):
        self.image, self.data, self.plan, self.threads, self.x = image, data, plan, threads, arrays
        labels = plans.check_labels(image, data, plan.output)
        self.labels = np.zeros(0, np.int32) if labels is None or plan.tolerance is not None else labels
        self.visited = plan.open(image, True)
        self.drawn = plan.open(image, False)
        self.strata = {
            "visited": self.visited.strata() if self.visited else [],
            "drawn": self.drawn.strata() if self.drawn else [],
        }
        self.folder: Optional[Path] = None
        self.state = State(len(self.strata["drawn"]))
        self.forecast = Forecast(plan, self.state, data.samples if self.visited else 0, progress)
        self._saved = (time.monotonic(), 0.0)  # when, and how long it took
        self._unsaved = self._worked = False
        self._samples = threads or os.cpu_count() or 1  # of the next block of visits
        self._draws = plans.FIRST_DRAWS  # of the next block of draws
        self.sharding = None
        if workers is not None:
            from .sharding import Sharding

            self.sharding = Sharding(workers, image, plan, self.x, self.labels)

    @property
    def finished(self) -> bool:
        return self._everything_visited() and all(tally.settled for tally in self.state.tallies)

    def _everything_visited(self) -> bool:
        return not self.visited or self.state.visited == self.data.samples

    def attach(self, folder: Path, resume: bool) -> None:
        """Keeps the state in a folder, and takes up what lies there. Raises OptionError R0806, DataError R0260, R0807."""
        make_folder(folder)
        if resume:
            sites = sum(stratum["sites"] for stratum in self.strata["visited"])
            found = State.load(folder, self.plan, sites, [s["sites"] for s in self.strata["drawn"]])
            if found is not None:
                self.state = self.forecast.state = found
        elif (folder / NAME).exists():
            raise option_error(
                f"'{folder}' holds a campaign already",
                "add --resume to go on with it, or give another folder",
                "R0806",
            )
        self.folder = folder
        for half in folder.glob(f".{NAME}.*.part"):  # what a kill in the midst of a save left
            half.unlink(missing_ok=True)
        self._save(at_once=True)

    def run(self, budget: Optional[float]) -> None:
        """Until the end or the budget's, one block at least: every stratum is looked at once, in their order, while visits
        go on, as long for the one as for the other; then looks go on. What the budget does not reach has no figure."""
        end = None if budget is None else time.monotonic() + budget

        def over() -> bool:
            return end is not None and self._worked and time.monotonic() >= end

        try:
            tallies = self.state.tallies
            for k in self._empty():
                tallies[k].settled = True
            first = [k for k, tally in enumerate(tallies) if not tally.looks and not tally.settled]
            self._share({"draw": self._round(first, over), "visit": self._visit(over)}, over)
            while (rest := [k for k, tally in enumerate(tallies) if not tally.settled]) and not over():
                self._share({"draw": self._round(rest, over)}, over)
        finally:
            self._save(at_once=True)
        if self.finished:
            self.forecast.finish()

    def _empty(self) -> list[int]:
        """Drawn strata without a fault in these data: spikes of neurons that send none."""
        pairs = self.drawn.pairs(self.x, self.threads) if self.drawn else []
        return [k for k, count in enumerate(pairs) if not count]

    def _share(self, parts: dict[str, Iterator], over: Callable) -> None:
        """Blocks of all parts, next of the one that had the least time."""
        while parts and not over():
            name = min(parts, key=lambda part: self.forecast.seconds[part])
            if next(parts[name], True):
                del parts[name]

    def _save(self, at_once: bool = False) -> None:
        """Where a save fails, the file of the last one stays."""
        now, (last, took) = time.monotonic(), self._saved
        if self.folder is None or not (at_once or now - last > max(SAVE_SECONDS, 10 * took)):
            return
        if at_once and not self._unsaved and (self.folder / NAME).exists():
            return
        self._unsaved = False
        self.state.save(self.folder, self.plan)
        self._saved = (time.monotonic(), time.monotonic() - now)

    def _done(self, what: str, units: float) -> float:
        """A block is in the state. Returns the seconds that it took."""
        took = self.forecast.note(what, units)
        self._unsaved = self._worked = True
        self._save()
        return took

    def _visit(self, over: Callable) -> Iterator[None]:
        """A block at each step."""
        samples = self.data.samples
        if self.sharding and not self._everything_visited():
            for found in self.sharding.visit(self.state.visited, samples, over):
                self.state.add_visit(found)
                self._done("visit", len(found["answers"]))
                yield
        while not self.sharding and not self._everything_visited():
            first = self.state.visited
            count = min(self._samples, samples - first)
            tell = self.forecast.within(count)
            self.state.add_visit(self.visited.visit(self.x, first, count, self.labels, self.threads, tell))
            took = self._done("visit", count)
            self._samples = _next_size(count, took, self.threads or os.cpu_count() or 1)
            yield

    def _round(self, strata: list[int], over: Callable) -> Iterator[None]:
        """One look at each of these strata, a block at each step."""
        tallies = self.state.tallies
        drawn = {k: tallies[k].drawn for k in strata}
        wanted = {k: (n, self.plan.wanted(tallies[k].looks) - n) for k, n in drawn.items()}
        for block, found in self.sharding.draw(wanted, over) if self.sharding else self._draw(wanted):
            for (k, _, _), part in zip(block, found):
                tallies[k].add(part, self.labels)
                self._look(k)
            took = self._done("draw", sum(count for _, _, count in block))
            self._draws = _next_size(self._draws, took, 64)
            yield

    def _draw(self, wanted: dict) -> Iterator[tuple[list, list]]:
        """Blocks of requests with what was drawn."""
        for block in plans.draw_blocks(wanted, lambda: self._draws):
            yield block, self.drawn.draw_many(self.x, block, self.threads, None)

    def _look(self, stratum: int) -> None:
        """Once what the next look wants was drawn: whether every interval is narrow enough. SPEC B21."""
        tally = self.state.tallies[stratum]
        if tally.drawn < self.plan.wanted(tally.looks):
            return
        held = confidence_of_look(tally.looks, self.plan.confidence)
        widest = max(
            np.subtract(*reversed(clopper_pearson(count, tally.drawn, held)))
            for count in at_least(tally.counts).values()
        )
        tally.looks += 1
        tally.settled = bool(widest <= self.plan.width or self.plan.wanted(tally.looks) > plans.MOST_DRAWS)
        self.forecast.looked(stratum, float(widest))

    def look_of(self, tally: Tally) -> int:
        """The look whose confidence the figures of a stratum have: the last one, or the one under way."""
        taken = tally.looks > 0 and tally.drawn == self.plan.wanted(tally.looks - 1)
        return tally.looks - 1 if taken else tally.looks

    def answers(self) -> np.ndarray:
        """Of the intact chip: of the samples visited, or of all where none were."""
        return self.state.answers if self.state.visited else self._any().answers(self.x, self.threads)

    def _any(self):
        return self.visited or self.drawn


def _next_size(size: int, took: float, least: int) -> int:
    """Of the next block: towards BLOCK_SECONDS."""
    if took < BLOCK_SECONDS / 2:
        return size * 2
    return max(least, size // 2) if took > 2 * BLOCK_SECONDS else size
