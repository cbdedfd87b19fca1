"""Real networks out to .net and NIR files and back: the same numbers, and the same spikes."""

import gzip

import netx_traces
import numpy as np
import pytest
import rheobase as rb
from recordings import recorded


@pytest.fixture(scope="module")
def mnist():
    return rb.load(recorded("netx/trained_mnist_network.net"))


def assert_equal(left: rb.Network, right: rb.Network) -> None:
    """Nodes, parameters, edges and dt, number for number."""
    assert left.nodes.keys() == right.nodes.keys() and set(left.edges) == set(right.edges)
    assert left.dt == right.dt
    for name, node in left.nodes.items():
        other = right.nodes[name]
        assert (node.kind, node.output_shape) == (other.kind, other.output_shape)
        assert node.parameters.keys() == other.parameters.keys()
        for key, values in node.parameters.items():
            assert np.array_equal(values, right.nodes[name].parameters[key]), (name, key)


def test_f14_mnist_comes_back_number_for_number(mnist, tmp_path):
    assert rb.export(mnist, "net", tmp_path / "a.net") == []
    again = rb.load(tmp_path / "a.net")
    assert_equal(mnist, again)
    assert rb.export(rb.compile(mnist), "net", tmp_path / "b.net") == []
    assert (tmp_path / "a.net").read_bytes() == (tmp_path / "b.net").read_bytes()
    images = gzip.open(recorded("mnist/first5000-images-idx3-ubyte.gz")).read()[16 : 16 + 784 * 200]
    x = rb.encode(np.frombuffer(images, np.uint8).reshape(200, 784), "current:20")
    left, right = (rb.compile(n).run(x).spikes for n in (mnist, again))
    for name, spikes in left.items():
        assert spikes.sum() > 1000 and np.array_equal(spikes, right[name])


@pytest.mark.parametrize("name", ["tiny", "pilotnet_lif/network", "pilotnet_sdnn/network"])
def test_f14_f15_convolutional_networks_come_back(name, tmp_path):
    net = rb.load(recorded(f"netx/{name}.net"))
    assert rb.export(net, "net", tmp_path / "a.net") == []
    again = rb.load(tmp_path / "a.net")
    assert_equal(net, again)
    assert net.assumptions == again.assumptions
    rb.export(again, "net", tmp_path / "b.net")
    assert (tmp_path / "a.net").read_bytes() == (tmp_path / "b.net").read_bytes()


def test_f14_the_image_of_tinynet_in_matrices(tmp_path):
    """Its convolutions are unfolded: every spike is the same."""
    net = rb.load(recorded("netx/tiny.net"))
    image = rb.compile(net, chip="loihi2")
    lost = rb.export(image, "net", tmp_path / "a.net")
    assert {d.severity for d in lost} == {"note"}
    again = rb.load(tmp_path / "a.net")
    assert again.assumptions == net.assumptions  # 36 x + 34, before the input
    assert [n.kind for n in again.nodes.values() if "weight" in n.parameters][1:] == ["Linear"] * 2
    x = netx_traces.tinynet()["input"]
    left, right = image.run(x).spikes, rb.compile(again, chip="loihi2").run(x).spikes
    for (name, a), b in zip(sorted(left.items()), (right[f"layer{k}"] for k in (0, 2, 3))):
        assert a.any() and np.array_equal(a.reshape(len(a), -1), b.reshape(len(b), -1)), name


def test_n25_n26_the_layers_of_tinynet_of_changes(tmp_path):
    """A delta, a convolution of sigma-deltas and a sum, as arrays: with the file of them every message is the same."""
    bias = netx_traces.from_lava("tinynet_sdnn/input_bias")
    kernel = np.load(recorded("netx/tinynet_sdnn/layer1_kernel.npy")).transpose(0, 3, 2, 1)[:, :, ::-1, ::-1]
    offsets = np.load(recorded("netx/tinynet_sdnn/layer1_bias.npy"))[:, None, None] << 12
    change = dict(threshold=20 << 12, state_exponent=6)
    b = rb.Builder()
    b.input("in", bias.shape, payload=4095)
    b.exact("changes", bias.shape, "delta", input_shift=12, **change)
    b.exact("hidden", (24, 6, 6), "sigma_delta", bias=offsets, rectified=1, **change)
    b.exact("out", 100, "sigma")
    b.connect("in", "changes")
    b.convolve("changes", "hidden", kernel, stride=2)
    b.connect("hidden", "out", np.load(recorded("netx/tinynet_sdnn/layer2_weight.npy")))
    net = b.build()
    (lost,) = rb.export(net, "net", tmp_path / "a.net")
    assert lost.message.startswith(
        "names are not kept: 'changes' becomes 'layer0', 'hidden' becomes 'layer1'"
    )
    x = np.trunc(bias * np.sin(2 * np.pi * np.arange(15) / 15)[:, None, None, None])
    again = rb.load(tmp_path / "a.net")
    left, right = (n.run(x, dtype="float64").spikes for n in (net, again))
    for a, b in (("changes", "layer0"), ("hidden", "layer1"), ("out", "layer3")):
        assert left[a].any() and np.array_equal(left[a].ravel(), right[b].ravel())


