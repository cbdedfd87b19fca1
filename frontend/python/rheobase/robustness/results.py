"""From counts and draws to the figures of a report."""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..files import filling, write_text
from ..verdict import Verdict
from ..plain import as_json
from .checkpoint import COLUMNS
from .critical import drawn_faults, listed, visited_faults
from .intervals import clopper_pearson, confidence_of_look
from .kinds import fault_kinds
from .plan import rule_of
from .runner import LEVELS, at_least
from .text import random_kinds

SCHEMA = "rheobase.robustness/1"
SHARES = ("masked", *LEVELS, "undefined")  # that every stratum has
FIGURES = ("faults", "pairs", "accuracy", "worst_accuracy", *SHARES)


class Campaign(Verdict):
    """The verdict. ``data`` is what report.json holds (`schema` is its JSON Schema); ``text()`` is for people.

    Example: campaign.data["strata"][0]["decision"]["value"]; campaign.fails("decision > 0.01")
    """

    @staticmethod
    def schema() -> dict:
        """The JSON Schema of ``data``, as `rheobase robust --schema` prints it."""
        from .schema import schema

        return schema()

    @property
    def finished(self) -> bool:
        """False where a budget ended before everything was tried that was to be."""
        return self.data["finished"]

    def text(self) -> str:
        """What report.txt holds."""
        from .text import text

        return text(self.data)

    def figures(self) -> dict[str, Optional[float]]:
        """The names that `fails` understands. Of all strata the worst, shares from 0 to 1: decision, output, raster (of pairs
        in which a fault changes at least that), undefined (its words mean nothing any more), masked (the least share in which
        nothing changes). faults, pairs: how many; accuracy of the intact chip; worst_accuracy under the worst of all faults.

        None where it is not known: shares before the campaign is finished, or where no fault has a place; worst_accuracy
        unless every fault that has a place was tried on every sample. Without labels there are no accuracies."""
        strata, data = self.data["strata"], self.data
        tried = [s for s in strata if s["pairs"]] if self.finished else []
        figures: dict[str, Optional[float]] = {
            "faults": sum(s["sites"] for s in strata),
            "pairs": sum(s["pairs"] for s in strata),
        }
        for name in SHARES:
            worst = min if name == "masked" else max
            figures[name] = worst((s[name]["value"] for s in tried), default=None)
        accuracy = data["intact"]["accuracy"]
        if not accuracy:
            return figures
        figures["accuracy"] = accuracy["value"] if accuracy["of"] == data["samples"] else None
        left = [s["accuracy_worst"] for s in tried if s["kind"] not in random_kinds(data)]
        figures["worst_accuracy"] = None if None in left else min(left, default=None)
        return figures

    def save(self, folder) -> None:
        """Writes report.json, report.txt, report.html and report.sarif; other files of the folder stay. Raises DataError."""
        from .page import page
        from .sarif import sarif

        with filling(folder) as staging:
            write_text(staging / "report.json", as_json(self.data))
            write_text(staging / "report.txt", self.text() + "\n")
            write_text(staging / "report.html", page(self.data))
            write_text(staging / "report.sarif", as_json(sarif(self.data)))

    @classmethod
    def of(cls, runner) -> Campaign:
        """What a runner knows by now."""
        return cls(_report(runner))


def _exact(count: int, of: int, whole: bool) -> dict:
    """A share that needs no interval; without all samples it is exact for those visited and has none."""
    value = count / of if of else None
    bound = value if whole else None
    return {"count": count, "of": of, "value": value, "low": bound, "high": bound, "exact": whole}


def _drawn(count: int, of: int, confidence: float) -> dict:
    low, high = clopper_pearson(count, of, confidence)
    return {
        "count": count,
        "of": of,
        "value": count / of if of else None,
        "low": low,
        "high": high,
        "exact": False,
    }


