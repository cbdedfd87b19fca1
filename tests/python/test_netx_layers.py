"""Every layer type and neuron of lava-dl's .net files, computed once more in NumPy over real numbers (SPEC F14)."""

import numpy as np
import pytest
import rheobase as rb
from netxfiles import CHANGES, MEMBRANE, RECURRENT, dense, flatten, refusal, source, window, write_layers
from netxsteps import Membrane, correlate, drawing

RNG = np.random.default_rng(11)
even, spikes_in = drawing(RNG)


def test_f15_a_convolution_of_spikes(tmp_path):
    """Grouped, rows and columns apart, a bias for each channel; then flattened in C order into a dense layer."""
    kernel, matrix, bias = 2 * even(6, 2, 3, 2), even(4, 144), RNG.integers(-4, 5, 6)
    shape = (6, 4, 6)
    net = rb.load(
        write_layers(
            tmp_path / "conv.net",
            source((4, 6, 5)),
            window(
                "conv", kernel[..., None], shape, stride=(2, 1), padding=(2, 1), groups=2, bias=1.0 * bias
            ),
            flatten(144),
            dense(matrix),
        )
    )
    assert [n.kind for n in net.nodes.values()] == [
        "Input", "Conv2d", "cuba_lif", "Flatten", "Linear", "cuba_lif", "Output",
    ]  # fmt: skip
    assert net.nodes["layer1.weight"].parameters["padding"].tolist() == [2, 1]
    x = spikes_in(25, 4, 6, 5)
    found = net.run(x, dtype="float64").spikes
    first, second = Membrane(shape, bias[:, None, None]), Membrane(4)
    for t, given in enumerate(x):
        hidden = first.step(correlate(given, kernel, (2, 1), (2, 1), 2))
        assert np.array_equal(found["layer1"][t], hidden.reshape(found["layer1"][t].shape))
        out = second.step(matrix @ hidden.ravel())
        assert np.array_equal(found["layer3"][t], out)
    assert found["layer1"].mean() > 0.05 and found["layer3"].any()


@pytest.mark.parametrize("neuron", [{}, {"vThMant": (1 << 18) - 1}])
def test_n12_an_input_layer_takes_what_its_bias_would(tmp_path, neuron):
    net = rb.load(
        write_layers(
            tmp_path / "input.net",
            source((2, 3, 4), MEMBRANE | neuron, weight=np.array([36.0]), bias=np.array([34.0])),
            window("conv", even(2, 2, 3, 3)),
        )
    )
    assert net.nodes["layer0"].kind == ("li" if neuron else "lif")
    assert net.inputs[0].parameters["payload"] == 4095
    (said,) = (a for a in net.assumptions if a["what"] == "input")
    assert "-4095 to 4095, in every step: 36 x + 34" in said["value"]
    x = RNG.integers(-30, 60, (20, 2, 3, 4))
    run = net.run(x, probes=["layer0.v"], dtype="float64")
    membrane = Membrane((2, 3, 4))
    for t, given in enumerate(x):
        spikes = membrane.step(given)
        if not neuron:
            assert np.array_equal(run.spikes["layer0"][t].ravel(), spikes.ravel())
            assert np.array_equal(run.states["layer0.v"][t].ravel(), membrane.v.ravel())


def test_n12_a_flat_input_layer(tmp_path):
    net = rb.load(write_layers(tmp_path / "flat.net", source((5,), MEMBRANE), dense(2 * np.eye(5))))
    x = np.array([[30, 25, 26, -3, 0]])
    assert net.nodes["layer0.input"].parameters["weight"].size == 1
    assert net.run(x).spikes["layer0"].tolist() == [[1, 0, 1, 0, 0]]
    assert "64 x + 0" in next(a["value"] for a in net.assumptions if a["what"] == "input")


