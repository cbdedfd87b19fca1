"""The mapper behind compile: where neurons lie changes no spike, and those that talk to each other lie together."""

import json

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from environment import needs_compiler
from pools import NEURONS, pool, small_chip
from rheobase.compiler import run_compiler
from rheobase.exporting.sums import sums_of

pytestmark = needs_compiler


@pytest.fixture(scope="module")
def chip(tmp_path_factory):
    return small_chip(tmp_path_factory.mktemp("chip"))


@pytest.fixture(scope="module")
def compiled(chip):
    net, x = pool()
    return net, x, {name: rb.compile(net, chip=chip, mapper=name) for name in ("order", "graph", "auto")}


def test_every_placement_runs_alike(compiled):
    _, x, images = compiled
    runs = {name: image.run(x, engine="golden", probes=["pool.v"]) for name, image in images.items()}
    runs["vector"] = images["graph"].run(x, engine="vector", probes=["pool.v"])
    runs["jit"] = images["graph"].run(x, engine="jit", probes=["pool.v"])
    first = runs.pop("order")
    assert first.spikes["pool"].sum() > 300
    for name, run in runs.items():
        assert np.array_equal(run.spikes["pool"], first.spikes["pool"]), name
        assert np.array_equal(run.states["pool.v"], first.states["pool.v"]), name
        assert np.array_equal(run.output, first.output), name


def test_neurons_that_talk_lie_together(compiled):
    _, _, images = compiled
    hops = {name: image.traffic()["hops"] for name, image in images.items()}
    assert hops["graph"] < hops["order"] / 2 and hops["auto"] < hops["order"] / 2, hops
    assert len(images["graph"].info["cores"]) == len(images["order"].info["cores"])
    assert [f for f in rb.check(images["graph"]) if f.severity == "error"] == []


def test_the_report_has_both_placements(compiled):
    _, _, images = compiled
    placement = images["auto"].placement
    assert placement["taken"] == "graph" and placement["kept"] is None
    assert placement["graph"]["hops"] == pytest.approx(images["auto"].traffic()["hops"])
    assert placement["order"]["hops"] == pytest.approx(images["order"].traffic()["hops"])
    assert placement["at_least"]["connectivity"] <= placement["graph"]["connectivity"] / 2
    assert placement["graph"]["connectivity"] < placement["order"]["connectivity"] / 2
    assert images["order"].placement["graph"] is None
    (told,) = [a for a in images["auto"].assumptions if a["what"] == "placement"]
    assert told["how_to_change"] == "--mapper order" and "by the mapper: 9 cores" in told["why"]
    assert not [a for a in images["order"].assumptions if a["what"] == "placement"]


def test_equal_seeds_give_equal_bytes(compiled, chip):
    net, _, images = compiled
    for name in ("graph", "auto"):
        assert rb.compile(net, chip=chip, mapper=name).to_bytes() == images[name].to_bytes()
    other = rb.compile(net, chip=chip, mapper="graph", seed=5)
    assert other.to_bytes() != images["graph"].to_bytes()


def test_a_placed_stage_lists_the_neurons(compiled, chip, tmp_path):
    net, _, images = compiled
    rb.compile(net, chip=chip, mapper="graph", dump_stages=tmp_path / "stages")
    placed = tmp_path / "stages" / "4-placed.mlir"
    assert "neurons = array<i32: " in placed.read_text()
    resumed = run_compiler(net, chip=chip, mapper="order", from_stage=placed)
    assert resumed["image"] == images["graph"].to_bytes(), "what is placed stays where it is"
    assert [d.code for d in resumed["notes"] if "stays as it is" in d.message] == ["R0303"]
    for was, now in (("neurons = array<i32: ", "neurons = array<i32: 399, "), ("count = 4", "count = 3")):
        broken = tmp_path / "broken.mlir"
        broken.write_text(placed.read_text().replace(was, now, 1))
        with pytest.raises(rb.FormatError):
            run_compiler(net, chip=chip, from_stage=broken)


def test_rates_say_what_lies_together(chip):
    """Of two inputs' targets those stay together whose input speaks."""
    b = rb.Builder(dt=1e-3)
    b.input("even", 1)
    b.input("odd", 1)
    b.lif("pool", 90, tau=20e-3, v_threshold=1.0)
    b.connect("even", "pool", np.arange(90)[:, None] % 2 == 0)
    b.connect("odd", "pool", np.arange(90)[:, None] % 2 == 1)
    b.output("out", "pool")
    net = b.build()
    for quiet in (0, 1):
        spikes = {
            name: np.full((1, 50, 1), which != quiet, np.int8) for which, name in enumerate(("even", "odd"))
        }
        image = rb.compile(net, chip=chip, calibrate=spikes)
        cores = [
            {(s["first_neuron"] + i) % 2 for s in c["slices"] for i in range(s["count"])}
            for c in image.info["cores"]
        ]
        assert image.placement["taken"] == "graph" and len(cores) == 2
        assert (
            sum(1 - quiet in core for core in cores) == 1
        ), "the targets of the input that speaks share a core"


def test_the_command_tells_what_was_taken(compiled, chip, tmp_path):
    path = tmp_path / "net.nir"
    rb.export(compiled[0], "nir", path)
    done = invoke("compile", path, "-o", tmp_path / "a.rheo", "--chip", chip)
    assert done.returncode == 0, done.stderr
    assert "neurons as the mapper groups them: 9 cores" in done.stdout and "; taken" in done.stdout
    assert "no placement has a connectivity below" in done.stdout
    done = invoke("--json", "compile", path, "-o", tmp_path / "b.rheo", "--chip", chip, "--mapper", "order")
    body = json.loads(done.stdout)
    assert body["placement"]["taken"] == "order" and body["placement"]["graph"] is None
    shown = invoke("inspect", tmp_path / "a.rheo").stdout
    assert "placement = neurons as the mapper groups them" in shown and "pool: 48 neurons in" in shown
    assert "placement =" not in invoke("inspect", tmp_path / "b.rheo").stdout
    wrong = invoke("compile", path, "-o", tmp_path / "c.rheo", "--mapper", "grap")
    assert wrong.returncode == 3 and "graph" in wrong.stderr and not (tmp_path / "c.rheo").exists()


def test_exports_and_estimates_know_where_neurons_lie(compiled, chip, tmp_path):
    _, x, images = compiled
    sums = {}
    for name in ("order", "graph"):
        cells = sums[name] = {}
        for s in sums_of(images[name]):
            for row, column, value in zip(s.rows.tolist(), s.columns.tolist(), s.values.tolist()):
                cells[s.source, s.target, s.delay, s.exponent, row, column] = value
        rb.export(images[name], "sanafe", tmp_path / name, x=x[:1], chip=chip)
        assert (tmp_path / name / "net.yaml").read_text().count(": [core: ") >= NEURONS // 64
    assert sums["graph"] == sums["order"] and len(sums["graph"]) > 2000
    spent = {name: rb.estimate(images[name], x, chip=chip).counts for name in ("order", "graph")}
    for same in ("spikes", "synaptic_operations", "active_neurons"):
        assert spent["graph"][same] == spent["order"][same], same
    assert spent["graph"]["messages"] < spent["order"]["messages"] * 0.8
