"""Exact intervals of proportions, and looks at them while draws go on. SPEC B21."""

from __future__ import annotations


def clopper_pearson(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval that covers a proportion at least as often as it says (Clopper and Pearson 1934, Biometrika
    26:404-413)."""
    from scipy.special import betaincinv  # a quarter of a second that `import rheobase` does not pay

    if trials == 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = 0.0 if successes == 0 else float(betaincinv(successes, trials - successes + 1, tail))
    high = 1.0 if successes == trials else float(betaincinv(successes + 1, trials - successes, 1 - tail))
    return low, high


def confidence_of_look(look: int, confidence: float = 0.95) -> float:
    """What the interval of look 0, 1, 2... has to hold, so that all of them together hold ``confidence``: each spends
    half of the error that is left (Bonferroni)."""
    return 1 - (1 - confidence) / 2 ** (look + 1)
