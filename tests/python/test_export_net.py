"""lava-dl's .net files as they are written: read back they are the same numbers; what they cannot hold is refused."""

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke as rheobase
from environment import needs_compiler
from exactnets import assert_equal_layers, chain
from test_netx import write as write_netx

X = (np.random.default_rng(1).random((120, 20)) < 0.3).astype(np.uint8)


def refusals(net, path) -> dict[tuple, str]:
    """(number, place) -> message of everything that is refused; nothing is written."""
    with pytest.raises(rb.CompileError) as refused:
        rb.export(net, "net", path)
    assert not path.exists()
    for d in refused.value.diagnostics:
        assert d.code == "R0670" and d.remedy and d.severity == "error"
    return {(k, d.where): d.message for k, d in enumerate(refused.value.diagnostics)}


@pytest.mark.parametrize("step", [1.0, 0.1, 1 / 3])
def test_a_file_comes_back_number_for_number(tmp_path, step):
    net = rb.load(write_netx(tmp_path / "a.net", {"/simulation/Ts": np.array(step)}))
    lost = rb.export(net, "net", tmp_path / "b.net")
    assert [d.message for d in lost] == [
        "names are not kept: 'layer0' becomes 'layer0', 'layer2' becomes 'layer1'"
    ]
    again = rb.load(tmp_path / "b.net")
    assert_equal_layers(net, again)
    assert rb.export(again, "net", tmp_path / "c.net") == []
    assert (tmp_path / "b.net").read_bytes() == (tmp_path / "c.net").read_bytes()


def test_fields_are_stored_as_slayer_stores_them(tmp_path):
    h5py = pytest.importorskip("h5py")
    rb.export(chain(), "net", tmp_path / "a.net")
    with h5py.File(tmp_path / "a.net") as file:
        layer = file["layer/0"]
        assert [t.decode() for t in layer["type"][()]] == ["dense_rec"]
        assert layer["weight"].dtype == layer["weight_rec"].dtype == layer["bias"].dtype == np.float32
        assert layer["shape"][()].tolist() == [30]
        assert (layer["inFeatures"][()], layer["outFeatures"][()]) == (20, 30)
        neuron = {k: v[()] for k, v in layer["neuron"].items()}
        assert neuron == {
            "type": b"CUBA",
            "iDecay": 700,
            "vDecay": 410,
            "vThMant": 60,
            "refDelay": 1,
            "gradedSpike": 0,
        }
        assert "bias" not in file["layer/1"] and file["layer/1/type"][()][0] == b"dense"
        assert file["simulation/Ts"][()] == 1.0
        assert not any(len(v.attrs) for v in (file, layer))


@needs_compiler
@pytest.mark.parametrize("readout", [False, True])
def test_the_file_of_an_image_is_the_image(tmp_path, readout):
    net = chain(2, readout=readout)
    image = rb.compile(net)
    lost = rb.export(image, "net", tmp_path / "a.net")
    assert {d.where for d in lost if "names" not in d.message} == ({"readout"} if readout else set())
    again = rb.load(tmp_path / "a.net")
    assert_equal_layers(net, again)
    left = image.run(X, probes=image.probes())
    reloaded = rb.compile(again)
    right = reloaded.run(X, probes=reloaded.probes())
    assert left.spikes["second"].sum() > 100 and left.lag["second"] == right.lag["layer1"]
    for k, name in enumerate(["first", "second"]):
        assert np.array_equal(left.spikes[name], right.spikes[f"layer{k}"])
    for k, name in enumerate(["first", "second"] + ["readout"] * readout):
        for state in "uv":
            assert np.array_equal(left.states[f"{name}.{state}"], right.states[f"layer{k}.{state}"]), name


PINS = {
    "schema": "rheobase.quantization/1",
    "populations": {"hidden": {"bias_mantissa": 3, "bias_exponent": 6}},
    "projections": {"in_to_hidden": {"exponent": 0}, "hidden_to_out": {"exponent": 0}},
}


def trained(**more) -> rb.Network:
    rng = np.random.default_rng(4)
    b = rb.Builder(dt=1e-3, reset="zero")
    b.input("in", (1, 20))
    b.cuba_lif("hidden", 30, **{**dict(tau_syn=0.004, tau_mem=0.02, w_in=4, r=20, v_leak=0.1), **more})
    b.li("out", 3, tau=0.05, r=50)
    b.connect("in", "hidden", rng.normal(0, 0.4, (30, 20)))
    b.connect("hidden", "out", rng.normal(0, 0.4, (3, 30)))
    return b.build()


