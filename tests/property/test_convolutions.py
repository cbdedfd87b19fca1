"""Random networks of convolutions, pools, branches and delays: engines = the rules over unfolded matrices, bit for bit.

RHEO_SEED=n replays one network, RHEO_NETWORKS=n draws that many.
"""

import json
from collections import Counter

import numpy as np
import pytest
import rheobase as rb
from chip_simulator import ChipNet, Population, Projection
from comparing import compare_with_rules, run_engines
from convolutions import unfold
from random_networks import RECORDS
from replay import check_all, drawn_often

SHARE = 120


class Draw:
    """One network of exact nodes: layers of feature maps [channels, rows, columns], and what it is compiled for."""

    def __init__(self, seed: int, folder):
        self.rng = np.random.default_rng(seed)
        self.profile, self.chip = self.target(seed, folder)
        self.builder = rb.Builder(dt=1e-3, name=f"random{seed}")
        self.populations, self.projections, self.traits = [], [], set()
        shape = (self.between(1, 3), self.between(1, 9), self.between(3, 12))
        self.shapes = {"in": shape}
        self.builder.input("in", shape)
        before = "in"
        for layer in range(self.between(1, 3)):
            before = self.layer(f"map{layer}", before)
        self.builder.output("out", before)
        self.net = self.builder.build()
        self.x = (self.rng.random((2, 25, *self.shapes["in"])) < 0.25).astype(np.int64)

    def between(self, least: int, most: int) -> int:
        return int(self.rng.integers(least, most + 1))

    def chance(self, percent: int) -> bool:
        return bool(self.rng.random() * 100 < percent)

    def target(self, seed: int, folder):
        chip = ("loihi2", "loihi2", "loihi1", "tiny")[self.between(0, 3)]
        profile = "lava" if chip == "loihi2" or self.chance(50) else "loihi1"
        if self.chance(50):
            return profile, chip
        record = json.loads((RECORDS / chip / "chip.json").read_text())
        record["limits"]["neurons_per_core"]["value"] = self.between(4, 32)
        record["limits"]["synapse_words_per_core"]["value"] //= self.between(1, 8)
        (folder / f"chip{seed}.json").write_text(json.dumps(record))
        return profile, str(folder / f"chip{seed}.json")

    def geometry(self, shape: tuple) -> dict:
        """Stride, padding and dilation that leave room for a kernel."""
        made = {"kernel": [], "stride": [], "padding": [], "dilation": [], "extent": []}
        for extent in shape[1:]:
            stride, padding, dilation = self.between(1, 3), self.between(0, 2), self.between(1, 2)
            kernel = self.between(1, max(1, min(4, (extent + 2 * padding - 1) // dilation + 1)))
            for name, value in zip(made, (kernel, stride, padding, dilation)):
                made[name].append(value)
            made["extent"].append((extent + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1)
        return {name: tuple(values) for name, values in made.items()}

    def weights(self, *shape) -> np.ndarray:
        """Whole numbers that every chip holds at exponent 0."""
        values = 2 * self.rng.integers(-40, 60, shape)
        values[self.rng.random(shape) < 0.2] = 0
        np.put(values, [0, values.size - 1], [2, -2])  # no coarser; of both signs where there are two
        return values

    def layer(self, name: str, before: str) -> str:
        source = self.shapes[before]
        g = self.geometry(source)
        groups = source[0] if self.chance(30) else 1
        target = (groups * self.between(1, 3), *g["extent"])
        if np.prod(target) > 600:
            target = (groups, *g["extent"])
        registers = dict(du=self.between(0, 4095), dv=self.between(0, 4095), vth=self.between(20, 200))
        self.shapes[name] = target
        self.builder.exact(
            name,
            target,
            decay_u=registers["du"] + 1,
            decay_v=registers["dv"],
            threshold=64 * registers["vth"],
        )
        self.populations.append(Population(name, int(np.prod(target)), "cuba_lif", registers))
        kernel = self.weights(target[0], source[0] // groups, *g["kernel"])
        delay = self.between(1, 6) if self.chance(20) else None
        options = dict(stride=g["stride"], padding=g["padding"], dilation=g["dilation"], groups=groups)
        self.builder.convolve(before, name, kernel, **options, delay=delay)
        self.traits |= {"delay"} if delay else set()
        self.traits |= {"groups"} if groups > 1 else set()
        matrix = unfold(kernel, source, target, g["stride"], g["padding"], g["dilation"], groups)
        delays = None if delay is None else np.full(matrix.shape, delay)
        self.projections.append(Projection(f"{before}_to_{name}", before, name, 0, matrix, 0, delays=delays))
        if self.chance(30):  # a loop of synapses with delays of their own
            self.recurrence(name, int(np.prod(target)))
        return name

    def recurrence(self, name: str, size: int) -> None:
        if size > 100:
            return
        weights, delays = self.weights(size, size), self.rng.integers(0, 5, (size, size))
        self.builder.connect(name, name, weights, delay=delays)
        self.projections.append(Projection(f"{name}_to_{name}", name, name, 1, weights, 0, delays=delays))
        self.traits.add("synapse delays")


def check(seed: int, folder, tally: Counter) -> None:
    drawn = Draw(seed, folder)
    try:
        image = rb.compile(drawn.net, chip=drawn.chip, profile=drawn.profile)
    except rb.CompileError as refused:
        tally.update({f"refused by {d.code}" for d in refused.diagnostics if d.severity == "error"})
        return
    net = ChipNet(
        drawn.profile, {"in": int(np.prod(drawn.shapes["in"]))}, drawn.populations, drawn.projections
    )
    flat = {"in": drawn.x.reshape(*drawn.x.shape[:2], -1)}
    golden = run_engines(image, {"in": drawn.x})
    compare_with_rules(golden, net, flat)
    tally["compiled"] += 1
    tally[f"chip {image.chip}"] += 1
    tally["several cores"] += len(image.info["cores"]) > 1
    tally["spikes"] += sum(int(np.count_nonzero(golden.spikes[p.name])) for p in drawn.populations)
    tally.update(drawn.traits)


@pytest.mark.parametrize("delay", (0, 2, 5))
def test_f18_a_kernel_that_unfolds_keeps_its_delay(delay):
    """Neurons of different gain cannot share a kernel: every pair gets a weight of its own, and the delay."""
    taps = np.array([[[0.5, -0.2, 0.9]], [[0.3, 0.8, -0.4]]])
    x = np.zeros((1, 30, 1, 1, 6), dtype=np.int64)
    x[:, :20] = np.random.default_rng(5).random((1, 20, 1, 1, 6)) < 0.4
    ran = []
    for steps in (0, delay):
        b = rb.Builder(dt=1e-3, name="unfolds")
        b.input("in", (1, 1, 6))
        b.lif("map", (2, 1, 4), tau=np.linspace(2e-3, 9e-3, 8).reshape(2, 1, 4), v_threshold=0.05)
        b.convolve("in", "map", taps[:, :, None], delay=steps)
        b.output("out", "map")
        ran.append(rb.compile(b.build(), chip="loihi2").run(x).spikes["map"])
    assert ran[0].sum() > 20
    steps = ran[0].shape[1] - delay
    assert np.array_equal(ran[0][:, :steps], ran[1][:, delay : delay + steps])


def test_i10_f15_f18_images_of_convolutions_do_what_the_rules_say(tmp_path):
    tally = Counter()
    chosen = check_all(SHARE, lambda seed: check(seed, tmp_path, tally), tally)
    if chosen is None:
        return
    assert tally["compiled"] > 0.7 * chosen
    drawn_often(
        tally,
        chosen,
        (
            "chip loihi2",
            "chip loihi1",
            "chip tiny",
            "several cores",
            "delay",
            "groups",
            "synapse delays",
        ),
    )
    assert tally["spikes"] > 100 * chosen