def test_n30_a_file_of_complex_synapses(tmp_path):
    """lava-dl's recorded layer of resonators, a matrix for each port."""
    x, real, imag, spikes = (
        np.load(recorded(f"netx/complex_dense/{name}.npy"))
        for name in ("in", "weight_r", "weight_img", "out")
    )
    sine, cosine = (int(0.95 * turn(np.pi * 2 / 11) * 4096) for turn in (np.sin, np.cos))
    b = rb.Builder()
    b.input("in", 200)
    b.exact("n", 256, "resonate_and_fire", sine=8 * sine, cosine=8 * cosine, input_shift=6, threshold=25 << 6)
    b.connect("in", "n", real, port="real", name="real")
    b.connect("in", "n", imag, port="imag", name="imag")
    rb.export(b.build(), "net", tmp_path / "a.net")
    run = rb.compile(rb.load(tmp_path / "a.net")).run(x.T.astype(int))
    assert np.array_equal(run.spikes["layer0"][: spikes.shape[-1]].T, spikes) and spikes.any()


def test_f14_mnist_over_nir(mnist, tmp_path):
    """As NIR it is real-valued; compiled in its own units it has its integers again."""
    (lost,) = rb.export(mnist, "nir", tmp_path / "a.nir")
    assert lost.severity == "note" and "'layer0', 'layer1', 'layer2' become real-valued" in lost.message
    real = rb.load(tmp_path / "a.nir")
    quant = {
        "schema": "rheobase.quantization/1",
        "populations": {f"layer{i}": {"scale_v": 1.0} for i in range(3)},
        "projections": {f"layer{i}.weight": {"exponent": 0} for i in range(3)},
    }
    assert rb.export(rb.compile(real, quant=quant), "net", tmp_path / "b.net") == []
    assert_equal(mnist, rb.load(tmp_path / "b.net"))


@pytest.mark.parametrize(
    "name",
    [
        "lif_norse",
        "two_lif_neurons",
        "braille_noDelay_bias_zero",
        "braille_noDelay_bias_zero_subgraph",
        "cnn_sinabs",
    ],
)
def test_f12_f13_nir_files_of_others_come_back(name, tmp_path):
    net = rb.load(recorded(f"nir/{name}.nir"))
    assert rb.export(net, "nir", tmp_path / "a.nir") == []
    assert_equal(net, rb.load(tmp_path / "a.nir"))


@pytest.mark.parametrize("name", ["lif_norse", "two_lif_neurons", "braille_noDelay_bias_zero", "cnn_sinabs"])
def test_f13_the_nir_package_reads_the_same(name, tmp_path):
    nir = pytest.importorskip("nir")
    original = recorded(f"nir/{name}.nir")
    rb.export(rb.load(original), "nir", tmp_path / "a.nir")
    left, right = (nir.read(path, type_check=False) for path in (original, tmp_path / "a.nir"))
    assert left.nodes.keys() == right.nodes.keys() and set(left.edges) == set(right.edges)
    for node, theirs in ((left.nodes[n].to_dict(), right.nodes[n].to_dict()) for n in left.nodes):
        assert node.keys() == theirs.keys()
        for key, value in node.items():
            assert np.array_equal(value, theirs[key]) and type(value) is type(theirs[key]), key
            assert getattr(value, "dtype", 0) == getattr(theirs[key], "dtype", 0), key


def test_f12_a_damaged_nested_file_is_written_repaired(tmp_path):
    """The package cannot read it; it is, by other names, the network of its flat twin."""
    nir = pytest.importorskip("nir")
    net = rb.load(recorded("nir/braille_noDelay_bias_zero_subgraph.nir"))
    assert any(a["what"] == "edges that name 'lif'" and a["warning"] for a in net.assumptions)
    rb.export(net, "nir", tmp_path / "a.nir")
    again, twin = nir.read(tmp_path / "a.nir"), nir.read(recorded("nir/braille_noDelay_bias_zero.nir"))
    names = {**{name: name for name in twin.nodes}, "lif1.lif": "lif1.lif1", "lif1.w_rec": "lif1.lin"}
    assert {(names[a], names[b]) for a, b in twin.edges} == set(again.edges)
    assert set(names.values()) == again.nodes.keys()
    for name, node in twin.nodes.items():
        theirs = again.nodes[names[name]].to_dict()
        for key, value in node.to_dict().items():
            assert key == "metadata" or np.array_equal(value, theirs[key]), (name, key)