class Changes:
    def __init__(self, threshold, shape):
        self.act, self.residue, self.threshold = np.zeros(shape), np.zeros(shape), threshold * 4096

    def step(self, now):
        d = now - self.act + self.residue
        self.act = now
        sent = np.where(abs(d) >= self.threshold, d, 0)
        self.residue = d - sent
        return sent / 64


@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_n24_n25_n26_changes(tmp_path, activation):
    kernel, matrix, bias = even(3, 2, 2, 2), even(4, 18), RNG.integers(-9, 9, 3)
    neuron = CHANGES | {"activation": activation, "vThMant": 4}
    net = rb.load(
        write_layers(
            tmp_path / "sdnn.net",
            source((2, 4, 4), CHANGES),
            window("conv", kernel, (3, 3, 2), stride=(1, 2), neuron=neuron, bias=1.0 * bias),
            flatten(18),
            dense(matrix, neuron=CHANGES | {"sigma_output": 1}),
        )
    )
    assert [n.kind for n in net.populations] == ["delta", "sigma_delta", "sigma"]
    x = RNG.integers(-40, 41, (12, 2, 4, 4))
    run = net.run(x, dtype="float64")
    delta, hidden, total, output = Changes(2, (2, 4, 4)), Changes(4, (3, 3, 2)), 0, 0
    cut = (lambda v: np.maximum(v, 0)) if activation == "relu" else (lambda v: v)
    for t, given in enumerate(x):
        # The payload of real numbers is not floored: SPEC F14.
        total = total + correlate(delta.step(given * 4096.0), kernel, (1, 2))
        sent = hidden.step(cut(total + 4096.0 * bias[:, None, None]))
        output = output + matrix @ sent.ravel()
        assert np.array_equal(run.spikes["layer1"][t].ravel(), sent.ravel())
        assert np.array_equal(run.spikes["layer3"][t], output)
    assert run.spikes["layer1"].any()


def test_f16_pools_of_slayer(tmp_path):
    """An odd axis gets as many zeros at its end as it has values beyond the last whole window."""
    x = spikes_in(6, 3, 4, 5)
    net = rb.load(
        write_layers(
            tmp_path / "pool.net",
            source((3, 4, 5)),
            window("pool", np.full((1, 1, 2, 2), 30), (3, 2, 3), stride=2),
        )
    )
    padded = np.pad(x, ((0, 0), (0, 0), (0, 0), (0, 1)))
    sums = padded.reshape(6, 3, 2, 2, 3, 2).sum((3, 5))
    found, membrane = net.run(x, dtype="float64").spikes["layer1"], Membrane((3, 2, 3))
    for t in range(6):
        assert np.array_equal(found[t].reshape(3, 2, 3), membrane.step(30 * sums[t]))
    assert 0 < found.mean() < 1


def test_f17_unpool_and_transposed_convolution(tmp_path):
    x, kernel = spikes_in(6, 2, 3, 2), even(2, 3, 2, 3)
    net = rb.load(
        write_layers(
            tmp_path / "up.net",
            source((2, 3, 2)),
            window("unpool", np.full((1, 1, 2, 2), 26), (2, 6, 4), stride=2),
            window("convT", kernel, (3, 7, 9), stride=(1, 2)),
        )
    )
    assert [n.kind for n in net.nodes.values()][1] == "ConvTranspose2d"
    run = net.run(x, dtype="float64").spikes
    assert np.array_equal(run["layer1"].reshape(6, 2, 6, 4), x.repeat(2, 2).repeat(2, 3))
    membrane = Membrane((3, 7, 9))
    for t in range(6):
        total, given = np.zeros((3, 7, 9)), run["layer1"][t].reshape(2, 6, 4)
        for i, r, c in np.ndindex(2, 6, 4):
            total[:, r : r + 2, 2 * c : 2 * c + 3] += given[i, r, c] * kernel[i]
        assert np.array_equal(run["layer2"][t].reshape(3, 7, 9), membrane.step(total))


