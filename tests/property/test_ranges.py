"""Drives compiled networks, real and random, to the ends of the ranges that their images state. SPEC P1, P2.

Hundreds of samples at once, each with a neuron of its own to push up or down. RHEO_NEURON_STEPS=n sets how many steps of
neurons are taken, RHEO_SEED=n replays one random network.
"""

from __future__ import annotations

import os
import re

import chip_simulator
import numpy as np
import pytest
import random_networks
import rheobase as rb
from recordings import EXAMPLES, recorded
from replay import replayable, replaying
from stage_text import StageText

SHARE = 4_000_000
BATCH = 64
RANDOM_STEPS = 100
REAL = {
    "reaching": lambda: EXAMPLES / "reaching" / "reaching.nir",
    "fashion_mnist": lambda: EXAMPLES / "fashion_mnist" / "fashion_mnist.nir",
    "braille": lambda: recorded("nir/braille_noDelay_bias_zero.nir"),
    "braille_subgraph": lambda: recorded("nir/braille_noDelay_bias_zero_subgraph.nir"),
}
PUSH, PULL, MOST, REST, ANY = range(5)


def wanted_steps() -> int:
    return int(os.environ.get("RHEO_NEURON_STEPS", SHARE))


class Attack:
    """Many runs of one network from rest, each against one neuron."""

    def __init__(self, image: rb.Image, net: chip_simulator.ChipNet, rng: np.random.Generator):
        self.net, self.rng, self.image = net, rng, image
        self.size = sum(p.size for p in net.populations)
        self.ranges = {
            (r["population"], r["state"]): r for r in image.info["ranges"] if r["population"] in net.lag
        }
        assert self.ranges.keys() == {
            (p.name, s) for p in net.populations for s in ("uv" if p.current else "v")
        }
        self.seen = {key: [0, 0] for key in self.ranges}
        # Steps from rest in which the state cannot overflow; without end where it never can.
        self.safe = {
            key: np.inf if r["proven"] else int(re.search(r"not in the first (\d+) steps", r["note"])[1])
            for key, r in self.ranges.items()
        }

    def aim(self) -> dict[str, np.ndarray]:
        """[BATCH, channels]: how far a spike of a channel moves the neuron that a sample aims at."""
        want = {p.name: np.zeros((BATCH, p.size)) for p in self.net.populations}
        names = list(want)
        for sample in range(BATCH):
            target = names[self.rng.integers(len(names))]
            want[target][sample, self.rng.integers(want[target].shape[1])] = self.rng.choice([-1, 1])
        wish = {name: np.zeros((BATCH, channels)) for name, channels in self.net.inputs.items()}
        for hop in (1, 0.5, 0.25):  # through one, two or three synapses
            before = {name: np.zeros_like(values) for name, values in want.items()}
            for p in self.net.projections:
                into = wish if p.source in wish else before
                if p.source in into:
                    into[p.source] += hop * want[p.target] @ (p.weights * 2.0**p.exponent)
            want = before
        return wish

    def run(self, steps: int, record: bool = False) -> dict[str, np.ndarray]:
        """Takes ``steps`` steps from rest, checking every one; returns the input where it was recorded."""
        state = chip_simulator.State(self.net, BATCH)
        wish = self.aim()
        move = np.zeros(BATCH, int)
        given: dict[str, list] = {name: [] for name in wish}
        for t in range(steps):
            changed = self.rng.random(BATCH) < 0.05
            move[changed] = self.rng.choice([PUSH, PUSH, PULL, MOST, REST, ANY], changed.sum())
            x = {}
            for name, w in wish.items():
                random = self.rng.random(w.shape)
                x[name] = np.select(
                    [(move == m)[:, None] for m in (PUSH, PULL, MOST, REST)], [w > 0, w < 0, w == w, w != w], random < 0.5
                ) ^ (random < 0.01)  # fmt: skip
                if record:
                    given[name].append(x[name])
            state.step(x)
            self.inside(state, t)
        return {name: np.stack(rows, 1).astype(np.uint8) for name, rows in given.items() if rows}

    def inside(self, state: chip_simulator.State, step: int) -> None:
        for (population, which), r in self.ranges.items():
            values = (state.u if which == "u" else state.v)[population]
            low, high = int(values.min()), int(values.max())
            assert (
                r["minimum"] <= low and high <= r["maximum"]
            ), f"{population}.{which} is {low}..{high} in step {step}, stated is {r['minimum']}..{r['maximum']}"
            seen = self.seen[population, which]
            seen[:] = min(seen[0], low), max(seen[1], high)
        for (population, which), safe in self.safe.items():
            if step >= safe:
                continue
            # A current that is not kept shows in the potential.
            wrapped = (which == "u" or (population, "u") not in self.safe) and state.wraps[population].any()
            stopped = which == "v" and state.saturations[population].any()
            assert not (wrapped or stopped), f"{population}.{which} overflows in step {step}, safe are {safe}"

    def proven(self) -> bool:
        return all(r["proven"] for r in self.ranges.values())

    def reached(self) -> list[float]:
        """Largest value seen by largest value stated, of every proven state."""
        return [
            max(abs(low), abs(high)) / max(1, abs(r["minimum"]), abs(r["maximum"]))
            for key, (low, high) in self.seen.items()
            if (r := self.ranges[key])["proven"]
        ]


