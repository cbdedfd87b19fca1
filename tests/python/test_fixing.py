"""rheobase check --fix and rb.fix: remedies are tried, and what is written compiles."""

import json
import shlex

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from defects import chip, matrix, network, settings
from environment import needs_compiler
from nirfiles import write
from rheobase import remedies, rules
from rheobase.fixing import Effort
from rheobase.remedies import Plan

pytestmark = needs_compiler


def bad(folder):
    """A file that needs another time grid, and settings with a threshold and a bit too many."""
    path = write(folder / "net.nir", {"/node/nodes/lif/tau": np.full(3, 5e-5, np.float32)})
    pinned = settings(populations={"lif": {"scale_v": 64e7}}, projections={"fc": {"bits": 12}})
    (folder / "quant.json").write_text(json.dumps(pinned))
    return path, folder / "quant.json"


def test_fix_puts_all_remedies_together_and_writes_the_command(tmp_path):
    path, quant = bad(tmp_path)
    fixed = tmp_path / "fixed.json"
    result = invoke("check", path, "--quant", quant, "--fix", "-o", fixed)
    assert result.returncode == 0, result.stderr
    assert f"{path} on loihi2: 3 violations" in result.stdout and f"{fixed}: fits with\n" in result.stdout
    for code in ("R0303", "R0304", "R0305"):
        assert f" error {code}: " in result.stderr
    assert result.stderr.count("note: tried: ") == 3
    words = shlex.split(result.stdout.splitlines()[-1])
    assert words[:2] == ["rheobase", "compile"] and "--discretization" in words and str(fixed) in words
    done = invoke(*words[1:])
    assert done.returncode == 0, done.stderr
    assert (
        invoke("check", path, "--quant", fixed, "--discretization", "exponential", "--no-try").returncode == 0
    )


def test_json_says_what_was_tried(tmp_path):
    path, quant = bad(tmp_path)
    fixed = tmp_path / "fixed.json"
    body = json.loads(invoke("check", path, "--quant", quant, "--fix", "-o", fixed, "--json").stdout)
    assert body["passed"] and body["fix"]["command"][0] == "rheobase"
    errors = [d for d in body["diagnostics"] if d["severity"] == "error"]
    assert {d["rule"] for d in errors} == {"quantization.pinned", "neuron.threshold", "neuron.step"}
    assert all(d["tried"][0].startswith("tried: ") for d in errors)


def test_without_trials_nothing_is_tried(tmp_path):
    path, quant = bad(tmp_path)
    result = invoke("check", path, "--quant", quant, "--no-try")
    assert result.returncode == 1 and "tried" not in result.stderr
    limited = invoke("check", path, "--quant", quant, "--effort", 1)
    assert "note: stopped after 1 trials; nothing that was tried for this one helped" in limited.stderr
    for wrong in (["--fix"], ["-o", tmp_path / "x"], ["--fix", "--no-try", "-o", tmp_path / "x"]):
        assert invoke("check", path, *wrong).returncode == 2


def test_fewer_bits_fit_a_small_memory_and_their_price_is_measured(tmp_path):
    """200 sources with lists of 8 bits take 2 words for a few neurons, and 1 with fewer bits."""
    rng = np.random.default_rng(3)
    mine = chip(tmp_path, base="loihi2", cores=1, synapse_words_per_core=200)
    net = network(rng, inputs=100, first=14, second=2)
    found = rb.fix(net, mine, effort=Effort(trials=8))
    (violated,) = [d for d in found.diagnostics if d.severity == "error"]
    assert violated.rule == "chip.cores" and found.fits
    bits = found.options["weight_bits"]
    assert violated.tried[0].startswith(f"tried: {bits} weight bits fits; weights change by at most ")
    assert len(rb.compile(found.net, **found.options).info["cores"]) == 1
    with pytest.raises(rb.CompileError):
        rb.compile(net, chip=mine, weight_bits=bits + 1)
    share = float(violated.tried[0].split("at most ")[1].split(" %")[0]) / 100
    assert 0 < share <= 1.5 * 2.0 ** -(bits - 1)  # half a step, and another scale


def test_a_grid_of_more_chips_is_written_beside_the_settings(tmp_path):
    path = write(tmp_path / "net.nir")
    mine = chip(tmp_path, neurons_per_core=1, cores=2)
    fixed = tmp_path / "fixed.json"
    result = invoke("check", path, "--chip", mine, "--fix", "-o", fixed)
    assert "tried: 2 chips of 'mine' fits; messages between chips take longer" in result.stderr, result.stderr
    words = shlex.split(result.stdout.splitlines()[-1])
    assert words[words.index("--chip") + 1] == str(tmp_path / "fixed.chip.json")
    assert invoke(*words[1:]).returncode == 0
    assert rb.ChipSpec.load(tmp_path / "fixed.chip.json").usable_cores == 4


