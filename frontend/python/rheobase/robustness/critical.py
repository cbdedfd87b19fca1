"""Which single faults are worst: found among all that were visited and drawn, named, and counted over the samples."""

from __future__ import annotations

from typing import Iterable, Optional

import numpy as np

from .. import _core
from .checkpoint import DAMAGES
from .intervals import clopper_pearson
from .plan import is_random

LISTED = 50  # worst faults that a report names
OF_A_KIND = 10  # that it names of each kind at least, where so many change an answer
CANDIDATES = 4 * LISTED  # visited faults that are looked at: some of them are the same change
# Drawn faults that changed an answer are candidates: all of these are tried on a few samples, the worst then on more of
# their own, so that what is said of them is not what they were chosen by.
SCREENED, SCREENED_SAMPLES = 256, 8
FOLLOWED, FOLLOWED_SAMPLES = 64, 32


def lots(seed: int, stratum: int, places: np.ndarray) -> np.ndarray:
    """A number for each place by which ties are broken, uint64: by lot, for the lowest addresses would win otherwise. Of
    samples that faults are followed on, the stratum is -1. SPEC B9"""
    return _core.fault_lots(seed, stratum + 1, places)


def _entry(core, known: dict, stratum: int, site: int, seed: int, **found) -> dict:
    return {
        "fault": core.fault_name(stratum, site),
        "what": core.describe(stratum, site),
        "kind": known["kind"],
        "node": known["node"],
        **found,
        "lot": int(lots(seed, stratum, np.array([site]))[0]),
    }


def visited_faults(runner, accuracy: Optional[dict]) -> list[dict]:
    """Faults that change the answer of most samples, worst first: of all, and of each kind."""
    state, seed = runner.state, runner.plan.seed
    if not state.counts:
        return []
    strata = runner.strata["visited"]
    changes = state.counts["decision"].astype(np.int64)
    lost = state.counts["spoiled"].astype(np.int64) - state.counts["mended"]
    harmful = np.flatnonzero(changes)
    starts = np.cumsum([0, *(known["sites"] for known in strata)])
    of = np.searchsorted(starts, harmful, "right") - 1  # stratum of each
    tie = np.zeros(len(harmful), np.uint64)
    for stratum in np.unique(of):
        tie[of == stratum] = lots(seed, int(stratum), harmful[of == stratum] - starts[stratum])
    order = np.lexsort((tie, -lost[harmful], -changes[harmful]))
    chosen = set(order[:CANDIDATES].tolist())
    kinds = np.array([known["kind"] for known in strata])[of[order]] if len(order) else np.array([])
    for kind in np.unique(kinds):
        chosen.update(order[kinds == kind][:OF_A_KIND].tolist())
    whole = state.visited == runner.data.samples
    found = []
    for k in sorted(chosen):
        site, stratum = int(harmful[k]), int(of[k])
        share = int(changes[site]) / int(state.counts["tried"][site])
        found.append(
            _entry(
                runner.visited,
                strata[stratum],
                stratum,
                site - int(starts[stratum]),
                seed,
                harm=int(changes[site]) / state.visited,
                tried=int(state.counts["tried"][site]),
                decision=int(changes[site]),
                low=share if whole else None,
                high=share if whole else None,
                accuracy=(accuracy["count"] - int(lost[site])) / state.visited if accuracy else None,
            )
        )
    return found


def _candidates(runner) -> Iterable[tuple[int, int]]:
    """(stratum, site) of drawn faults that changed an answer: one of each stratum in turn, the stratum first whose faults
    change most answers, of each those first that did so most often. Random kinds have none: a realisation is no place."""
    seed, decision = runner.plan.seed, DAMAGES.index("decision")
    queues = []
    for stratum, (known, tally) in enumerate(zip(runner.strata["drawn"], runner.state.tallies)):
        if is_random(known["kind"]) or not tally.hits:
            continue
        sites = np.array(list(tally.hits), np.uint64)
        times = np.array(list(tally.hits.values()), np.int64)
        order = np.lexsort((lots(seed, stratum, sites), -times))[:SCREENED]
        queues.append((-tally.counts[decision] / tally.drawn, stratum, sites[order].tolist()))
    queues.sort()
    for turn in range(SCREENED):
        yield from ((stratum, sites[turn]) for _, stratum, sites in queues if turn < len(sites))


