"""Kicks to the state of a running chip: what a push of its potentials or currents does to the movement of the hand.

A trial runs step by step (`rb.Image.stream`). In the middle of the movement the state of hidden neurons is moved by a
random amount of so many thresholds, and the trial goes on. What the kick did is the difference to the same trial
without it, integer against integer: a kick of 0 changes no bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import rheobase as rb
import train

AFTER_ONSET = 40  # steps from the onset of the movement to the kick; the speed peaks at 75
WINDOW = 110  # steps that are watched after a kick: to the end of the movement
TOLERANCE = 0.1  # m/s: a velocity that is this near to the intact one is back
HOLD = 20  # steps that it has to stay there, to the end of the window, to have recovered
REACHED = 0.02  # m from the target: a hand that ends no farther has reached it
LIMIT = (1 << 23) - 1  # potentials and currents are registers of 24 bits


@dataclass(frozen=True)
class Kick:
    """A way to push the network. state: "v" (potential) or "u" (current); share: of the hidden neurons that are
    pushed; amplitudes: standard deviations of the push, in thresholds (of the current: thresholds per step)."""

    name: str
    state: str
    share: float
    amplitudes: tuple[float, ...]


KICKS = (
    Kick("potential of all", "v", 1.0, (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)),
    Kick("potential of half", "v", 0.5, (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)),
    Kick("current of all", "u", 1.0, (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)),
)


def onsets(y: np.ndarray) -> np.ndarray:
    """First step of each movement. y: wanted velocity [N, T, 2]. Returns int [N]."""
    return (y != 0).any(axis=2).argmax(axis=1)


def pushes(kick: Kick, trials: int, seed: int) -> np.ndarray:
    """Normal deviates [trials, HIDDEN], 0 where a neuron is not pushed: the same for every network and amplitude."""
    rng = np.random.default_rng([seed, *kick.name.encode()])
    amount = rng.standard_normal((trials, train.HIDDEN))
    order = rng.random((trials, train.HIDDEN)).argsort(axis=1).argsort(axis=1)
    return np.where(order < round(kick.share * train.HIDDEN), amount, 0.0)


def pushed(image: rb.Image, state: dict, kick: Kick, amount: np.ndarray) -> dict:
    """A stream's state after a push. amount: thresholds, one per hidden neuron [n]."""
    name = f"hidden.{kick.state}"
    move = np.rint(amount * image.scale[name]).astype(np.int64)
    new = np.clip(state["states"][name] + move, -LIMIT, LIMIT).astype(np.int32)
    return {**state, "states": {**state["states"], name: new}}


def go_on(image: rb.Image, stream, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Steps a stream over the rest of a trial and the lag of the chip.

    x: spikes [T, 40]. Returns the velocity as the chip's integers [T + L, 2], and hidden spikes, int32 [T + L, HIDDEN].
    """
    rest = np.concatenate([x, np.zeros((image.lag, x.shape[1]), x.dtype)])
    values, spikes = np.empty((len(rest), 2), np.int64), np.empty((len(rest), train.HIDDEN), np.int32)
    for t, now in enumerate(rest):
        values[t] = stream.step(now)
        spikes[t] = stream.spikes("hidden")
    return values, spikes


def until(stream, x: np.ndarray) -> tuple[dict, np.ndarray]:
    """Runs the steps before a kick from a fresh start. Returns the stream's state and the integers that it gave [t, 2]."""
    stream.reset()
    values = np.array([stream.step(spikes) for spikes in x])
    return stream.state, values


def measure(image: rb.Image, x: np.ndarray, y: np.ndarray, angle: np.ndarray, kick: Kick, seed: int) -> dict:
    """Kicks every trial with every amplitude of a kind.

    x: spikes [N, T, 40]; y: wanted velocity [N, T, 2]; angle: of the targets, rad [N].

    Returns arrays [amplitudes, N]: peak, the largest deviation of the velocity within WINDOW, m/s; back, steps until it
    stays within TOLERANCE, WINDOW where it does not; recovered; reached, whether the hand ends within REACHED of its
    target; and deviation [amplitudes, N, WINDOW], m/s. An amplitude of 0 comes first: the intact trial.
    """
    amplitudes = (0.0, *kick.amplitudes)
    count = len(x)
    deviation = np.zeros((len(amplitudes), count, WINDOW))
    ends = np.zeros((len(amplitudes), count, 2))
    amount = pushes(kick, count, seed)
    stream, scale = image.stream(), image.scale["velocity.v"]
    for n, onset in enumerate(onsets(y)):
        at = onset + AFTER_ONSET
        saved, before = until(stream, x[n, :at])
        start = before[image.lag :].sum(axis=0) / scale
        intact = None
        for a, amplitude in enumerate(amplitudes):
            stream.state = pushed(image, saved, kick, amplitude * amount[n])
            velocity = go_on(image, stream, x[n, at:])[0] / scale
            intact = velocity if intact is None else intact
            deviation[a, n] = np.linalg.norm(velocity - intact, axis=1)[:WINDOW]
            ends[a, n] = (start + velocity.sum(axis=0)) * train.DT
    target = train.DISTANCE * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    outside = deviation > TOLERANCE
    back = np.where(outside.any(axis=2), WINDOW - outside[:, :, ::-1].argmax(axis=2), 0)
    return {
        "peak": deviation.max(axis=2),
        "back": back,
        "recovered": back <= WINDOW - HOLD,
        "reached": np.linalg.norm(ends - target, axis=2) <= REACHED,
        "deviation": deviation,
    }


def half_amplitude(amplitudes, share: np.ndarray) -> tuple[float, bool]:
    """A50: the amplitude at which half of the trials still reach their target, between two measured ones by
    interpolation over the logarithm.

    share: of the trials that reach it, one per amplitude, made falling first (the least of those before it counts).
    Returns A50 and whether it was found; where it was not it is the least or the largest amplitude.
    """
    falling = np.minimum.accumulate(share)
    below = np.flatnonzero(falling < 0.5)
    if not len(below):
        return float(amplitudes[-1]), False
    k = int(below[0])
    if k == 0:
        return float(amplitudes[0]), False
    low, high = np.log2(amplitudes[k - 1]), np.log2(amplitudes[k])
    place = (falling[k - 1] - 0.5) / (falling[k - 1] - falling[k])
    return float(2 ** (low + place * (high - low))), True
