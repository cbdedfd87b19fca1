"""Fault campaigns as they are called: arguments checked, a plan made, the work run."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Optional

import numpy as np

from ..arguments import callback, thread_count, whole_number
from ..data import DataSet, of_arrays
from ..errors import Error, option_error, shown
from ..image import Image
from . import plan as plans
from .kinds import expand, fault_kinds, name_of
from .plan import Plan
from .results import Campaign
from .runner import Runner

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

    x: integers [samples, T, *input_shape] (or a data set of `rheobase.data`); y: labels [samples], or None. faults: kinds of
    `fault_kinds`, with an amount where they have one ("message-loss:1e-3"), families ("weight"), or "all". exhaustive: those
    of them of which every fault is tried on every sample; kinds with at most 200,000 pairs of fault and sample are without
    being asked. The others are drawn at random, stratum by stratum (kind, node, weight bit): 500 times, then twice as
    often at each look, until every interval at ``confidence`` (over all looks) is at most ``width`` wide, both shares from 0
    to 1, or 4 million were drawn. instances: realisations of random kinds that may be drawn.

    The answer is the output's largest sum over time; with ``tolerance`` (network units) it is the values themselves, and
    another answer is one of which a value is off by more, its distances averaged over time. output: which Output node
    answers, where there are several. folder: where the state is kept, at least every few seconds, so that an interrupted
    campaign goes on with resume=True and ends with the same figures. budget: seconds; the block of work under way is ended,
    then the result is what is known by then (`finished` tells). workers: a Dask client whose workers share the work.
    progress: called with (done, 100), per cent of the time that it is expected to take.

    Every outcome is exact: equal to running the faulty chip from the first step to the last. What each kind of fault does,
    how faults are drawn and what is counted is chapter B of ir/SPEC.md. The result depends on image, data, faults and
    seed, not on threads, workers or interruptions.

    Raises OptionError (R0801 to R0803 for faults, R0806 for a folder of another campaign), DataError (R0804 where the image
    has no place for a kind, R0805 where a run does not fit memory, R0807 for a damaged state); Ctrl-C leaves the state in
    ``folder``.

    Example: print(rb.robust(image, x, y, faults=["weight-flip", "neuron-dead"]).text())
    """
    if not isinstance(image, Image):
        raise option_error(
            f"robust needs an Image, not {type(image).__name__}", "rb.robust(rb.compile(net), x, y)"
        )
    threads = thread_count(threads)
    if budget is not None and (
        isinstance(budget, bool) or not (isinstance(budget, (int, float, np.number)) and budget > 0)
    ):
        raise option_error(f"budget is {shown(budget)}, needed is a number of seconds above 0")
    if resume and folder is None:
        raise option_error("resume needs the folder of the campaign", "give folder=, or leave resume out")
    data = x if isinstance(x, DataSet) else data_set(image, x, y)
    arrays = image._inputs(data.slice(0, data.samples), data.file)[0]
    plan = make_plan(
        image, data, arrays, faults, seed, exhaustive, width, confidence, instances, tolerance, output
    )
    runner = Runner(image, data, arrays, plan, threads, callback(progress), workers)
    if folder is not None:
        runner.attach(Path(folder), bool(resume))
    runner.run(budget)
    return Campaign.of(runner)


def data_set(image: Image, x, y) -> DataSet:
    """Arrays as a data set of an image with one input. Raises DataError."""
    return of_arrays(x, y, [i["shape"] for i in image.info["inputs"]], "campaigns take images")


def check_share(name: str, value, low: float, high: float) -> float:
    """A number between two, or an OptionError."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not low < value < high:
        raise option_error(f"{name} is {shown(value)}, needed is a number between {low:g} and {high:g}")
    return float(value)


def make_plan(
    image, data, arrays, faults, seed, exhaustive, width, confidence, instances, tolerance, output
) -> Plan:
    """Checks every argument and decides what is visited and what is drawn. Raises OptionError, DataError."""
    names, lenient = expand(faults)
    wanted = expand(exhaustive)[0] if exhaustive else []
    if unknown := [name for name in wanted if name not in names]:
        raise option_error(
            f"'{unknown[0]}' is to be exhaustive and not among the faults",
            f"add it: --faults {','.join(names + unknown)}" if len(names) < 12 else "add it to --faults",
        )
    index = plans.deciding_output(image, data, output)
    labels = plans.check_labels(image, data, index)
    plan = Plan(
        image=plans.hash_of(image.to_bytes()),
        data=plans.hash_of(*arrays, np.zeros(0) if labels is None else labels),
        faults=names,
        seed=whole_number("seed", seed, 0, MOST_SEED),
        samples=data.samples,
        steps=data.steps,
        instances=whole_number("instances", instances, 1, 1 << 40),
        confidence=check_share("confidence", confidence, 0.5, 1),
        width=check_share("width", width, 0, 1),
        output=index,
        scale=plans.scale_of(image, index),
        tolerance=None if tolerance is None else check_share("tolerance", tolerance, 0, float("inf")),
    )
    sites = _places(image, plan, lenient)
    plan.exhaustive = [
        name for name in plan.faults if _visits(name, sites[name], name in wanted, data.samples)
    ]
    return plan


def _places(image: Image, plan: Plan, lenient: set[str]) -> dict[str, int]:
    """Faults of each kind. Takes kinds out of the plan that the image has no place for, where 'all' alone stands for them."""
    while True:
        try:
            strata = plans.open_core(image, plan.faults, plan).strata()
            break
        except Error as error:
            nowhere = error.diagnostics[0].where
            if error.code != "R0804" or nowhere not in lenient or len(plan.faults) == 1:
                raise
            plan.faults = [name for name in plan.faults if name != nowhere]
    sites = dict.fromkeys(plan.faults, 0)
    for stratum in strata:
        sites[name_of(stratum["kind"], stratum["amount"])] += stratum["sites"]
    return sites


def _visits(name: str, sites: int, wanted: bool, samples: int) -> bool:
    """Whether every fault of a kind is tried on every sample."""
    if wanted and sites > plans.MOST_SITES:
        raise option_error(
            f"'{name}' has {sites:,} faults; at most {plans.MOST_SITES:,} are visited exhaustively",
            "have them drawn: leave it out of --exhaustive",
        )
    about = {k["name"]: k["about"] for k in fault_kinds()}[name.partition(":")[0]]
    return wanted or (about not in plans.RANDOM and sites * samples <= plans.FEW_PAIRS)
