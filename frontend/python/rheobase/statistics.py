"""The few statistics that verdicts need."""

from __future__ import annotations

import math

import numpy as np

Z95 = 1.959963984540054  # two-sided 95 % of the normal distribution


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson 1927, J. Am. Stat. Assoc. 22:209-212)."""
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    shrink = 1 + Z95**2 / trials
    centre = (share + Z95**2 / (2 * trials)) / shrink
    half = Z95 / shrink * math.sqrt(share * (1 - share) / trials + Z95**2 / (4 * trials**2))
    # At the ends the interval touches 0 or 1 exactly; rounding must not miss it.
    return (0.0 if successes == 0 else max(0.0, centre - half)), (
        1.0 if successes == trials else min(1.0, centre + half)
    )


def proportion(successes: int, trials: int) -> dict:
    low, high = wilson(successes, trials)
    return {
        "count": int(successes),
        "of": int(trials),
        "value": successes / trials if trials else None,
        "low": low,
        "high": high,
    }


def _tango(only_first: int, only_second: int, trials: int, delta: float) -> float:
    """The score statistic of a difference ``delta`` of paired proportions: falls in it, 0 at the difference that was seen."""
    # The share of trials that only the second has, by maximum likelihood where the difference is delta.
    a = 2 * trials
    b = (2 * trials - only_first + only_second) * delta - only_first - only_second
    c = -only_second * delta * (1 - delta)
    second = (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    variance = trials * (2 * second + delta * (1 - delta))
    surplus = only_first - only_second - trials * delta
    return (
        surplus / math.sqrt(variance)
        if variance > 0
        else math.copysign(math.inf, surplus)
        if surplus
        else 0.0
    )


def _delta_at(only_first: int, only_second: int, trials: int, score: float, low: float, high: float) -> float:
    """The difference between low and high whose score statistic is ``score``, to the last bit."""
    while True:
        middle = (low + high) / 2
        if not low < middle < high:
            return middle
        if _tango(only_first, only_second, trials, middle) > score:
            low = middle
        else:
            high = middle


def difference(only_first: int, only_second: int, trials: int) -> dict:
    """First minus second of two proportions on the same trials, with a 95 % interval: the differences that a score test
    does not reject (Tango 1998, Stat. Med. 17:891-908).

    only_first, only_second: trials where only the first, or only the second, succeeded. The interval has a width where
    there is no such trial, too: nothing seen in few trials does not mean nothing there.

    Example: difference(5, 2, 100)  # value 0.03, from -0.027 to 0.095
    """
    counts = only_first, only_second, trials
    value = (only_first - only_second) / trials
    low = -1.0 if value == -1 else _delta_at(*counts, Z95, -1.0, value)
    high = 1.0 if value == 1 else _delta_at(*counts, -Z95, value, 1.0)
    return {"value": value, "low": low, "high": high}


def bits_of(minimum: int, maximum: int) -> int:
    """Bits of the smallest two's complement number that holds both."""
    return max(int(maximum), -int(minimum) - 1, 0).bit_length() + 1


class Error2:
    """Sums for R2, mean and largest error between a wanted and an actual output, chunk by chunk.

    R2 pools the output's neurons weighted by their variance: 1 - sum of squared errors / sum of squares about
    each neuron's mean. The interval of the mean absolute error treats samples as independent (normal
    approximation).
    """

    def __init__(self):
        self.count = 0
        self.samples = 0
        self.total = self.square = 0.0
        self.errors = self.absolute = self.largest = 0.0
        self.sample_sum = self.sample_square = 0.0

    def add(self, wanted: np.ndarray, actual: np.ndarray) -> None:
        """Both [B, T, n]."""
        wanted = wanted.reshape(*wanted.shape[:2], -1).astype(np.float64)
        actual = actual.reshape(wanted.shape).astype(np.float64)
        error = np.abs(actual - wanted)
        self.count += wanted.shape[0] * wanted.shape[1]
        self.samples += wanted.shape[0]
        self.total = self.total + wanted.sum(axis=(0, 1))
        self.square += float((wanted**2).sum())
        self.errors += float((error**2).sum())
        self.absolute += float(error.sum())
        self.largest = max(self.largest, float(error.max()))
        means = error.mean(axis=(1, 2))
        self.sample_sum += float(means.sum())
        self.sample_square += float((means**2).sum())

    def result(self) -> dict:
        about_mean = self.square - float((np.asarray(self.total) ** 2).sum()) / max(self.count, 1)
        mean = self.sample_sum / self.samples
        spread = max(self.sample_square / self.samples - mean**2, 0.0)
        half = Z95 * math.sqrt(spread / max(self.samples - 1, 1)) if self.samples > 1 else None
        return {
            "r2": 1 - self.errors / about_mean if about_mean > 0 else None,
            "mean_absolute": mean,
            "low": None if half is None else max(0.0, mean - half),
            "high": None if half is None else mean + half,
            "largest": self.largest,
        }
