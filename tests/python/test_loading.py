"""Networks from files, nir.NIRGraph objects and arrays; what show and inspect print of them."""

import json
import sys
import types

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from environment import needs_compiler
from nirfiles import write
from rheobase import compiler
from rheobase.conventions import CHOICES


def test_content_decides_not_the_suffix(tmp_path):
    net = rb.load(write(tmp_path / "network.rheo"))
    assert net.file == str(tmp_path / "network.rheo") and set(net.nodes) == {"in", "fc", "lif", "out"}
    assert rb.load(str(tmp_path / "network.rheo").encode()).nodes.keys() == net.nodes.keys()


def test_conventions_are_taken_and_recorded(tmp_path):
    path = write(tmp_path / "net.nir")
    given = dict(reset="subtract", discretization="exponential", spikes="dirac", feedforward_delay=1)
    net = rb.load(path, dt=np.float32(2e-3), **given)
    defaults = {name: choice.default for name, choice in CHOICES.items()}
    assert net.conventions == {"dt": pytest.approx(2e-3), **defaults, **given}
    assert all({"what", "value", "why", "how_to_change"} <= a.keys() for a in net.assumptions)
    assert {a["what"] for a in rb.load(path).assumptions if a["warning"]} == {"dt", "reset"}
    for wrong in (
        dict(dt=0),
        dict(dt="soon"),
        dict(dt=True),
        dict(dt=float("inf")),
        dict(reset="never"),
        dict(reset=3),
        dict(spikes="many"),
        dict(discretization=["euler"]),
        dict(as_=3),
    ):
        with pytest.raises(rb.OptionError):
            rb.load(path, **wrong)


def test_parameters_have_units_and_cannot_be_edited_in_vain(tmp_path):
    node = rb.load(write(tmp_path / "net.nir")).nodes["lif"]
    assert node.units["tau"] == "s" and node.parameters["tau"].shape == (3,) and node.size == 3
    with pytest.raises(ValueError, match="read-only"):
        node.parameters["tau"][0] = 1


def test_a_graph_object_goes_through_its_package(tmp_path, monkeypatch):
    """The nir package is stood in for: it writes the file that the object means."""
    package = types.ModuleType("nir")
    package.write = lambda path, graph: write(path, graph.changes)
    monkeypatch.setitem(sys.modules, "nir", package)
    graph = types.SimpleNamespace(nodes={}, edges=[], changes={})
    for net in (rb.from_nir(graph, dt=1e-3), rb.load(graph, dt=1e-3)):
        assert net.dt == 1e-3 and set(net.nodes) == {"in", "fc", "lif", "out"}
    graph.changes = {"/node/nodes/lif/tau": np.zeros(3)}
    with pytest.raises(rb.FormatError) as caught:
        rb.from_nir(graph)
    assert caught.value.place.startswith("nir.NIRGraph:")
    for wrong in (3, None, {"nodes": {}}, np.zeros(3)):
        with pytest.raises(rb.OptionError, match="cannot load an object of type"):
            rb.load(wrong)


def test_show_tells_units_size_and_assumptions(tmp_path):
    path = write(tmp_path / "net.nir")
    result = invoke("show", path)
    assert result.returncode == 0
    assert "tau 0.02 s" in result.stdout and "2 -> 3" in result.stdout
    assert "! dt = 0.0001 s (default" in result.stdout and "change it with --dt SECONDS" in result.stdout
    body = json.loads(invoke("show", path, "--json").stdout)
    assert {n["name"] for n in body["nodes"]} == {"in", "fc", "lif", "out"} and body["neurons"] == 3
    if compiler.available():
        assert "size on loihi2: 1 of 128 cores" in result.stdout
        assert body["size"]["fits"] and body["size"]["use"]["cores"]["used"] == 1
        from test_commands import REACHING

        assert "size on tiny: does not fit (neuron" in invoke("show", REACHING, "--chip", "tiny").stdout


@needs_compiler
def test_inspect_shows_every_word(tmp_path):
    image = tmp_path / "net.rheo"
    assert invoke("compile", write(tmp_path / "net.nir"), "-o", image).returncode == 0
    text = invoke("inspect", image).stdout
    for words in (
        "arithmetic 'lava'",
        "population lif: 3 lif",
        "input in: 2 channels",
        "core 0 in tile (0, 0): lif[0:3]",
        "range lif.v",
    ):
        assert words in text
    body = json.loads(invoke("inspect", image, "--json").stdout)
    assert body["schema"] == "rheobase.image/1" and body["utilisation"]["neurons_per_core"]["largest"] == 3
    assert [c["synapses"] for c in body["decoded"]] == [6]
    core = json.loads(invoke("inspect", image, "--core", 0, "--json").stdout)
    assert core["schema"] == "rheobase.core/1" and core["use"]["neurons_per_core"] == 3
    assert sum(len(axon["synapses"]) for axon in core["axons"]) == 6
    assert len(core["records"]["axon"]["list"]) == len(core["axons"]) == 2
    assert core["slices"][0]["population"] == "lif" and len(core["slices"][0]["registers"]["threshold"]) == 3
    assert "axon 0 (group 0, exponent 2): 0:128 1:32 2:-128" in invoke("inspect", image, "--core", 0).stdout


