"""Every layer and neuron that a .net file holds, written and read again: the same network, or what is lost is said."""

import numpy as np
import pytest
import rheobase as rb
from environment import needs_compiler
from exactnets import assert_equal_networks
from netxfiles import CHANGES, MEMBRANE, dense, flatten, source, window, write_layers
from test_export_net import refusals

RNG = np.random.default_rng(17)
NEVER = MEMBRANE | {"vThMant": (1 << 18) - 1}
SIGMA = {"type": "SDNN", "vThMant": 6, "activation": "relu", "sigma_output": 1}
RESONATOR = {"type": "RF_PHASE", "sinDecay": 2100, "cosDecay": 3300, "vThMant": 30, "refDelay": 1}
ALIF = MEMBRANE | {"type": "ALIF", "iDecay": 900, "thDecay": 9, "refDecay": 8, "vThStep": 3}
ADAPTIVE = RESONATOR | {"type": "ADRF_PHASE", "thDecay": 70, "refDecay": 800, "vThStep": 4}
NOT_READ = "ALIF, not at all (X26)"
RECURRENT = {"type": np.array(["dense_rec"])}
AVERAGE = {"type": np.array(["average"]), "shape": np.array([2, 1, 1])}


def even(*shape) -> np.ndarray:
    return 2 * RNG.integers(-8, 9, shape)


def resonators(kind: str = "RF_PHASE", imag=None, **more) -> dict:
    real, imag = even(7, 5), even(7, 5) if imag is None else imag
    layer = dense(real, **{"neuron": RESONATOR | {"type": kind}, **more})
    return {**layer, "weight": {"real": real.astype(np.float32), "imag": np.asarray(imag, np.float32)}}