def test_f15_an_average_ends_a_network(tmp_path):
    matrix = 60 * np.eye(6)
    average = {"type": np.array(["average"]), "shape": np.array([2, 1, 1])}
    net = rb.load(write_layers(tmp_path / "average.net", dense(matrix), average))
    x = spikes_in(5, 6)
    assert np.allclose(net.run(x).output, x.reshape(5, 2, 3).mean(2))


@pytest.mark.parametrize("delay", [3, [3], [0, 2, 62], [4, 5], [[0, 1], [2, 3], [4, 5]]])
def test_f18_delays_of_a_file(tmp_path, delay):
    delay = np.array(delay)
    net = rb.load(write_layers(tmp_path / "delay.net", dense(np.full((3, 2), 60), delay=delay)))
    x = np.zeros((70, 2), int)
    x[1, 1] = 1
    steps, neurons = np.nonzero(net.run(x).spikes["layer0"])
    full = np.broadcast_to(delay[:, None] if delay.shape == (3,) else delay, (3, 2))
    expected = sorted((1 + full[i, 1], i) for i in range(3))
    assert list(zip(steps, neurons)) == expected


def test_f18_delays_of_the_channels_of_a_convolution(tmp_path):
    layer = window("conv", np.full((2, 1, 1, 1), 60), delay=np.array([0.0, 3.0]))
    net = rb.load(write_layers(tmp_path / "delay.net", source((1, 1, 2)), layer))
    x = np.zeros((6, 1, 1, 2), int)
    x[1, ..., 1] = 1
    found = net.run(x).spikes["layer1"].reshape(6, 2, 2)
    assert np.argwhere(found).tolist() == [[1, 0, 1], [4, 1, 1]]


@pytest.mark.parametrize("own", [0, 1, [4, 0], [[1, 2, 3], [0, 0, 9]]])
def test_f18_delays_of_a_recurrent_layer_act_behind_its_loop(tmp_path, own):
    """As SLAYER trains them: its spikes reach its own neurons in the next step, and the next layer later."""
    sent, own = np.array([0, 2, 5]), np.array(own)
    loop = 60 * np.eye(3)[[2, 0, 1]]  # 0 excites 1, which excites 2, which excites 0
    first = dense(np.array([[60], [0], [0]]), weight_rec=loop.astype(np.float32), delay=sent) | RECURRENT
    bias = np.array([1, 0]) * (not own.any())  # one that matters where the layer has delays of its own: X34
    after = dense(np.full((2, 3), 60), delay=own, bias=bias)
    net = rb.load(write_layers(tmp_path / "delay.net", first, after))
    x = np.zeros((20, 1), int)
    x[1] = 1
    out = net.run(x)
    starts = [(1 + 3 * turn + i, i) for turn in range(7) for i in range(3) if 1 + 3 * turn + i < 20]
    assert np.argwhere(out.spikes["layer0"]).tolist() == [list(s) for s in starts]
    waits = sent + np.broadcast_to(own[:, None] if own.ndim == 1 else own, (2, 3))
    expected = {(t + waits[j, i], j) for t, i in starts for j in range(2) if t + waits[j, i] < 20}
    assert {tuple(at) for at in np.argwhere(out.spikes["layer1"])} == expected
    assert not [a for a in net.assumptions if a["what"].startswith("delays")]


def test_f18_delays_behind_a_loop_that_are_too_long_or_read_by_nobody(tmp_path):
    first = dense([[60]], weight_rec=np.zeros((1, 1), np.float32), delay=60) | RECURRENT
    file = write_layers(tmp_path / "delay.net", first, dense([[60]], delay=3))
    assert refusal(file) == ("R0113", "/layer/1/delay")
    (stated,) = [
        a for a in rb.load(write_layers(tmp_path / "last.net", first)).assumptions if "delays" in a["what"]
    ]
    assert stated["warning"] and "60 steps" in stated["value"]


