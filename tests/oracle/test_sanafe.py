"""Exported images under SANA-FE: the same spikes, and the energy that we count ourselves."""

import csv
import gzip
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import rheobase as rb
from debian import data_of_debian
from environment import needs_sanafe, under_sanafe
from model_networks import PARAMETERS, network, stimulus
from pools import pool, small_chip
from recordings import EXAMPLES, recorded
from rheobase.exporting import sanafe_neurons

sys.path.insert(0, str(EXAMPLES))
import nmnist  # noqa: E402

pytestmark = needs_sanafe


@dataclass
class Compared:
    """What SANA-FE said of an exported image, and what we say."""

    samples: list
    rasters: list  # of each side, {(sample, node, neuron, step)}
    counts: list  # of each side, {node: spikes} for each sample
    estimate: rb.Estimate
    lost: list

    @property
    def same_spikes(self) -> bool:
        return self.rasters[0] == self.rasters[1]

    @property
    def energy(self) -> float:
        return sum(s["energy_J"]["total"] for s in self.samples) / len(self.samples)

    @property
    def latency(self) -> float:
        return sum(s["latency_s"] for s in self.samples) / len(self.samples)


def compare(image: rb.Image, x, folder: Path, replay: bool = False, chip=None) -> Compared:
    lost = rb.export(image, "sanafe", folder / "sanafe", x=x, replay=replay, chip=chip)
    under_sanafe(
        *(folder / "sanafe/run.py", "--timing", "simple"),
        *("-o", folder / "out.json", "--raster", folder / "out.csv"),
    )
    samples = json.loads((folder / "out.json").read_text())["samples"]
    with open(folder / "out.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    run = image.run(x, hidden=True)
    spikes = {name: s if run.batched else s[None] for name, s in run.spikes.items()}
    theirs = {(int(b), node, int(n), int(t)) for b, node, n, t in rows if node in spikes}
    ours = {(b, name, n, t) for name, s in spikes.items() for b, t, n in np.argwhere(s).tolist()}
    counted = [{name: int(np.count_nonzero(s[b])) for name, s in spikes.items()} for b in range(len(samples))]
    told = [{name: sample["spikes"][name] for name in spikes} for sample in samples]
    compared = Compared(samples, [theirs, ours], [told, counted], rb.estimate(image, x, chip), lost)
    say(image, compared)
    return compared


def say(image: rb.Image, both: Compared) -> None:
    """The figures of both sides, in the test's output."""
    e = both.estimate
    print(
        f"{image.info['network']}: spikes {both.counts[0]}\n  here {both.counts[1]}\n"
        f"  SANA-FE {1e6 * both.energy:.4f} uJ dynamic, {1e6 * both.latency:.2f} us; here "
        f"{1e6 * e.energy['dynamic']:.4f} uJ, {1e6 * e.latency_overlapped:.2f} to {1e6 * e.latency:.2f} us"
    )


def fashion() -> tuple[rb.Image, np.ndarray]:
    with gzip.open(data_of_debian("t10k-images-idx3-ubyte.gz")) as file:
        grey = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)[:2]
    image = rb.compile(rb.load(EXAMPLES / "fashion_mnist/fashion_mnist.nir"))
    return image, rb.encode(grey, "rate:20,0")


def reaching() -> tuple[rb.Image, np.ndarray]:
    image = rb.compile(rb.load(EXAMPLES / "reaching/reaching.nir"))
    return image, np.load(EXAMPLES / "reaching/test_data.npz")["x"][:3]


def braille(twin: str = "") -> tuple[rb.Image, np.ndarray]:
    image = rb.compile(rb.load(recorded(f"nir/braille_noDelay_bias_zero{twin}.nir")))
    return image, np.load(recorded("nir/braille/sample0_input.npy"))


def digit() -> tuple[rb.Image, np.ndarray]:
    image = rb.compile(rb.load(recorded("nir/cnn_sinabs.nir")), weight_bits=8)
    files, _ = nmnist.listed(recorded("nmnist/train"), recorded("nmnist/train1K.txt"))
    return image, nmnist.frames(files[:1])


