"""Which random cases a test draws: a share in every run, all of them or a single one when asked for."""

from __future__ import annotations

import os
from typing import Optional


def seeds(share: int) -> range:
    """RHEO_SEED=n: that one alone. RHEO_NETWORKS=n: 1 to n. Else 1 to ``share``."""
    if "RHEO_SEED" in os.environ:
        seed = int(os.environ["RHEO_SEED"])
        return range(seed, seed + 1)
    return range(1, int(os.environ.get("RHEO_NETWORKS", share)) + 1)


def replaying() -> bool:
    return "RHEO_SEED" in os.environ


def check_all(share: int, check, tally) -> Optional[int]:
    """Calls ``check(seed)`` for every seed, prints what they were, and returns how many; None in a replay, which
    says nothing about numbers."""
    chosen = seeds(share)
    for seed in chosen:
        with replayable(seed):
            check(seed)
    for name in sorted(tally):
        print(f"{name}: {tally[name]}")
    return None if replaying() else len(chosen)


def drawn_often(tally, chosen: int, names) -> None:
    """Each of these traits came up in one of thirty networks at least: else the test would be empty."""
    for name in names:
        assert tally[name] >= chosen / 30, f"too few networks with {name}"


class replayable:
    """Names the seed in whatever goes wrong inside: ``with replayable(seed): ...``"""

    def __init__(self, seed: int):
        self.seed = seed

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is not None and isinstance(error, Exception):
            raise AssertionError(f"replay with RHEO_SEED={self.seed}: {kind.__name__}: {error}") from error