def test_n11_a_decay_and_a_threshold_for_each_channel(tmp_path):
    """SLAYER's neurons without shared_param."""
    neuron = MEMBRANE | {
        "iDecay": np.array([7, 4096]),
        "vDecay": np.array([0, 9]),
        "vThMant": np.array([5, 6]),
    }
    layer = window("conv", np.full((2, 1, 1, 1), 2), neuron=neuron)
    net = rb.load(write_layers(tmp_path / "channels.net", source((1, 2, 3)), layer))
    found = {name: np.asarray(values) for name, values in net.nodes["layer1"].parameters.items()}
    for name, values in {"decay_u": [7, 4096], "decay_v": [0, 9], "threshold": [64 * 5, 64 * 6]}.items():
        assert np.array_equal(found[name], np.repeat(values, 6).reshape(2, 2, 3)), name


ALIF = MEMBRANE | {"type": "ALIF", "thDecay": 9, "refDecay": 8, "vThStep": 3}


@pytest.mark.parametrize("bias", [[3, -4], [3] * 6 + [-4] * 6])
def test_f15_n23_the_bias_of_adaptive_neurons_enters_their_current(tmp_path, bias):
    layer = window("conv", np.full((2, 1, 1, 1), 2), neuron=ALIF, bias=np.array(bias))
    net = rb.load(write_layers(tmp_path / "adaptive.net", source((1, 2, 3)), layer))
    assert net.nodes["layer1.weight"].parameters["bias"].tolist() == [3, -4]
    assert not net.nodes["layer1"].parameters["bias"].any()
    layer = dense(np.full((2, 5), 2), neuron=ALIF, bias=np.array([3, -4]))
    out = rb.load(write_layers(tmp_path / "flat.net", layer)).run(np.zeros((1, 5)), probes=["layer0.i"])
    assert out.states["layer0.i"].ravel().tolist() == [64 * 3, 64 * -4]
    driven = source((5,), ALIF | {"iDecay": 900})  # by numbers that enter their current, too
    net = rb.load(write_layers(tmp_path / "input.net", driven))
    assert (net.nodes["layer0"].parameters["decay_u"] == 900).all()


RESONATOR = {"type": "RF_PHASE", "sinDecay": 2100, "cosDecay": 3300, "vThMant": 30, "refDelay": 1}


def toward_zero(x: np.ndarray) -> np.ndarray:
    return np.sign(x) * (np.abs(x) >> 12)


@pytest.mark.parametrize("kind", ["RF_PHASE", "RF_IZHIKEVICH"])
def test_n30_n31_complex_synapses_and_resonators(tmp_path, kind):
    rng = np.random.default_rng(4)
    real, imag = 2 * rng.integers(-60, 60, (2, 7, 5))
    layer = dense(real, neuron=RESONATOR | {"type": kind}, delay=np.array([0, 0, 2, 0, 1, 0, 0]))
    layer["weight"] = {"real": real.astype(np.float32), "imag": imag.astype(np.float32)}
    net = rb.load(write_layers(tmp_path / "net.net", layer))
    x = rng.integers(0, 2, (60, 5))
    delays = np.array([0, 0, 2, 0, 1, 0, 0])
    re, im, spikes = np.zeros(7, int), np.zeros(7, int), []
    for t in range(60):
        before = np.stack([x[t - d] if t >= d else 0 * x[0] for d in delays])
        turned = (
            toward_zero(3300 * re) - toward_zero(2100 * im) + 64 * (real * before).sum(1),
            toward_zero(2100 * re) + toward_zero(3300 * im) + 64 * (imag * before).sum(1),
        )
        if kind == "RF_PHASE":
            spikes.append((turned[0] >= 30 << 6) & (turned[1] >= 0) & (im < 0))
            re, im = turned
        else:
            spikes.append(turned[1] >= 30 << 6)
            re, im = np.where(spikes[-1], 0, turned[0]), np.where(spikes[-1], (30 << 6) - 1, turned[1])
    assert sum(map(np.sum, spikes)) > 10
    for engine in ("golden", "vector"):
        out = rb.compile(net).run(x, engine=engine)
        assert np.array_equal(out.aligned("layer0"), spikes)