def followed_samples(seed: int, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """By lot: samples on which candidates are screened, and others, where there are enough, on which the worst are tried."""
    order = np.argsort(lots(seed, -1, np.arange(samples)), kind="stable")
    rest = order[SCREENED_SAMPLES:] if samples >= SCREENED_SAMPLES + FOLLOWED_SAMPLES else order
    return np.sort(order[:SCREENED_SAMPLES]), np.sort(rest[:FOLLOWED_SAMPLES])


def _changes(runner, stratum: int, site: int, samples: np.ndarray) -> int:
    """Answers of these samples that a drawn fault changes."""
    fault = runner.drawn.fault_name(stratum, site)
    damage = runner.drawn.outcomes(fault, [array[samples] for array in runner.x], runner.threads)
    return int((damage == DAMAGES.index("decision")).sum())


def drawn_faults(runner) -> tuple[list[dict], Optional[dict]]:
    """Drawn faults tried again; and how they were chosen, None where there was nothing to choose from: {hits: drawn faults
    that changed an answer, candidates: of them, screened: samples that each candidate was tried on, followed: the worst of
    the candidates, samples: that each of these was tried on}."""
    candidates = [found for found, _ in zip(_candidates(runner), range(SCREENED))]
    if not candidates:
        return [], None
    screen, chosen = followed_samples(runner.plan.seed, runner.data.samples)
    if len(candidates) > FOLLOWED:
        changes = [_changes(runner, *candidate, screen) for candidate in candidates]
        candidates = [candidates[k] for k in np.argsort(np.negative(changes), kind="stable")]
    else:
        screen = screen[:0]
    found, tried = [], len(chosen)
    whole = tried == runner.data.samples
    for stratum, site in candidates[:FOLLOWED]:
        changes = _changes(runner, stratum, site, chosen)
        if not changes:
            continue
        low, high = (
            (changes / tried,) * 2 if whole else clopper_pearson(changes, tried, runner.plan.confidence)
        )
        found.append(
            _entry(
                runner.drawn,
                runner.strata["drawn"][stratum],
                stratum,
                site,
                runner.plan.seed,
                harm=changes / tried,
                tried=tried,
                decision=changes,
                low=low,
                high=high,
                accuracy=None,
            )
        )
    hits = sum(
        len(tally.hits)
        for known, tally in zip(runner.strata["drawn"], runner.state.tallies)
        if not is_random(known["kind"])
    )
    return found, {
        "hits": hits,
        "candidates": len(candidates),
        "screened": len(screen),
        "followed": min(len(candidates), FOLLOWED),
        "samples": tried,
    }


def listed(faults: list[dict]) -> list[dict]:
    """The worst first, of each kind some: by the share of samples whose answer changes (a spike that one sample alone
    has can harm no other), then by the accuracy that is left, then by lot. Faults of one place that change the same are one
    entry, whose ``also`` names the others: a bit that is 0 flips or is stuck at 1."""
    faults = sorted(
        faults,
        key=lambda f: (
            -f["harm"],
            2 if f["accuracy"] is None else f["accuracy"],
            f["lot"],
            f["fault"],
        ),
    )
    entries: dict[tuple, dict] = {}
    of_kind: dict[str, int] = {}
    for fault in faults:
        key = (fault["fault"].partition("@")[2], fault["what"])
        if key in entries:
            entries[key]["also"].append(fault["fault"])
        elif len(entries) < LISTED or of_kind.get(fault["kind"], 0) < OF_A_KIND:
            of_kind[fault["kind"]] = of_kind.get(fault["kind"], 0) + 1
            entries[key] = {"rank": len(entries) + 1, **fault, "also": []}
            del entries[key]["lot"], entries[key]["harm"]
    return list(entries.values())