def test_nothing_that_helps_is_said_so(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    for name in ("left", "right"):
        b.integrate_and_fire(name, 2)
        b.connect("in", name, matrix(np.random.default_rng(0), 2, 2))
    b.output("out", "left")
    b.connect("right", "out")
    fixed = rb.fix(b.build())
    assert not fixed.fits and not fixed.changed
    assert fixed.diagnostics[0].tried == ("no remedy is known that could be tried",)


def test_check_spends_trials_only_when_asked():
    net = network(np.random.default_rng(0), b={"tau": 1e-4})
    assert [d.tried for d in rb.check(net) if d.severity == "error"] == [()]
    assert rb.check(net, tries=3)[0].tried[0].startswith("tried: discretization exponential fits; ")


def warned(net, rule, **more):
    (found,) = [d for d in rb.check(net, tries=20, **more) if d.rule == rule]
    assert found.severity == "warning"
    return found.tried


def test_remedies_of_warnings_are_tried_and_leave_the_plan(tmp_path):
    net = network(np.random.default_rng(0))
    pinned = settings(populations={"a": {"scale_v": 64e3}}, projections={"w1": {"exponent": 0}})
    assert warned(net, "synapse.clipped", quant=pinned)[0].startswith(
        "tried: 'w1' left out of the settings mends it; "
    )
    slow = network(np.random.default_rng(0), a={"tau": 4096 / 1.45 * 1e-3})
    assert warned(slow, "neuron.decay_error")[0].startswith("tried: dt 0.004 mends it; ")
    assert all(d.tried == () for d in rb.check(slow))
    mine = chip(tmp_path, cores=32, neurons_per_core=4, cores_per_tile=1, messages_per_link=1)
    busy = warned(network(np.random.default_rng(0), first=8), "route.link_load", chip=mine)
    assert busy[0].startswith("tried, and none of these helped: --seed 1; --seed 2; --seed 3")
    result = invoke(
        "check", write(tmp_path / "net.nir", {"/node/nodes/lif/tau": np.full(3, 2.825, np.float32)})
    )
    assert result.returncode == 0 and "note: tried: " in result.stderr, result.stderr


def test_remedies_are_for_rules_that_exist():
    for remedy in remedies.REMEDIES:
        assert set(remedy.rules) <= rules.catalogue().keys()


def test_a_remedy_is_one_entry(monkeypatch):
    """What --split-fan-in needs: a maker of plans, and the rules that it may help with."""

    def spared(plan, found):
        yield remedies.Candidate(Plan(plan.net, "loihi2"), "another road", lambda: "it is free")

    monkeypatch.setattr(remedies, "REMEDIES", (remedies.Remedy(("core.input_axons",), spared),))
    net = network(np.random.default_rng(0), inputs=100)
    (found,) = [d for d in rb.check(net, "tiny", tries=5) if d.severity == "error"]
    assert found.tried == ("tried: another road fits; it is free",)


def test_other_violations_that_stay_are_told_and_those_that_get_worse():
    """--split-fan-in helps against the inputs of a core, and takes more cores than there are."""
    net = network(np.random.default_rng(0), inputs=100, first=500, second=40)
    found = {(d.code, d.where): d for d in rb.check(net, "tiny", tries=2) if d.severity == "error"}
    assert found.keys() == {("R0412", "a"), ("R0412", "b"), ("R0417", "a")}
    (told,) = found["R0412", "a"].tried
    needed = found["R0417", "a"].value
    assert told.startswith(
        "tried: --split-fan-in removes this violation; 1 other stays; "
        f"R0417 gets worse, from {needed:g} to "
    )
    more = float(told.split(f"from {needed:g} to ")[1].split(";")[0])
    assert more > needed and "; helper populations" in told


def test_what_a_later_remedy_made_needless_is_dropped(tmp_path):
    net = network(np.random.default_rng(0), inputs=100, first=500, second=40)
    rb.export(net, "nir", tmp_path / "net.nir")
    fixed = rb.fix(net, "tiny")
    assert fixed.fits and not fixed.options.get("split_fan_in"), fixed.options
    result = invoke(
        "check", tmp_path / "net.nir", "--dt", 1e-3, "--chip", "tiny", "--fix", "-o", tmp_path / "fix.json"
    )
    assert result.returncode == 0, result.stderr
    assert not (tmp_path / "fix.json").exists()
    told, fits, command = result.stdout.splitlines()[-3:]
    assert told == f"no settings are needed: {tmp_path / 'fix.json'} is not written" and fits == "fits with"
    assert "--quant" not in command and invoke(*shlex.split(command)[1:]).returncode == 0


def test_nothing_to_fix_is_said(tmp_path):
    output = tmp_path / "fix.json"
    result = invoke("check", write(tmp_path / "net.nir"), "--fix", "-o", output)
    assert result.returncode == 0 and not output.exists()
    assert result.stdout.splitlines()[-1] == f"nothing to fix: {output} is not written"