CONV = window("conv", np.full((3, 2, 3, 3), 2), (3, 2, 2), bias=np.zeros(3))
BAD = {
    "kernel of another size": ({"weight": np.full((3, 2, 2, 3), 2.0)}, "R0113", "/layer/1/weight"),
    "kernel transposed": ({"weight": np.full((2, 3, 3, 3), 2.0)}, "R0113", "/layer/1/weight"),
    "kernel beyond 9 bits": ({"weight": np.full((3, 2, 3, 3), -258.0)}, "R0113", "/layer/1/weight"),
    "kernel of halves": ({"weight": np.full((3, 2, 3, 3), 0.5)}, "R0113", "/layer/1/weight"),
    "complex kernel": ({"weight": {"real": np.ones((3, 2, 3, 3))}}, "R0112", "/layer/1/weight"),
    "no kernel": ({"weight": None}, "R0105", "/layer/1/weight"),
    "kernel is text": ({"weight": "x"}, "R0108", "/layer/1/weight"),
    "kernel of texts": ({"weight": np.array(["1", "2"])}, "R0108", "/layer/1/weight"),
    "exponent of changes": ({"neuron": CHANGES | {"weight_exp": 1}}, "R0112", "/layer/1/neuron/weight_exp"),
    "no stride": ({"stride": None}, "R0105", "/layer/1/stride"),
    "stride of three": ({"stride": np.ones(3, int)}, "R0108", "/layer/1/stride"),
    "stride 0": ({"stride": np.array([1, 0])}, "R0113", "/layer/1/stride"),
    "huge stride": ({"stride": np.array([1, 1 << 40])}, "R0113", "/layer/1/stride"),
    "padding below 0": ({"padding": np.array([-1, 0])}, "R0113", "/layer/1/padding"),
    "dilation nan": ({"dilation": np.array([np.nan, 1])}, "R0113", "/layer/1/dilation"),
    "channels of another layer": (
        {"inChannels": 4, "weight": np.full((3, 4, 3, 3), 2.0)},
        "R0205",
        "layer1.weight",
    ),
    "windows too large": ({"dilation": np.array([2, 2])}, "R0205", "layer1.weight"),
    "groups": ({"groups": 2}, "R0113", "/layer/1/groups"),
    "no groups": ({"groups": 0}, "R0113", "/layer/1/groups"),
    "another shape": ({"shape": np.array([3, 2, 3])}, "R0113", "/layer/1/shape"),
    "a bias for each input": ({"bias": np.zeros(2)}, "R0113", "/layer/1/bias"),
    "bias in two dimensions": ({"bias": np.zeros((3, 4))}, "R0113", "/layer/1/bias"),
    "biases within a channel": (
        {"neuron": ALIF, "bias": np.arange(12)},
        "R0112",
        "/layer/1/bias",
    ),
    "huge bias": ({"bias": np.full(3, 1e9)}, "R0113", "/layer/1/bias"),
    "delay for each input": ({"delay": np.array([1, 2])}, "R0113", "/layer/1/delay"),
    "delay too long": ({"delay": np.array(63)}, "R0113", "/layer/1/delay"),
    "delay of a half": ({"delay": np.array(0.5)}, "R0113", "/layer/1/delay"),
    "delay is text": ({"delay": "later"}, "R0108", "/layer/1/delay"),
    "resonator": ({"neuron": RESONATOR}, "R0112", "/layer/1/neuron/type"),
    "adaptive resonator": ({"neuron": RESONATOR | {"type": "ADRF_PHASE"}}, "R0112", "/layer/1/neuron/type"),
    "no neuron": ({"neuron": None}, "R0105", "/layer/1/neuron"),
    "sdnn without threshold": ({"neuron": CHANGES | {"vThMant": None}}, "R0105", "/layer/1/neuron/vThMant"),
    "sdnn below 0": ({"neuron": CHANGES | {"vThMant": -1}}, "R0113", "/layer/1/neuron/vThMant"),
    "sigmoid": ({"neuron": CHANGES | {"activation": "sigmoid"}}, "R0112", "/layer/1/neuron/activation"),
    "activation is a number": (
        {"neuron": CHANGES | {"activation": 3}},
        "R0108",
        "/layer/1/neuron/activation",
    ),
    "no sigma output": ({"neuron": CHANGES | {"sigma_output": 0}}, "R0112", "/layer/1/neuron/sigma_output"),
    "sigma with a bias": (
        {"neuron": CHANGES | {"sigma_output": 1}, "bias": np.ones(3)},
        "R0112",
        "/layer/1/bias",
    ),
    "empty delay": ({"delay": np.zeros(0)}, "R0113", "/layer/1/delay"),
    "concat": ({"type": np.array(["concat"])}, "R0112", "/layer/1/neuron"),
    "average of groups that differ": (
        {"type": np.array(["average"]), "shape": np.array([5, 1, 1])},
        "R0113",
        "/layer/1/shape",
    ),
    "two inputs": ({"type": np.array(["input"])}, "R0112", "/layer/1/type"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_layers_get_one_error(tmp_path, what):
    changes, code, place = BAD[what]
    assert refusal(write_layers(tmp_path / "bad.net", source((2, 4, 4)), CONV | changes)) == (code, place)
    rb.load(write_layers(tmp_path / "good.net", source((2, 4, 4)), CONV))


def test_files_that_do_not_fit_together(tmp_path):
    def found(*layers):
        return refusal(write_layers(tmp_path / "bad.net", *layers))

    loop = dense([[60]], weight_rec=np.zeros((1, 1), np.float32), delay=2) | RECURRENT
    mean = {"type": np.array(["average"]), "shape": np.array([1, 1, 1])}
    assert found(loop, mean) == ("R0112", "/layer/1/type")  # which takes no delays
    assert found(source((2,), delay=3), dense([[2, 2]])) == ("R0112", "/layer/0/delay")
    pool = window("pool", np.full((1, 1, 2, 2), 2), stride=2)
    assert found(CONV) == ("R0112", "/layer/0/type")  # says no shape
    assert found(source((2, 4, 4)), dense(np.ones((2, 32)))) == ("R0113", "/layer/1/inFeatures")  # no flatten
    assert found(source((2, 4, 4)), flatten(31), dense(np.ones((2, 32)))) == ("R0113", "/layer/1/shape")
    assert found(source((32,)), CONV) == ("R0113", "/layer/1/type")
    assert found(source((2, 4, 4))) == ("R0113", "/layer")
    assert found(source((2, 4, -4)), CONV) == ("R0113", "/layer/0/shape")
    assert found(source((1 << 20, 1 << 20, 4)), CONV) == ("R0113", "/layer/0/shape")
    assert found(source((2, 4, 4), MEMBRANE, weight=np.ones(2)), CONV) == ("R0108", "/layer/0/weight")
    assert found(source((2, 5, 4)), pool | {"stride": np.array([1, 2])}) == ("R0112", "/layer/1/kernelSize")
    assert found(source((2, 4, 5)), pool | {"padding": np.array([0, 1])}) == ("R0112", "/layer/1/padding")
    up = window("convT", np.full((2, 1, 2, 2), 2), delay=np.array(1))
    assert found(source((2, 4, 4)), up) == ("R0112", "/layer/1/delay")
    average = {"type": np.array(["average"]), "shape": np.array([2])}
    assert found(dense(np.ones((2, 2))), average, dense(np.ones((2, 2)))) == ("R0112", "/layer/1/type")
