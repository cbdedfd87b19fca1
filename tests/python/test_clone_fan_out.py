"""--clone-fan-out: offered with its price where it has been tried, and what the image tells of it."""

import json
import re
import shlex

import numpy as np
import partial_sums
import pytest
import rheobase as rb
from commandline import invoke
from environment import needs_compiler
from rheobase import compiler

pytestmark = needs_compiler


def hub(loop=False) -> rb.Network:
    """in[6] -> hub[5] -> all[60] -> out; the hub may reach itself."""
    rng = np.random.default_rng(1)
    b = rb.Builder(dt=1e-3)
    b.input("in", 6)
    b.lif("hub", 5, tau=4e-3, v_threshold=0.4)
    b.lif("all", 60, tau=4e-3, v_threshold=0.4)
    b.connect("in", "hub", rng.normal(0.2, 0.3, (5, 6)), bias=rng.normal(0, 0.1, 5))
    b.connect("hub", "all", rng.normal(0.1, 0.3, (60, 5)))
    if loop:
        b.connect("hub", "hub", rng.uniform(0.05, 0.2, (5, 5)))
    b.output("out", "all")
    return b.build()


@pytest.fixture
def narrow(tmp_path):
    """Cores of six neurons and seven routes: each neuron of the hub reaches ten or more."""
    return partial_sums.chip(tmp_path, "narrow", cores=60, neurons_per_core=6, output_axons_per_core=7)


def refusal(net, chip, **options):
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(net, chip=chip, **options)
    return refused.value.diagnostics[0]


def test_e5_the_offer_states_its_price_and_holds(narrow):
    found = refusal(hub(), narrow)
    assert found.code == "R0414" and found.where == "hub" and found.value == 10
    image = rb.compile(hub(), chip=narrow, clone_fan_out=True)
    (clones,) = [p for p in image.info["populations"] if p["clone_of"] == "hub"]
    (told,) = [a for a in image.assumptions if a["what"] == "clones of 'hub'"]
    assert told["value"] == "5 neurons of 'hub' held 5 times more (SPEC E5)" and clones["size"] == 5
    biases = sum(p["size"] for p in image.info["populations"] if p["clone_of"]) - 5
    cores = len(image.info["cores"])
    assert found.remedy.startswith(
        f"run with --clone-fan-out: adds {5 + biases} neurons that clone others, {cores} cores in all; "
        "the output is unchanged, and no step later; or make its targets"
    )
    assert all(d.severity != "error" for d in rb.check(hub(), chip=narrow, clone_fan_out=True))


def test_e5_every_spike_is_what_it_was(narrow, tmp_path):
    whole = rb.compile(hub(loop=True), chip=partial_sums.chip(tmp_path, "whole", neurons_per_core=6))
    cloned = rb.compile(hub(loop=True), chip=narrow, clone_fan_out=True)
    x = (np.random.default_rng(2).random((20, 50, 6)) < 0.3).astype(int)
    compared, spikes = partial_sums.compare(whole, cloned, x, ["hub", "all"], ["hub.v", "all.v"])
    assert compared > 2 * 20 * 50 * 65 and spikes > 1000
    run = cloned.run(x, hidden=True)
    clones = [p["name"] for p in cloned.info["populations"] if p["clone_of"] == "hub"]
    assert clones and all(np.array_equal(run.spikes[name], run.spikes["hub"]) for name in clones)
    assert not set(clones) & cloned.run(x).spikes.keys()


def test_e5_what_has_no_end_is_refused_and_not_offered(tmp_path):
    cores = partial_sums.chip(tmp_path, "c", cores=60, neurons_per_core=6, output_axons_per_core=4)
    found = refusal(hub(loop=True), cores)
    assert found.code == "R0414" and "run with" not in found.remedy
    assert (
        "--clone-fan-out does not help: clones of 'hub' come to no end: every core that holds a neuron of it is "
        in (found.remedy)
    )
    assert "reached by 5 routes at least of such neurons, and 'c' has 4 in a core" in found.remedy
    few = partial_sums.chip(tmp_path, "few", cores=12, neurons_per_core=6, output_axons_per_core=7)
    assert "--clone-fan-out does not help: the network needs" in refusal(hub(), few).remedy


