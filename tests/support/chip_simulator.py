"""The rules of ir/SPEC.md written down once more, plainly, in 64-bit integers: what a chip program is compared with.

Works on a network in the user's terms: populations joined by projections. It knows no cores, axons, words or routes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

HALF = 1 << 23


@dataclass
class Population:
    """``registers``: the chip's fields by name, one integer or an array [size]."""

    name: str
    size: int
    model: str
    registers: dict

    @property
    def current(self) -> bool:
        """Whether the current is kept from step to step (N11, N14)."""
        return self.model.startswith("cuba")

    @property
    def spiking(self) -> bool:
        return self.model in ("lif", "cuba_lif", "integrate_and_fire")

    def register(self, name: str, default: int = 0) -> np.ndarray:
        return np.broadcast_to(np.asarray(self.registers.get(name, default), np.int64), self.size)


@dataclass
class Projection:
    """``delay``: steps of the float network, 0 forward and 1 on an edge that closes a cycle. weights [targets, sources]."""

    name: str
    source: str  # a population, an input, or BIAS
    target: str
    delay: int
    weights: np.ndarray
    exponent: int
    delays: np.ndarray | None = None  # of each weight, in steps beside the axon's: T7


class NoLags(Exception):
    """A loop has more hops than steps of delay."""


BIAS = "(bias)"  # sends a spike in every step


@dataclass
class ChipNet:
    profile: str  # "lava" or "loihi1"
    inputs: dict[str, int]  # name -> channels
    populations: list[Population]
    projections: list[Projection]
    lag: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        self.lag = self.lags()

    def lags(self) -> dict[str, int]:
        """T4: hops of the longest way from an input, less the delays of the float network on it. Raises NoLags."""
        lag = {population.name: 0 for population in self.populations}
        for _ in range(len(lag) + 1):
            before = dict(lag)
            for p in self.projections:
                lag[p.target] = max(lag[p.target], lag.get(p.source, 0) + 1 - p.delay)
            if lag == before:
                return lag
        raise NoLags

    def axon_delay(self, p: Projection) -> int:
        """T2, T5: what is missing between the sender's step and the step in which the float network used the spike."""
        return p.delay + self.lag[p.target] - self.lag.get(p.source, 0) - 1


def decay(x: np.ndarray, share: np.ndarray) -> np.ndarray:
    """N1: toward zero."""
    return np.sign(x) * ((np.abs(x) * (4096 - share)) >> 12)


def shift(x: np.ndarray, exponent: int) -> np.ndarray:
    """x * 2^exponent, floored."""
    return x << exponent if exponent >= 0 else x >> -exponent


