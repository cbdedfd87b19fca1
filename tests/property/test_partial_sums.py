"""Networks whose fan-in is split do what they did, some steps later; loops that have no step for it are refused with proof.

RHEO_SEED=n replays one network, RHEO_NETWORKS=n draws that many.
"""

import re
from collections import Counter

import numpy as np
import pytest
import rheobase as rb
from partial_sums import chip, compare, partial_sums
from replay import check_all, drawn_often

SHARE = 40
LOOPS = 30
SAMPLES, STEPS = 8, 40


class Draw:
    """A chain of layers with skips, loops, delays and convolutions, whose integers are drawn afterwards."""

    def __init__(self, seed: int, folder):
        self.rng = np.random.default_rng(seed)
        self.folder, self.seed = folder, seed
        self.profile = "loihi1" if self.chance(25) else "lava"
        self.builder = rb.Builder(dt=1e-3, name=f"random{seed}")
        self.traits, self.shapes, self.models = set(), {}, {}
        self.add_input("in")
        for layer in range(self.between(1, 4)):
            self.layer(f"p{layer}")
        self.builder.output("out", list(self.models)[-1])
        self.net = self.builder.build()
        self.x = {name: self.drive(name) for name in self.inputs}

    def between(self, least: int, most: int) -> int:
        return int(self.rng.integers(least, most + 1))

    def chance(self, percent: int) -> bool:
        return bool(self.rng.random() * 100 < percent)

    def pick(self, *options):
        return options[int(self.rng.integers(len(options)))]

    def size(self, name: str) -> int:
        return int(np.prod(self.shapes[name]))

    def add_input(self, name: str) -> None:
        shape = (
            (self.between(2, 8), self.between(1, 6), self.between(2, 6))
            if self.chance(50)
            else (self.between(8, 60),)
        )
        self.shapes[name] = shape
        self.payload = self.pick(None, None, 3)
        self.inputs = [name]
        self.builder.input(name, shape, payload=self.payload)

    def drive(self, name: str) -> np.ndarray:
        spikes = self.rng.random((SAMPLES, STEPS, *self.shapes[name])) < self.pick(0.1, 0.4)
        most = self.payload or 1
        values = self.rng.integers(-most if self.payload else 1, most + 1, spikes.shape)
        return np.where(spikes, values, 0)

    def layer(self, name: str) -> None:
        before = list(self.shapes)[-1]
        source = self.shapes[before]
        conv = len(source) == 3 and self.chance(75)
        shape = source
        if conv:
            groups = source[0] if self.chance(15) else 2 if source[0] % 2 == 0 and self.chance(30) else 1
            kernel = tuple(self.between(1, min(3, extent)) for extent in source[1:])
            padding = tuple(self.between(0, k - 1) for k in kernel)
            extents = [n + 2 * p - k + 1 for n, p, k in zip(source[1:], padding, kernel)]
            shape = (groups * self.between(1, 3), *extents)
        else:
            shape = (self.between(4, 40),)
        model = self.pick(
            "cuba_lif", "cuba_lif", "lif", "integrate_and_fire", "cuba_lif_reset", "ternary_lif"
        )
        if not conv and self.chance(10):
            model = "prod_neuron"
        self.shapes[name], self.models[name] = shape, model
        self.builder.exact(name, shape, model=model, **self.integers(model))
        rows = self.size(name) * (2 if model == "prod_neuron" else 1)
        if conv:
            weight = self.weights(shape[0], source[0] // groups, *kernel)
            delay = self.between(1, 3) if self.chance(20) else None
            self.builder.convolve(before, name, weight, padding=padding, groups=groups, delay=delay)
            self.traits |= {"convolution"} | ({"groups"} if groups > 1 else set())
        else:
            self.connect(before, name, rows)
        for other in list(self.shapes)[:-1]:
            if other != before and self.chance(30):
                self.connect(other, name, rows)
                self.traits.add("skip")
        if model != "prod_neuron" and self.size(name) <= 60 and self.chance(40):
            least = self.pick(0, 1, 1, 1, 2)  # beside the step that closes the loop
            self.connect(name, name, rows, least)
            self.traits.add("loop")

    def connect(self, source: str, target: str, rows: int, least: int = 0) -> None:
        weight = self.weights(rows, self.size(source))
        weight[self.rng.random(weight.shape) < self.pick(0, 0.3, 0.8)] = 0
        weight.flat[0] = 2
        delay = least or None
        if self.chance(35):
            delay = least + self.rng.integers(0, self.between(2, 4), self.pick(weight.shape, (rows, 1)))
            self.traits.add("synapse delays")
        self.builder.connect(source, target, weight, delay=delay)

    def weights(self, *shape) -> np.ndarray:
        return 2 * self.rng.integers(-40, 56, shape)

    def integers(self, model: str) -> dict:
        membrane = dict(decay_u=self.between(500, 4096), decay_v=self.between(0, 2000))
        level = 64 * self.between(20, 300)
        if model == "prod_neuron":
            return dict(exponent=self.between(4, 12), threshold=self.between(0, 50))
        if model == "ternary_lif":
            return dict(**membrane, threshold_high=level, threshold_low=-level)
        if model == "cuba_lif_reset":
            interval = self.between(3, 17)
            clock = dict(reset_interval=interval, reset_phase=self.between(0, interval - 1))
            return dict(**membrane, threshold=level, **clock)
        if model == "cuba_lif":
            return dict(**membrane, threshold=level)
        return dict(threshold=level, **({"decay_v": membrane["decay_v"]} if model == "lif" else {}))

    def settings(self, whole: str) -> dict:
        """Exponents of both signs, so that what is shifted out differs from sum to sum."""
        settings = rb.quantization(self.net, chip=whole, profile=self.profile, weights=True)
        settings.pop("populations")
        for projection in settings["projections"].values():
            projection["exponent"] = self.between(-5, 1)
            self.traits.add("floored" if projection["exponent"] < 0 else "shifted")
        return settings

    def room(self) -> dict:
        axons = self.between(6, 18)
        words = self.between(6, 24) if self.chance(30) else 4000
        return dict(
            input_axons_per_core=axons, synapse_words_per_core=words, neurons_per_core=self.pick(5, 16, 64)
        )


def check(seed: int, folder, tally: Counter) -> None:
    drawn = Draw(seed, folder)
    whole_chip, small = chip(folder, "whole"), chip(folder, "small", **drawn.room())
    settings = drawn.settings(whole_chip)
    whole = rb.compile(drawn.net, chip=whole_chip, profile=drawn.profile, quant=settings)
    try:
        split = rb.compile(drawn.net, chip=small, profile=drawn.profile, quant=settings, split_fan_in=True)
    except rb.CompileError as refused:
        codes = {d.code for d in refused.diagnostics if d.severity == "error"}
        assert codes <= {"R0750", "R0433", "R0416"}, str(refused)
        tally.update(f"refused by {code}" for code in codes)
        return
    probes = [f"{name}.v" for name in drawn.models if f"{name}.v" in whole.probes()]
    compared, spikes = compare(whole, split, drawn.x, list(drawn.models), probes)
    tally["neuron-steps"] += compared
    tally["spikes"] += spikes
    sums = partial_sums(split)
    tally["compared"] += 1
    tally["split"] += bool(sums)
    tally["helper neurons"] += sum(p["size"] for p in sums)
    tally["several levels"] += any(".part->" in a["value"] for a in split.assumptions)
    tally["later"] += split.lag > whole.lag
    if sums:
        tally.update(drawn.traits)


def test_e4_split_networks_do_what_they_did(tmp_path):
    tally = Counter()
    chosen = check_all(SHARE, lambda seed: check(seed, tmp_path, tally), tally)
    if chosen is None:
        return
    assert tally["split"] > 0.6 * chosen
    drawn_often(
        tally,
        chosen,
        (
            "convolution",
            "groups",
            "skip",
            "loop",
            "synapse delays",
            "floored",
            "shifted",
            "several levels",
        ),
    )
    assert tally["neuron-steps"] > 3500 * chosen and tally["spikes"] > 500 * chosen


def loop_without_a_step(seed: int):
    """One to four layers in a ring whose delays are as many as its hops, each with more inputs from the ring than fit."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 5))
    b = rb.Builder(dt=1e-3, name="ring")
    b.input("in", 5)
    sizes = [int(rng.integers(12, 30)) for _ in range(count)]
    for i, size in enumerate(sizes):
        b.exact(f"p{i}", size, decay_u=2000, decay_v=300, threshold=64 * 100)
    spare = int(rng.integers(0, count))  # steps more than hops, but fewer than layers that need one
    waits = np.bincount(rng.integers(0, count, count - 1 + spare), minlength=count)
    for i, size in enumerate(sizes):
        target = (i + 1) % count
        weight = 2 * rng.integers(1, 50, (sizes[target], size))
        b.connect(f"p{i}", f"p{target}", weight, delay=int(waits[i]) or None)
    b.connect("in", "p0", 2 * rng.integers(1, 50, (sizes[0], 5)))
    b.output("out", f"p{count - 1}")
    return b.build()


def check_loop(seed: int, folder, tally: Counter) -> None:
    small = chip(folder, "small", input_axons_per_core=8 + seed % 3)
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(loop_without_a_step(seed), chip=small, split_fan_in=True)
    (found,) = [d for d in refused.value.diagnostics if d.severity == "error"]
    assert found.code == "R0750", str(refused.value)
    text = re.search(
        r"the loop '(.*?)' needs (\d+) steps on the chip, .* gives it (\d+): ([^;]*)", found.message
    )
    hops, given = int(text[2]), int(text[3])
    nodes = text[1].split(" -> ")
    delays = [int(n) for n in re.findall(r"(\d+) by '", text[4])]
    assert nodes[0] == nodes[-1] and len(nodes) - 1 == hops == len(delays) == found.value
    assert sum(delays) == given == found.limit and given < hops
    helpers = [n for n in nodes[1:] if n.endswith(".part")]
    assert helpers and all(f"'{n}' sums" in found.message for n in helpers)
    # Without the partial sums the loop is one that the chip can follow: it is they that lack the steps.
    assert given >= hops - len(helpers)
    assert "no exact split exists" in found.remedy
    tally["refused"] += 1
    tally[f"{len(helpers)} helpers"] += 1


def test_e4_t5_loops_without_a_step_are_refused_with_the_sum_of_their_delays(tmp_path):
    tally = Counter()
    chosen = check_all(LOOPS, lambda seed: check_loop(seed, tmp_path, tally), tally)
    assert chosen is None or tally["refused"] == chosen


@pytest.mark.parametrize("side", (4, 2))
def test_e4_vgg_layers_of_fan_in_4608_are_split(tmp_path, side):
    """Benchmark B2: 512 channels to 512, kernels of 3 x 3; a core holds 1024 neurons and 4096 axons."""
    rng = np.random.default_rng(side)
    b = rb.Builder(dt=1e-3, name="vgg")
    b.input("in", (512, side, side))
    b.exact("map", (512, side, side), decay_u=4096, decay_v=400, threshold=64 * 300)
    b.convolve("in", "map", 2 * rng.integers(-12, 13, (512, 512, 3, 3)), padding=1)
    b.output("out", "map")
    net = b.build()
    limits = dict(cores=4000, neurons_per_core=1024, synapse_words_per_core=4_000_000)
    small = chip(tmp_path, "small", "loihi2", **limits, input_axons_per_core=4096)
    whole = chip(tmp_path, "whole", "loihi2", **limits)
    split = rb.compile(net, chip=small, split_fan_in=True)
    x = (rng.random((2, 20, 512, side, side)) < 0.1).astype(np.uint8)
    compared, spikes = compare(rb.compile(net, chip=whole), split, x, ["map"], ["map.v"])
    assert compared >= 2 * 2 * 20 * 512 * side * side and spikes > 1000
    if side == 4:  # all nine entries of the kernel reach a place in the middle
        assert sum(p["size"] for p in partial_sums(split)) == 2 * 512 * 16
        assert len(split.info["cores"]) <= 24  # 8 of the layer, 16 of two helpers for each neuron
