"""The state of a campaign on disk: after each save either the old state or the new one, never half of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Optional

import numpy as np

from ..errors import DataError, data_error, option_error
from ..files import write_npz
from .plan import Plan

NAME = "campaign.state"
DAMAGES = ("none", "raster", "output", "decision", "undefined")  # as the core numbers them
COLUMNS = ("tried", "raster", "output", "decision", "undefined", "spoiled", "mended")  # of visits, per site


class Tally:
    """What the draws of one stratum came to. counts: [5] by damage; spoiled, mended: right answers turned wrong, wrong ones
    right; hits: {site: times that it changed the answer}; looks: how often the intervals were looked at; settled: they are
    as narrow as wanted, or no more draws are made."""

    def __init__(self):
        self.counts = np.zeros(len(DAMAGES), np.int64)
        self.spoiled = self.mended = self.looks = 0
        self.hits: dict[int, int] = {}
        self.settled = False

    @property
    def drawn(self) -> int:
        return int(self.counts.sum())

    def add(self, found: dict, labels: np.ndarray) -> None:
        """found: columns of draws, as the core gives them. labels: [samples], or empty."""
        damage = found["damage"]
        self.counts += np.bincount(damage, minlength=len(DAMAGES)).astype(np.int64)
        if len(labels):
            right = labels[found["sample"]]
            changed = damage == DAMAGES.index("decision")
            self.spoiled += int((changed & (found["before"] == right) & (found["after"] != right)).sum())
            self.mended += int((changed & (found["before"] != right) & (found["after"] == right)).sum())
        sites, times = np.unique(found["site"][damage == DAMAGES.index("decision")], return_counts=True)
        for site, count in zip(sites.tolist(), times.tolist()):
            self.hits[site] = self.hits.get(site, 0) + count


class State:
    """A campaign as far as it went. counts: {column: [sites]} over the samples visited; answers: of the intact chip
    [visited]; tallies: one for each stratum that is drawn."""

    def __init__(self, strata: int = 0):
        self.counts: dict[str, np.ndarray] = {}
        self.answers = np.zeros(0, np.int32)
        self.tallies = [Tally() for _ in range(strata)]

    @property
    def visited(self) -> int:
        """Samples."""
        return len(self.answers)

    def add_visit(self, found: dict) -> None:
        self.answers = np.concatenate([self.answers, found["answers"]])
        for name in COLUMNS:
            total = self.counts.get(name)
            self.counts[name] = found[name].astype(np.uint32) if total is None else total + found[name]

    def save(self, folder: Path, plan: Plan) -> None:
        """Raises DataError R0260."""
        arrays = {f"visit.{name}": _narrow(values) for name, values in self.counts.items()}
        arrays["answers"] = self.answers
        for number, tally in enumerate(self.tallies):
            sites = sorted(tally.hits)
            arrays[f"draw.{number}.sites"] = np.array(sites, np.uint64)
            arrays[f"draw.{number}.times"] = np.array([tally.hits[site] for site in sites], np.uint32)
        header = {
            "plan": plan.fingerprint(),
            "tallies": [
                [t.counts.tolist(), t.spoiled, t.mended, t.looks, int(t.settled)] for t in self.tallies
            ],
        }
        arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
        write_npz(folder / NAME, arrays)

    @classmethod
    def load(cls, folder: Path, plan: Plan, sites: int, strata: list[int]) -> Optional[State]:
        """None where there is none. sites: of all that is visited; strata: sites of each that is drawn. Raises OptionError
        R0806 where it belongs to another campaign, DataError R0807 where it is damaged."""
        file = folder / NAME
        if not file.exists():
            return None
        try:
            with np.load(file, allow_pickle=False) as stored:
                header = json.loads(bytes(stored["header"]))
                if header["plan"] == plan.fingerprint():
                    return cls._read(stored, header["tallies"], plan.samples, sites, strata)
        except DataError:
            raise
        except Exception as error:  # a zip file of a stranger raises nearly anything
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            if "pickle" in reason:  # NumPy advises to load it unsafely
                reason = "it is no file of arrays of numbers"
            raise data_error(
                "R0807",
                f"the state of a campaign cannot be read: {reason}",
                str(file),
                remedy="remove it and start the campaign again, or give another folder",
            ) from None
        raise option_error(
            f"'{folder}' holds a campaign of another image, other data, faults, seed, width or confidence",
            "resume it with the same arguments, or give another folder",
            "R0806",
        )

    @classmethod
    def _read(cls, stored, tallies: list, samples: int, sites: int, strata: list[int]) -> State:
        state = cls(len(strata))
        state.answers = _column(stored, "answers", None, np.int32)
        _demand(state.visited <= samples and (sites or not state.visited), "it visited other samples")
        if state.visited:
            state.counts = {name: _column(stored, f"visit.{name}", sites, np.uint32) for name in COLUMNS}
            for values in state.counts.values():
                _demand(int(values.max(initial=0)) <= state.visited, "a count is larger than it can be")
        _demand(len(tallies) == len(strata), "it drew from other strata")
        for number, (tally, known, row) in enumerate(zip(state.tallies, strata, tallies)):
            counts, *numbers = row
            _demand(len(counts) == len(DAMAGES) and len(numbers) == 4, "a row has other columns")
            _demand(all(type(n) is int and 0 <= n < 1 << 53 for n in (*counts, *numbers)), "a count is none")
            tally.counts = np.array(counts, np.int64)
            tally.spoiled, tally.mended, tally.looks, settled = numbers
            tally.settled = bool(settled)
            hits = _column(stored, f"draw.{number}.sites", None, np.uint64).tolist()
            times = _column(stored, f"draw.{number}.times", len(hits), np.uint32).tolist()
            _demand(all(site < known for site in hits), "a fault lies outside its stratum")
            _demand(sum(times) == counts[DAMAGES.index("decision")], "counts do not add up")
            tally.hits = dict(zip(hits, times))
        return state


def _demand(condition, what: str) -> None:
    if not condition:
        raise ValueError(what)


def _column(stored, name: str, length: Optional[int], dtype) -> np.ndarray:
    values = stored[name]
    _demand(
        values.ndim == 1
        and values.dtype.kind in "iu"
        and (length is None or len(values) == length)
        and np.can_cast(values.dtype, dtype, "same_kind" if dtype == np.int32 else "safe"),
        f"'{name}' has another shape or type",
    )
    return values.astype(dtype)


def _narrow(values: np.ndarray) -> np.ndarray:
    """In as few bytes as its largest number needs: most faults of most campaigns change little."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))
