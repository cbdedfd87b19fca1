"""Delay and Threshold nodes from file to chip and back. SPEC F23, F24."""

import json

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke as rheobase
from environment import needs_compiler
from nirfiles import LEAVE_OUT, good, write

DT = 1e-3
LIF = {key: LEAVE_OUT for key in good() if key.startswith("/node/nodes/lif/") and not key.endswith("type")}
NODES = {
    "/node/nodes/wait/type": "Delay",
    "/node/nodes/wait/delay": np.array([0, 0.002], np.float32),
    "/node/edges": [["in", "wait"], ["wait", "fc"], ["fc", "lif"], ["lif", "out"]],
    **LIF,
    "/node/nodes/lif/type": "Threshold",
    "/node/nodes/lif/threshold": np.array([1, 0.75, 0.5], np.float32),
}
X = (np.random.default_rng(4).random((5, 30, 2)) < 0.5).astype(np.uint8)


def by_hand(x: np.ndarray) -> np.ndarray:
    late = np.concatenate([np.zeros_like(x[:, :2]), x[:, :-2]], axis=1)
    seen = np.stack([x[..., 0], late[..., 1]], axis=-1).astype(float)
    return (seen @ good()["/node/nodes/fc/weight"].T > NODES["/node/nodes/lif/threshold"]).astype(float)


def test_f23_f24_a_file_is_read(tmp_path):
    net = rb.load(write(tmp_path / "a.nir", NODES), dt=DT)
    assert net.nodes["wait"].units == {"delay": "s"} and not net.nodes["wait"].stateful
    assert net.nodes["lif"].units == {"threshold": "1"} and net.nodes["lif"].spiking
    assert [n.name for n in net.populations] == ["lif"] and net.probes() == ["lif.v"]
    assert np.array_equal(net.run(X).output, by_hand(X))
    (told,) = [a for a in net.assumptions if a["what"] == "delays"]
    assert told["value"] == "0 to 2 steps in 'wait'" and not told["warning"]
    (rounded,) = [a for a in rb.load(tmp_path / "a.nir", dt=0.0015).assumptions if a["what"] == "delays"]
    assert rounded["value"] == "0 to 1 steps in 'wait'" and rounded["warning"] and "0.33" in rounded["why"]


def test_f23_f24_what_the_nir_package_writes(tmp_path):
    nir = pytest.importorskip("nir")
    graph = nir.NIRGraph(
        nodes={
            "in": nir.Input(np.array([2])),
            "wait": nir.Delay(NODES["/node/nodes/wait/delay"]),
            "fc": nir.Linear(good()["/node/nodes/fc/weight"]),
            "lif": nir.Threshold(NODES["/node/nodes/lif/threshold"]),
            "out": nir.Output(np.array([3])),
        },
        edges=NODES["/node/edges"],
    )
    nir.write(tmp_path / "a.nir", graph)
    net = rb.load(tmp_path / "a.nir", dt=DT)
    assert np.array_equal(net.run(X).output, by_hand(X))
    assert [d.message.split(" is ")[0] for d in rb.export(net, "nir", tmp_path / "b.nir")] == ["dt"]
    again = nir.read(tmp_path / "b.nir")
    assert again.nodes["wait"].delay.dtype == again.nodes["lif"].threshold.dtype == np.float32
    assert np.array_equal(again.nodes["wait"].delay, graph.nodes["wait"].delay)
    assert np.array_equal(again.nodes["lif"].threshold, graph.nodes["lif"].threshold)


def test_f23_f24_all_nodes_of_nir_are_known(tmp_path):
    nir = pytest.importorskip("nir")
    # Graphs are flattened (F12), and no file holds an Identity.
    kinds = {c.__name__ for c in nir.NIRNode.__subclasses__()} - {"NIRGraph", "Identity"}
    assert len(kinds) == 18
    with pytest.raises(rb.FormatError) as refused:
        rb.load(write(tmp_path / "a.nir", {"/node/nodes/lif/type": "Nonsense"}))
    (remedy,) = (d.remedy for d in refused.value.diagnostics)
    assert kinds <= set(remedy.removeprefix("supported kinds: ").split(", "))