@pytest.mark.parametrize(
    "build, words",
    [
        (lambda b: b.input("in", 0), "the shape of 'in' cannot be 0"),
        (lambda b: b.input("in", 10**12), "at most 16,777,216 elements"),
        (lambda b: b.input("in", 2.5), "cannot be 2.5"),
        (lambda b: b.input("in", (2, -1)), "cannot be (2, -1)"),
        (lambda b: b.input("in", "two"), "cannot be 'two'"),
        (lambda b: b.input("in", True), "cannot be True"),
        (lambda b: b.input(3, 2), "the name of a node cannot be 3"),
        (lambda b: b.input("", 2), "the name of a node cannot be ''"),
        (lambda b: b.lif("a", 3, tau=[1, 2]), "'tau' of 'a' has shape [2], the node has [3]"),
        (lambda b: b.lif("a", 3, tau="fast"), "not real numbers"),
        (lambda b: b.lif("a", 3, tau=np.inf), "holds inf"),
        (lambda b: b.connect("in", "a", np.ones((3, 2)), delay=-1), "there is no node 'in'"),
        (
            lambda b: (
                b.input("in", 2),
                b.lif("a", 3, tau=1),
                b.connect("in", "a", np.ones((3, 2)), delay=-2),
            ),
            "the delay is -2, needed is a whole number from 0 to 62",
        ),
        (
            lambda b: (b.input("in", 2), b.lif("a", 3, tau=1), b.connect("in", "a", np.ones(6))),
            "has shape [6], needed is [3, 2]",
        ),
        (
            lambda b: (b.input("in", 2), b.lif("a", 2, tau=1), b.connect("in", "a", bias=1)),
            "a bias needs a matrix",
        ),
        (lambda b: b.output("out", "hidden"), "there is no node 'hidden'"),
        (lambda b: rb.Builder(dt=-1), "dt cannot be -1"),
        (lambda b: rb.Builder(name=""), "the name of a network cannot be ''"),
    ],
)
def test_builders_refuse_at_once(build, words):
    with pytest.raises(rb.Error) as caught:
        build(rb.Builder(dt=1e-3))
    assert words in str(caught.value)


def test_a_population_that_feeds_itself_is_an_output():
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.lif("hidden", 2, tau=0.02)
    b.connect("in", "hidden", np.eye(2))
    b.connect("hidden", "hidden", np.eye(2))
    assert [n.name for n in b.build().outputs] == ["output"]


@needs_compiler
@pytest.mark.parametrize(
    "options, words",
    [
        (dict(chip="loihi3"), "did you mean 'loihi1', 'loihi2' or 'loihi64'"),
        (dict(chip=3), "a chip cannot be 3"),
        (dict(profile="lvaa"), "no arithmetic profile 'lvaa'"),
        (dict(profile=3), "profile cannot be 3"),
        (dict(weight_bits=1.5), "weight_bits is 1.5"),
        (dict(weight_bits=-1), "weight_bits is -1"),
        (dict(quant=3), "quant cannot be 3"),
        (dict(quant={"a": object()}), "cannot be written as JSON"),
        (dict(quant={"schema": "rheobase.quantization/1", "populatoins": {}}), "did you mean 'populations'"),
        (dict(quant={}), 'no JSON object with "schema"'),
        (dict(quant="none.json"), "none.json: error R0250"),
        (dict(calibrate=np.zeros((3, 5))), "needs [T, 2]"),
        (dict(calibrate="none.npz"), "none.npz: error R0250"),
        (dict(wieght_bits=3), "compile has no option 'wieght_bits'"),
    ],
)
def test_compile_refuses_wrong_arguments(tmp_path, options, words):
    net = rb.load(write(tmp_path / "net.nir"))
    with pytest.raises(rb.Error) as caught:
        rb.compile(net, **options)
    assert words in str(caught.value)
    with pytest.raises(rb.Error, match="a network is needed"):
        rb.compile("net.nir")


@needs_compiler
def test_verify_takes_pairs_that_belong_together(tmp_path):
    net = rb.load(write(tmp_path / "net.nir"))
    other = rb.load(
        write(
            tmp_path / "other.nir",
            {"/node/nodes/in/shape": np.array([4]), "/node/nodes/fc/weight": np.ones((3, 4))},
        )
    )
    x = np.ones((2, 5, 2), int)
    report = rb.verify(net, rb.compile(net), x)
    assert report.data["schema"] == "rheobase.report/1" and not report.fails("overflows > 0")
    for a, b, words in (
        (net, rb.compile(other), "'in' has shape [4]"),
        (net, 3, "needs a Network"),
        (x, x, "needs a"),
    ):
        with pytest.raises(rb.Error) as caught:
            rb.verify(a, b, x)
        assert words in str(caught.value)
    for wrong in (
        dict(y=np.zeros(3)),
        dict(y=[[0]] * 2),
        dict(y=np.array([0, 7])),
        dict(engine="x"),
        dict(threads=0),
    ):
        with pytest.raises(rb.Error):
            rb.verify(net, rb.compile(net), x, **wrong)


def test_metadata_are_told_and_not_kept():
    nir = pytest.importorskip("nir")
    nodes = {
        "input": nir.Input({"input": np.array([2])}),
        "fc": nir.Linear(np.ones((2, 2), np.float32), metadata={"who": "me"}),
        "output": nir.Output({"output": np.array([2])}),
    }
    graph = nir.NIRGraph(nodes, [("input", "fc"), ("fc", "output")], metadata={"trained": "today"})
    (told,) = [a for a in rb.from_nir(graph).assumptions if a["what"] == "metadata"]
    assert told["value"] == "of 'the graph', 'fc'" and not told["warning"]
