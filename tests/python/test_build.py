"""Chips, networks from arrays, and how wrong ones are refused."""

import json

import numpy as np
import pytest
import rheobase as rb
from rheobase.synapses import synapses_of
from commandline import invoke as rheobase


def small():
    b = rb.Builder(dt=1e-3, name="small")
    b.input("in", 3)
    b.lif("hidden", 4, tau=0.02, r=20.0)
    b.connect("in", "hidden", np.ones((4, 3)))
    b.connect("hidden", "hidden", np.eye(4) * 0.5)
    b.li("readout", 2, tau=0.01)
    b.connect("hidden", "readout", np.ones((2, 4)), bias=[0.5, -0.5])
    return b


def test_builder_makes_a_network():
    net = small().build()
    assert net.dt == 1e-3
    assert {n.name for n in net.populations} == {"hidden", "readout"}
    assert net.nodes["hidden"].shape == (4,)
    assert net.nodes["hidden"].units["tau"] == "s"
    assert np.array_equal(net.nodes["in_to_hidden"].parameters["weight"], np.ones((4, 3)))
    assert sum(delay for _, _, delay in net.edges) == 1
    assert {"what", "value", "why", "how_to_change"} <= net.assumptions[0].keys()
    assert [n.name for n in net.outputs] == ["output"]


def test_builder_refuses_what_does_not_fit():
    b = small()
    with pytest.raises(rb.UsageError, match=r"shape \[2, 4\], needed is \[4, 3\]"):
        b.connect("in", "hidden", np.ones((2, 4)), name="again")
    with pytest.raises(rb.UsageError, match="did you mean 'hidden'"):
        b.connect("in", "hiden", np.ones((4, 3)))
    with pytest.raises(rb.UsageError, match="two nodes"):
        b.input("in", 3)
    with pytest.raises(rb.DataError, match="nan"):
        b.connect("in", "hidden", np.full((4, 3), np.nan), name="bad")
    with pytest.raises(rb.UsageError, match="the delay is 1.5, needed is a whole number from 0 to 62"):
        b.connect("in", "hidden", np.ones((4, 3)), name="late", delay=1.5)
    with pytest.raises(rb.UsageError, match="the delay is 63, needed is a whole number from 0 to 62"):
        b.connect("in", "hidden", np.ones((4, 3)), delay=63)
    with pytest.raises(rb.UsageError, match=r"have shape \[3, 4\], the weights \[4, 3\]"):
        b.connect("in", "hidden", np.ones((4, 3)), delay=np.ones((3, 4)))
    with pytest.raises(rb.UsageError, match="whole steps"):
        b.connect("in", "hidden", np.ones((4, 3)), delay=[[0.5], [1], [1], [1]])
    with pytest.raises(rb.UsageError, match="a delay needs a matrix"):
        b.connect("in", "hidden", delay=1)
    with pytest.raises(rb.UsageError, match=r"the kernel from 'in' to 'hidden' has shape \[4, 3\]"):
        b.convolve("in", "hidden", np.ones((4, 3)))
    with pytest.raises(rb.UsageError, match="'stride' of in->hidden has 3 values for 2 axes"):
        b.convolve("in", "hidden", np.ones((4, 3, 1, 1)), stride=(1, 1, 1))
    with pytest.raises(rb.UsageError, match="'padding' of in->hidden is -1, needed is a whole number from 0"):
        b.pool("in", "hidden", 2, padding=-1)


def correlate(x, weight, stride, padding, groups=1):
    """y[o, r, c], in NumPy: x [channels, rows, columns], weight [outputs, inputs / groups, rows, columns]."""
    x = np.pad(x, ((0, 0), (padding[0],) * 2, (padding[1],) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], (1, 2))[
        :, :: stride[0], :: stride[1]
    ]
    parts = np.split(np.arange(len(weight)), groups)
    inputs = np.split(windows, groups)
    return np.concatenate([np.einsum("irckl,oikl->orc", w, weight[p]) for w, p in zip(inputs, parts)])