def _stratum(known: dict, mode: str, settled: bool, counts: list, turned, share) -> dict:
    """counts: by damage; turned: right answers turned wrong and wrong ones right, None without labels."""
    pairs = int(sum(counts))
    spoiled, mended = (None, None) if turned is None else (share(n, pairs) for n in turned)
    return {
        **known,
        "mode": mode,
        "settled": settled,
        "pairs": pairs,
        **{name: share(count, pairs) for name, count in at_least(counts).items()},
        "spoiled": spoiled,
        "mended": mended,
        "accuracy_mean": None,
        "accuracy_worst": None,
    }


def _visited(runner, accuracy: Optional[dict]) -> list[dict]:
    """Strata of the exhaustive part."""
    state, strata, first = runner.state, [], 0
    whole = state.visited == runner.data.samples
    for known in runner.strata["visited"]:
        window = slice(first, first + known["sites"])
        first += known["sites"]
        columns = {
            name: state.counts[name][window] if state.counts else np.zeros(known["sites"], np.uint32)
            for name in COLUMNS
        }
        total = {name: int(values.sum(dtype=np.int64)) for name, values in columns.items()}
        damaged = [total[name] for name in (*LEVELS, "undefined")]
        entry = _stratum(
            known,
            "exhaustive",
            whole,
            [total["tried"] - sum(damaged), *damaged],
            (total["spoiled"], total["mended"]) if accuracy else None,
            lambda count, of: _exact(count, of, whole),
        )
        if accuracy and total["tried"]:
            lost = columns["spoiled"].astype(np.int64) - columns["mended"]
            entry["accuracy_mean"] = (accuracy["count"] - float(lost.mean())) / state.visited
            entry["accuracy_worst"] = (accuracy["count"] - int(lost.max())) / state.visited
        strata.append(entry)
    return strata


def _sampled(runner, accuracy: Optional[dict]) -> list[dict]:
    """Strata of the drawn part."""
    strata = []
    for known, tally in zip(runner.strata["drawn"], runner.state.tallies):
        held = confidence_of_look(runner.look_of(tally), runner.plan.confidence)
        entry = _stratum(
            known,
            "drawn",
            False,
            tally.counts.tolist(),
            (tally.spoiled, tally.mended) if accuracy else None,
            lambda count, of, held=held: _drawn(count, of, held),
        )
        widest = max(entry[name]["high"] - entry[name]["low"] for name in SHARES)
        entry["settled"] = tally.settled and bool(widest <= runner.plan.width)
        strata.append(entry)
    return strata


def _accuracy(runner) -> Optional[dict]:
    """Of the intact chip, on the samples visited or, where none are to be, on all."""
    if not len(runner.labels):
        return None
    answers = runner.answers()
    count, of = int((answers == runner.labels[: len(answers)]).sum()), len(answers)
    low, high = clopper_pearson(count, of, runner.plan.confidence)
    return {"count": count, "of": of, "value": count / of, "low": low, "high": high}


def _report(runner) -> dict:
    from .. import __version__

    info, plan = runner.image.info, runner.plan
    accuracy = _accuracy(runner)
    strata = _visited(runner, accuracy) + _sampled(runner, accuracy)
    used = {stratum["kind"] for stratum in strata}
    rule, why = rule_of(runner.data, plan.tolerance)
    drawn, followed = drawn_faults(runner)
    return {
        "schema": SCHEMA,
        "rheobase": __version__,
        "network": info["network"],
        "chip": info["chip"],
        "profile": info["profile"],
        "image": plan.image,
        "image_file": runner.image.file.rsplit("/", 1)[-1] or f"{info['network']}.rheo",
        "data": {"name": runner.data.file.rsplit("/", 1)[-1], "hash": plan.data},
        "samples": plan.samples,
        "steps": plan.steps,
        "seed": plan.seed,
        "confidence": plan.confidence,
        "width": plan.width,
        "decision": {
            "output": info["outputs"][plan.output]["name"],
            "rule": rule,
            "why": why,
            "tolerance": plan.tolerance,
        },
        "finished": runner.finished,
        "intact": {"accuracy": accuracy},
        "kinds": [kind for kind in fault_kinds() if kind["name"] in used],
        "strata": strata,
        "followed": followed,
        "critical": listed(visited_faults(runner, accuracy) + drawn),
        "command": None,
        "fail_if": None,
    }