@pytest.mark.parametrize("example", [fashion, digit])
def test_sanafe_computes_every_spike_and_the_same_energy(tmp_path, example):
    """Neurons whose currents keep nothing: SANA-FE's dynamics are the chip's, bit for bit."""
    image, x = example()
    both = compare(image, x, tmp_path)
    assert both.lost == [] and both.same_spikes and len(both.rasters[1]) > 500
    # SANA-FE counts a neuron as active, too, where what arrives adds up to 0.
    assert both.energy == pytest.approx(both.estimate.energy["dynamic"], rel=2e-3)
    assert both.latency == pytest.approx(both.estimate.latency_overlapped, rel=1e-3)


@pytest.mark.parametrize("twin", ["", "_subgraph"])
def test_braille_spikes_alike_though_the_current_is_not_rounded(tmp_path, twin):
    both = compare(*braille(twin), tmp_path)
    assert {d.code for d in both.lost} == {"R0671"} and both.same_spikes
    assert both.energy == pytest.approx(both.estimate.energy["dynamic"], rel=2e-2)


def test_a_recurrent_network_drifts_and_is_told(tmp_path):
    """128 recurrent neurons with currents: what is not rounded becomes another spike, later."""
    both = compare(*reaching(), tmp_path)
    assert [(d.code, d.severity) for d in both.lost] == [("R0671", "warning")]
    assert not both.same_spikes
    for theirs, ours in zip(*both.counts):
        assert theirs["hidden"] == pytest.approx(ours["hidden"], rel=0.03)
    assert both.energy == pytest.approx(both.estimate.energy["dynamic"], rel=0.02)


@pytest.mark.parametrize("example", [reaching, braille, fashion])
def test_a_replay_spikes_as_the_chip_does(tmp_path, example):
    image, x = example()
    both = compare(image, x, tmp_path, replay=True)
    assert both.same_spikes and both.counts[0] == both.counts[1]
    assert both.energy == pytest.approx(both.estimate.energy["dynamic"], rel=0.02)


def test_neurons_that_the_mapper_scattered(tmp_path):
    net, x = pool()
    chip = small_chip(tmp_path)
    spent = {}
    for mapper in ("order", "graph"):
        image = rb.compile(net, chip=chip, mapper=mapper)
        both = compare(image, x[:1], tmp_path / mapper, chip=chip)
        assert both.same_spikes and len(both.rasters[1]) > 100
        assert both.energy == pytest.approx(both.estimate.energy["dynamic"], rel=0.02)
        spent[mapper] = both.energy
    assert spent["graph"] < spent["order"]


def random_network(seed: int, reset: str) -> rb.Network:
    """Neurons without memory of currents: recurrence, delays of up to 5 steps, biases, per-neuron parameters."""
    rng = np.random.default_rng(seed)
    b = rb.Builder(dt=1e-3, reset=reset)
    b.input("in -> [0]", 12)
    tau, v = rng.uniform(5e-3, 4e-2, 40), rng.uniform(0.4, 1, 40)
    value = {"v_reset": 0.1} if reset == "v_reset" else {}
    b.lif("a.b: 'c', {d}", 40, tau=tau, r=8, v_threshold=v, v_leak=0.05, **value)
    b.lif("7", 30, tau=2e-2, r=9, v_threshold=1, **value)
    b.connect("in -> [0]", "a.b: 'c', {d}", rng.normal(0, 1, (40, 12)), rng.normal(0, 0.1, 40))
    b.connect("a.b: 'c', {d}", "a.b: 'c', {d}", rng.normal(0, 0.3, (40, 40)))
    b.delay("late", 40, 1e-3 * rng.integers(0, 5, 40))
    b.connect("a.b: 'c', {d}", "late")
    b.connect("late", "7", rng.normal(0, 0.5, (30, 40)))
    return b.build()


