"""Small networks beside what a .net file holds: refused, each by its name; and the last ones that are written."""

import numpy as np
import pytest
import rheobase as rb
from test_export_net import refusals

RNG = np.random.default_rng(19)


def small(target: dict, first=None, shape=(2, 4, 4), payload=None, then=None) -> rb.Network:
    """in[shape] -> "n", of model, shape and integers of ``target``, through ``first``(builder) -> ``then``(builder)."""
    b = rb.Builder(dt=1e-3)
    b.input("in", shape, payload=payload)
    values = dict(target)
    b.exact("n", values.pop("shape", shape), values.pop("model", "cuba_lif"), **values)
    if first is None:
        b.connect("in", "n")
    else:
        first(b)
    if then is not None:
        then(b)
    return b.build()


def kernel(*shape, **options):
    return lambda b: b.convolve("in", "n", np.full(shape, 2.0), name="w", **options)


def matrix(rows: int, columns: int, **options):
    return lambda b: b.connect("in", "n", np.full((rows, columns), 2.0), name="w", **options)


def behind(shape, connect):
    """Another population "m", and how it is connected."""

    def add(b):
        b.exact("m", shape, threshold=640)
        connect(b)

    return add


LIF = dict(threshold=640)
SDNN = dict(model="sigma_delta", state_exponent=6, threshold=4096)
DELTA = dict(model="delta", state_exponent=6, input_shift=12, threshold=4096)
RF = dict(model="resonate_and_fire", input_shift=6, threshold=640, shape=3)
SAME = (2, 3, 3)
FORWARD = dict(shape=SAME, **LIF)
KERNEL = {  # of no method of the builder
    "weight": np.full((2, 2, 2, 2), 2.0),
    **{k: np.full(2, v) for k, v in {"stride": 1, "padding": 0, "dilation": 1}.items()},
    "groups": np.array(1),
}
REFUSED = {
    "numbers through weights": (
        small(FORWARD, kernel(2, 2, 2, 2), payload=9),
        "in",
        "goes to 'n' through weights",
    ),
    "numbers through a weight of 2": (
        small(LIF, kernel(2, 1, 1, 1, groups=2), payload=4095),
        "in",
        "goes to 'n' through weights",
    ),
    "numbers that are too large": (
        small(DELTA, payload=4096),
        "in",
        "sends up to 4096; what drives an input layer has 13",
    ),
    "a current behind the host": (small(LIF | dict(decay_u=9), payload=4095), "n", "'n' has a current"),
    "a bias behind the host": (
        small(LIF | dict(model="lif", bias=64), payload=4095),
        "n",
        "is 64 times 1; that of an",
    ),
    "sums behind the host": (small(SDNN, payload=4095), "n", "'sigma_delta' are no input layer's"),
    "delta behind weights": (
        small(DELTA | dict(shape=SAME), kernel(2, 2, 2, 2)),
        "n",
        "'delta' begin a network",
    ),
    "another model": (
        small(dict(model="ternary_lif", shape=3), matrix(3, 32)),
        "n",
        "'ternary_lif' are not lava-dl's",
    ),
    "a bias that a file does not hold": (
        small(dict(model="atrlif", shape=3, decay_u=9), matrix(3, 32, bias=np.array([0, 0.5, 1]))),
        "n",
        "neuron 1 of 'n' receives is 0.5; a file holds whole numbers of at most 65536",
    ),
    "a large bias": (
        small(dict(model="atrlif", shape=3, decay_u=9), matrix(3, 32, bias=np.array([0, 0, 65537]))),
        "n",
        "neuron 2 of 'n' receives is 65537",
    ),
    "a potential's bias without a current": (
        small(dict(model="atrlif", shape=3, bias=64), matrix(3, 32)),
        "n",
        "'bias' of neuron 0 of 'n' is 64",
    ),
    "thresholds within a channel of a row": (
        small(
            LIF | dict(shape=(3, 6), threshold=64 * np.arange(18).reshape(3, 6)),
            lambda b: b.convolve("in", "n", np.full((3, 2, 3), 2)),
            shape=(2, 8),
        ),
        "n",
        "a channel has one 'vThMant'",
    ),
    "a potential's bias": (
        small(dict(model="atrlif", shape=3, bias=64, decay_u=9), matrix(3, 32)),
        "n",
        "'bias' of neuron 0 of 'n' is 64; a .net file's is always 0",
    ),
    "exponent of changes": (
        small(DELTA | dict(state_exponent=5), payload=4095),
        "n",
        "'state_exponent' of neuron 0 of 'n' is 5",
    ),
    "shift of changes": (
        small(DELTA | dict(input_shift=6), payload=4095),
        "n",
        "'input_shift' of neuron 0 of 'n' is 6",
    ),
    "changes that add up": (
        small(DELTA | dict(cumulative=1), payload=4095),
        "n",
        "'cumulative' of neuron 0 of 'n' is 1",
    ),
    "threshold of changes": (
        small(DELTA | dict(threshold=5000), payload=4095),
        "n",
        "is 5000; 'vThMant' holds multiples of 4096",
    ),
    "bias of changes": (
        small(SDNN | dict(bias=4097, shape=3), matrix(3, 32)),
        "n",
        "is 4097, no multiple of 4096",
    ),
    "large bias of changes": (
        small(SDNN | dict(bias=4096 * 262145, shape=3), matrix(3, 32)),
        "n",
        "4096 times 262145; a state has",
    ),
    "two activations": (
        small(SDNN | dict(rectified=[0, 1, 1], shape=3), matrix(3, 32)),
        "n",
        "one 'activation'",
    ),
    "shift of a resonator": (
        small(RF | dict(input_shift=5), matrix(6, 32)),
        "n",
        "'input_shift' of neuron 0 of 'n' is 5",
    ),
    "turn of a resonator": (
        small(RF | dict(sine=4), matrix(6, 32)),
        "n",
        "the sine of neuron 0 of 'n' is 4; 'sinDecay' holds",
    ),
    "delays of a complex weight": (
        small(RF, matrix(6, 32, delay=np.arange(6)[:, None])),
        "w",
        "imaginary weight of neuron 0 of 'n' have different delays",
    ),
    "decays within a channel": (
        small(LIF | dict(shape=(3, 3, 3), decay_v=np.arange(27).reshape(3, 3, 3)), kernel(3, 2, 2, 2)),
        "n",
        "'decay_v' of 'n' is 0 in neuron 0 and 1 in neuron 1; a channel has one 'vDecay'",
    ),
    "half a weight of a kernel": (
        small(FORWARD, lambda b: b.convolve("in", "n", np.full((2, 2, 2, 2), 0.5), name="w")),
        "w",
        "the weight at [0, 0, 0, 0] of the kernel 'w' is 0.5, one of 16",
    ),
    "means": (
        small(LIF | dict(shape=(2, 2, 2)), lambda b: b.pool("in", "n", 2, average=True, name="w")),
        "w",
        "'w' averages",
    ),
    "transposed with a delay": (
        small(LIF | dict(shape=(3, 5, 5)), kernel(2, 3, 2, 2, transposed=True, delay=1)),
        "w",
        "a transposed convolution with delays",
    ),
    "a window over what is flat": (
        small(
            LIF | dict(shape=(2, 3, 3)),
            matrix(18, 32),
            then=behind(SAME, lambda b: b.convolve("n", "m", np.ones((2, 2, 1, 1)), name="v")),
        ),
        "v",
        "'v' slides over 2x3x3, the layer before it hands on 18",
    ),
    "a window after another": (
        small(FORWARD, lambda b: b.pool("in", "n", 2, 1, name="w"), then=lambda b: b.output("out", "w")),
        "out",
        "'out' receives 'w' (SumPool2d), which is no population",
    ),
    "sums that are read": (
        small(
            LIF | dict(shape=(1, 6)),
            matrix(6, 32),
            then=behind(
                (1, 2),
                lambda b: (
                    b.convolve("n", "m", np.full((1, 1, 3), 2.0), stride=3, name="v"),
                    b.output("out", "v"),
                ),
            ),
        ),
        "out",
        "'out' receives 'v' (Conv1d), which is no population",
    ),
    "one to one": (
        small(FORWARD, kernel(2, 2, 2, 2), then=behind(SAME, lambda b: b.connect("n", "m"))),
        "m",
        "connected one to one",
    ),
    "a loop of a convolution": (
        small(FORWARD, kernel(2, 2, 2, 2), then=lambda b: b.connect("n", "n", np.eye(18))),
        "n",
        "'n' has a loop, which a convolution cannot have",
    ),
    "a loop of resonators": (
        small(RF, matrix(6, 32), then=lambda b: b.connect("n", "n", np.ones((6, 3)))),
        "n",
        "'n' has a loop, which resonators cannot have",
    ),
    "a loop of an input layer": (
        small(LIF, payload=4095, then=lambda b: b.connect("n", "n", np.eye(32))),
        "n",
        "'n' has a loop, which an input layer cannot have",
    ),
    "delays before a loop": (
        small(LIF | dict(shape=3), matrix(3, 32, delay=2), then=lambda b: b.connect("n", "n", np.eye(3))),
        "n",
        "'n' has a loop, and delays before it",
    ),
    "delays of a loop": (
        small(LIF | dict(shape=3), matrix(3, 32), then=lambda b: b.connect("n", "n", np.eye(3), delay=2)),
        "n",
        "the loop of 'n' has delays up to 2 steps",
    ),
    "a kernel into resonators": (
        small(RF, kernel(3, 2, 3), shape=(2, 4)),
        "w",
        "'w' is a convolution into the resonators 'n'",
    ),
    "a delay for each input channel": (
        small(
            FORWARD,
            lambda b: b._between("in", "n", "Conv2d", KERNEL | {"delay": np.array([[[[1]], [[2]]]])}, "w"),
        ),
        "w",
        "'w' has a delay for each input channel",
    ),
    "numbers beside their neuron": (
        small(
            LIF | dict(shape=(1, 1, 1)),
            lambda b: b.convolve("in", "n", np.ones((1, 1, 1, 1)), 3, 1),
            (1, 1, 1),
            4095,
        ),
        "in",
        "goes to 'n' through weights",
    ),
    "a bias that sums up": (
        small(SDNN | dict(shape=SAME), kernel(2, 2, 2, 2, bias=np.ones(2))),
        "w",
        "the bias of 'w' enters the sum of 'n'",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_no_net_file_holds_is_refused(tmp_path, what):
    net, where, words = REFUSED[what]
    found = refusals(net, tmp_path / "a.net")
    assert set(found) == {(0, where)} and words in found[0, where]


@pytest.mark.parametrize("shape, model", [((4,), "lif"), ((2, 3), "lif"), ((2, 3, 4), "delta"), ((4,), "li")])
def test_an_input_that_drives_neurons(tmp_path, shape, model):
    """One to one is what an input layer does; its own weight and bias, which the caller applies, do nothing then."""
    target = DELTA | dict(shape=shape) if model == "delta" else dict(model=model, decay_v=1000, shape=shape)
    if model == "lif":
        target["threshold"] = 64 * 50
    net = small(target, shape=shape, payload=99)
    lost = [d.message for d in rb.export(net, "net", tmp_path / "a.net")]
    assert "that 'in' sends 99 at most is not kept: 4095 is read" in lost
    again = rb.load(tmp_path / "a.net")
    assert "in every step: 1 x + 0" in again.assumptions[0]["value"] and again.nodes["layer0"].kind == model
    x = RNG.integers(-99, 100, (40, *shape))
    probe = "act" if model == "delta" else "v"
    left = net.run(x, probes=[f"n.{probe}"], dtype="float64").states[f"n.{probe}"]
    right = again.run(x.reshape(40, *again.inputs[0].shape), probes=[f"layer0.{probe}"], dtype="float64")
    assert left.any() and np.array_equal(left.ravel(), right.states[f"layer0.{probe}"].ravel())


def test_f18_delays_of_as_many_inputs_as_outputs(tmp_path):
    """One for each in a row would be read as those of outputs: all of them are written."""
    for delay in ([[1, 2, 3]], [[1], [2], [3]]):
        net = small(LIF | dict(shape=3), matrix(3, 3, delay=np.array(delay)), shape=3)
        rb.export(net, "net", tmp_path / "a.net")
        found = rb.load(tmp_path / "a.net").nodes["layer0.weight"].parameters["delay"]
        assert np.array_equal(*np.broadcast_arrays(found, delay, np.zeros((3, 3)))[:2])
