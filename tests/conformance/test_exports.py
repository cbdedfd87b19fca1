"""Real networks out to .net and NIR files and back: the same numbers, and the same spikes."""

import gzip

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
        assert node.kind == right.nodes[name].kind
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
    ["lif_norse", "two_lif_neurons", "braille_noDelay_bias_zero", "braille_noDelay_bias_zero_subgraph"],
)
def test_f12_f13_nir_files_of_others_come_back(name, tmp_path):
    net = rb.load(recorded(f"nir/{name}.nir"))
    assert rb.export(net, "nir", tmp_path / "a.nir") == []
    assert_equal(net, rb.load(tmp_path / "a.nir"))


@pytest.mark.parametrize("name", ["lif_norse", "two_lif_neurons", "braille_noDelay_bias_zero"])
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
