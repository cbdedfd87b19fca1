"""Images as NIR networks: over the reals they take the chip's steps, but for what its rounding adds up to. SPEC I11."""

import numpy as np
import pytest
import rheobase as rb
from recordings import EXAMPLES, recorded
from rheobase.exporting.sums import parameters_of

DECAY_ONE = 4096


def rounding(image: rb.Image, name: str, steps: int) -> np.ndarray:
    """How far apart potentials of chip and reals can be, in integers: a decay that rounds toward zero (SPEC N1) moves
    a state by less than 1 in a step, and forgets that as it forgets the rest."""
    values = {k: v.astype(float) for k, v in parameters_of(image, name).items()}
    current = values.get("decay_u", np.array(DECAY_ONE))
    of_u = np.where(current == DECAY_ONE, 0, DECAY_ONE / current)
    decay = values.get("decay_v", np.array(0))
    kept = np.minimum(steps, np.divide(DECAY_ONE, decay, out=np.full(decay.shape, np.inf), where=decay > 0))
    apart = (of_u + ((decay > 0) & (decay < DECAY_ONE))) * kept
    return np.broadcast_to(apart, values["bias"].shape) + 1e-6


def assert_same_steps(net: rb.Network, image: rb.Image, written: rb.Network, x: np.ndarray) -> int:
    """Until the first spike that differs potentials differ by rounding alone; there, the threshold is as near. Returns
    how many spikes differ."""
    names = [p.name for p in net.populations]
    probes = [f"{name}.v" for name in names]
    chip, real = image.run(x, probes=probes), written.run(x, dtype="float64", probes=probes)
    spiking = [p.name for p in net.populations if p.spiking]
    unequal = {n: chip.aligned(n) != real.spikes[n] for n in spiking}
    first = [
        min((int(np.argmax(u[k].any(-1))) for u in unequal.values() if u[k].any()), default=x.shape[1])
        for k in range(len(x))
    ]
    for name in names:
        scale = image.scale[f"{name}.v"]
        bound = rounding(image, name, x.shape[1])
        apart = np.abs(chip.aligned(f"{name}.v") - scale * real.states[f"{name}.v"])
        for k, step in enumerate(first):
            assert (apart[k, :step] <= bound).all(), (name, k)
            if step == x.shape[1] or name not in spiking:
                continue
            theta = parameters_of(image, name)["threshold"]
            for neuron in np.flatnonzero(unequal[name][k, step]):
                silent = min(
                    (chip.aligned(f"{name}.v"), chip.aligned(name)),
                    (scale * real.states[f"{name}.v"], real.spikes[name]),
                    key=lambda side: side[1][k, step, neuron],
                )[0]
                assert theta[neuron] - silent[k, step, neuron] <= bound[neuron], (name, k, step, neuron)
    return sum(int(u.sum()) for u in unequal.values())


def over_nir(net: rb.Network, folder, **more) -> tuple[rb.Image, rb.Network]:
    image = rb.compile(net, chip="loihi2")
    lost = rb.export(image, "nir", folder / "a.nir", **more)
    assert any("become real-valued" in d.message for d in lost)
    return image, rb.load(folder / "a.nir", **net.conventions)


@pytest.mark.parametrize("discretization", ["euler", "exponential"])
@pytest.mark.parametrize("twin", ["", "_subgraph"])
def test_i11_braille_spikes_as_on_the_chip(discretization, twin, tmp_path):
    net = rb.load(recorded(f"nir/braille_noDelay_bias_zero{twin}.nir"), discretization=discretization)
    image, written = over_nir(net, tmp_path)
    x = np.load(recorded("nir/braille/sample0_input.npy"))[None]
    assert assert_same_steps(net, image, written, x) == 0
    assert (net.run(x).spikes["lif2"] != written.run(x).spikes["lif2"]).sum() > 100  # quantization is seen
    # Parameters are near the trained ones, in their units, and the conventions are told from the file again.
    for name in (p.name for p in net.populations):
        ours, theirs = net.nodes[name].parameters, written.nodes[name].parameters
        for key in ("tau_syn", "tau_mem", "v_threshold"):
            assert np.allclose(ours[key], theirs[key], rtol=3e-3), key
    if discretization == "euler":
        assert rb.load(tmp_path / "a.nir").conventions == net.conventions


def test_i11_reaching(tmp_path):
    """Recurrent: once a spike differs the two go ways of their own."""
    net = rb.load(EXAMPLES / "reaching" / "reaching.nir")
    image, written = over_nir(net, tmp_path)
    x = np.load(EXAMPLES / "reaching" / "test_data.npz")["x"][:40]
    wrong = assert_same_steps(net, image, written, x)
    assert wrong < 0.02 * x.shape[0] * x.shape[1] * 128


def test_i11_fashion_mnist(tmp_path):
    net = rb.load(EXAMPLES / "fashion_mnist" / "fashion_mnist.nir")
    image, written = over_nir(net, tmp_path)
    x = (np.random.default_rng(0).random((40, 20, 784)) < 0.25).astype(np.uint8)
    wrong = assert_same_steps(net, image, written, x)
    assert wrong < 1e-3 * x.shape[0] * x.shape[1] * 512
    chip, real = image.run(x).aligned("output").sum(1), written.run(x).output.sum(1)
    assert (chip.argmax(-1) == real.argmax(-1)).mean() > 0.95


@pytest.mark.parametrize("name, steps", [("lif_norse", 600), ("two_lif_neurons", 600), ("cnn_sinabs", 30)])
def test_i11_networks_of_the_nir_paper(name, steps, tmp_path):
    """Neurons that forget nothing (the CNN's), and one that is its own cause, by a bias: every spike is the chip's."""
    net = rb.load(recorded(f"nir/{name}.nir"))
    image, written = over_nir(net, tmp_path)
    x = (np.random.default_rng(0).random((2, steps, *net.inputs[0].shape)) < 0.3).astype(np.uint8)
    assert assert_same_steps(net, image, written, x) == 0
    assert all(spikes.any() for name, spikes in image.run(x).spikes.items() if name != "lif2")


def test_the_nir_package_reads_it_and_so_do_old_ones(tmp_path):
    nir = pytest.importorskip("nir")
    net = rb.load(recorded("nir/braille_noDelay_bias_zero.nir"))
    over_nir(net, tmp_path)
    graph = nir.read(tmp_path / "a.nir")
    assert {type(n).__name__ for n in graph.nodes.values()} == {
        "Input",
        "Output",
        "Affine",
        "Linear",
        "CubaLIF",
    }
    _, old = over_nir(net, tmp_path, nir_version="1.0.4")
    nir.read(tmp_path / "a.nir")
    missing = {a["value"] for a in old.assumptions if a["what"] == "missing parameters"}
    assert missing == {"lif1.lif.v_reset = 0, lif2.v_reset = 0"} and old.dt == net.dt
