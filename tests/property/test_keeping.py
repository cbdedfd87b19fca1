"""After a change to one layer everything else keeps its core, and the chip computes what a fresh compilation does.

RHEO_SEED=n replays one random network, RHEO_NETWORKS=n draws that many.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import rheobase as rb
from replay import check_all

SHARE = 30
DT = 1e-3


class Layers:
    """A chain of layers, some recurrent, some convolved; each layer's weights come from a seed of its own."""

    def __init__(self, seed: int):
        random = np.random.default_rng(seed)
        self.random = random
        count = int(random.integers(3, 6))
        self.sizes = [int(size) for size in random.integers(4, 40, count)]
        self.seeds = [int(s) for s in random.integers(1 << 30, size=count)]
        self.recurrent = random.random(count) < 0.4
        self.density = random.uniform(0.1, 0.5, count)
        self.map = bool(random.random() < 0.4)  # a feature map before them
        self.chip = ["tiny", "loihi1", "loihi2"][int(random.integers(3))]

    def inputs(self) -> int:
        return 36 if self.map else 12

    def weights(self, layer: int, sources: int, salt: int = 0) -> np.ndarray:
        random = np.random.default_rng([self.seeds[layer], salt])
        shape = (self.sizes[layer], sources)
        return random.normal(0.4, 1.5, shape) * (random.random(shape) < self.density[layer])

    def build(self) -> rb.Network:
        b = rb.Builder(dt=DT)
        if self.map:
            b.input("in", (1, 6, 6))
            b.lif("map", (2, 6, 6), tau=10e-3, v_threshold=1.0)
            kernel = np.linspace(-1, 2, 18).reshape(2, 1, 3, 3)
            b.convolve("in", "map", kernel, padding=1)
        else:
            b.input("in", 12)
        before, sources = ("map", 72) if self.map else ("in", 12)
        for layer, size in enumerate(self.sizes):
            name = f"layer{layer}"
            b.lif(name, size, tau=10e-3, v_threshold=1.0)
            b.connect(before, name, self.weights(layer, sources))
            if self.recurrent[layer]:
                b.connect(name, name, self.weights(layer, size, 1) / 3)
            before, sources = name, size
        b.output("out", before)
        return b.build()

    def change(self) -> tuple[int, bool]:
        """One layer gets other weights or another size; which one, and whether its size changed."""
        layer = int(self.random.integers(len(self.sizes)))
        resized = bool(self.random.random() < 0.5)
        if resized:
            self.sizes[layer] += int(self.random.choice([-3, -1, 1, 4, 9]))
        else:
            self.seeds[layer] += 1
        return layer, resized


def homes(image: rb.Image) -> dict:
    """(population, neuron) -> its core."""
    return {
        (s["population"], s["first_neuron"] + i): core["id"]
        for core in image.info["cores"]
        for s in core["slices"]
        for i in range(s["count"])
    }


def compiled(net: rb.Network, chip: str, **options):
    try:
        return rb.compile(net, chip=chip, **options)
    except rb.CompileError:
        return None


def test_what_did_not_change_stays(tmp_path: Path):
    tally = Counter()

    def check(seed: int) -> None:
        layers = Layers(seed)
        old = compiled(layers.build(), layers.chip)
        if old is None:
            tally["too large"] += 1
            return
        layer, resized = layers.change()
        net = layers.build()
        fresh = compiled(net, layers.chip)
        old.save(tmp_path / "old.rheo")
        new = compiled(net, layers.chip, keep=tmp_path / "old.rheo")
        assert new is not None or fresh is None, "with something to keep less fits"
        if new is None:
            tally["too large"] += 1
            return
        assert rb.compile(net, chip=layers.chip, keep=old).to_bytes() == new.to_bytes()
        were, are, told = homes(old), homes(new), new.placement["kept"]
        known = {p["name"]: (p["size"], p["model"]) for p in old.info["populations"]}
        same = {p["name"] for p in new.info["populations"] if known.get(p["name"]) == (p["size"], p["model"])}
        assert (f"layer{layer}" not in same) == resized
        stay = [n for n in are if n[0] in same and are[n] == were[n]]
        move = [n for n in are if n[0] in same and are[n] != were[n]]
        assert (told["kept"], told["moved"]) == (len(stay), len(move))
        assert told["added"] == len(are) - len(stay) - len(move)
        tally["kept"] += len(stay)
        tally["moved"] += len(move)
        tally["all stays"] += not move
        assert [f for f in rb.check(new) if f.severity == "error"] == []
        if fresh is not None:
            shape = (2, 25, *new.info["inputs"][0]["shape"])
            x = (np.random.default_rng(seed).random(shape) < 0.3).astype(np.int8)
            a, b = new.run(x), fresh.run(x)
            assert all(np.array_equal(a.spikes[name], b.spikes[name]) for name in b.spikes)
            assert np.array_equal(a.output, b.output)
            tally["ran alike"] += 1

    drawn = check_all(SHARE, check, tally)
    if drawn:
        assert tally["ran alike"] >= drawn // 2
        assert tally["all stays"] >= drawn // 2
        assert tally["moved"] < tally["kept"] / 8
