"""NIR files as they are written: float networks as they were read, exact nodes as real ones, and what is not kept."""

from pathlib import Path

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke as rheobase
from environment import needs_compiler
from exactnets import assert_equal_layers, chain
from nirfiles import LEAVE_OUT, good, write
from rheobase import _core

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FLOAT32 = {
    k: np.asarray(v, np.float32)
    for k, v in good().items()
    if k.startswith("/node/nodes/lif/") and "type" not in k
}
CUBA = {
    **{k: LEAVE_OUT for k in FLOAT32},
    "/node/nodes/lif/type": "CubaLIF",
    **{
        f"/node/nodes/lif/{k}": np.full(3, v)
        for k, v in dict(tau_syn=0.01, tau_mem=0.02, r=20.0, v_leak=0.0, v_threshold=0.1).items()
    },
}
FILES = {
    "plain": {},
    "without v_reset": {"/node/nodes/lif/v_reset": LEAVE_OUT},
    "in double, without v_reset": {
        **{k: v.astype(np.float64) for k, v in FLOAT32.items()},
        "/node/nodes/lif/v_reset": LEAVE_OUT,
    },
    "without w_in": CUBA,
    "names with dots and accents": {
        "/node/nodes/fc/type": LEAVE_OUT,
        "/node/nodes/fc/weight": LEAVE_OUT,
        "/node/nodes/été.w/type": "Affine",
        "/node/nodes/été.w/weight": good()["/node/nodes/fc/weight"],
        "/node/nodes/été.w/bias": np.arange(3.0),
        "/node/edges": [["in", "été.w"], ["été.w", "lif"], ["lif", "out"]],
    },
}


def equal_graphs(left, right) -> None:
    """As the nir package reads them: nodes, parameters with their types, edges as a set."""
    assert left.nodes.keys() == right.nodes.keys() and set(left.edges) == set(right.edges)
    for name, node in left.nodes.items():
        ours, theirs = node.to_dict(), right.nodes[name].to_dict()
        assert ours.keys() == theirs.keys()
        for key, value in ours.items():
            if isinstance(value, np.ndarray):
                assert np.array_equal(value, theirs[key]), (name, key)
                assert value.dtype == theirs[key].dtype, (name, key)
            else:
                assert value == theirs[key], (name, key)


@pytest.mark.parametrize("what", FILES)
def test_a_float_network_is_written_as_it_was_read(tmp_path, what):
    nir = pytest.importorskip("nir")
    original = write(tmp_path / "a.nir", FILES[what])
    assert rb.export(rb.load(original), "nir", tmp_path / "b.nir") == []
    equal_graphs(nir.read(original), nir.read(tmp_path / "b.nir"))
    rb.export(rb.load(tmp_path / "b.nir"), "nir", tmp_path / "c.nir")
    assert (tmp_path / "b.nir").read_bytes() == (tmp_path / "c.nir").read_bytes()


@pytest.mark.parametrize("name", ["fashion_mnist", "reaching"])
def test_the_examples_come_back(tmp_path, name):
    nir = pytest.importorskip("nir")
    original = EXAMPLES / name / f"{name}.nir"
    rb.export(rb.load(original), "nir", tmp_path / "b.nir")
    equal_graphs(nir.read(original), nir.read(tmp_path / "b.nir"))


def test_a_network_without_a_file(tmp_path):
    b = rb.Builder(dt=1e-4)
    b.input("in", (2, 3))
    b.integrate_and_fire("a", (2, 3), r=0.5, v_threshold=2.0, v_reset=-1.0)
    b.integrator("b", 4, r=0.25)
    b.connect("in", "a")
    b.output("out", "a")
    b.input("other", 4)
    b.connect("other", "b", np.eye(4), bias=np.arange(4.0))
    b.output("sum", "b")
    net = b.build()
    assert rb.export(net, "nir", tmp_path / "a.nir") == []
    again = rb.load(tmp_path / "a.nir")
    assert set(again.edges) == set(net.edges) and again.nodes.keys() == net.nodes.keys()
    for name, node in net.nodes.items():
        assert again.nodes[name].kind == node.kind and again.nodes[name].shape == node.shape
        for key, value in node.parameters.items():
            assert np.array_equal(value, again.nodes[name].parameters[key])