def compiled(net: rb.Network, folder, **options) -> tuple[rb.Image, chip_simulator.ChipNet]:
    image = rb.compile(net, dump_stages=folder, **options)
    return image, StageText((folder / "3-legal.mlir").read_text()).chip_net()


@pytest.mark.parametrize("chip", ["loihi1", "loihi2"])
@pytest.mark.parametrize("name", REAL)
def test_p1_no_input_leaves_the_ranges_of_real_networks(name, chip, tmp_path):
    image, net = compiled(rb.load(REAL[name]()), tmp_path, chip=chip)
    attack = Attack(image, net, np.random.default_rng(1))
    budget = wanted_steps() // 2 // len(REAL) // 2 // (BATCH * attack.size)
    steps = int(np.clip(budget, 40, 250))
    for _ in range(max(1, budget // steps)):
        attack.run(steps)
    x = attack.run(40, record=True)  # the engines on the same road
    out = image.run(next(iter(x.values())), probes=image.probes())
    for (population, state), r in attack.ranges.items():
        values = out.states[f"{population}.{state}"]
        assert r["minimum"] <= values.min() and values.max() <= r["maximum"]
        assert (
            not r["proven"]
            or state == "u"
            or not out.overflows.get(population, {}).get("saturations", np.zeros(1)).any()
        )


def attack_on(seed: int, folder) -> Attack | None:
    """An attack on the network of a seed, done; None where the chip refuses it."""
    drawn = random_networks.draw(seed, folder)
    try:
        options = dict(chip=drawn.chip, profile=drawn.profile, quant=drawn.settings)
        image, net = compiled(drawn.net, folder, **options)
    except rb.CompileError:
        return None
    attack = Attack(image, net, np.random.default_rng(seed))
    attack.run(RANDOM_STEPS)
    return attack


def test_p1_p2_no_input_leaves_the_ranges_of_random_networks(tmp_path):
    taken, proven, reached = 0, 0, []
    seed = int(os.environ.get("RHEO_SEED", 1))
    while taken < wanted_steps() // 2:
        with replayable(seed):
            attack = attack_on(seed, tmp_path)
        if replaying():
            return
        seed += 1
        if attack is None:
            continue
        taken += RANDOM_STEPS * BATCH * attack.size
        proven += attack.proven()
        reached += attack.reached()
    print(
        f"{taken} neuron-steps, {proven} networks proven throughout, median of largest seen by stated "
        f"{np.median(reached):.3f}"
    )
    assert proven >= 2
    assert np.median(reached) > 0.5, "the drive does not reach what was proven: no attack"
