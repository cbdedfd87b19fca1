"""Exported images under Lava's own runtime: every spike and state, every step."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rheobase as rb
from environment import ROOT, needs_lava, under_lava
from model_networks import PARAMETERS, network, stimulus
from pools import pool, small_chip
from recordings import recorded
from rheobase.arithmetic import MODELS

UNHELD = {"tested.clock", "tested.product", "n.clock"}  # states that Lava's processes have no variable for


def _by_name(x) -> dict:
    return x if isinstance(x, dict) else {"x": x}


def compare(image: rb.Image, x, folder: Path) -> int:
    """Asserts that both sides are equal; returns how many spikes there were."""
    rb.export(image, "lava", folder / "lava")
    flat = {name: np.reshape(values, (len(values), -1)) for name, values in _by_name(x).items()}
    np.savez(folder / "x.npz", **flat)
    under_lava(folder / "lava/network.py", folder / "x.npz", "-o", folder / "out.npz")
    theirs = dict(np.load(folder / "out.npz"))
    ours = image.run(x, engine="golden", probes=image.probes())
    for name, spikes in ours.spikes.items():
        assert np.array_equal(theirs[f"{name}.spikes"], spikes), f"spikes of {name}"
    assert {name for name in ours.states if name not in theirs} <= UNHELD
    for name in ours.states.keys() & theirs.keys():
        assert np.array_equal(theirs[name], ours.states[name]), name
    return sum(int(np.count_nonzero(spikes)) for spikes in ours.spikes.values())


def random_network(seed: int, reset: str) -> rb.Network:
    """Two populations that spike and a readout: recurrence, a skip with a delay, biases, per-neuron parameters."""
    rng = np.random.default_rng(seed)
    b = rb.Builder(dt=1e-3, reset=reset)
    b.input("in", 12)
    b.cuba_lif(
        "first",
        20,
        tau_syn=rng.uniform(2e-3, 9e-3, 20),
        tau_mem=rng.uniform(5e-3, 4e-2, 20),
        r=8,
        v_threshold=1,
    )
    b.lif(
        "second, odd name",
        9,
        tau=rng.uniform(5e-3, 3e-2, 9),
        r=9,
        v_threshold=rng.uniform(0.4, 1, 9),
        v_leak=0.1,
    )
    b.cuba_li("readout", 3, tau_syn=4e-3, tau_mem=2e-2, v_leak=0.2)
    b.connect("in", "first", rng.normal(0, 1, (20, 12)), rng.normal(0, 0.1, 20))
    b.connect("first", "first", rng.normal(0, 0.5, (20, 20)))
    b.connect("first", "second, odd name", rng.normal(0, 0.6, (9, 20)), rng.normal(0, 0.1, 9))
    b.connect("in", "second, odd name", rng.normal(0, 0.3, (9, 12)))
    b.connect("second, odd name", "readout", rng.normal(0, 1, (3, 9)))
    return b.build()


@needs_lava
@pytest.mark.parametrize(
    "seed, reset, bits", [(1, "zero", 8), (2, "zero", 4), (3, "subtract", 8), (4, "v_reset", 8)]
)
def test_n11_to_n14_t2_w5_lava_gives_the_same_bits(tmp_path, seed, reset, bits):
    image = rb.compile(random_network(seed, reset), weight_bits=bits)
    x = np.random.default_rng(seed).integers(0, 2, (60, 12))
    assert compare(image, x, tmp_path) > 50


@needs_lava
def test_w10_lava_gives_the_same_bits_to_formats_of_rows(tmp_path):
    """Nine bits, as a Dense process for each sign, and exponents of neurons, negative ones among them."""
    net = random_network(5, "zero")
    settings = rb.quantization(net, weight_bits=9, exponents="channel")
    p = settings["projections"]["in_to_first"]
    p["exponent"] = [-1, -2, 0, 1] * 5
    image = rb.compile(net, quant=settings)
    x = np.random.default_rng(5).integers(0, 2, (60, 12))
    assert compare(image, x, tmp_path) > 50


@needs_lava
def test_f23_f24_lava_waits_and_forgets_alike(tmp_path):
    """Delays of whole projections, of synapses and of biases, and neurons without memory above and below 0."""
    rng = np.random.default_rng(6)
    b = rb.Builder(dt=1e-3)
    b.input("in", 8)
    b.threshold("first", 12, rng.normal(0, 1, 12))
    b.threshold("second", 5, rng.uniform(0.2, 1, 5))
    b.delay("early", 8, 1e-3 * rng.integers(1, 4, 8))
    b.delay("late", 12, 1e-3 * rng.integers(0, 6, 12))
    b.delay("loop", 5, 3e-3)
    b.connect("in", "early")
    b.connect("early", "late", rng.normal(0, 1, (12, 8)), rng.normal(0, 0.5, 12))
    b.connect("late", "first")
    b.connect("first", "second", rng.normal(0, 1, (5, 12)))
    b.connect("second", "loop", rng.normal(0, 1, (5, 5)))
    b.connect("loop", "second")
    net = b.build()
    image = rb.compile(net)
    assert compare(image, rng.integers(0, 2, (60, 8)), tmp_path) > 100


def test_every_program_is_among_the_models():
    assert PARAMETERS.keys() == {name for name, model in MODELS.items() if model["program"]}


@needs_lava
@pytest.mark.parametrize("model", PARAMETERS)
def test_n18_to_n37_every_model_sends_and_holds_the_same(tmp_path, model):
    """Per-neuron parameters up to the ends of their ranges, loops, ports, delays, payloads that wrap; 80 steps."""
    image = rb.compile(network(model, seed=1), chip="loihi2")
    assert compare(image, stimulus(1, 80), tmp_path) > 150


@needs_lava
def test_w5_t7_matrices_of_mostly_zeros_are_sparse(tmp_path):
    """Two convolutions, the second beside the first through a delay, of which no matrix is written out."""
    rng = np.random.default_rng(8)

    def kernel(*shape: int) -> np.ndarray:
        return 2 * rng.integers(-40, 50, shape)

    b = rb.Builder()
    b.input("in", (2, 14, 14))
    b.exact("map", (3, 14, 14), "cuba_lif", decay_u=1500, decay_v=200, threshold=64 * 300)
    b.exact("next", (2, 14, 14), "cuba_lif", decay_u=900, decay_v=100, threshold=64 * 500)
    b.exact("out", 10, "cuba_lif", decay_u=500, decay_v=100, threshold=64 * 300)
    b.convolve("in", "map", kernel(3, 2, 3, 3), padding=1)
    b.convolve("map", "next", kernel(2, 3, 3, 3), padding=1)
    b.convolve("in", "next", kernel(2, 2, 3, 3), padding=1)
    b.connect("next", "out", 2 * rng.integers(-30, 35, (10, 2 * 14 * 14)))
    image = rb.compile(b.build(), chip="loihi2")
    x = (rng.random((60, 2, 14, 14)) < 0.2).astype(int)
    assert compare(image, x, tmp_path) > 1000
    program = (tmp_path / "lava/network.py").read_text()
    assert program.count(" Sparse(weights=sparse(") == 2 and program.count(" LateSparse(weights=sparse(") == 1


@needs_lava
def test_n20_a_reset_that_never_comes_is_none(tmp_path):
    b = rb.Builder()
    b.input("in", 4)
    phase = {"reset_interval": 7, "reset_phase": -1}
    b.exact("n", 4, "cuba_lif_reset", decay_u=300, decay_v=20, threshold=64 * 90, **phase)
    b.connect("in", "n", 2.0 * np.eye(4) * 30)
    x = np.random.default_rng(2).integers(0, 2, (60, 4))
    image = rb.compile(b.build(), chip="loihi2")
    rb.export(image, "lava", tmp_path / "program")
    assert "LIFReset" not in (tmp_path / "program/network.py").read_text()
    assert compare(image, x, tmp_path) > 20


@needs_lava
def test_n7_n22_a_threshold_that_no_potential_reaches_needs_no_register(tmp_path):
    b = rb.Builder()
    b.input("in", 4)
    low = {
        "threshold_low": [-640, -64, -6400, 0]
    }  # the high one is left at its default, the largest potential
    b.exact("n", 4, "ternary_lif", decay_u=300, decay_v=20, **low)
    b.connect("in", "n", -120.0 * np.eye(4))
    x = np.random.default_rng(2).integers(0, 2, (60, 4))
    assert compare(rb.compile(b.build(), chip="loihi2"), x, tmp_path) > 20


@needs_lava
def test_n1_n3_n4_n6_to_n9_at_the_edges_of_every_range(tmp_path):
    """2,000 neurons, 100 steps: registers at their ends, currents that wrap and potentials that saturate."""
    rng = np.random.default_rng(5)
    n = 2000

    def ends(low, high, *more):
        return np.where(
            rng.random(n) < 0.5, rng.integers(low, high + 1, n), rng.choice([low, high, *more], n)
        )

    b = rb.Builder()
    b.input("in", 8)
    b.exact(
        "n",
        n,
        decay_u=ends(1, 4096, 2, 4095),
        decay_v=ends(0, 4095, 1, 4094),
        threshold=64 * ends(0, (1 << 17) - 1, 1),
        bias=ends(-4095, 4095, 0) << rng.integers(0, 8),
    )
    b.connect("in", "n", 256.0 * rng.integers(-127, 128, (n, 8)))
    image = rb.compile(b.build())
    x = rng.random((100, 8)) < rng.random((100, 1))
    assert compare(image, x.astype(int), tmp_path) > 1000
    counted = image.run(x.astype(int)).overflows["n"]
    assert counted["wraps"].sum() > 1000 and counted["saturations"].sum() > 1000


@needs_lava
def test_names_are_words_not_code_and_parts_need_no_connection(tmp_path):
    """Two networks in one, two inputs, and names that Python would take for something else."""
    rng = np.random.default_rng(9)
    b = rb.Builder(name='quotes """ and \\ inside', reset="zero")
    names = {"w0": 'class"', 'second " input': "print\\"}
    for source, target in names.items():
        b.input(source, 6)
        b.exact(target, 8, decay_u=2000, decay_v=300, threshold=64 * 90)
        b.connect(source, target, 2.0 * rng.integers(-40, 60, (8, 6)))
    image = rb.compile(b.build())
    x = {source: rng.integers(0, 2, (50, 6)) for source in names}
    assert compare(image, x, tmp_path) > 50