def convolutional(**more) -> rb.Network:
    b = rb.Builder(dt=1e-3)
    b.input("in", (2, 6, 5))
    b.integrate_and_fire("a", (4, 3, 5))
    b.integrate_and_fire("b", (4, 1, 2))
    b.integrate_and_fire("c", 3)
    b.convolve("in", "a", np.random.default_rng(2).normal(size=(4, 1, 2, 1)), stride=(2, 1), groups=2)
    b.pool("a", "b", 2, average=True)
    b.connect("b", "c", np.ones((3, 8)), **more)
    return b.build()


def test_f15_f16_convolutions_come_back(tmp_path):
    net = convolutional()
    rb.export(net, "nir", tmp_path / "a.nir")
    again = rb.load(tmp_path / "a.nir", dt=1e-3)
    x = np.random.default_rng(1).normal(size=(20, 2, 6, 5))
    left, right = net.run(x), again.run(x)
    assert left.output.any() and np.array_equal(left.output, right.output)
    first = again.nodes["in_to_a"].parameters
    assert first["input_shape"].tolist() == [6, 5] and first["bias"].tolist() == 4 * [0]
    assert again.nodes["b_to_c.flat"].kind == "Flatten"


def test_f17_f18_what_nir_has_no_node_for_is_refused(tmp_path):
    with pytest.raises(rb.CompileError, match="'b_to_c' have delays"):
        rb.export(convolutional(delay=2), "nir", tmp_path / "a.nir")
    b = rb.Builder(dt=1e-3)
    b.input("in", (1, 2, 2))
    b.integrate_and_fire("a", (1, 3, 3))
    b.convolve("in", "a", np.ones((1, 1, 2, 2)), transposed=True)
    with pytest.raises(rb.CompileError, match="'in_to_a' is a transposed convolution"):
        rb.export(b.build(), "nir", tmp_path / "a.nir")
    assert not (tmp_path / "a.nir").exists()


@pytest.mark.parametrize(
    "conventions",
    [
        {},
        {"dt": 1e-3},
        {"dt": 1 / 3000, "reset": "subtract"},
        {"reset": "zero"},  # v_reset is zero: the same
        {"discretization": "exponential", "spikes": "dirac", "reset": "subtract-late"},
    ],
)
def test_conventions_that_no_file_says_are_listed(tmp_path, conventions):
    """Exactly those, each with the option that says it; with all of them the network is the same again."""
    net = rb.load(write(tmp_path / "a.nir"), **conventions)
    lost = rb.export(net, "nir", tmp_path / "b.nir")
    wanted = {k for k, v in conventions.items() if v != "zero"}
    assert {d.message.split(" is ")[0] for d in lost} == wanted
    assert {(d.code, d.severity) for d in lost} <= {("R0671", "warning")}
    options = dict(d.remedy.split("--")[1].split(" ") for d in lost)
    if "dt" in options:
        options["dt"] = float(options["dt"])
    again = rb.load(tmp_path / "b.nir", **options)
    x = np.random.default_rng(1).integers(0, 2, (50, 2))
    assert again.dt == pytest.approx(net.dt, rel=1e-9)
    assert np.array_equal(net.run(x).output, again.run(x).output)


X = (np.random.default_rng(3).random((60, 6)) < 0.4).astype(np.uint8)
RNG = np.random.default_rng(5)
WEIGHTS = 2.0 * RNG.integers(-40, 60, (5, 6))
MODELS = {
    "cuba_lif": (
        dict(decay_u=1000, decay_v=300, threshold=64 * 90, bias=RNG.integers(-99, 99, 5)),
        "CubaLIF",
    ),
    "cuba_lif of one step": (dict(decay_u=4096, decay_v=4096, threshold=640), "CubaLIF"),
    "cuba_lif that adds up": (dict(decay_u=4096, decay_v=0, threshold=64 * 300), "IF"),
    "lif": (dict(decay_v=RNG.integers(1, 4097, 5), threshold=64 * 90, bias=64), "LIF"),
    "lif that adds up": (dict(decay_v=0, threshold=64 * 300), "IF"),
    "integrate_and_fire": (dict(threshold=64 * 300), "IF"),
    "cuba_li": (dict(decay_u=1000, decay_v=300, bias=-77), "CubaLI"),
    "li": (dict(decay_v=300), "LI"),
    "integrator": ({}, "I"),
    "lif to a value": (dict(decay_v=300, threshold=64 * 90, reset_amount=640), "LIF"),
}
INTEGERS = "the integers' rounding, wrap and saturation are not kept: 'n' become real-valued"