def test_f15_f16_a_convolution_and_a_pool_from_arrays():
    rng = np.random.default_rng(1)
    first, second, bias = rng.normal(size=(6, 1, 3, 2)), rng.normal(size=(5, 6, 1, 2)), rng.normal(size=5)
    b = rb.Builder(dt=1e-3)
    b.input("in", (2, 9, 8))
    b.integrator("a", (6, 5, 8))
    b.integrator("b", (6, 2, 4))
    b.integrator("c", (5, 2, 3))
    b.convolve("in", "a", first, stride=(2, 1), padding=(1, 0), groups=2)  # [6, 5, 7]
    with pytest.raises(rb.FormatError, match=r"\[6, 5, 7\] but 'a' takes \[6, 5, 8\]"):
        b.build()
    b = rb.Builder(dt=1e-3)
    b.input("in", (2, 9, 8))
    b.integrator("a", (6, 5, 7))
    b.integrator("b", (6, 2, 3))
    b.integrator("c", (5, 2, 2))
    b.convolve("in", "a", first, stride=(2, 1), padding=(1, 0), groups=2)
    b.pool("a", "b", 2)
    b.convolve("b", "c", second, bias=bias, name="last")
    net = b.build()
    assert net.nodes["in_to_a"].kind == "Conv2d" and net.nodes["last"].parameters["groups"] == 1
    assert net.nodes["a_to_b"].parameters["stride"].tolist() == [2, 2]
    x = rng.normal(size=(3, 2, 9, 8))
    found = net.run(x, dtype="float64").output
    a = np.cumsum([correlate(step, first, (2, 1), (1, 0), 2) for step in x], 0)
    pooled = np.cumsum(a[:, :, :4, :6].reshape(3, 6, 2, 2, 3, 2).sum((3, 5)), 0)
    expected = np.cumsum(
        [correlate(step, second, (1, 1), (0, 0)) + bias[:, None, None] for step in pooled], 0
    )
    assert found.shape == (3, 5, 2, 2) and np.allclose(found, expected, rtol=1e-12)


def test_f15_f16_synapses_are_counted():
    """As many as the matrix of the same map has entries that are not zero."""
    rng = np.random.default_rng(5)
    kernel = rng.integers(0, 2, (4, 1, 3, 2)).astype(float)
    turned = kernel.reshape(2, 2, 3, 2)
    for shape, connect in (
        (
            (4, 3, 5),
            lambda b: b.convolve("in", "n", kernel, stride=(2, 1), padding=1, dilation=(1, 2), groups=2),
        ),
        ((2, 5, 10), lambda b: b.convolve("in", "n", turned, stride=(1, 2), padding=(1, 0), transposed=True)),
        ((2, 5, 6), lambda b: b.pool("in", "n", (3, 2), stride=1, padding=1)),
    ):
        b = rb.Builder(dt=1e-3)
        b.input("in", (2, 5, 5))
        b.integrator("n", shape)
        connect(b)
        net = b.build()
        matrix = net.run(np.eye(50).reshape(50, 1, 2, 5, 5)).output
        assert synapses_of(net.nodes["in_to_n"]) == np.count_nonzero(matrix) > 0


def test_f17_a_transposed_convolution_from_arrays():
    rng = np.random.default_rng(2)
    weight = rng.normal(size=(3, 2, 3, 3))
    b = rb.Builder(dt=1e-3)
    b.input("in", (3, 4, 5))
    b.integrator("n", (2, 9, 11))
    b.convolve("in", "n", weight, stride=2, transposed=True)
    x = rng.normal(size=(1, 3, 4, 5))
    expected = np.zeros((2, 9, 11))
    for i, r, c in np.ndindex(3, 4, 5):
        expected[:, 2 * r : 2 * r + 3, 2 * c : 2 * c + 3] += x[0, i, r, c] * weight[i]
    assert np.allclose(b.build().run(x, dtype="float64").output[0], expected, rtol=1e-12)


def test_what_is_no_convolution_is_refused():
    b = rb.Builder(dt=1e-3)
    b.input("in", (3, 4, 5))
    b.integrator("n", (2, 9, 11))
    for transposed in (1, "yes", None):
        with pytest.raises(rb.OptionError, match="give True or False"):
            b.convolve("in", "n", np.ones((3, 2, 3, 3)), transposed=transposed)
    with pytest.raises(rb.OptionError, match="inputs, outputs / groups"):
        b.convolve("in", "n", np.ones((3, 2, 3)), transposed=np.True_)
    b.convolve("in", "n", np.ones((3, 2, 3, 3)), stride=2, transposed=np.True_)
    assert b.build().nodes["in_to_n"].kind == "ConvTranspose2d"


