"""Loops whose steps are delays of their synapses: engines = the rules written down once more, bit for bit.

RHEO_SEED=n replays one network, RHEO_NETWORKS=n draws that many.
"""

from collections import Counter

import numpy as np
import pytest
import rheobase as rb
from chip_simulator import ChipNet, Population, Projection
from comparing import compare_with_rules, run_engines
from replay import check_all

SHARE = 60


class Ring:
    """Two to four populations in a ring, each hop with a delay for every synapse; one more is behind them."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        self.count = int(self.rng.integers(2, 5))
        self.sizes = [int(n) for n in self.rng.integers(3, 15, self.count)]
        self.builder = rb.Builder(dt=1e-3, name=f"ring{seed}")
        self.builder.input("in", 6)
        self.populations, self.projections = [], []
        for i, size in enumerate([*self.sizes, 4]):
            self.population(f"p{i}", size)
        self.connect("in", "p0", 6, self.sizes[0])
        # The edge that closes the ring has a step of its own (F5); the others lack one each.
        self.least = np.bincount(
            self.rng.integers(0, self.count, self.count - 1 + int(self.rng.integers(0, 3))),
            minlength=self.count,
        )
        for i, size in enumerate(self.sizes):
            target = (i + 1) % self.count
            self.connect(
                f"p{i}", f"p{target}", size, self.sizes[target], int(self.least[i]), closes=target == 0
            )
        self.connect(f"p{self.count - 1}", f"p{self.count}", self.sizes[-1], 4)
        self.builder.output("out", f"p{self.count}")
        self.x = (self.rng.random((2, 40, 6)) < 0.4).astype(np.int64)

    def population(self, name: str, size: int) -> None:
        registers = dict(du=int(self.rng.integers(2000, 4096)), dv=int(self.rng.integers(0, 2000)), vth=40)
        self.builder.exact(
            name, size, decay_u=registers["du"] + 1, decay_v=registers["dv"], threshold=64 * registers["vth"]
        )
        self.populations.append(Population(name, size, "cuba_lif", registers))

    def connect(self, source, target, columns, rows, least=None, closes=False) -> None:
        weights = 2 * self.rng.integers(-20, 40, (rows, columns))
        weights[self.rng.random(weights.shape) < 0.3] = 0
        np.put(weights, [0, weights.size - 1], [2, -2])  # no coarser, and of both signs
        delays = None if least is None else least + self.rng.integers(0, 4, weights.shape)
        if delays is not None:
            delays[-1, -1] = least  # of a synapse that there is
            delays[weights == 0] = 0  # waits for nothing
        self.builder.connect(source, target, weights, delay=delays)
        steps = int(closes) + (least or 0)
        rest = None if least is None else np.maximum(delays - least, 0)
        self.projections.append(Projection(f"{source}_to_{target}", source, target, steps, weights, 0, rest))


def check(seed: int, tally: Counter) -> None:
    ring = Ring(seed)
    image = rb.compile(ring.builder.build(), chip=("loihi2", "tiny", "loihi1")[seed % 3])
    net = ChipNet(image.info["profile"], {"in": 6}, ring.populations, ring.projections)
    golden = run_engines(image, {"in": ring.x})
    compare_with_rules(golden, net, {"in": ring.x})
    tally["spikes"] += sum(int(np.count_nonzero(golden.spikes[p.name])) for p in ring.populations)
    tally["steps to spare"] += int(ring.least.sum()) > ring.count - 1
    tally[f"{ring.count} populations"] += 1


def test_t5_t7_delays_that_synapses_share_give_a_loop_its_steps():
    tally = Counter()
    chosen = check_all(SHARE, lambda seed: check(seed, tally), tally)
    if chosen is None:
        return
    assert tally["spikes"] > 100 * chosen
    for name in ("steps to spare", "2 populations", "3 populations", "4 populations"):
        assert tally[name] > chosen / 10, f"too few networks with {name}"


def test_r0750_counts_what_all_synapses_of_a_hop_wait():
    b = rb.Builder(dt=1e-3, name="ring")
    b.input("in", 2)
    for i in range(3):
        b.exact(f"p{i}", 2, decay_u=4096, decay_v=300, threshold=640)
    b.connect("in", "p0", np.full((2, 2), 20))
    for i, delay in enumerate([[[1, 2], [1, 3]], [[0, 2], [5, 2]], [[0, 0], [0, 1]]]):
        b.connect(f"p{i}", f"p{(i + 1) % 3}", np.full((2, 2), 20), delay=np.array(delay))
    b.output("out", "p2")
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(b.build(), chip="loihi2")
    (found,) = [d for d in refused.value.diagnostics if d.severity == "error"]
    assert found.code == "R0750" and (found.value, found.limit) == (3, 2)