def single(model: str, values: dict, fan_out: bool = False, **conventions) -> rb.Network:
    b = rb.Builder(dt=2e-3, **conventions)
    b.input("in", 6)
    b.exact("n", 5, model=model, **values)
    b.connect("in", "n", WEIGHTS, name="w")
    b.output("out", "n")
    if fan_out:
        b.output("drive", "w")
    return b.build()


@pytest.mark.parametrize("fan_out", [False, True])
@pytest.mark.parametrize("what", MODELS)
def test_f14_f2_exact_nodes_take_the_same_step_over_the_reals(tmp_path, what, fan_out):
    """The same spikes and, but for rounding, the same potentials, in the same units."""
    values, kind = MODELS[what]
    net = single(what.split(" ")[0], values, fan_out)
    lost = rb.export(net, "nir", tmp_path / "a.nir")
    found = rb.load(tmp_path / "a.nir")
    listed = [d.message.split(" is ")[0] for d in lost if d.message != INTEGERS]
    # Gains of 1 tell dt; in front of a matrix that is read elsewhere, too, they are 64, and tell nothing.
    assert listed == ([] if kind.startswith("Cuba") and not fan_out else ["dt"])
    assert len(lost) == len(listed) + 1 and found.nodes["n"].kind == kind
    again = rb.load(tmp_path / "a.nir", dt=2e-3)
    left, right = (n.run(X, dtype="float64", probes=["n.v"]) for n in (net, again))
    assert left.states["n.v"].any() and np.allclose(
        left.states["n.v"], right.states["n.v"], rtol=1e-9, atol=1e-6
    )
    if net.nodes["n"].spiking:
        assert left.spikes["n"].sum() > 10 and np.array_equal(left.spikes["n"], right.spikes["n"])


@pytest.mark.parametrize("what", MODELS)
def test_f14_f3_under_the_exponential_time_constants_are_others(tmp_path, what):
    values, _ = MODELS[what]
    how = {"dt": 2e-3, "discretization": "exponential"}
    net = single(what.split(" ")[0], values, discretization="exponential")
    rb.export(net, "nir", tmp_path / "a.nir")
    left, right = (
        n.run(X, dtype="float64", probes=["n.v"]) for n in (net, rb.load(tmp_path / "a.nir", **how))
    )
    assert left.states["n.v"].any()
    assert np.allclose(left.states["n.v"], right.states["n.v"], rtol=1e-9, atol=1e-6)


def warnings(net: rb.Network, path) -> list[str]:
    return [
        d.message
        for d in rb.export(net, "nir", path)
        if d.severity == "warning" and not d.message.startswith("dt")
    ]


def test_what_nir_has_no_form_for_is_listed(tmp_path):
    path = tmp_path / "a.nir"
    (kept,) = warnings(single("cuba_lif", dict(decay_u=99, decay_v=[0, 0, 9, 9, 9], threshold=640)), path)
    assert kept.startswith("the potential of 2 of 5 neurons of 'n' keeps all of itself")
    (kept,) = warnings(single("cuba_lif", dict(decay_u=0, decay_v=9, threshold=640)), path)
    assert kept.startswith("the current of 5 of 5 neurons")
    (kept,) = warnings(single("integrate_and_fire", dict(bias=64, threshold=640)), path)
    assert kept.startswith("the potential of 5 of 5 neurons") and rb.load(path).nodes["n"].kind == "LIF"
    subtracting = single("lif", dict(decay_v=300, threshold=5760, reset_keep=-1, reset_amount=5760))
    (rule,) = warnings(subtracting, path)
    assert rule.startswith("reset is 'subtract', which no NIR file says")
    left, right = (
        n.run(X, dtype="float64").spikes["n"] for n in (subtracting, rb.load(path, dt=2e-3, reset="subtract"))
    )
    assert left.sum() > 10 and np.array_equal(left, right)
    found = warnings(single("lif", dict(decay_v=300, threshold=5760, reset_keep=-1, reset_amount=99)), path)
    assert any("loses 99 at a spike, NIR's at most its threshold, 5760" in message for message in found)
    found = warnings(
        single(
            "lif",
            dict(
                decay_v=300, threshold=5760, reset_keep=[0, 0, 0, -1, -1], reset_amount=[0, 0, 0, 5760, 5760]
            ),
        ),
        path,
    )
    assert any("'n' resets by subtraction, others do not" in message for message in found)


