"""From counts and draws to the figures of a report."""

from __future__ import annotations

import json
from typing import Optional

import numpy as np

from .. import condition
from ..files import filling, write_text
from ..statistics import proportion
from .intervals import clopper_pearson, confidence_of_look
from .kinds import fault_kinds

SCHEMA = "rheobase.robustness/1"
CRITICAL = 50  # faults that a report lists
LEVELS = ("raster", "output", "decision")  # each includes those after it
FIGURES = (
    "faults",
    "pairs",
    "undefined",
    "accuracy",
    "worst_accuracy",
    "decision",
    "output",
    "raster",
    "masked",
)


class Campaign:
    """The verdict. ``data`` is what report.json holds (schema rheobase.robustness/1); ``text()`` is for people.

    Example: campaign.data["strata"][0]["decision"]["value"]; campaign.fails("decision > 0.01")
    """

    def __init__(self, data: dict):
        self.data = data

    @property
    def finished(self) -> bool:
        """False where a budget ended before every figure was as narrow as wanted."""
        return self.data["finished"]

    def text(self) -> str:
        """What report.txt holds."""
        from .text import text

        return text(self.data)

    def __str__(self) -> str:
        return self.text()

    def figures(self) -> dict[str, float]:
        """The names that `fails` understands: of all strata the worst share (0 to 1) of faults that change
        the raster, an output, the decision; masked: the least share that changes nothing; accuracy of the intact chip and under
        the worst fault met; faults and pairs counted; undefined: the share of pairs whose words mean nothing any more."""
        data = self.data
        figures = {
            "faults": sum(s["sites"] for s in data["strata"]),
            "pairs": sum(s["pairs"] for s in data["strata"]),
            "undefined": max((s["undefined"]["value"] or 0.0 for s in data["strata"]), default=0.0),
        }
        for level in LEVELS:
            figures[level] = max((s[level]["value"] or 0.0 for s in data["strata"]), default=0.0)
        figures["masked"] = 1 - figures["raster"]
        if data["intact"]["accuracy"]:
            figures["accuracy"] = data["intact"]["accuracy"]["value"]
            worst = [c["accuracy"] for c in data["critical"] if c.get("accuracy") is not None]
            figures["worst_accuracy"] = min([*worst, figures["accuracy"]])
        return figures

    def fails(self, expression: str) -> bool:
        """Whether a condition such as "decision > 0.01 or worst_accuracy < 0.8" holds. Raises OptionError."""
        return condition.holds(expression, self.figures())

    def save(self, folder) -> None:
        """Writes report.json, report.txt, report.html and report.sarif, all or none. Raises DataError."""
        from .page import page
        from .sarif import sarif

        with filling(folder) as staging:
            write_text(staging / "report.json", json.dumps(self.data, indent=2, allow_nan=False) + "\n")
            write_text(staging / "report.txt", self.text() + "\n")
            write_text(staging / "report.html", page(self.data))
            write_text(staging / "report.sarif", json.dumps(sarif(self.data), indent=2) + "\n")

    @classmethod
    def of(cls, runner) -> Campaign:
        return cls(_report(runner))


def _exact(count: int, of: int) -> dict:
    value = count / of if of else None
    return {"count": count, "of": of, "value": value, "low": value, "high": value, "exact": True}


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


def _stratum(known: dict, pairs: int, counts: dict, share) -> dict:
    at_least = {level: sum(counts[name] for name in LEVELS[k:]) for k, level in enumerate(LEVELS)}
    return {
        **known,
        "pairs": pairs,
        **{level: share(at_least[level], pairs) for level in LEVELS},
        "undefined": share(counts["undefined"], pairs),
    }