@needs_lava
def test_the_reaching_network_moves_the_same_way(tmp_path):
    examples = ROOT / "examples/reaching"
    image = rb.compile(rb.load(examples / "reaching.nir"))
    with np.load(examples / "test_data.npz") as data:
        x = data["x"][0][:100]
    assert compare(image, x, tmp_path) > 400


@needs_lava
def test_f14_a_network_of_lava_dl_gives_the_same_spikes_for_twenty_images(tmp_path):
    net = rb.load(recorded("netx/trained_mnist_network.net"))
    pixels = gzip.open(recorded("mnist/first5000-images-idx3-ubyte.gz")).read()[16 : 16 + 784 * 20]
    x = rb.encode(np.frombuffer(pixels, np.uint8).reshape(20, 784), "current:20")
    image = rb.compile(net)
    for number, given in enumerate(x):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert compare(image, given, folder) > 0


def test_what_lava_lacks_is_refused(tmp_path):
    image = rb.compile(random_network(1, "zero"), chip="loihi1")
    with pytest.raises(rb.CompileError) as refused:
        rb.export(image, "lava", tmp_path / "out")
    assert {d.code for d in refused.value.diagnostics} == {"R0670"} and not (tmp_path / "out").exists()
    with pytest.raises(rb.Error, match="lava"):
        rb.export(image, "lavva", tmp_path / "out")


