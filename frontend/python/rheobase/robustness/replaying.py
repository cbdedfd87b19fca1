"""One fault on one sample again, the long way, with all traces."""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..arguments import thread_count, whole_number
from ..data import DataSet, of_arrays
from ..errors import Diagnostic, InternalError, option_error, shown
from ..image import Image
from . import plan as plans
from .campaign import MOST_SEED, check_share
from .checkpoint import DAMAGES


class Replay:
    """What a fault did to one sample. spikes[name], outputs[name]: pairs (intact, faulty) of int32 [T + L, n]; damage: "none",
    "raster", "output", "decision" or "undefined"; answers: (intact, faulty); first: the first difference, {population,
    step, neuron, intact, faulty} or None; undefined: why the words mean nothing, or ""."""

    def __init__(self, fault: str, what: str, sample: int, found: dict, before: int):
        self.fault, self.what, self.sample = fault, what, sample
        self.damage = DAMAGES[found["outcome"]["damage"]]
        self.answers = (before, found["outcome"]["answer"])
        self.undefined = found["faulty"]["why"]
        intact, faulty = found["intact"], found["faulty"]
        self.spikes = {n: (a, faulty["spikes"].get(n, a)) for n, a in intact["spikes"].items()}
        self.outputs = {n: (a, faulty["outputs"].get(n, a)) for n, a in intact["outputs"].items()}
        self.first = self._first()

    def _first(self):
        found = None
        for name, (a, b) in self.spikes.items():
            differs = np.argwhere(a != b)
            if len(differs) and (found is None or differs[0][0] < found["step"]):
                step, neuron = (int(v) for v in differs[0])
                found = {
                    "population": name,
                    "step": step,
                    "neuron": neuron,
                    "intact": int(a[step, neuron]),
                    "faulty": int(b[step, neuron]),
                }
        return found

    def as_dict(self) -> dict:
        """Plain values, as --json prints them."""
        return {
            "fault": self.fault,
            "what": self.what,
            "sample": self.sample,
            "damage": self.damage,
            "answers": list(self.answers),
            "undefined": self.undefined,
            "first_difference": self.first,
        }

    def text(self) -> str:
        """For people."""
        lines = [f"{self.fault} on sample {self.sample}: {self.what}"]
        if self.undefined:
            return "\n".join([*lines, f"the words mean nothing any more: {self.undefined}"])
        changed = sum(int((a != b).sum()) for a, b in self.spikes.values())
        if self.first is None:
            lines.append("no spike differs")
        else:
            f = self.first
            lines.append(
                f"{changed:,} values of the raster differ; the first: step {f['step']}, neuron {f['neuron']} of "
                f"'{f['population']}' sends {f['faulty']} instead of {f['intact']}"
            )
        if self.answers[0] >= 0:
            lines.append(f"answer: {self.answers[0]} without the fault, {self.answers[1]} with it")
        lines.append(
            {
                "none": "masked: nothing differs",
                "raster": "the outputs are the same",
                "output": "an output differs, the answer does not",
            }.get(self.damage, "the answer changes")
        )
        return "\n".join(lines)

    __str__ = text


def replay(
    image: Image,
    fault: str,
    x,
    sample: Optional[int] = None,
    seed: int = 0,
    output: Optional[str] = None,
    tolerance: Optional[float] = None,
    threads: Optional[int] = None,
) -> Replay:
    """Runs one named fault of a report on one sample, from the first step to the last, beside the intact chip.

    fault: its name, as reports give it ("weight-flip@core=0,memory=synapse,word=3,bit=12"). x: as for `robust`, the same
    data; sample: which of them, from 0; None for the first of those that the fault harms most. seed, output, tolerance:
    the campaign's. threads: all cores where left out; the result does not depend on it. Raises OptionError R0801 to R0803
    for names that are none of this image.

    Example: print(rb.replay(image, campaign.data["critical"][0]["fault"], x, sample=7))
    """
    if not isinstance(image, Image):
        raise option_error(f"replay needs an Image, not {type(image).__name__}", "rb.replay(image, fault, x)")
    if not isinstance(fault, str) or "@" not in fault:
        raise option_error(
            f"{shown(fault)} is no name of a fault", "copy it from a report: KIND@PLACE", "R0803"
        )
    thread_count(threads)
    data = x if isinstance(x, DataSet) else of_arrays(x, None, image.input_shapes)
    index = plans.deciding_output(image, data, output)
    plan = plans.Plan("", "", [fault.partition("@")[0]], seed=seed, steps=data.steps, output=index)
    plan.seed = whole_number("seed", seed, 0, MOST_SEED)
    plan.scale = plans.scale_of(image, index)
    plan.tolerance = None if tolerance is None else check_share("tolerance", tolerance, 0, float("inf"))
    core = plans.open_core(image, plan.faults, plan)
    arrays = image._inputs(data.slice(0, data.samples), data.file)[0]
    if sample is None:
        damage = core.outcomes(fault, arrays, threads or 0)
        known = np.where(damage == DAMAGES.index("undefined"), 0, damage)
        sample = int((known if known.any() else damage).argmax())
    sample = whole_number("sample", sample, 0, data.samples - 1)
    found = core.replay(fault, arrays, sample)
    if found["outcome"]["damage"] != found["differential"]["damage"]:
        raise InternalError(
            [
                Diagnostic(
                    "R0699",
                    "error",
                    f"two ways of simulating '{fault}' disagree on sample {sample}: a fault of ours",
                )
            ]
        )
    return Replay(fault, found["what"], sample, found, found["before"])
