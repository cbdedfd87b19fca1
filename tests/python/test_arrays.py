"""Arrays as users have them: any dtype, order and strides, with and without a batch."""

import numpy as np
import pytest
import rheobase as rb
from rheobase import compiler
from test_bad_images import make_image

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)


@pytest.fixture(scope="module")
def image():
    return make_image()


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(2).integers(0, 2, (4, 30, 2))


FORMS = {
    "int64": lambda x: x,
    "uint8": lambda x: x.astype(np.uint8),
    "bool": lambda x: x.astype(bool),
    "int8": lambda x: x.astype(np.int8),
    "uint64": lambda x: x.astype(np.uint64),
    "float16": lambda x: x.astype(np.float16),
    "float32": lambda x: x.astype(np.float32),
    "long double": lambda x: x.astype(np.longdouble),
    "big endian": lambda x: x.astype(">i4"),
    "Fortran order": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "backwards": lambda x: x[:, ::-1][:, ::-1],
    "transposed": lambda x: np.ascontiguousarray(x.transpose(2, 1, 0)).transpose(2, 1, 0),
    "unaligned": lambda x: np.frombuffer(b"\0" + x.astype(np.int32).tobytes(), np.uint8)[1:]
    .view(np.int32)
    .reshape(x.shape),
    "read-only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
    "broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
    "a list": lambda x: x.tolist(),
    "by name": lambda x: {"in": x},
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_the_same_numbers(image, x, form):
    given = FORMS[form](x)
    plain = np.array(given["in"] if form == "by name" else given).astype(np.int32)
    assert rb.first_difference(image.run(given), image.run(plain)) is None
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.lif("hidden", 3, tau=0.02, r=20.0)
    b.connect("in", "hidden", np.array([[1, 0.5], [0.25, 1], [-1, 1]]))
    net = b.build()
    assert rb.first_difference(net.run(given), net.run(plain)) is None


def test_with_and_without_a_batch(image, x):
    many = image.run(x, probes=["hidden.v"])
    assert many.spikes["hidden"].shape == many.states["hidden.v"].shape == (4, 30 + image.lag, 3)
    assert many.aligned("hidden").shape == (4, 30, 3) and many.aligned("hidden.v").shape == (4, 30, 3)
    for k in range(4):
        one = image.run(x[k], probes=["hidden.v"])
        assert one.spikes["hidden"].shape == (30 + image.lag, 3)
        assert one.aligned("hidden").shape == (30, 3)
        assert np.array_equal(one.spikes["hidden"], many.spikes["hidden"][k])
        assert np.array_equal(one.states["hidden.v"], many.states["hidden.v"][k])
    assert set(many.lag) == {"hidden", "output"} and many.overflows == {}
    lag = many.lag["hidden"]
    assert np.array_equal(many.aligned("hidden"), many.spikes["hidden"][:, lag : lag + 30])


def test_recordings_keep_their_form(image, x, tmp_path):
    for given in (x, x[0]):
        for spikes in (True, False):
            out = image.run(given, spikes=spikes)
            out.save(tmp_path / "o.npz")
            again = rb.Recording.load(tmp_path / "o.npz")
            assert np.array_equal(again.aligned("output"), out.aligned("output"))
            assert again.series().keys() == out.series().keys()
            assert (again.lag, again.steps, again.batched) == (out.lag, out.steps, out.batched)
            assert np.array_equal(again.scale["hidden.v"], out.scale["hidden.v"])


def test_readouts_in_the_networks_units(x):
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.li("readout", 2, tau=[0.02, 0.01])
    b.connect("in", "readout", np.array([[1.0, 0.5], [-1.0, 0.25]]))
    net = b.build()
    out = rb.compile(net).run(x, probes=["readout.v"])
    reference = net.run(x, probes=["readout.v"]).states["readout.v"]
    assert np.abs(out.aligned("readout.v") / out.scale["readout.v"] - reference).max() < 0.02


def test_overflows_are_counted_per_neuron():
    b = rb.Builder(dt=1e-3)
    b.input("in", 1)
    b.integrator("sum", 2, r=1.0)
    b.connect("in", "sum", np.array([[1.0], [0.0]]))
    net = b.build()
    settings = rb.quantization(net)
    population = settings["populations"]["sum"]
    settings["populations"]["sum"] = {**population, "scale_v": 2.0**14}
    image = rb.compile(net, quant=settings)
    out = image.run(np.ones((4000, 1), int))
    count = out.overflows["sum"]
    assert count["wraps"].shape == count["saturations"].shape == (2,)
    total = count["wraps"] + count["saturations"]
    assert total[0] > 0 and total[1] == 0
    assert image.run(np.ones((5, 1), int)).overflows == {}


@pytest.mark.parametrize(
    "options, words",
    [
        (dict(engine="jti"), "did you mean 'jit'"),
        (dict(engine=3), "there is no engine 3"),
        (dict(probes=["hidden.w"]), "did you mean 'hidden.v'"),
        (dict(probes="hiden.v"), "did you mean 'hidden.v'"),
        (dict(threads=0), "threads is 0"),
        (dict(threads="two"), "threads is 'two'"),
        (dict(threads=True), "threads is True"),
        (dict(progress=3), "progress is 3"),
    ],
)
def test_wrong_arguments(image, x, options, words):
    with pytest.raises(rb.OptionError) as caught:
        image.run(x, **options)
    assert words in str(caught.value)


def test_several_inputs():
    b = rb.Builder(dt=1e-3)
    b.input("left", 2)
    b.input("right", (2, 3))
    b.lif("hidden", 4, tau=0.02, r=20.0)
    b.connect("left", "hidden", np.ones((4, 2)))
    b.connect("right", "hidden", np.ones((4, 6)), name="w_right")
    assert b.build().nodes["w_right.flat"].kind == "Flatten"  # a matrix takes its source in C order
    b = rb.Builder(dt=1e-3)
    b.input("left", 2)
    b.input("right", 3)
    b.lif("hidden", 4, tau=0.02, r=20.0)
    b.connect("left", "hidden", np.ones((4, 2)))
    b.connect("right", "hidden", np.ones((4, 3)))
    net = b.build()
    image = rb.compile(net)
    ones = {"left": np.ones((9, 2), int), "right": np.ones((9, 3), int)}
    assert net.run(ones).spikes["hidden"].any() and image.run(ones).spikes["hidden"].any()
    for side in (net, image):
        for wrong, words in (
            (np.ones((9, 2), int), "give a dictionary by name: 'left', 'right'"),
            ({"left": ones["left"]}, "no data for input 'right'"),
            ({**ones, "rihgt": 3}, "did you mean 'right'"),
            ({**ones, "right": np.ones((8, 3), int)}, "all inputs share samples and steps"),
            ({**ones, "right": np.ones((1, 9, 3), int)}, "all inputs share samples and steps"),
        ):
            with pytest.raises(rb.Error, match=words):
                side.run(wrong)
    stream = image.stream()
    stream.step({"left": [1, 1], "right": [1, 1, 1]})
    assert rb.compile(net, calibrate=ones).to_bytes()


def test_a_recording_beyond_the_memory_is_refused(image, monkeypatch):
    from rheobase import room

    monkeypatch.setattr(room, "_free_memory", lambda: 1000)
    with pytest.raises(rb.DataError) as caught:
        image.run(np.zeros((5, 100, 2), int))
    assert caught.value.code == "R0664" and caught.value.diagnostics[0].limit == 1000