CONV = window("conv", even(6, 2, 3, 2), (6, 4, 6), stride=(2, 1), padding=(2, 1), groups=2)
CONV_OF_CHANGES = window("conv", even(3, 2, 2, 2), neuron=CHANGES | {"vThMant": np.array([9, 0, 2])})
FILES = {  # layers, and the words of the warnings about what NetX does not do
    "convolution": ([source((4, 6, 5)), CONV | {"bias": RNG.integers(1, 9, 6)}, flatten(144), dense(even(4, 144))], []),
    "dilation": ([source((1, 7, 7)), window("conv", even(2, 1, 2, 3), dilation=(3, 2), neuron=NEVER)], []),
    "a bias for each neuron": (
        [source((4, 6, 5)), CONV | {"bias": RNG.integers(1, 99, 144)}],
        ["differ within a channel; NetX opens one for each channel"],
    ),
    "a delay of a convolution": (
        [source((4, 6, 5)), CONV | {"delay": np.array(7)}],
        ["delays up to 7 steps; NetX leaves out those of convolutions (X29)"],
    ),
    "delays of channels": (
        [source((4, 6, 5)), CONV | {"delay": np.arange(6)}],
        ["delays up to 5 steps; NetX leaves out those of convolutions (X29)"],
    ),
    "pool": (
        [source((3, 4, 5)), window("pool", np.full((1, 1, 2, 2), 30), stride=2), window("pool", [[[[2]]]])],
        [],
    ),
    "unpool and transposed convolution": (
        [
            source((2, 3, 2)),
            window("unpool", np.full((1, 1, 2, 2), 26), stride=2),
            window("convT", even(2, 3, 2, 3), stride=(1, 2), padding=(0, 1), dilation=2),
        ],
        ["'layer1.weight' is a transposed", "'layer2.weight' is a transposed"],
    ),
    "average": ([dense(even(6, 5)), AVERAGE], ["ends with averages, which NetX does not open"]),
    "average of channels": ([source((4, 6, 5)), CONV, AVERAGE], ["ends with averages"]),
    "input layer": ([source((2, 3, 4), MEMBRANE, weight=[36.0], bias=[34.0]), window("conv", even(2, 2, 3, 3))], []),
    "flat input layer that is read": ([source((5,), NEVER)], []),
    "flat input layer": ([source((5,), MEMBRANE, weight=-3), dense(even(3, 5))], []),
    "sigma-delta": (
        [
            source((2, 4, 4), CHANGES),
            window("conv", even(3, 2, 2, 2), neuron=CHANGES | {"vThMant": 9}, bias=np.array([3, -4, 0])),
            flatten(27),
            dense(even(4, 27), neuron=SIGMA),
        ],
        [],
    ),
    "sigma-delta of either sign": (
        [dense(even(4, 5), neuron=CHANGES | {"activation": "identity"}, bias=np.array([0, 1, -2, 1 << 18]))],
        ["NetX does not look at 'activation'"],
    ),
    "resonators": ([resonators()], []),
    "resonators that reset": (
        [resonators("RF_IZHIKEVICH", delay=np.arange(7))],
        ["delays up to 6 steps; NetX leaves out those of complex weights"],
    ),
    "real resonators": ([resonators(imag=np.zeros((7, 5)))], ["imaginary weights of 'layer0' are zero"]),
    "adaptive neurons": ([dense(even(6, 5), ALIF), dense(even(4, 6), ALIF | {"iDecay": 4096})], [NOT_READ] * 2),
    "biases of adaptive neurons": (
        [
            source((1, 2, 3)),
            window("conv", even(2, 1, 1, 1), neuron=ALIF, bias=np.array([3, -4])),
            flatten(12),
            dense(even(3, 12), ALIF, bias=np.array([0, 5, -6])),
        ],
        [NOT_READ] * 2,
    ),
    "adaptive resonators": ([resonators("ADRF_PHASE", neuron=ADAPTIVE)], ["as resonators without adaptation (X26)"]),
    "adaptive resonators of the imaginary part": (
        [resonators(neuron=ADAPTIVE | {"type": "ADRF_IZHIKEVICH", "thDecay": np.arange(7)})],
        ["as resonators without adaptation (X26)"],
    ),
    "parameters of channels": (
        [
            source((4, 6, 5), MEMBRANE | {"vThMant": np.array([1, 2, 3, 131071])}),
            CONV | {"neuron": MEMBRANE | {"iDecay": np.arange(1, 7), "vDecay": 700 * np.arange(6), "vThMant": np.arange(6)}},
            flatten(144),
            dense(even(3, 144), MEMBRANE | {"vDecay": np.array([0, 9, 4096])}),
        ],
        [],
    ),
    "changes of channels": ([source((2, 4, 4), CHANGES | {"vThMant": np.array([1, 9])}), CONV_OF_CHANGES], []),
    "turns of channels": ([resonators(neuron=RESONATOR | {"vThMant": np.arange(7)})], []),
    "delays behind a loop": (
        [
            dense(even(3, 2), weight_rec=even(3, 3), delay=np.array([0, 2, 5])) | RECURRENT,
            dense(even(4, 3), delay=np.array([1, 0, 0, 3])),
        ],
        [],
    ),
    "a turn that Lava shortens": (
        [resonators(neuron=RESONATOR | {"sinDecay": 100, "cosDecay": 200})],
        ["turns by the sine 100 and the cosine 200 of 4096; NetX makes a period of them, and Lava 99 and 199"],
    ),
}  # fmt: skip
DELAYS = {
    "one number": 3,
    "each output": [0, 2, 62],
    "each input": [4, 5],
    "each weight": [[0, 1], [2, 3], [4, 5]],
}
FILES |= {f"delay: {what}": ([dense(even(3, 2), delay=np.array(d))], []) for what, d in DELAYS.items()}
FILES |= {
    f"delay of resonators: {what}": (
        [resonators(delay=np.array(d))],
        ["NetX leaves out those of complex weights"],
    )
    for what, d in {"one": 3, "each input": range(5), "each weight": RNG.integers(0, 9, (7, 5))}.items()
}


@pytest.mark.parametrize("what", FILES)
def test_f14_a_file_comes_back_as_it_is(tmp_path, what):
    layers, expected = FILES[what]
    net = rb.load(write_layers(tmp_path / "a.net", *layers))
    lost = rb.export(net, "net", tmp_path / "b.net")
    again = rb.load(tmp_path / "b.net")
    assert_equal_networks(net, again)
    assert again.assumptions == net.assumptions
    warned = [d.message for d in lost if d.severity == "warning"]
    assert len(warned) == len(expected)
    for words, message in zip(expected, warned):
        assert words in message
    notes = " ".join(d.message for d in lost if d.severity == "note")
    assert ("never spikes" in notes) == any(p.kind in ("li", "cuba_li") for p in net.populations)
    assert "not kept" not in notes
    rb.export(again, "net", tmp_path / "c.net")
    assert (tmp_path / "b.net").read_bytes() == (tmp_path / "c.net").read_bytes()


