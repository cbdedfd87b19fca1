"""Fault campaigns as they are called: arguments checked, a plan made, the work run."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Optional

import numpy as np

from .. import condition
from ..arguments import callback, thread_count, whole_number
from ..data import DataSet, of_arrays
from ..errors import Error, option_error, path_of, shown, unknown_name
from ..image import Image
from . import plan as plans
from .kinds import EVERYTHING, expand, name_of, words_of
from .plan import Plan
from .results import FIGURES, Campaign
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
    fail_if: Optional[str] = None,
) -> Campaign:
    """Injects faults into the words, states, messages and inputs of a chip image and tells what they do.

    x: integers [samples, T, *input_shape], a dictionary of them by name for several inputs, or a data set of `rheobase.data`;
    y: labels [samples], or None, or targets [samples, T, outputs], which take a ``tolerance``. faults: kinds of
    `fault_kinds`, with an amount where they have one ("message-loss:1e-3"), families ("weight"), or "all". exhaustive: those
    of them of which every fault is tried on every sample ("all": wherever that can be); kinds with few pairs of fault and
    sample (`plan.FEW_PAIRS`) are without being asked, random ones never: their realisations have no end. The others are
    drawn at random, stratum by stratum (kind, node, weight bit): `plan.FIRST_DRAWS` times, then twice as often at each look,
    until every interval at ``confidence`` (over all looks) is at most ``width`` wide, both shares from 0 to 1, or
    `plan.MOST_DRAWS` were drawn. instances: realisations of random kinds to draw from; their figures are means over these.

    The answer is the output's largest sum over time; with ``tolerance`` (network units) it is the values themselves, and
    another answer is one of which a value is off by more, its distances averaged over time. output: which Output node
    answers, where there are several. folder: where the state is kept, at least every few seconds, so that an interrupted
    campaign goes on with resume=True and ends with the same figures. budget: seconds; the block of work under way is ended,
    then the result is what is known by then (`finished` tells). workers: a Dask client whose workers share the work.
    progress: called with (done, 100), per cent of the time that it is expected to take. fail_if: a condition that
    `Campaign.fails` will be asked: figures that this campaign cannot have are refused before it begins.

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
    folder = None if folder is None else Path(path_of(folder))
    data = x if isinstance(x, DataSet) else of_arrays(x, y, image.input_shapes)
    arrays = image._inputs(data.slice(0, data.samples), data.file)[0]
    plan = make_plan(
        image, data, arrays, faults, seed, exhaustive, width, confidence, instances, tolerance, output
    )
    if fail_if is not None:
        check_condition(fail_if, plan, data)
    runner = Runner(image, data, arrays, plan, threads, callback(progress), workers)
    if folder is not None:
        runner.attach(folder, bool(resume))
    runner.run(budget)
    return Campaign.of(runner)


def check_condition(fail_if: str, plan: Plan, data: DataSet) -> None:
    """Raises OptionError for figures that do not exist, or that a campaign of this plan cannot have."""
    for name in condition.names_of(fail_if):
        if name not in FIGURES:
            raise unknown_name("figure", name, FIGURES)
        if "accuracy" not in name:
            continue
        drawn = [kind for kind in plan.faults if kind not in plan.exhaustive and not plans.is_random(kind)]
        if plan.tolerance is not None:
            why, remedy = "with a tolerance no answer is right or wrong", "ask for 'decision'"
        elif data.y is None:
            why, remedy = "the data have no labels", "give y, a label for each sample, or ask for 'decision'"
        elif name == "accuracy" or not drawn and plan.exhaustive:
            continue
        elif drawn:
            why = f"the faults of {_some(drawn)} are drawn, so that nobody knows which is worst"
            remedy = (
                f"try all of them: --exhaustive {','.join(drawn) if len(drawn) <= _SHOWN else EVERYTHING}"
            )
        else:
            why, remedy = (
                "realisations of random kinds have no end, so none is the worst",
                "ask for 'decision'",
            )
        raise option_error(f"there will be no figure '{name}': {why}", remedy, "R0259")


_SHOWN = 4  # kinds that a message names


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more kinds" if len(names) > _SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:_SHOWN]) + more


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
    wanted = _wanted(exhaustive, names)
    index = plans.deciding_output(image, data, output)
    labels = plans.check_labels(image, data, index)
    if tolerance is None and labels is None and data.y is not None:
        raise option_error(
            f"y holds targets, of which the largest sum over time of '{image.info['outputs'][index]['name']}' is no answer",
            "say with --tolerance how far a value may be off on average over time, in the network's units; or give data "
            "without y",
        )
    plan = Plan(
        image=plans.hash_of(image.to_bytes()),
        data=plans.hash_of_data(arrays, labels),
        faults=names,
        seed=whole_number("seed", seed, 0, MOST_SEED),
        samples=data.samples,
        steps=data.steps,
        instances=whole_number("instances", instances, 1, 1 << 40),
        confidence=check_share("confidence", confidence, 0.5, plans.MOST_CONFIDENCE),
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


def _wanted(exhaustive, names: list[str]) -> list[str]:
    """Kinds that are to be visited. Raises OptionError for those that are not broken, or that have no end."""
    words = words_of(exhaustive) if exhaustive else []
    everything = [name for name in names if not plans.is_random(name)] if EVERYTHING in words else []
    others = [word for word in words if word != EVERYTHING]
    wanted = expand(others)[0] if others else []
    if unknown := [name for name in wanted if name not in names]:
        few = len(names) + len(unknown) <= 3 * _SHOWN
        raise option_error(
            f"{_some(unknown)} {'is' if len(unknown) == 1 else 'are'} to be exhaustive and not among the faults",
            f"add it: --faults {','.join(names + unknown)}" if few else "add it to --faults, or leave it out",
        )
    if random := [name for name in wanted if plans.is_random(name)]:
        raise option_error(
            f"'{random[0]}' cannot be exhaustive: it is random, and its realisations have no end",
            "leave it out of --exhaustive: realisations are drawn, and figures have intervals",
        )
    return [*wanted, *(name for name in everything if name not in wanted)]


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
    return wanted or (not plans.is_random(name) and sites * samples <= plans.FEW_PAIRS)