REFUSED = {
    "threshold": ("cuba_lif_reset", {"threshold": [64, 100]}, "'threshold' of neuron 1 of 'n' is 100"),
    "reset_interval": (
        "cuba_lif_reset",
        {"threshold": 64, "reset_interval": [3, 4], "reset_phase": 0},
        "'reset_interval' of 'n' is 3 in neuron 0 and 4 in neuron 1",
    ),
    "theta_step": ("atrlif", {"theta_step": [1, 2]}, "'theta_step' of 'n' is 1 in neuron 0"),
    "cumulative": ("delta", {"cumulative": [1, 0]}, "'cumulative' of 'n' is 1 in neuron 0"),
    "rectified": ("sigma_delta", {"rectified": [0, 1]}, "'rectified' of 'n' is 0 in neuron 0"),
    "bias": ("ternary_lif", {"bias": 100001}, "a bias of 'n' has no mantissa of 16 bits"),
}


@pytest.mark.parametrize("model, values, message", REFUSED.values(), ids=REFUSED)
def test_what_a_process_has_once_or_never_is_refused(tmp_path, model, values, message):
    b = rb.Builder()
    b.input("in", 2)
    b.exact("n", 2, model, **values)
    b.connect("in", "n", 2.0 * np.eye(2))
    with pytest.raises(rb.CompileError) as refused:
        rb.export(rb.compile(b.build(), chip="loihi2"), "lava", tmp_path / "out")
    (told,) = refused.value.diagnostics
    assert told.code == "R0670" and told.where == "n" and told.remedy and message in told.message


def test_the_command_writes_a_folder(tmp_path):
    rb.compile(random_network(1, "zero")).save(tmp_path / "net.rheo")
    run = [
        sys.executable,
        "-m",
        "rheobase",
        "export",
        tmp_path / "net.rheo",
        "--to",
        "lava",
        "-o",
        tmp_path / "out",
    ]
    assert subprocess.run(list(map(str, run)), capture_output=True).returncode == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["arrays.npz", "network.py"]
    compile((tmp_path / "out/network.py").read_text(), "network.py", "exec")


def test_neurons_that_the_mapper_scattered(tmp_path):
    net, x = pool()
    image = rb.compile(net, chip=small_chip(tmp_path), mapper="graph")
    assert len(image.info["cores"][0]["slices"]) > 4
    assert compare(image, x[0, :25], tmp_path) > 30