@pytest.mark.parametrize("seed, reset", [(1, "zero"), (2, "subtract"), (3, "v_reset"), (4, "zero")])
def test_n1_n9_t2_resets_biases_and_delays_are_sanafes(tmp_path, seed, reset):
    """Two neurons in a core, so that messages go over columns and rows of tiles."""
    chip = tmp_path / "narrow.json"
    chip.write_text('{"base": "loihi2", "name": "narrow", "limits": {"neurons_per_core": 2}}')
    image = rb.compile(random_network(seed, reset), chip=chip)
    assert len(image.info["cores"]) > 32
    x = np.random.default_rng(seed).integers(0, 2, (2, 60, 12))
    both = compare(image, x, tmp_path, chip=chip)
    assert both.same_spikes and len(both.rasters[1]) > 300
    assert both.lost == [] and both.estimate.counts["columns"] > both.estimate.counts["rows"] > 0
    hops = sum(both.estimate.energy[part] for part in ("messages", "hops"))
    network = sum(s["energy_J"]["network"] for s in both.samples) / 2
    # Two axons of one core are one message there.
    assert 0.6 * hops < network <= hops * (1 + 1e-9)


def test_hops_are_those_of_the_grid(tmp_path):
    """One axon for each neuron and core, so that both sides count the same messages."""
    chip = tmp_path / "narrow.json"
    chip.write_text('{"base": "loihi1", "name": "narrow", "limits": {"neurons_per_core": 1}}')
    rng = np.random.default_rng(9)
    b = rb.Builder(dt=1e-3)
    b.input("in", 5)
    b.exact("first", 70, "lif", decay_v=300, threshold=64 * rng.integers(20, 90, 70))
    b.exact("second", 50, "lif", decay_v=300, threshold=64 * rng.integers(20, 90, 50))
    b.connect("in", "first", 2 * rng.integers(-10, 40, (70, 5)))
    b.connect("first", "second", 2 * rng.integers(-10, 40, (50, 70)))
    image = rb.compile(b.build(), chip=chip, profile="lava")
    assert len(image.info["cores"]) == 120
    both = compare(image, rng.integers(0, 2, (30, 5)), tmp_path, chip=chip)
    (theirs,), ours = both.samples, both.estimate
    assert both.same_spikes and ours.counts["columns"] > ours.counts["rows"] > 1000
    assert theirs["messages"] == ours.counts["messages"]
    network = ours.energy["messages"] + ours.energy["hops"]
    assert theirs["energy_J"]["network"] == pytest.approx(network, rel=1e-9)
    assert both.energy == pytest.approx(ours.energy["dynamic"], rel=1e-3)


def test_n21_waiting_neurons_wait_as_long(tmp_path):
    """Of currents that keep nothing: what arrives meanwhile would be lost on one side."""
    rng = np.random.default_rng(5)
    b = rb.Builder(dt=1e-3)
    b.input("in", 6)
    waits = {"refractory_steps": rng.integers(0, 6, 8), "threshold": 64 * rng.integers(10, 300, 8)}
    b.exact("waits", 8, "cuba_lif_refractory", decay_u=4096, decay_v=200, bias=64, **waits)
    b.connect("in", "waits", 2 * rng.integers(-40, 60, (8, 6)))
    both = compare(rb.compile(b.build()), rng.integers(0, 2, (80, 6)), tmp_path)
    assert both.lost == [] and both.same_spikes and len(both.rasters[1]) > 60


def test_n7_the_potential_stops_at_the_bottom(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.exact("stops", 1, "integrate_and_fire", threshold=64)
    b.connect("in", "stops", np.array([[-254 * 64, 254 * 64]]))
    x = np.zeros((60, 2), int)
    x[:20, 0] = x[20:, 1] = 1
    image = rb.compile(b.build())
    assert image.run(x).overflows["stops"]["saturations"].any()
    both = compare(image, x, tmp_path)
    assert both.lost == [] and both.same_spikes and len(both.rasters[1]) > 20


@pytest.mark.parametrize("model", PARAMETERS)
def test_every_model_is_replayed_and_what_sanafe_lacks_is_refused(tmp_path, model):
    image = rb.compile(network(model, seed=1), chip="loihi2")
    x = stimulus(1, 40)
    with pytest.raises(
        rb.CompileError, match=f"like '{model}'" if model not in sanafe_neurons.MODELS else "waits"
    ):
        rb.export(image, "sanafe", tmp_path / "computed", x=x)
    assert not (tmp_path / "computed").exists()
    assert compare(image, x, tmp_path, replay=True).same_spikes