def test_e5_check_fixes_with_it(narrow, tmp_path):
    net, output = tmp_path / "hub.nir", tmp_path / "fixed.json"
    rb.export(hub(), "nir", net)
    done = invoke("check", net, "--chip", narrow, "--fix", "-o", output)
    assert done.returncode == 0, done.stderr
    words = shlex.split(done.stdout.splitlines()[-1])
    assert words[:2] == ["rheobase", "compile"] and "--clone-fan-out" in words
    assert invoke(*words[1:]).returncode == 0
    fixed = rb.fix(hub(), narrow)
    assert fixed.fits and fixed.options["clone_fan_out"]


def test_e5_stages_go_on_to_the_same_image(narrow, tmp_path):
    image = rb.compile(hub(), chip=narrow, clone_fan_out=True, dump_stages=tmp_path / "stages")
    for stage in ("2-quant", "3-legal", "4-placed"):
        path = tmp_path / "stages" / f"{stage}.mlir"
        again = compiler.run_compiler(hub(), narrow, from_stage=path, clone_fan_out=stage != "4-placed")
        assert again["image"] == image.to_bytes(), stage
    late = compiler.run_compiler(hub(), narrow, from_stage=path, clone_fan_out=True)
    assert any("neurons are cloned on the way from the legal stage" in d.message for d in late["notes"])
    text = path.read_text()
    for broken, said in (
        (re.sub("clone = 1 : i32", "clone = 3 : i32", text, 1), "expected one, and one for each clone"),
        (
            re.sub(r"clones = array<i32: \d", "clones = array<i32: 7", text, 1),
            "from clone 7 of a source that is",
        ),
    ):
        assert broken != text
        path.write_text(broken)
        with pytest.raises(rb.FormatError) as refused:
            compiler.run_compiler(hub(), narrow, from_stage=path)
        assert said in str(refused.value)


def test_e5_the_image_tells_and_is_exported(narrow, tmp_path):
    image = rb.compile(hub(), chip=narrow, clone_fan_out=True)
    image.save(tmp_path / "hub.rheo")
    shown = invoke("inspect", tmp_path / "hub.rheo").stdout
    assert "population hub.clone1: 5 lif, lag 1, clones of 'hub'" in shown
    rb.export(image, "nir", tmp_path / "chip.nir")  # as if nothing were cloned
    whole = rb.compile(hub(), chip=partial_sums.chip(tmp_path, "whole", neurons_per_core=6))
    rb.export(whole, "nir", tmp_path / "whole.nir")
    x = (np.random.default_rng(3).random((2, 30, 6)) < 0.3).astype(int)
    a, b = (rb.load(tmp_path / f"{name}.nir") for name in ("chip", "whole"))
    assert a.nodes.keys() == b.nodes.keys() and np.array_equal(a.run(x).output, b.run(x).output)
    assert a.run(x).spikes["hub"].any()


def test_e5_what_sums_in_parts_may_be_cloned(tmp_path):
    """Each clone receives the partial sums (SPEC E4) as its neuron does."""
    rng = np.random.default_rng(4)
    b = rb.Builder(dt=1e-3)
    b.input("in", 40)
    b.exact("wide", 3, decay_u=4096, decay_v=300, threshold=64 * 100)
    b.exact("all", 24, decay_u=4096, decay_v=300, threshold=64 * 100)
    b.connect("in", "wide", 2 * rng.integers(-20, 40, (3, 40)))
    b.connect("wide", "all", 2 * rng.integers(-20, 40, (24, 3)))
    b.output("out", "all")
    net = b.build()
    limits = dict(neurons_per_core=3, cores=60)
    small = partial_sums.chip(tmp_path, "small", input_axons_per_core=16, output_axons_per_core=4, **limits)
    image = rb.compile(net, chip=small, split_fan_in=True, clone_fan_out=True)
    x = (rng.random((4, 40, 40)) < 0.3).astype(int)
    whole = rb.compile(net, chip=partial_sums.chip(tmp_path, "whole", **limits))
    compared, spikes = partial_sums.compare(whole, image, x, ["wide", "all"], ["wide.v"])
    assert compared > 4000 and spikes > 100
    assert (
        json.dumps(image.assumptions).count("(SPEC E5)")
        == json.dumps(image.assumptions).count("(SPEC E4)")
        == 1
    )
