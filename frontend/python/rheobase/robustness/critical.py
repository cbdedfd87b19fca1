"""Which single faults are worst: found among all that were visited and drawn, named, and counted over the samples."""

from __future__ import annotations

from typing import Optional

import numpy as np

from .checkpoint import DAMAGES

LISTED = 50  # faults that a report names
CANDIDATES = 4 * LISTED  # faults of each part that are looked at: some of them are the same change
FOLLOWED = 16  # drawn faults that are tried on other samples, too
FOLLOWED_SAMPLES = 32


def visited_faults(runner, accuracy: Optional[dict]) -> list[dict]:
    """Faults that change the answer of most samples, worst first."""
    state = runner.state
    if not state.counts:
        return []
    changes = state.counts["decision"].astype(np.int64)
    lost = state.counts["spoiled"].astype(np.int64) - state.counts["mended"]
    harmful = np.flatnonzero(changes)
    order = np.lexsort((harmful, -lost[harmful], -changes[harmful]))[:CANDIDATES]
    starts = np.cumsum([0, *(known["sites"] for known in runner.strata["visited"])])
    found = []
    for site in harmful[order].tolist():
        stratum = int(np.searchsorted(starts, site, "right")) - 1
        known = runner.strata["visited"][stratum]
        within = site - int(starts[stratum])
        found.append(
            {
                "fault": runner.visited.fault_name(stratum, within),
                "what": runner.visited.describe(stratum, within),
                "kind": known["kind"],
                "node": known["node"],
                "tried": int(state.counts["tried"][site]),
                "decision": int(changes[site]),
                "accuracy": (accuracy["count"] - int(lost[site])) / state.visited if accuracy else None,
            }
        )
    return found


def drawn_faults(runner) -> list[dict]:
    """Faults that changed an answer when they were drawn, most often first; tried again on the first samples."""
    hits = [
        (-times, stratum, site)
        for stratum, tally in enumerate(runner.state.tallies)
        for site, times in sorted(tally.hits.items(), key=lambda hit: (-hit[1], hit[0]))[:FOLLOWED]
    ]
    x = [array[:FOLLOWED_SAMPLES] for array in runner.x]
    found = []
    for _, stratum, site in sorted(hits)[:FOLLOWED]:
        known = runner.strata["drawn"][stratum]
        fault = runner.drawn.fault_name(stratum, site)
        damage = runner.drawn.outcomes(fault, x, runner.threads)
        changes = int((damage == DAMAGES.index("decision")).sum())
        if changes:
            found.append(
                {
                    "fault": fault,
                    "what": runner.drawn.describe(stratum, site),
                    "kind": known["kind"],
                    "node": known["node"],
                    "tried": len(damage),
                    "decision": changes,
                    "accuracy": None,
                }
            )
    return found


def listed(faults: list[dict]) -> list[dict]:
    """The worst first: by the share of answers that change, then by the accuracy that is left. Faults of one place that change
    the same are one entry, whose ``also`` names the others: a bit that is 0 flips or is stuck at 1."""
    faults = sorted(
        faults,
        key=lambda f: (
            -f["decision"] / f["tried"],
            2 if f["accuracy"] is None else f["accuracy"],
            f["fault"],
        ),
    )
    entries: dict[tuple, dict] = {}
    for fault in faults:
        key = (fault["fault"].partition("@")[2], fault["what"])
        if key in entries:
            entries[key]["also"].append(fault["fault"])
        elif len(entries) < LISTED:
            entries[key] = {"rank": len(entries) + 1, **fault, "also": []}
    return list(entries.values())