@pytest.mark.parametrize("driven", [False, True])
def test_n11_parameters_of_the_channels_of_a_row_come_back(tmp_path, driven):
    b = rb.Builder(dt=1e-3)
    b.input("in", (2, 8), payload=4095 if driven else None)
    before = "in"
    if driven:
        b.exact("first", (2, 8), "lif", decay_v=100, threshold=64 * np.repeat([5, 9], 8).reshape(2, 8))
        b.connect("in", "first")
        before = "first"
    thresholds = 64 * np.repeat([20, 40, 60], 6).reshape(3, 6)
    b.exact("n", (3, 6), "cuba_lif", decay_u=900, decay_v=100, threshold=thresholds)
    b.convolve(before, "n", even(3, 2, 3))
    net = b.build()
    rb.export(net, "net", tmp_path / "a.net")
    again = [node.parameters for node in rb.load(tmp_path / "a.net").populations]
    for node, parameters in zip(net.populations, again):
        assert np.array_equal(node.parameters["threshold"].ravel(), parameters["threshold"].ravel())


@needs_compiler
def test_n23_an_image_of_adaptive_neurons_keeps_their_bias(tmp_path):
    layer = dense(2 * np.arange(-6, 6).reshape(3, 4), ALIF, bias=np.array([2, -4, 6]))
    net = rb.load(write_layers(tmp_path / "a.net", layer))
    image = rb.compile(net)
    rb.export(image, "net", tmp_path / "b.net")
    again = rb.load(tmp_path / "b.net")
    assert again.nodes["layer0.weight"].parameters["bias"].tolist() == [2, -4, 6]
    x = np.random.default_rng(0).integers(0, 2, (50, 4))
    spikes = image.run(x).spikes["layer0"]
    assert spikes.sum() > 5 and np.array_equal(rb.compile(again).run(x).spikes["layer0"], spikes)


def test_fields_are_stored_as_slayer_stores_them(tmp_path):
    h5py = pytest.importorskip("h5py")
    layers = [
        source((4, 6, 5), CHANGES, weight=[36.0], bias=[34.0]),
        CONV | {"bias": RNG.integers(1, 9, 6), "delay": np.arange(6)},
        flatten(144),
        resonators() | {"inFeatures": 144, "weight": {part: np.ones((7, 144)) for part in ("real", "imag")}},
    ]
    rb.export(rb.load(write_layers(tmp_path / "a.net", *layers)), "net", tmp_path / "b.net")
    found = {}
    with h5py.File(tmp_path / "b.net") as file:
        file["layer"].visititems(
            lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
        )
    kinds = [found[f"{i}/type"].tolist() for i in range(4)]
    assert kinds == [[b"input"], [b"conv"], [b"flatten"], [b"dense"]]
    assert (found["0/shape"].tolist(), found["0/weight"].tolist(), found["0/bias"].tolist()) == (
        [4, 6, 5],
        [36],
        [34],
    )
    assert (found["0/neuron/type"], found["0/neuron/vThMant"]) == (b"SDNN", 2)
    pairs = {k: found[f"1/{k}"].tolist() for k in ("kernelSize", "stride", "padding", "dilation", "shape")}
    assert pairs == {
        "kernelSize": [3, 2],
        "stride": [2, 1],
        "padding": [2, 1],
        "dilation": [1, 1],
        "shape": [6, 4, 6],
    }
    assert [int(found[f"1/{k}"]) for k in ("inChannels", "outChannels", "groups")] == [4, 6, 2]
    assert found["1/weight"].dtype == np.float32 and found["1/weight"].shape == (6, 2, 3, 2)
    assert found["1/bias"].shape == found["1/delay"].shape == (6,)
    assert found["2/shape"].tolist() == [144]
    assert found["3/weight/real"].shape == found["3/weight/imag"].shape == (7, 144)
    assert (found["3/inFeatures"], found["3/outFeatures"]) == (144, 7)
    neuron = {k.split("/")[-1]: v for k, v in found.items() if k.startswith("3/neuron/")}
    assert neuron == RESONATOR | {"type": b"RF_PHASE", "gradedSpike": 0}