@needs_compiler
def test_f14_net_to_nir_to_net_keeps_every_number(tmp_path):
    """Compiled with its own units as scale, the real network has the integers that it came from."""
    net = chain(6, changes={"first": dict(bias=64 * np.arange(30))}, readout=True)
    lost = rb.export(net, "nir", tmp_path / "a.nir")
    assert [d.message for d in lost] == [INTEGERS.replace("'n'", "'first', 'second', 'readout'")]
    again = rb.load(tmp_path / "a.nir")
    assert again.dt == net.dt
    projections = [n.name for n in again.nodes.values() if n.kind == "Linear"]
    quant = {
        "schema": "rheobase.quantization/1",
        "populations": {p.name: {"scale_v": 1.0} for p in again.populations},
        "projections": {name: {"exponent": 0} for name in projections},
    }
    image = rb.compile(again, quant=quant)
    rb.export(image, "net", tmp_path / "b.net")
    assert_equal_layers(net, rb.load(tmp_path / "b.net"))


@needs_compiler
def test_nir_to_net_to_nir_keeps_what_the_chip_kept(tmp_path):
    """From a trained network over its integers: weights and thresholds in units of the scale, decays to 1/4096."""
    rng = np.random.default_rng(8)
    b = rb.Builder(dt=1e-3)
    b.input("in", 6)
    b.cuba_lif("n", 5, tau_syn=0.005, tau_mem=0.02, w_in=5, r=20, v_threshold=1)
    b.connect("in", "n", rng.normal(0, 0.5, (5, 6)), name="w")
    rb.export(b.build(), "nir", tmp_path / "a.nir")
    quant = {"schema": "rheobase.quantization/1", "projections": {"w": {"exponent": 0}}}
    image = rb.compile(rb.load(tmp_path / "a.nir"), quant=quant)
    rb.export(image, "net", tmp_path / "b.net")
    lost = rb.export(rb.load(tmp_path / "b.net"), "nir", tmp_path / "c.nir")
    assert [d.message for d in lost] == [INTEGERS.replace("'n'", "'layer0'")]
    first, last = rb.load(tmp_path / "a.nir"), rb.load(tmp_path / "c.nir")
    assert first.dt == last.dt and last.nodes["layer0"].kind == "CubaLIF"
    scale = image.scale["n.v"]
    ours, theirs = first.nodes["n"].parameters, last.nodes["layer0"].parameters
    for name in ("tau_syn", "tau_mem", "r", "w_in"):
        assert np.allclose(1 / ours[name], 1 / theirs[name], rtol=0, atol=1 / 4096 / 1e-3), name
    assert np.allclose(ours["v_threshold"] * scale, theirs["v_threshold"], atol=32)
    assert not theirs["v_reset"].any() and not theirs["v_leak"].any()
    weights = first.nodes["w"].parameters["weight"] * scale
    assert np.abs(weights - last.nodes["layer0.weight"].parameters["weight"]).max() <= 64
    x = (rng.random((200, 6)) < 0.4).astype(np.uint8)
    ours, theirs = first.run(x).spikes["n"], last.run(x).spikes["layer0"]
    assert ours.sum() > 50 and np.mean(ours != theirs) < 0.02