def test_f7_a_matrix_enters_neurons_of_any_shape():
    rng = np.random.default_rng(5)
    weight = 2.0 * rng.integers(-20, 40, (12, 12))
    b = rb.Builder(dt=1e-3)
    b.input("in", (3, 2, 2))
    b.exact("n", (3, 2, 2), decay_u=4096, decay_v=0, threshold=64 * 30)
    b.connect("in", "n", weight)
    b.connect("n", "n", -weight)
    net = b.build()
    x = rng.integers(0, 2, (20, 3, 2, 2))
    spikes = net.run(x, dtype="float64").spikes["n"]
    image = rb.compile(net)
    assert spikes.any() and np.array_equal(image.run(x).aligned("n").reshape(spikes.shape), spikes)
    b = rb.Builder(dt=1e-3)
    b.input("in", 3)
    b.integrator("n", (2, 2))
    b.connect("in", "n", np.ones((4, 3)))
    assert b.build().nodes["n"].shape == (2, 2)


def test_f18_a_delay_from_arrays():
    weight = np.array([[1.0, 10], [100, 1000]])
    for delay in (2, [[0, 3]], [[1], [2]], [[0, 1], [2, 3]]):
        b = rb.Builder(dt=1e-3)
        b.input("in", 2)
        b.integrator("n", 2)
        b.connect("in", "n", weight, delay=delay)
        x = np.zeros((8, 2))
        x[1] = 1
        found = np.diff(b.build().run(x).output, axis=0, prepend=0)
        expected = np.zeros((8, 2))
        for (i, j), d in np.ndenumerate(np.broadcast_to(delay, (2, 2))):
            expected[1 + d, i] += weight[i, j]
        assert np.array_equal(found, expected)


def test_network_faults_are_format_errors():
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.lif("hidden", 2, tau=-1.0)
    b.connect("in", "hidden", np.eye(2))
    with pytest.raises(rb.FormatError) as caught:
        b.build()
    assert caught.value.code.startswith("R02")
    assert "hidden" in str(caught.value)


def test_chips():
    chips = rb.chips()
    assert {"loihi1", "loihi2", "tiny"} <= chips.keys()
    assert chips["loihi2"].limits["neurons_per_core"].source
    assert rb.ChipSpec.load("tiny").name == "tiny"
    with pytest.raises(rb.Error):
        rb.ChipSpec.load("no-such-chip")


def test_chips_command():
    listing = rheobase("chips")
    assert listing.returncode == 0 and "loihi2" in listing.stdout
    one = rheobase("chips", "loihi2", "--json")
    assert json.loads(one.stdout)["limits"]["cores"]["unit"]
    assert "neurons_per_core" in rheobase("chips", "tiny").stdout
    wrong = rheobase("chips", "loihi3")
    assert wrong.returncode in (2, 3) and "loihi" in wrong.stderr


def test_f7_f8_f16_nodes_without_neurons_in_a_chain():
    b = rb.Builder()
    b.input("in", (1, 4, 4))
    b.node("sum", "SumPool2d", kernel_size=[2, 2], stride=[2, 2], padding=[0, 0])
    b.node("half", "Scale", scale=np.full((1, 2, 2), 0.5))
    b.node("flat", "Flatten", start_dim=0, end_dim=-1)
    b.node("turn", "Linear", weight=np.eye(4)[::-1])
    b.integrator("v", 4)
    for source, target in [("in", "sum"), ("sum", "half"), ("half", "flat"), ("flat", "turn"), ("turn", "v")]:
        b.connect(source, target)
    b.output("out", "v")
    note = {"what": "maker", "value": "a test", "why": "it says so", "how_to_change": "no", "warning": True}
    net = b.build(notes=[note])
    assert net.run(np.arange(16.0).reshape(1, 1, 4, 4)).output.tolist() == [[25.0, 21.0, 9.0, 5.0]]
    assert net.assumptions[0] == note
    with pytest.raises(rb.OptionError, match="kind cannot be 'LIF'"):
        b.node("more", "LIF", tau=1)