def _visited(runner) -> tuple[list[dict], list[dict]]:
    """Strata and the worst faults of the exhaustive part."""
    state, strata, critical = runner.state, [], []
    first = 0
    accuracy = _accuracy(runner)
    for number, known in enumerate(runner.strata["visited"]):
        window = slice(first, first + known["sites"])
        first += known["sites"]
        if not state.counts:
            continue
        columns = {name: values[window] for name, values in state.counts.items()}
        counts = {name: int(columns[name].sum(dtype=np.int64)) for name in (*LEVELS, "undefined")}
        entry = _stratum(known, int(columns["tried"].sum(dtype=np.int64)), counts, _exact)
        lost = columns["spoiled"].astype(np.int64) - columns["mended"]
        if accuracy:
            entry["accuracy_mean"] = (accuracy["count"] - float(lost.mean())) / state.visited
            entry["accuracy_worst"] = (accuracy["count"] - int(lost.max())) / state.visited
        strata.append({**entry, "mode": "exhaustive"})
        order = np.lexsort((np.arange(len(lost)), -columns["decision"].astype(np.int64), -lost))[:CRITICAL]
        for site in order:
            if not columns["decision"][site] and not columns["output"][site]:
                continue
            critical.append(
                {
                    "fault": runner.visited.fault_name(number, int(site)),
                    "what": runner.visited.describe(number, int(site)),
                    "kind": known["kind"],
                    "node": known["node"],
                    "tried": int(columns["tried"][site]),
                    "decision": int(columns["decision"][site]),
                    "output": int(columns["output"][site]),
                    "accuracy": (accuracy["count"] - int(lost[site])) / state.visited if accuracy else None,
                }
            )
    return strata, critical


def _sampled(runner) -> tuple[list[dict], list[dict]]:
    """Strata of the drawn part, and faults of it that changed an answer."""
    state, strata, critical = runner.state, [], []
    for number, known in enumerate(runner.strata["drawn"]):
        if number not in state.draws:
            continue
        draws = state.draws[number]
        damage = draws["damage"]
        held = confidence_of_look(max(0, state.looks.get(number, 1) - 1), runner.plan.confidence)
        counts = {name: int((damage == k).sum()) for k, name in enumerate(("none", *LEVELS, "undefined"))}
        share = lambda count, of, held=held: _drawn(count, of, held)  # noqa: E731
        entry = _stratum(known, len(damage), counts, share)
        if len(runner.labels):
            labels = runner.labels[draws["sample"]]
            entry["spoiled"] = share(
                int(((draws["before"] == labels) & (draws["after"] != labels)).sum()), len(damage)
            )
        strata.append({**entry, "mode": "drawn", "settled": number in state.settled})
        wrong = draws["site"][damage == 3]
        sites, times = np.unique(wrong, return_counts=True)
        for k in np.lexsort((sites, -times))[:5]:
            tried = int((draws["site"] == sites[k]).sum())
            critical.append(
                {
                    "fault": runner.drawn.fault_name(number, int(sites[k])),
                    "what": runner.drawn.describe(number, int(sites[k])),
                    "kind": known["kind"],
                    "node": known["node"],
                    "tried": tried,
                    "decision": int(times[k]),
                    "output": 0,
                    "accuracy": None,
                }
            )
    return strata, critical


def _accuracy(runner) -> Optional[dict]:
    """Of the intact chip, on the samples visited or, where none were, on all."""
    if not len(runner.labels) or runner.plan.tolerance is not None:
        return None
    answers = runner.state.answers if runner.visited else runner.answers()
    right = int((answers == runner.labels[: len(answers)]).sum())
    return proportion(right, len(answers))


def _report(runner) -> dict:
    from .. import __version__

    info, plan = runner.image.info, runner.plan
    visited, worst = _visited(runner)
    sampled, hit = _sampled(runner)
    used = {known["kind"] for known in (*runner.strata["visited"], *runner.strata["drawn"])}
    critical = sorted(
        worst, key=lambda c: (c["accuracy"] if c["accuracy"] is not None else 1, -c["decision"])
    )[:CRITICAL]
    critical += sorted(hit, key=lambda c: -c["decision"])[: CRITICAL - len(critical)]
    return {
        "schema": SCHEMA,
        "rheobase": __version__,
        "network": info["network"],
        "chip": info["chip"],
        "profile": info["profile"],
        "image": plan.image,
        "data": {"name": runner.data.file.rsplit("/", 1)[-1], "hash": plan.data},
        "samples": plan.samples,
        "steps": plan.steps,
        "seed": plan.seed,
        "confidence": plan.confidence,
        "width": plan.width,
        "decision": {
            "output": info["outputs"][plan.output]["name"],
            "rule": "largest sum over time"
            if plan.tolerance is None
            else "mean over time within a tolerance",
            "tolerance": plan.tolerance,
        },
        "finished": runner.finished,
        "intact": {"accuracy": _accuracy(runner)},
        "kinds": [k for k in fault_kinds() if k["name"] in used],
        "strata": visited + sampled,
        "critical": critical,
    }