def test_names_that_are_paths_are_refused_all_at_once(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("a/b", 2)
    b.lif(".", 2, tau=0.01)
    b.connect("a/b", ".", np.ones((2, 2)), name="w")
    with pytest.raises(rb.CompileError) as refused:
        rb.export(b.build(), "nir", tmp_path / "a.nir")
    assert [(d.code, d.where) for d in refused.value.diagnostics] == [("R0670", "a/b"), ("R0670", ".")]
    assert not list(tmp_path.iterdir())


@needs_compiler
def test_the_command_lists_what_is_lost(tmp_path):
    write(tmp_path / "a.nir")
    out = tmp_path / "b.nir"
    result = rheobase(
        "export", tmp_path / "a.nir", "--to", "nir", "-o", out, "--dt", "1e-3", "--reset", "subtract"
    )
    assert result.returncode == 0 and result.stdout == f"{out}: nir\n"
    assert "warning R0671: dt is 0.001 s, which no NIR file says" in result.stderr
    assert "read the file with --reset subtract" in result.stderr
    rheobase("compile", tmp_path / "a.nir", "-o", tmp_path / "a.rheo")
    image = rheobase("export", tmp_path / "a.rheo", "--to", "nir", "-o", tmp_path / "c.nir", "-v")
    assert image.returncode == 0 and "'lif' become real-valued" in image.stderr
    for arguments, words in (
        (["--to", "net", "--nir-version", "1.0.8"], "--nir-version belongs to --to nir"),
        (["--to", "nir", "--nir-version", "1.0.9"], "nir_version"),
    ):
        refused = rheobase("export", tmp_path / "a.nir", *arguments, "-o", tmp_path / "d.nir")
        assert refused.returncode in (2, 3) and words in refused.stderr, refused.stderr
    options = rheobase("export", tmp_path / "a.rheo", "--to", "net", "-o", tmp_path / "c.net", "--dt", "1")
    assert options.returncode == 2 and "--dt belongs to networks" in options.stderr
    assert not (tmp_path / "d.nir").exists() and not (tmp_path / "c.net").exists()


# The fields that readers of the nir package take, by its own words: 1.0.4 refuses any other one, and lacks CubaLI.
READ_BY_1_0_4 = {
    "Input": {"shape"},
    "Output": {"shape"},
    "Affine": {"weight", "bias"},
    "Linear": {"weight"},
    "Scale": {"scale"},
    "Delay": {"delay"},
    "Threshold": {"threshold"},
    "Flatten": {"input_type", "start_dim", "end_dim"},
    "Conv1d": {"input_shape", "weight", "stride", "padding", "dilation", "groups", "bias"},
    "Conv2d": {"input_shape", "weight", "stride", "padding", "dilation", "groups", "bias"},
    "SumPool2d": {"kernel_size", "stride", "padding"},
    "AvgPool2d": {"kernel_size", "stride", "padding"},
    "I": {"r"},
    "IF": {"r", "v_threshold"},
    "LI": {"tau", "r", "v_leak"},
    "LIF": {"tau", "r", "v_leak", "v_threshold"},
    "CubaLIF": {"tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "w_in"},
}
SINCE_THEN = {kind: {"v_reset"} for kind in ("IF", "LIF", "CubaLIF")}


def every_kind(v_reset: float = 0.0, **conventions) -> rb.Network:
    """Every node that NIR 1.0.4 has."""
    b = rb.Builder(dt=1e-3, **conventions)
    b.input("in", (2, 6, 6))
    b.integrate_and_fire("if", (4, 6, 6), v_reset=v_reset)
    b.convolve("in", "if", np.ones((4, 2, 3, 3)), padding=1)
    b.lif("lif", (4, 3, 3), tau=0.01)
    b.pool("if", "lif", 2)
    b.cuba_lif("cuba", 5, tau_syn=0.005, tau_mem=0.01)
    b.connect("lif", "cuba", np.ones((5, 36)), bias=np.zeros(5))
    b.li("li", (4, 1, 1), tau=0.01)
    b.pool("lif", "li", 3, average=True)
    b.integrator("sum", 3)
    b.connect("cuba", "sum", np.ones((3, 5)))
    b.input("line", (1, 5))
    b.integrate_and_fire("row", (2, 3))
    b.delay("late", 5, delay=2e-3)
    b.threshold("step", 5, threshold=0.5)
    b.connect("cuba", "late")
    b.connect("late", "step")
    b.convolve("line", "row", np.ones((2, 1, 3)))
    return b.build()


def stored(path) -> dict[str, dict]:
    """Nodes with their fields."""
    root, _ = _core.read_hdf5(str(path).encode())
    return {name: dict(fields) for name, (fields, _) in root["node"][0]["nodes"][0].items()}


@pytest.mark.parametrize("version", [None, "1.0.8", "1.0.4"])
def test_what_each_version_of_the_nir_package_reads(tmp_path, version):
    nir = pytest.importorskip("nir")
    net = every_kind()
    rb.export(net, "nir", tmp_path / "a.nir", nir_version=version)
    found = {}
    for node in stored(tmp_path / "a.nir").values():
        found.setdefault(node.pop("type"), set()).update(node)
    more = {} if version == "1.0.4" else SINCE_THEN
    assert found == {k: READ_BY_1_0_4[k] | more.get(k, set()) for k in READ_BY_1_0_4 if k != "Scale"}
    assert nir.serialization.read_version(tmp_path / "a.nir") == (version or "1.0.8")
    nir.read(tmp_path / "a.nir")
    again, x = rb.load(tmp_path / "a.nir", dt=1e-3), np.random.default_rng(0).random((20, 2, 6, 6))
    both = {"in": x, "line": np.ones((20, 1, 5))}
    left, right = net.run(both), again.run(both)
    assert all(np.array_equal(left.outputs[n], right.outputs[n]) for n in left.outputs)


def test_what_old_versions_cannot_hold_is_refused_all_at_once(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("in", 3)
    b.lif("a", 3, tau=0.01, v_reset=[0, 0.25, 0])
    b.cuba_li("b", 3, tau_syn=0.01, tau_mem=0.02)
    b.connect("in", "a", np.eye(3))
    b.connect("a", "b", np.eye(3))
    with pytest.raises(rb.CompileError) as refused:
        rb.export(b.build(), "nir", tmp_path / "a.nir", nir_version="1.0.4")
    first, second = refused.value.diagnostics
    assert (first.code, first.where) == ("R0670", "a") and "neuron 1 of 'a' resets to 0.25" in first.message
    assert second.where == "b" and "a CubaLI node, which the nir package has since 1.0.5" in second.message
    assert not (tmp_path / "a.nir").exists()
    # Where nothing resets to it, it can be left out.
    lost = rb.export(every_kind(0.5, reset="zero"), "nir", tmp_path / "b.nir", nir_version="1.0.4")
    assert [d.where for d in lost if "v_reset" in d.message and d.severity == "note"] == ["if"]
    with pytest.raises(rb.OptionError, match="nir_version"):
        rb.export(every_kind(), "net", tmp_path / "c.net", nir_version="1.0.4")


def test_kernels_that_the_package_does_not_check_are_told(tmp_path):
    nir = pytest.importorskip("nir")
    (lost,) = (d for d in rb.export(convolutional(), "nir", tmp_path / "a.nir") if d.where)
    assert lost.severity == "note" and "'in_to_a' has groups" in lost.message
    with pytest.raises(ValueError, match="mismatch"):
        nir.read(tmp_path / "a.nir")
    nir.read(tmp_path / "a.nir", type_check=False)


@needs_compiler
def test_images_that_nir_has_no_form_for(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.exact("n", 2, model="sigma")
    b.connect("in", "n", np.eye(2) * 2)
    with pytest.raises(rb.CompileError, match="'n' is of the model 'sigma', which NIR does not have"):
        rb.export(rb.compile(b.build()), "nir", tmp_path / "a.nir")
    assert not list(tmp_path.iterdir())


@needs_compiler
def test_f23_delays_of_images_become_nodes(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("in", (2, 3))
    b.exact("n", 4, decay_u=4096, decay_v=100, threshold=6400)
    b.exact("m", 4, decay_u=4096, decay_v=300, threshold=3200)
    rng = np.random.default_rng(2)
    b.connect("in", "n", 2.0 * rng.integers(0, 60, (4, 6)), delay=rng.integers(0, 3, (4, 6)))
    b.connect("n", "m", 2.0 * rng.integers(0, 60, (4, 4)), delay=2)
    b.connect("n", "n", -2.0 * rng.integers(0, 60, (4, 4)), delay=1)
    b.output("out", "m")
    net = b.build()
    image = rb.compile(net)
    rb.export(image, "nir", tmp_path / "a.nir", nir_version="1.0.4")
    again = rb.load(tmp_path / "a.nir", dt=1e-3)
    assert sorted(n.kind for n in again.nodes.values()).count("Delay") == 4
    x = (rng.random((80, 2, 3)) < 0.4).astype(np.uint8)
    chip, real = image.run(x), again.run(x, dtype="float64")
    for name in ("n", "m"):
        spikes = chip.aligned(name)
        assert spikes.sum() > 20 and np.mean(spikes != real.spikes[name]) < 0.02, name