@needs_compiler
def test_a_trained_network_through_the_compiler(tmp_path):
    image = rb.compile(trained(), quant=PINS)
    lost = rb.export(image, "net", tmp_path / "a.net")
    said = " ".join(d.message for d in lost)
    assert {d.severity for d in lost} == {"note"} and {d.code for d in lost} == {"R0671"}
    for words in ("1x20", "'hidden' becomes 'layer0'", "never spikes", "scale of 'hidden'", "scale of 'out'"):
        assert words in said
    assert len(lost) == 5
    again = rb.compile(rb.load(tmp_path / "a.net"))
    out, back = image.run(X.reshape(-1, 1, 20), probes=["out.v"]), again.run(X, probes=["layer1.v"])
    assert out.spikes["hidden"].sum() > 100 and np.array_equal(out.spikes["hidden"], back.spikes["layer0"])
    assert out.states["out.v"].any() and np.array_equal(out.states["out.v"], back.states["layer1.v"])


@needs_compiler
def test_what_an_image_has_beyond_a_layer_is_refused_all_at_once(tmp_path):
    net = trained(tau_mem=np.linspace(0.01, 0.03, 30), v_threshold=np.linspace(1, 2, 30))
    quant = {"schema": PINS["schema"], "projections": {"hidden_to_out": {"exponent": 3}}}
    with pytest.raises(rb.CompileError) as refused:
        rb.export(rb.compile(net, quant=quant), "net", tmp_path / "a.net")
    found = [d.message for d in refused.value.diagnostics]
    for words in (
        "no multiple of 64",
        "of 'hidden' to neuron",
    ):
        assert sum(words in message for message in found) == 1, words
    assert len(found) == 2
    assert any('"bias_exponent": 6' in d.remedy for d in refused.value.diagnostics)
    assert any('"exponent": 0' in d.remedy for d in refused.value.diagnostics)


@needs_compiler
def test_images_that_are_no_chain_of_cuba_layers(tmp_path):
    b = rb.Builder(dt=1e-3, reset="subtract")
    b.input("in", 20)
    b.cuba_lif("first", 10, tau_syn=0.004, tau_mem=0.02, w_in=4, r=20)
    b.lif("second", 10, tau=0.02, r=20)
    b.connect("in", "first", np.ones((10, 20)), bias=np.ones(10))
    b.connect("first", "second", np.ones((10, 10)))
    b.connect("in", "second", np.ones((10, 20)))
    found = refusals(rb.compile(b.build()), tmp_path / "a.net")
    for words in (
        "'in' branches to 'first', 'second'",
        "takes a constant current",
        "'second' joins 'first', 'in'",
    ):
        assert sum(words in message for message in found.values()) == 1, words
    assert sum("resets by subtraction" in message for message in found.values()) == 2
    loihi1 = rb.compile(chain(), chip="loihi1")
    assert "profile 'loihi1', Lava its own" in refusals(loihi1, tmp_path / "a.net")[0, ""]