BAD = {
    "negative": ({"/node/nodes/wait/delay": np.array([0, -0.001])}, "R0204", "wait", "-0.001"),
    "not a number": ({"/node/nodes/wait/delay": np.array([np.nan, 0])}, "R0203", "wait", "nan"),
    "endless": ({"/node/nodes/wait/delay": np.array([0, 1e9])}, "R0209", "wait", "1000000000000 steps"),
    "of another size": ({"/node/nodes/wait/delay": np.zeros(3)}, "R0205", "wait", "takes [3]"),
    "without delay": ({"/node/nodes/wait/delay": LEAVE_OUT}, "R0202", "wait", "lacks its parameter 'delay'"),
    "unknown parameter": ({"/node/nodes/lif/v_reset": np.zeros(3)}, "R0202", "lif", "has no parameter"),
    "without threshold": ({"/node/nodes/lif/threshold": LEAVE_OUT}, "R0202", "lif", "lacks its"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files_are_refused(tmp_path, what):
    changes, code, where, said = BAD[what]
    with pytest.raises(rb.FormatError) as refused:
        rb.load(write(tmp_path / "a.nir", {**NODES, **changes}), dt=DT)
    found = refused.value.diagnostics[0]
    assert (found.code, found.where) == (code, where) and said in found.message


def test_show_says_units_and_steps(tmp_path):
    file = str(write(tmp_path / "a.nir", NODES))
    shown = rheobase("show", file, "--dt", "1e-3")
    assert shown.returncode == 0
    assert "Delay" in shown.stdout and "0.002 s" in shown.stdout and "Threshold" in shown.stdout
    assert "0 to 2 steps in 'wait'" in shown.stdout
    data = json.loads(rheobase("show", file, "--dt", "1e-3", "--json").stdout)
    assert data["neurons"] == 3 and data["nodes"]


@needs_compiler
@pytest.mark.parametrize("chip", ["loihi2", "tiny"])
def test_f23_f24_a_file_reaches_the_chip(tmp_path, chip):
    net = rb.load(write(tmp_path / "a.nir", NODES), dt=DT)
    image = rb.compile(net, chip=chip)
    image.save(tmp_path / "a.rheo")
    out = rb.Image.load(tmp_path / "a.rheo").run(X)
    assert np.array_equal(out.aligned("lif"), by_hand(X))
    report = rb.verify(net, image, X).data
    assert report["spikes"]["lif"]["agreement"] == 1 and report["first_difference"] is None


@needs_compiler
def test_f24_loihi1_cannot_forget_and_says_so(tmp_path):
    net = rb.load(write(tmp_path / "a.nir", NODES), dt=DT)
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(net, chip="loihi1")
    found = refused.value.diagnostics[0]
    assert (found.code, found.where, found.value, found.limit) == ("R0420", "lif", 4096, 4095)


@needs_compiler
@pytest.mark.parametrize("reset", ["zero", "v_reset", "subtract", "subtract-late"])
@pytest.mark.parametrize("discretization", ["euler", "exponential"])
@pytest.mark.parametrize("spikes", ["unit", "dirac"])
def test_f11_f24_no_convention_changes_a_threshold(reset, discretization, spikes):
    b = rb.Builder(dt=2.0**-10, reset=reset, discretization=discretization, spikes=spikes)
    unit = 2.0**-10 if spikes == "dirac" else 1.0
    b.input("in", 2)
    b.threshold("a", 3, [1.5, 0, -1])
    b.threshold("b", 2, [0.5, 1.5])
    b.connect("in", "a", unit * np.array([[1, 1], [1, -1], [-1, -1]]))
    b.connect("a", "b", unit * np.array([[1, 0, 0], [0, 1, 1]]))
    net = b.build()
    ref, out = net.run(X), rb.compile(net, chip="loihi2").run(X)
    for name in ("a", "b"):
        assert ref.spikes[name].any() and np.array_equal(out.aligned(name), ref.spikes[name])


@needs_compiler
def test_f24_a_threshold_between_two_sums_parts_them():
    """The coarsest scale, one unit for a weight of 1: no register holds halves, and none has to."""
    thresholds = np.arange(0, 5, 0.5)
    b = rb.Builder(dt=DT)
    b.input("in", 5)
    b.threshold("t", len(thresholds), thresholds)
    b.connect("in", "t", np.ones((len(thresholds), 5)))
    net = b.build()
    quant = {
        "schema": "rheobase.quantization/1",
        "populations": {"t": {"scale_v": 64}},
        "projections": {"in_to_t": {"exponent": 0}},
    }
    x = np.tril(np.ones((6, 5), np.uint8), -1)[None]  # 0 to 5 spikes
    out = rb.compile(net, chip="loihi2", quant=quant).run(x).aligned("t")
    assert np.array_equal(out[0], np.arange(6)[:, None] > thresholds)
    assert np.array_equal(out, net.run(x).spikes["t"])


@needs_compiler
def test_f6_f23_f24_biases_act_in_every_step_and_behind_a_delay_later():
    b = rb.Builder(dt=DT)
    b.input("in", 1)
    b.threshold("now", 2, [0.5, 1.5])
    b.delay("wait", 2, delay=[0.003, 0.005])
    b.threshold("later", 2, 0.5)
    b.connect("in", "now", np.ones((2, 1)), bias=np.ones(2))
    b.connect("now", "wait", np.zeros((2, 2)), bias=np.ones(2))
    b.connect("wait", "later")
    b.output("out", "later")
    net = b.build()
    x = np.zeros((1, 8, 1), np.uint8)
    x[0, 2] = 1
    ref = net.run(x)
    assert ref.spikes["now"][0].T.tolist() == [8 * [1], [0, 0, 1, 0, 0, 0, 0, 0]]
    assert ref.spikes["later"][0].T.tolist() == [3 * [0] + 5 * [1], 5 * [0] + 3 * [1]]
    out = rb.compile(net, chip="loihi2").run(x)
    for name in ("now", "later"):
        assert np.array_equal(out.aligned(name), ref.spikes[name])


def loop(steps: int, **conventions) -> rb.Network:
    """Two populations that drive each other through a Delay."""
    b = rb.Builder(dt=DT, **conventions)
    b.input("in", 1)
    b.integrate_and_fire("a", 1, v_threshold=0.5)
    b.threshold("b", 1, 0.5)
    b.delay("wait", 1, delay=steps * DT)
    b.connect("in", "a")
    b.connect("a", "b")
    b.connect("b", "wait")
    b.connect("wait", "a")
    b.output("out", "b")
    return b.build()


@needs_compiler
def test_t5_f23_a_delay_gives_a_loop_the_steps_that_its_hops_need():
    x = np.zeros((1, 12, 1), np.uint8)
    x[0, 0] = 1
    with pytest.raises(rb.CompileError, match="needs 2 steps on the chip"):
        rb.compile(loop(0), chip="loihi2")
    for steps in (1, 3):
        net = loop(steps)
        ref = net.run(x)
        assert np.flatnonzero(ref.output[0]).tolist() == list(range(0, 12, 1 + steps))
        assert np.array_equal(rb.compile(net, chip="loihi2").run(x).aligned("out"), ref.output)
    hops = loop(2, feedforward_delay="1")
    assert np.array_equal(rb.compile(hops, chip="loihi2").run(x).aligned("out"), hops.run(x).output)
    with pytest.raises(rb.FormatError, match="a cycle without a neuron"):
        b = rb.Builder(dt=DT)
        b.input("in", 1)
        b.delay("wait", 1, delay=DT)
        b.connect("in", "wait")
        b.connect("wait", "wait", np.eye(1))
        b.output("out", "wait")
        b.build()


@needs_compiler
def test_r0418_f23_a_delay_beyond_the_chip_is_refused_with_its_number():
    def waiting(steps):
        b = rb.Builder(dt=DT)
        b.input("in", 1)
        b.delay("wait", 1, delay=steps * DT)
        b.threshold("t", 1, 0.5)
        b.connect("in", "wait")
        b.connect("wait", "t")
        return b.build()

    x = np.zeros((1, 80, 1), np.uint8)
    x[0, 3] = 1
    longest = waiting(63)  # the hop itself takes one
    out = rb.compile(longest, chip="loihi2").run(x)
    assert np.array_equal(out.aligned("t"), longest.run(x).spikes["t"]) and out.lag["t"] == 0
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(waiting(64), chip="loihi2")
    found = refused.value.diagnostics[0]
    assert (found.code, found.value, found.limit) == ("R0418", 63, 62)


@needs_compiler
def test_f24_verify_explains_a_difference_of_a_threshold():
    b = rb.Builder(dt=DT)
    b.input("in", 2)
    b.threshold("t", 1, -0.5)
    b.connect("in", "t", np.array([[-0.3, -0.4]]))
    net = b.build()
    other = rb.Builder(dt=DT)
    other.input("in", 2)
    other.threshold("t", 1, -0.35)
    other.connect("in", "t", np.array([[-0.3, -0.4]]))
    first = rb.verify(net, rb.compile(other.build(), chip="loihi2"), X).data["first_difference"]
    assert first["threshold"] == -0.5 and first["chip_threshold"] == -0.5
    assert first["float"] and not first["chip"]
    assert first["float_v"] == 0 and first["chip_v"] < first["chip_threshold"]


@needs_compiler
def test_f24_calibration_and_settings_take_a_threshold():
    b = rb.Builder(dt=DT)
    b.input("in", 2)
    b.threshold("t", 3, [0.5, 1.5, -1])
    b.connect("in", "t", np.ones((3, 2)))
    net = b.build()
    settings = rb.quantization(net, chip="loihi2", calibrate=X)
    assert settings["populations"]["t"]["dv"] == 4096 and settings["populations"]["t"]["reset_mode"] == "zero"
    assert settings["projections"].keys() == {"in_to_t", "t.threshold"}
    out = rb.compile(net, chip="loihi2", quant=settings).run(X)
    assert np.array_equal(out.aligned("t"), net.run(X).spikes["t"])


@needs_compiler
def test_f23_f24_exports_of_images(tmp_path):
    net = rb.load(write(tmp_path / "a.nir", NODES), dt=DT)
    quant = {
        "schema": "rheobase.quantization/1",
        "populations": {"lif": {"scale_v": 64 * 128}},
        "projections": {"wait+fc": {"exponent": 0}},
    }
    image = rb.compile(net, chip="loihi2", quant=quant)
    rb.export(image, "lava", tmp_path / "lava")
    rb.export(image, "net", tmp_path / "a.net")
    again = rb.load(tmp_path / "a.net").run(X).output
    assert again.any() and np.array_equal(again, image.run(X).aligned("lif"))


@needs_compiler
@pytest.mark.parametrize("late", [False, True])
def test_f23_a_bias_that_waits_is_no_bias_of_a_net_file(tmp_path, late):
    b = rb.Builder(dt=DT)
    b.input("in", 2)
    b.exact("n", 2, model="atrlif", theta_0=640)
    b.delay("wait", 2, delay=[0.001, 0.001 * (1 + late)])
    b.connect("in", "wait", 2 * np.eye(2), bias=[4, 2 if late else 4])
    b.connect("wait", "n")
    image = rb.compile(b.build(), chip="loihi2")
    with pytest.raises(rb.CompileError, match="takes a constant current"):
        rb.export(image, "net", tmp_path / "a.net")


def test_f23_f24_networks_of_them_are_no_net_files(tmp_path):
    b = rb.Builder(dt=DT)
    b.input("in", 2)
    b.delay("wait", 2, delay=DT)
    b.exact("n", 2, decay_u=4096, decay_v=410, threshold=64 * 5)
    b.connect("in", "wait")
    b.connect("wait", "n", 2 * np.eye(2))
    with pytest.raises(rb.CompileError, match=r"'wait' \(Delay\) is not written to .net files"):
        rb.export(b.build(), "net", tmp_path / "a.net")
    b = rb.Builder(dt=DT)
    b.input("in", 2)
    b.threshold("t", 2)
    b.connect("in", "t")
    with pytest.raises(rb.CompileError, match=r"'t' \(Threshold\) is given as real numbers"):
        rb.export(b.build(), "net", tmp_path / "a.net")


def test_builder_refuses_shapes_that_do_not_fit():
    b = rb.Builder(dt=DT)
    with pytest.raises(rb.UsageError, match=r"'delay' of 'd' has shape \[2\], the node has \[3\]"):
        b.delay("d", 3, delay=[0.001, 0.002])
    b.input("in", 3)
    b.delay("d", 3, delay=0.001)
    b.threshold("t", 3)
    b.connect("in", "t")
    b.connect("t", "d")
    b.connect("d", "t")
    assert [n.name for n in b.build().outputs] == ["output"]


def test_t7_what_has_no_weight_waits_for_nothing():
    weights = np.eye(4)
    b = rb.Builder(dt=1e-3, feedforward_delay=1)
    b.input("in", 4)
    b.lif("a", 4, tau=0.02)
    b.connect("in", "a", weights, delay=np.where(weights != 0, 1, 50))
    b.output("out", "a")
    assert rb.compile(b.build(), chip="tiny").chip == "tiny"  # it holds 15 steps