class State:
    """Every neuron of ``batch`` samples, and the spikes that were sent. Advances by step()."""

    def __init__(self, net: ChipNet, batch: int):
        self.net = net
        self.u = {p.name: np.zeros((batch, p.size), np.int64) for p in net.populations}
        self.v = {p.name: np.zeros((batch, p.size), np.int64) for p in net.populations}
        self.wraps = {p.name: np.zeros(p.size, np.int64) for p in net.populations}
        self.saturations = {p.name: np.zeros(p.size, np.int64) for p in net.populations}
        self.spikes: dict[str, np.ndarray] = {}  # of the last step
        self._batch = batch
        # W6 and the transposed weights in float64, which is exact below 2^53 and fast.
        # W7: what waits for the same time is one sum. (projection, steps back, weights)
        self._parts = [part for p in net.projections for part in self._split(p)]
        self._sent: dict[str, list[np.ndarray]] = {}  # by source, the newest last

    def _prepared(self, p: Projection) -> np.ndarray:
        weights = np.asarray(p.weights, np.int64)
        if self.net.profile == "loihi1":
            return (weights << (6 + p.exponent) if p.exponent >= -6 else weights >> -(6 + p.exponent)) >> 6
        return weights

    def _split(self, p: Projection) -> list[tuple[Projection, int, np.ndarray]]:
        weights, back = self._prepared(p).T.astype(np.float64), self.net.axon_delay(p)
        if p.delays is None:
            return [(p, back, weights)]
        return [(p, back + int(d), np.where(p.delays.T == d, weights, 0)) for d in np.unique(p.delays)]

    def _arriving(self, p: Projection, back: int, weights: np.ndarray) -> np.ndarray:
        """What synapses of one delay add to their targets in this step: W5, W7. T2: sent in step t - 1 - back."""
        if p.source == BIAS:
            spikes = np.full((self._batch, 1), float(self._step > back))
        else:
            sent = self._sent.get(p.source, [])
            if len(sent) <= back:
                return np.zeros((self._batch, weights.shape[1]), np.int64)
            spikes = sent[-1 - back]
        total = (spikes @ weights).astype(np.int64)
        return total if self.net.profile == "loihi1" else shift(total, p.exponent)

    _step = 0

    def step(self, x: dict[str, np.ndarray]) -> None:
        """One step of the chip with x[input] [batch, channels]."""
        arriving: dict[str, np.ndarray] = {}
        for part in self._parts:
            arriving[part[0].target] = arriving.get(part[0].target, 0) + self._arriving(*part)
        self.spikes = {p.name: self._update(p, arriving.get(p.name, 0)) for p in self.net.populations}
        longest = max((back for _, back, _ in self._parts), default=0) + 1
        for name, values in [*self.spikes.items(), *x.items()]:
            sent = self._sent.setdefault(name, [])
            sent.append(values.astype(np.float64))
            del sent[:-longest]
        self._step += 1

    def _update(self, p: Population, a: np.ndarray) -> np.ndarray:
        kept = decay(self.u[p.name], p.register("du", 4095) + 1) if p.current else 0
        u = kept + 64 * a + np.zeros_like(self.u[p.name])
        if self.net.profile == "lava":  # N4
            wrapped = np.where(u > HALF, u - 2 * HALF, np.where(u <= -HALF, u + 2 * HALF, u))
        else:  # N5
            wrapped = (u + HALF) % (2 * HALF) - HALF
        self.wraps[p.name] += (wrapped != u).sum(0)
        self.u[p.name] = wrapped
        mantissa, exponent = p.register("bias_mantissa"), p.register("bias_exponent")
        bias = np.where(
            exponent >= 0, mantissa << np.maximum(exponent, 0), mantissa >> np.maximum(-exponent, 0)
        )
        integrates = p.model in ("integrate_and_fire", "integrator")  # N15, N16
        v = decay(self.v[p.name], p.register("dv") * (not integrates)) + wrapped + bias
        stopped = np.clip(v, 1 - HALF, HALF - 1)  # N7
        self.saturations[p.name] += (stopped != v).sum(0)
        if not p.spiking:
            self.v[p.name] = stopped
            return np.zeros(stopped.shape, bool)
        threshold = 64 * p.register("vth")
        fired = stopped > threshold  # N9
        mode = p.registers.get("reset_mode", "zero")
        after = {"zero": 0, "value": 64 * p.register("reset_value"), "subtract": stopped - threshold}[mode]
        self.v[p.name] = np.where(fired, after, stopped)  # N10, E1, E2
        return fired


def run(net: ChipNet, x: dict[str, np.ndarray]) -> tuple[dict, dict, State]:
    """T + L steps of x[input] [B, T, channels]: spikes by population, states by "population.v", the last state."""
    batch, steps = next(iter(x.values())).shape[:2]
    state = State(net, batch)
    spikes: dict[str, list] = {p.name: [] for p in net.populations if p.spiking}
    states: dict[str, list] = {}
    for t in range(steps + max(net.lag.values())):
        state.step({k: v[:, t] if t < steps else np.zeros_like(v[:, 0]) for k, v in x.items()})
        for p in net.populations:
            if p.spiking:
                spikes[p.name].append(state.spikes[p.name])
            states.setdefault(f"{p.name}.v", []).append(state.v[p.name])
            if p.current:
                states.setdefault(f"{p.name}.u", []).append(state.u[p.name])
    return (
        {k: np.stack(v, 1) for k, v in spikes.items()},
        {k: np.stack(v, 1) for k, v in states.items()},
        state,
    )
