"""Intervals of paired differences: they cover, have a width, and are those that a score test leaves."""

import numpy as np
import pytest
from rheobase.statistics import Z95, difference
from scipy.optimize import minimize_scalar
from scipy.stats import binom

CASES = [
    (200, 0.005, 0.0),
    (1000, 0.002, 0.001),
    (10000, 0.001, 0.001),
    (20, 0.1, 0.05),
    *((n, p, q) for n in (10, 50) for p in (0.0, 0.01, 0.05, 0.2, 0.5) for q in (0.0, 0.01, 0.1, 0.3)),
]


@pytest.mark.parametrize("trials, first, second", CASES)
def test_it_covers_the_true_difference(trials, first, second):
    """Summed over all outcomes but the least likely. first, second: shares of trials where only this one succeeds."""
    covered = 0.0
    for a in range(trials + 1):
        likely = binom.pmf(a, trials, first)
        if likely < 1e-6:
            if a > trials * first:
                break
            continue
        others = binom.pmf(np.arange(trials - a + 1), trials - a, second / (1 - first))
        for b in np.flatnonzero(others > 1e-6):
            found = difference(a, int(b), trials)
            covered += likely * others[b] * (found["low"] <= first - second <= found["high"])
    assert covered >= 0.93


@pytest.mark.parametrize("trials", [1, 2, 10, 10**6])
def test_it_has_a_width_where_nothing_differs(trials):
    for found in (difference(0, 0, trials), difference(trials, 0, trials), difference(0, trials, trials)):
        assert -1 <= found["low"] <= found["value"] <= found["high"] <= 1 and found["low"] < found["high"]
    assert difference(0, 0, 10)["high"] > 0.2 and difference(10, 0, 10)["low"] < 0.6


@pytest.mark.parametrize("only_first, only_second, trials", [(5, 2, 100), (0, 3, 40), (7, 0, 20), (1, 1, 8)])
def test_its_ends_are_where_the_score_test_rejects(only_first, only_second, trials):
    """The share that only the second has comes from a search for the largest likelihood here."""
    found = difference(only_first, only_second, trials)
    for end, score in (("low", Z95), ("high", -Z95)):
        delta = found[end]

        def unlikely(q):
            p = q + delta
            rest = max(1 - p - q, 1e-300)
            counts = (only_first, p), (only_second, q), (trials - only_first - only_second, rest)
            return -sum(n * np.log(max(share, 1e-300)) for n, share in counts if n)

        bounds = (max(0.0, -delta), (1 - delta) / 2)
        q = minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
        variance = trials * (2 * q + delta * (1 - delta))
        assert (only_first - only_second - trials * delta) / np.sqrt(variance) == pytest.approx(
            score, abs=1e-3
        )


def test_it_turns_with_its_sides():
    one, other = difference(9, 4, 60), difference(4, 9, 60)
    assert one["value"] == -other["value"]
    assert one["low"] == pytest.approx(-other["high"]) and one["high"] == pytest.approx(-other["low"])