ONES = np.ones((30, 20))
REFUSED = {
    "a threshold between": (
        {"first": dict(threshold=np.arange(30) + 64)},
        "first",
        "of neuron 1 of 'first' is 65",
    ),
    "no decay of the current": ({"second": dict(decay_u=0)}, "second", "SPEC N3"),
    "threshold between": ({"first": dict(threshold=65)}, "first", "is 65; 'vThMant' holds multiples of 64"),
    "threshold too large": ({"first": dict(threshold=1 << 23)}, "first", "is 8388608"),
    "threshold below zero": ({"first": dict(threshold=-64)}, "first", "is -64"),
    "bias between": ({"first": dict(bias=96)}, "first", "is 96, no multiple of 64"),
    "bias too large": ({"first": dict(bias=64 << 15)}, "first", "64 times 32768; Lava holds 16 bits, 32767"),
    "subtract": ({"first": dict(reset_keep=-1, reset_amount=3840)}, "first", "resets by subtraction"),
    "to a value": ({"first": dict(reset_amount=64)}, "first", "resets to a value"),
    "half a weight": ({"in_to_first": ONES / 2}, "in_to_first", "is 0.5, one of 600"),
    "weight too large": ({"in_to_first": ONES * 256}, "in_to_first", "is 256, one of 600"),
    "weight too small": ({"in_to_first": ONES * -258}, "in_to_first", "is -258, one of 600"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_netx_cannot_express_is_refused(tmp_path, what):
    changes, where, words = REFUSED[what]
    found = refusals(chain(changes=changes), tmp_path / "a.net")
    assert set(found) == {(0, where)} and words in found[0, where]


# What NetX itself would change: under Lava the first two differ, the third ends in an overflow.
WARNED = {
    "255 among negative ones": ({"in_to_first": ONES * 255}, "first", "is 255, which NetX cuts to 254"),
    "a negative power of two": ({"first_to_second": np.full((9, 30), -64.0)}, "second", "-64 times 255/256"),
    "nothing but zeros": ({"first_to_second": np.zeros((9, 30))}, "second", "are zero, which NetX cannot"),
}


@pytest.mark.parametrize("what", WARNED)
def test_what_netx_would_change_is_written_and_said(tmp_path, what):
    changes, where, words = WARNED[what]
    (warned,) = (
        d for d in rb.export(chain(changes=changes), "net", tmp_path / "a.net") if d.severity == "warning"
    )
    assert (warned.code, warned.where) == ("R0671", where) and words in warned.message and warned.remedy
    assert_equal_layers(chain(changes=changes), rb.load(tmp_path / "a.net"))


def test_limits_that_are_just_met_are_written(tmp_path):
    changes = {
        "first": dict(decay_u=1, decay_v=4096, threshold=64 * ((1 << 17) - 1), bias=-64 * 32767),
        "second": dict(threshold=0),
        "in_to_first": np.where(np.eye(30, 20) > 0, -256.0, 254.0),
        "first_to_second": np.full((9, 30), 255.0),
    }
    rb.export(chain(changes=changes), "net", tmp_path / "a.net")
    assert_equal_layers(chain(changes=changes), rb.load(tmp_path / "a.net"))


def test_float_networks_are_compiled_first_and_told_all_else(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("in", 20)
    b.input("other", 3)
    b.lif("first", 10, tau=0.02)
    b.exact("second", 9, decay_v=300, threshold=64)
    b.connect("in", "first", np.ones((10, 20)))
    b.connect("other", "first", np.ones((10, 3)))
    b.connect("first", "second", np.ones((9, 10)))
    b.output("one", "first")
    b.output("two", "second")
    with pytest.raises(rb.CompileError) as refused:
        rb.export(b.build(), "net", tmp_path / "a.net")
    found = [d.message for d in refused.value.diagnostics]
    assert "'first' (LIF) is given as real numbers; a .net file holds a chip's integers" in found
    assert "the network has 2 inputs ('in', 'other'); a .net file has one" in found
    assert "the network has 2 outputs ('one', 'two'); a .net file has one" in found
    assert "rheobase compile" in refused.value.diagnostics[0].remedy


def test_connections_without_a_matrix_of_their_own_are_refused(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("in", 9)
    b.exact("first", 9, decay_v=300, threshold=64)
    b.exact("second", 9, decay_v=300, threshold=64)
    b.connect("in", "first", np.ones((9, 9)))
    b.connect("first", "second")
    assert "one to one" in refusals(b.build(), tmp_path / "a.net")[0, "second"]


@pytest.mark.parametrize("decay_u", [4096, 4095])
def test_a_bias_in_front_of_neurons(tmp_path, decay_u):
    """Where the current keeps nothing it is a bias of the potential; else it lasts, and NetX has no place for it."""
    b = rb.Builder(dt=1e-3)
    b.input("in", 4)
    b.exact("first", 3, decay_u=decay_u, decay_v=300, threshold=640, bias=64)
    b.connect("in", "first", np.ones((3, 4)), bias=np.array([1.0, -2, 0]))
    if decay_u < 4096:
        assert "keeps part of it" in refusals(b.build(), tmp_path / "a.net")[0, "in_to_first"]
        return
    warned = [d for d in rb.export(b.build(), "net", tmp_path / "a.net") if d.severity == "warning"]
    assert [d.where for d in warned] == ["in_to_first"] and "before the first input" in warned[0].message
    assert rb.load(tmp_path / "a.net").nodes["layer0"].parameters["bias"].tolist() == [128, -64, 64]


def test_the_output_is_the_last_layer(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("in", 4)
    for name in ("first", "second"):
        b.exact(name, 3, decay_v=300, threshold=640)
    b.connect("in", "first", np.ones((3, 4)))
    b.connect("first", "second", np.ones((3, 3)))
    b.output("out", "first")
    assert "is its last layer, 'second'" in refusals(b.build(), tmp_path / "a.net")[0, "out"]


def test_the_command(tmp_path):
    rb.export(chain(), "net", tmp_path / "a.net")
    out = tmp_path / "b.net"
    result = rheobase("export", tmp_path / "a.net", "--to", "net", "-o", out)
    assert (result.returncode, result.stdout) == (0, f"{out}: net\n")
    assert out.read_bytes() == (tmp_path / "a.net").read_bytes()
    over = rheobase("export", out, "--to", "net", "-o", out)
    assert over.returncode == 3 and "would overwrite" in over.stderr
    wrong = rheobase("export", out, "--to", "nett", "-o", tmp_path / "c.net")
    assert wrong.returncode == 3 and "did you mean 'net'" in wrong.stderr
    assert rheobase("export", out, "--to", "lava", "-o", tmp_path / "c").returncode == 2
    nowhere = rheobase("export", out, "--to", "net", "-o", tmp_path / "none" / "c.net")
    assert nowhere.returncode == 3 and "R0260" in nowhere.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.net", "b.net"]
