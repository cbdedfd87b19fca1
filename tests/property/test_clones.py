"""Networks whose neurons need more routes than a core has do what they did, in the same step, where clones share them.

RHEO_SEED=n replays one network, RHEO_NETWORKS=n draws that many.
"""

from collections import Counter

import numpy as np
import pytest
import rheobase as rb
from partial_sums import chip, compare
from replay import check_all, drawn_often
from test_partial_sums import Draw

SHARE = 30
LOOPS = 20


def errors(net, **options) -> list:
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(net, **options)
    return [d for d in refused.value.diagnostics if d.severity == "error"]


def clones(image) -> int:
    return sum(p["size"] for p in image.info["populations"] if p["clone_of"])


def most_routes(image) -> int:
    """Of any neuron."""
    parts = [part for core in image.info["cores"] for part in image.program.core(core["id"])["slices"]]
    return max(len(routes) for part in parts for routes in part["routes"])


def check(seed: int, folder, tally: Counter) -> None:
    drawn = Draw(seed, folder)
    spread = dict(neurons_per_core=drawn.between(2, 5), cores=400)
    whole_chip = chip(folder, "whole", **spread)
    options = dict(profile=drawn.profile, quant=drawn.settings(whole_chip))
    whole = rb.compile(drawn.net, chip=whole_chip, **options)
    most = most_routes(whole)
    if most < 2:
        tally["none reaches two cores"] += 1
        return
    small = chip(folder, "small", output_axons_per_core=most - drawn.between(1, max(1, most // 5)), **spread)
    assert {d.code for d in errors(drawn.net, chip=small, **options)} == {"R0414"}
    try:
        cloned = rb.compile(drawn.net, chip=small, clone_fan_out=True, **options)
    except rb.CompileError as refused:
        (found, *_) = [d for d in refused.diagnostics if d.severity == "error"]
        assert found.code in ("R0414", "R0417", "R0413"), str(refused)
        assert found.code != "R0414" or "come to no end" in found.message, str(refused)
        tally["refused"] += 1
        return
    probes = [f"{name}.v" for name in drawn.models if f"{name}.v" in whole.probes()]
    compared, spikes = compare(whole, cloned, drawn.x, list(drawn.models), probes)
    assert cloned.lag == whole.lag
    for engine in ("golden", "jit"):
        a, b = (
            cloned.run({n: x[:1] for n, x in drawn.x.items()}, engine=e, hidden=True)
            for e in ("vector", engine)
        )
        assert all(np.array_equal(a.spikes[name], b.spikes[name]) for name in a.spikes)
    tally["neuron-steps"] += compared
    tally["spikes"] += spikes
    tally["clones"] += clones(cloned)
    tally["cloned"] += 1
    tally.update(drawn.traits)


def test_e5_networks_with_clones_do_what_they_did(tmp_path):
    tally = Counter()
    chosen = check_all(SHARE, lambda seed: check(seed, tmp_path, tally), tally)
    if chosen is None:
        return
    assert tally["cloned"] > 0.4 * chosen
    drawn_often(
        tally, chosen, ("convolution", "groups", "skip", "loop", "synapse delays", "floored", "shifted")
    )
    assert tally["neuron-steps"] > 10000 * chosen and tally["spikes"] > 1000 * chosen


def ring(seed: int):
    """Populations of which each reaches all of itself or of the next, the last one the first."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 4))
    b = rb.Builder(dt=1e-3, name="ring")
    b.input("in", 3)
    sizes = [int(rng.integers(8, 20)) for _ in range(count)]
    for i, size in enumerate(sizes):
        b.exact(f"p{i}", size, decay_u=2000, decay_v=300, threshold=64 * 100)
    for i, size in enumerate(sizes):
        target = (i + 1) % count
        weight = 2 * rng.integers(1, 50, (sizes[target], size))
        b.connect(f"p{i}", f"p{target}", weight)
    b.connect("in", "p0", 2 * rng.integers(1, 50, (sizes[0], 3)))
    b.output("out", "p0")
    return b.build().under(feedforward_delay=1), sizes


def check_ring(seed: int, folder, tally: Counter) -> None:
    """Every core that holds some of the ring takes as many routes as the smallest population has neurons."""
    net, sizes = ring(seed)
    small = chip(folder, "small", neurons_per_core=2, output_axons_per_core=min(sizes) - 1)
    found = errors(net, chip=small, clone_fan_out=True)
    assert {d.code for d in found} == {"R0414"}
    assert {d.where for d in found} == {f"p{i}" for i in range(len(sizes))}
    for i, finding in enumerate(found):
        assert finding.value == sizes[i - 1] > finding.limit == min(sizes) - 1
        assert f"clones of 'p{i}' come to no end" in finding.message
    tally["refused"] += 1


def test_e5_loops_in_which_clones_come_to_no_end_are_refused(tmp_path):
    tally = Counter()
    chosen = check_all(LOOPS, lambda seed: check_ring(seed, tmp_path, tally), tally)
    assert chosen is None or tally["refused"] == chosen
