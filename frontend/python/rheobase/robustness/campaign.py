"""Running a fault campaign: blocks of work, checkpoints between them, until every figure is known or time is up."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable, Optional

import numpy as np

from ..arguments import callback, thread_count, whole_number
from ..data import DataSet, check_numbers, check_targets, with_batch
from ..errors import data_error, option_error, shown
from ..image import Image
from . import plan as plans
from .checkpoint import NAME, State
from .intervals import clopper_pearson, confidence_of_look
from .kinds import expand, fault_kinds
from .plan import Plan
from .results import Campaign

DAMAGES = ("none", "raster", "output", "decision", "undefined")
MOST_SEED = (1 << 63) - 1


def robust(
    image: Image,
    x,
    y=None,
    faults=("weight-flip",),
    seed: int = 0,
    exhaustive=(),
    width: float = 0.02,
    confidence: float = 0.95,
    instances: int = 1000,
    tolerance: Optional[float] = None,
    output: Optional[str] = None,
    folder=None,
    resume: bool = False,
    budget: Optional[float] = None,
    threads: Optional[int] = None,
    workers=None,
    progress: Optional[Callable] = None,
) -> Campaign:
    """Injects faults into the words, states, messages and inputs of a chip image and tells what they do.

    x: integers [samples, T, *input_shape] (or a data set of `rheobase.data`); y: labels [samples], or None.
    faults: kinds of `fault_kinds`, with an amount where they have one ("message-loss:1e-3"), families ("weight") or "all".
    exhaustive: those of them of which every fault is tried on every sample; the others are drawn at random,
    stratum by stratum (kind, node, weight bit), until each interval at ``confidence`` is at most ``width`` wide.
    Kinds with at most 200,000 pairs of fault and sample are visited exhaustively anyway. instances: realisations of random
    kinds that may be drawn. The answer is the output's largest sum over time; with ``tolerance`` (network units) it is the
    values themselves, and another answer is one whose mean over time is off by more. output: which Output node answers, where
    there are several. folder: where the state is kept between blocks, so that an interrupted campaign goes on with
    resume=True and ends with the same bytes. budget: seconds, then the result is what is known by then (`finished` tells).
    workers: a Dask client whose workers share the blocks. progress: called with (done, total), shares of the work.

    Every outcome is exact: equal to running the faulty chip from the first step to the last. The result depends on image,
    data, faults and seed, not on threads, workers or interruptions.

    Raises OptionError, DataError; Ctrl-C leaves the state of the last block in ``folder``.

    Example: print(rb.robust(image, x, y, faults=["weight-flip", "neuron-dead"]).text())
    """
    if not isinstance(image, Image):
        raise option_error(
            f"robust needs an Image, not {type(image).__name__}", "rb.robust(rb.compile(net), x, y)"
        )
    data = x if isinstance(x, DataSet) else _data_set(image, x, y)
    plan = make_plan(image, data, faults, seed, exhaustive, width, confidence, instances, tolerance, output)
    threads = thread_count(threads)
    if budget is not None and not (isinstance(budget, (int, float)) and budget > 0):
        raise option_error(f"budget is {shown(budget)}, needed is a number of seconds above 0")
    runner = _Runner(image, data, plan, threads, callback(progress), workers)
    if folder is not None:
        runner.attach(Path(folder), resume)
    elif resume:
        raise option_error("resume needs the folder of the campaign", "give folder=, or leave resume out")
    runner.run(budget)
    return runner.result()


def _data_set(image: Image, x, y) -> DataSet:
    inputs = image.info["inputs"]
    if len(inputs) != 1:
        raise data_error("R0258", f"campaigns take images with one input, this one has {len(inputs)}")
    x, batched = with_batch(check_numbers(x), inputs[0]["shape"])
    data = DataSet(x.shape[0], x.shape[1], lambda first, count: x[first : first + count], None, batched)
    data.y = check_targets(y, data)
    return data


def _share(name: str, value, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not low < value < high:
        raise option_error(f"{name} is {shown(value)}, needed is a number between {low:g} and {high:g}")
    return float(value)


def make_plan(image, data, faults, seed, exhaustive, width, confidence, instances, tolerance, output) -> Plan:
    """Checks every argument and decides what is visited and what is drawn. Raises OptionError, DataError."""
    names = expand(faults)
    wanted = expand(exhaustive) if exhaustive else []
    if unknown := [name for name in wanted if name not in names]:
        raise option_error(
            f"'{unknown[0]}' is to be exhaustive and not among the faults",
            f"add it: --faults {','.join(names + unknown)}",
        )
    index = plans.deciding_output(image, data, output)
    if tolerance is not None:
        _share("tolerance", tolerance, 0, float("inf"))
    x = data.slice(0, data.samples)
    plan = Plan(
        image=plans.hash_of(image.to_bytes()),
        data=plans.hash_of(x, np.zeros(0) if data.y is None else data.y),
        faults=names,
        seed=whole_number("seed", seed, 0, MOST_SEED),
        samples=data.samples,
        steps=data.steps,
        instances=whole_number("instances", instances, 1, 1 << 40),
        confidence=_share("confidence", confidence, 0.5, 1),
        width=_share("width", width, 0, 1),
        output=index,
        scale=plans.scale_of(image, image.info["outputs"][index]),
        tolerance=tolerance,
    )
    plans.check_labels(image, data, index)
    named_all = isinstance(faults, str) and faults == "all" or list(faults) == ["all"]
    random = {k["name"] for k in fault_kinds() if k["about"] in ("message loss", "input", "device")}
    kept = []
    for name in names:
        try:
            strata = plans.open_core(image, [name], plan).strata()
        except Exception as error:
            if named_all and getattr(error, "code", "") == "R0804":
                continue  # the image has no place for it
            raise
        kept.append(name)
        sites = sum(stratum["sites"] for stratum in strata)
        few = sites * data.samples <= plans.FEW_PAIRS and name.partition(":")[0] not in random
        if name not in wanted and not few:
            continue
        if sites > plans.MOST_SITES:
            raise option_error(
                f"'{name}' has {sites:,} faults; at most {plans.MOST_SITES:,} are visited exhaustively",
                "have them drawn: leave it out of --exhaustive",
            )
        plan.exhaustive.append(name)
    plan.faults = kept
    return plan


class _Runner:
    """One campaign under way."""

    def __init__(self, image: Image, data: DataSet, plan: Plan, threads: int, progress, workers):
        self.image, self.data, self.plan, self.threads = image, data, plan, threads
        self.progress = progress
        self.folder: Optional[Path] = None
        self.state = State()
        self.x = image._inputs(data.slice(0, data.samples), data.file)[0]
        labels = plans.check_labels(image, data, plan.output)
        self.labels = np.zeros(0, np.int32) if labels is None else labels
        self.visited = plan.open(image, True)
        self.drawn = plan.open(image, False)
        self.strata = {
            "visited": self.visited.strata() if self.visited else [],
            "drawn": self.drawn.strata() if self.drawn else [],
        }
        self.finished = False
        self.sharding = None
        if workers is not None:
            from .sharding import Sharding

            self.sharding = Sharding(workers, image, plan, self.x, self.labels)

    def attach(self, folder: Path, resume: bool) -> None:
        """Keeps the state in a folder, and takes up what lies there. Raises OptionError R0806."""
        folder.mkdir(parents=True, exist_ok=True)
        if resume:
            self.state = State.load(folder, self.plan) or self.state
        elif (folder / NAME).exists():
            raise option_error(
                f"'{folder}' holds a campaign already",
                "add --resume to go on with it, or give another folder",
                "R0806",
            )
        self.folder = folder
        self.state.save(folder, self.plan)

    def run(self, budget: Optional[float]) -> None:
        end = None if budget is None else time.monotonic() + budget
        over = lambda: end is not None and time.monotonic() > end  # noqa: E731
        while self.visited and self.state.visited < self.data.samples:
            if over():
                return
            self._visit()
            self._save()
        for stratum in range(len(self.strata["drawn"])):
            while stratum not in self.state.settled:
                if over():
                    return
                self._draw(stratum)
                self._save()
        self.finished = True
        self._tell(1, 1)

    def _save(self) -> None:
        if self.folder is not None:
            self.state.save(self.folder, self.plan)

    def _tell(self, done: float, total: float) -> None:
        if self.progress:
            self.progress(done, total)

    def _parts(self) -> int:
        """Samples to visit and strata to draw, each one part of the work."""
        return (self.data.samples if self.visited else 0) + len(self.strata["drawn"])

    def _visit(self) -> None:
        first = self.state.visited
        count = min(plans.BLOCK_SAMPLES, self.data.samples - first)
        if self.sharding:
            blocks = self.sharding.visit(first, self.data.samples)
            for found in blocks:
                self.state.add_visit(found)
                self._save()
                self._tell(self.state.visited, self._parts())
            return
        tell = lambda done, total: self._tell(first + done, self._parts())  # noqa: E731
        self.state.add_visit(
            self.visited.visit(
                self.x, first, count, self.labels, self.threads, tell if self.progress else None
            )
        )

    def _draw(self, stratum: int) -> None:
        """One look at a stratum: twice the draws of the last one, until the interval is narrow enough."""
        state, plan = self.state, self.plan
        have = state.drawn(stratum)
        wanted = plans.FIRST_DRAWS << state.looks.get(stratum, 0)
        if have < wanted:
            draw = self.sharding.draw if self.sharding else self._draw_here
            state.add_draws(stratum, draw(stratum, have, wanted - have))
        look = state.looks.get(stratum, 0)
        state.looks[stratum] = look + 1
        damage = state.draws[stratum]["damage"]
        held = confidence_of_look(look, plan.confidence)
        narrow = all(
            np.subtract(*reversed(clopper_pearson(int((damage >= level).sum()), len(damage), held)))
            <= plan.width
            for level in (1, 2, 3)
        )
        if narrow or wanted * 2 > plans.MOST_DRAWS:
            state.settled.add(stratum)
        self._tell((self.data.samples if self.visited else 0) + len(state.settled), self._parts())

    def _draw_here(self, stratum: int, first: int, count: int) -> dict:
        return self.drawn.draw(self.x, stratum, first, count, self.threads, None)

    def answers(self) -> np.ndarray:
        """Of the intact chip, for all samples."""
        return (self.visited or self.drawn).answers(self.x, self.threads)

    def result(self) -> Campaign:
        return Campaign.of(self)