def random_network(seed: int) -> rb.Network:
    """A chain of convolutions, pools and matrices, with delays, into neurons of several models."""
    rng = np.random.default_rng(seed)
    b = rb.Builder(dt=1e-3)
    shape, before = (int(rng.integers(1, 4)), 8, 7), "in"
    b.input(before, shape)

    def neurons(name: str, shape: tuple, inputs: int) -> None:
        model = str(rng.choice(["cuba_lif", "cuba_lif", "lif", "integrate_and_fire"]))
        values = {"threshold": 64 * int(rng.integers(2, 4 + inputs))}
        if model != "integrate_and_fire":
            values["decay_v"] = int(rng.integers(0, 4097))
        if model == "cuba_lif":
            values["decay_u"] = int(rng.integers(1, 4097))
        each = rng.integers(0, 3, shape[:1] if len(shape) == 1 else (shape[0], 1, 1))
        b.exact(name, shape, model, bias=64 * np.broadcast_to(each, shape), **values)

    def after(extent: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
        return (extent + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1

    for k in range(int(rng.integers(1, 4))):
        name, rows, columns = f"map{k}", *shape[1:]
        if rng.random() < 0.35:
            size, stride = (int(v) for v in rng.integers(1, 3, 2))
            shape = (shape[0], after(rows, size, stride, 0), after(columns, size, stride, 0))
            neurons(name, shape, size * size)
            b.pool(before, name, size, stride)
        else:
            stride, padding, dilation = (int(rng.integers(low, 3)) for low in (1, 0, 1))
            groups = int(rng.choice([1, shape[0]]))
            kernel = 2 * rng.integers(-5, 9, (2 * groups, shape[0] // groups, 2, 2))
            sizes = (after(extent, 2, stride, padding, dilation) for extent in (rows, columns))
            shape = (2 * groups, *sizes)
            neurons(name, shape, kernel[0].size)
            b.convolve(
                before,
                name,
                kernel,
                stride=stride,
                padding=padding,
                dilation=dilation,
                groups=groups,
                delay=int(rng.integers(0, 4)) or None,
            )
        before = name
    size, hidden = int(np.prod(shape)), int(rng.integers(2, 9))
    delay = rng.integers(0, 5, [(), (hidden, 1), (1, size), (hidden, size)][int(rng.integers(4))])
    neurons("hidden", (hidden,), 4)
    b.connect(
        before, "hidden", 2.0 * rng.integers(-5, 9, (hidden, size)), delay=delay if delay.ndim else int(delay)
    )
    neurons("last", (4,), 4)
    b.connect("hidden", "last", 2.0 * rng.integers(-5, 20, (4, hidden)))
    b.connect("last", "last", 2.0 * rng.integers(-9, 5, (4, 4)))
    return b.build()  # fmt: skip


def in_order(net: rb.Network, spikes: dict) -> list[np.ndarray]:
    """Spikes [steps, neurons] of each population, in the order in which they follow each other."""
    rasters, reached, seen = [], [net.inputs[0].name], set()
    while reached:
        name = reached.pop()
        seen.add(name)
        reached += [b for a, b, _ in net.edges if a == name and b not in seen]
        if name in spikes:
            rasters.append(spikes[name].reshape(len(spikes[name]), -1))
    return rasters


@needs_compiler
@pytest.mark.parametrize("seed", range(24))
def test_f14_f15_f16_f18_random_networks_spike_alike(tmp_path, seed):
    """In the float network and on the chip; the file of an image, whose convolutions are matrices, too."""
    net = random_network(seed)
    lost = rb.export(net, "net", tmp_path / "a.net")
    assert all("convolutions (X29)" in d.message for d in lost if d.severity == "warning")
    pools = {n.name for n in net.nodes.values() if n.kind == "SumPool2d"}
    assert {d.where for d in lost if "becomes a convolution with a group" in d.message} == pools
    again, image = rb.load(tmp_path / "a.net"), rb.compile(net)
    rb.export(image, "net", tmp_path / "b.net")
    unfolded = rb.load(tmp_path / "b.net")
    assert not [n for n in unfolded.nodes.values() if "stride" in n.parameters]
    x = (np.random.default_rng(seed).random((40, *net.inputs[0].shape)) < 0.4).astype(np.uint8)
    runs = [in_order(n, n.run(x, dtype="float64").spikes) for n in (net, again)]
    runs += [in_order(n, rb.compile(n).run(x).spikes) for n in (net, again, unfolded)]
    for k, run in enumerate(runs):
        same = runs[0 if k < 2 else 2]
        assert len(run) == len(net.populations) and sum(int(spikes.sum()) for spikes in run) > 50
        assert all(np.array_equal(a, b) for a, b in zip(same, run))


def test_f15_taps_along_one_axis_become_a_row(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("in", (2, 9))
    b.exact("n", (3, 4), threshold=64 * 9)
    b.exact("last", (1, 2), threshold=64 * 3)
    b.convolve("in", "n", 2.0 * RNG.integers(0, 5, (3, 2, 3)), stride=2, delay=1, bias=[1, 0, -1])
    b.convolve("n", "last", 2.0 * RNG.integers(-2, 5, (1, 3, 2)), dilation=2)
    net = b.build()
    lost = [d.message for d in rb.export(net, "net", tmp_path / "a.net")]
    for name, shape in (("in", "2x9"), ("n", "3x4"), ("last", "1x2")):
        assert any(f"the shape {shape} of '{name}' is not kept" in message for message in lost)
    again = rb.load(tmp_path / "a.net")
    assert again.inputs[0].shape == (2, 1, 9) and again.nodes["layer1"].parameters["bias"][0].all()
    x = (RNG.random((50, 2, 9)) < 0.4).astype(np.uint8)
    left, right = net.run(x, dtype="float64"), again.run(x[:, :, None], dtype="float64")
    for a, b in zip(in_order(net, left.spikes), in_order(again, right.spikes)):
        assert a.any() and np.array_equal(a, b)


@needs_compiler
def test_images_of_changes_and_resonators(tmp_path):
    """Every layer of an image is a matrix; a weight of 0 has no delay in it."""
    changes, _ = FILES["sigma-delta"]
    turning = resonators(delay=RNG.integers(0, 9, (7, 5)))
    turning["weight"]["real"][:, 1] = turning["weight"]["imag"][:, 3] = 0
    inputs = {"changes": RNG.integers(-40, 41, (12, 2, 4, 4)), "turning": RNG.integers(0, 2, (99, 5))}
    for name, layers in {"changes": changes, "turning": [turning]}.items():
        net = rb.load(write_layers(tmp_path / f"{name}.net", *layers))
        image = rb.compile(net)
        rb.export(image, "net", tmp_path / "b.net")
        again = rb.load(tmp_path / "b.net")
        assert [n.kind for n in again.populations] == [n.kind for n in net.populations]
        x = inputs[name]
        left, right = image.run(x).spikes, rb.compile(again).run(x).spikes
        for a, b in zip(in_order(net, left), in_order(again, right)):
            assert a.any() and np.array_equal(a, b)


@needs_compiler
def test_f15_net_to_nir_to_net_spikes_alike(tmp_path):
    """As NIR the layers are real-valued; compiled in their own units they have their integers again, as matrices."""
    layers = [source((4, 6, 5)), CONV, flatten(144), dense(np.abs(even(4, 144)))]
    net = rb.load(write_layers(tmp_path / "a.net", *layers))
    lost = rb.export(net, "nir", tmp_path / "a.nir")
    assert not [d for d in lost if d.severity == "warning" and not d.message.startswith("dt is")]
    real = rb.load(tmp_path / "a.nir", dt=net.dt)
    quant = {
        "schema": "rheobase.quantization/1",
        "populations": {p.name: {"scale_v": 1.0} for p in real.populations},
        "projections": {name: {"exponent": 0} for name in rb.quantization(real)["projections"]},
    }
    rb.export(rb.compile(real, quant=quant), "net", tmp_path / "b.net")
    again = rb.load(tmp_path / "b.net")
    for old, new in zip(net.populations, again.populations):
        assert all(np.array_equal(v.ravel(), new.parameters[k].ravel()) for k, v in old.parameters.items())
    x = (RNG.random((40, 4, 6, 5)) < 0.3).astype(np.uint8)
    for a, b in zip(in_order(net, net.run(x).spikes), in_order(again, again.run(x).spikes)):
        assert a.any() and np.array_equal(a, b)


@needs_compiler
def test_f15_nir_to_net_to_nir_keeps_what_the_chip_kept(tmp_path):
    """A trained convolution over its integers: its matrix in units of the scale, and the loop's decays to 1/4096."""
    rng = np.random.default_rng(8)
    b = rb.Builder(dt=1e-3)
    b.input("in", (2, 6, 5))
    b.cuba_lif("n", (3, 3, 2), tau_syn=0.005, tau_mem=0.02, w_in=5, r=20, v_threshold=1)
    b.convolve("in", "n", rng.normal(0, 0.3, (3, 2, 2, 2)), stride=2, name="w")
    rb.export(b.build(), "nir", tmp_path / "a.nir")
    first = rb.load(tmp_path / "a.nir")
    image = rb.compile(
        first, quant={"schema": "rheobase.quantization/1", "projections": {"w": {"exponent": 0}}}
    )
    notes = [d.message for d in rb.export(image, "net", tmp_path / "b.net")]
    assert any("the shape 3x3x2 of 'n' is not kept" in message for message in notes)
    assert any("the scale of 'n' is not kept" in message for message in notes)
    (lost,) = rb.export(rb.load(tmp_path / "b.net"), "nir", tmp_path / "c.nir")
    assert lost.severity == "note" and "become real-valued" in lost.message
    last = rb.load(tmp_path / "c.nir")
    assert first.dt == last.dt and last.inputs[0].shape == (2, 6, 5)
    ours, theirs = first.nodes["n"].parameters, last.nodes["layer2"].parameters
    for name in ("tau_syn", "tau_mem", "r", "w_in"):
        assert np.allclose(1 / ours[name].ravel(), 1 / theirs[name], rtol=0, atol=1 / 4096 / 1e-3), name
    x = (rng.random((200, 2, 6, 5)) < 0.4).astype(np.uint8)
    a, b = first.run(x).spikes["n"].reshape(200, -1), last.run(x).spikes["layer2"]
    assert a.sum() > 50 and np.mean(a != b) < 0.02


def parallel(*connections) -> rb.Network:
    """in[5] -> n[3] by several matrices, each with its delay."""
    b = rb.Builder(dt=1e-3)
    b.input("in", 5)
    b.exact("n", 3, decay_v=500, threshold=64 * 20)
    for k, (weight, delay) in enumerate(connections):
        b.connect("in", "n", weight, delay=delay, name=f"w{k}")
    return b.build()


def test_f18_matrices_side_by_side_add_up(tmp_path):
    """Where they meet with one delay; else a weight would have two."""
    left, right = 2.0 * RNG.integers(-5, 15, (2, 3, 5))
    right[:, :2] = 0
    each, alone = RNG.integers(0, 9, (3, 5)), right * (left == 0)
    for net in (
        parallel((left, 2), (right, 2)),
        parallel((left, 4), (alone, each)),
        parallel((left, None), (alone, 3)),
    ):
        rb.export(net, "net", tmp_path / "a.net")
        again = rb.load(tmp_path / "a.net")
        assert len([n for n in again.nodes.values() if n.kind == "Linear"]) == 1
        x = (RNG.random((60, 5)) < 0.3).astype(np.uint8)
        a, b = net.run(x, dtype="float64").spikes["n"], again.run(x, dtype="float64").spikes["layer0"]
        assert a.any() and np.array_equal(a, b)
    (tmp_path / "a.net").unlink()
    found = refusals(parallel((left + 30, 2), (right, 3)), tmp_path / "a.net")
    assert "there are 2 sums that do not add up" in found[0, "n"]
