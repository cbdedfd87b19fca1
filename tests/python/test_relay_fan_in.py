"""--relay-fan-in: never silent, offered last, and what the image and its verification tell of it."""

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from environment import needs_compiler
from rheobase import compiler
from test_check import chip

pytestmark = needs_compiler


def wide(loop=False) -> rb.Network:
    """in[300] -> wide[12], which may reach itself, -> out[5]; integers, so that no quantization plays a part."""
    rng = np.random.default_rng(1)
    b = rb.Builder(dt=1e-3, name="wide")
    b.input("in", 300)
    b.exact("wide", 12, decay_u=2000, decay_v=300, threshold=64 * 400)
    b.exact("last", 5, decay_u=4096, decay_v=300, threshold=64 * 100)
    b.connect("in", "wide", 2 * rng.integers(-20, 24, (12, 300)))
    b.connect("wide", "last", 2 * rng.integers(-20, 40, (5, 12)))
    if loop:
        b.connect("wide", "wide", 2 * rng.integers(-5, 5, (12, 12)))
    b.output("out", "last")
    return b.build()


def spikes(samples=10, steps=80, rate=0.06) -> np.ndarray:
    return (np.random.default_rng(2).random((samples, steps, 300)) < rate).astype(int)


@pytest.fixture
def narrow(tmp_path):
    return chip(tmp_path / "narrow.json", base="loihi1", input_axons_per_core=128, atoms_per_axon=1)


def test_e6_it_is_offered_last_and_only_what_is_asked_for_rounds(narrow):
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(wide(), chip=narrow)
    (found,) = refused.value.diagnostics
    assert found.code == "R0412" and found.remedy.startswith("prune its inputs")
    assert (
        "; or run with --relay-fan-in, which rounds: 1020 relays send the sums in quanta, 1 step later, and spikes change"
        in found.remedy
    )
    with pytest.raises(rb.CompileError) as exact:
        rb.compile(wide(), chip=chip(narrow.parent / "two.json", base="loihi2", input_axons_per_core=128))
    assert "--relay-fan-in" not in str(exact.value) and "--split-fan-in" in str(exact.value)


def test_e6_a_warning_tells_the_loss(narrow):
    image = rb.compile(wide(), chip=narrow, relay_fan_in=True)
    (found,) = [d for d in image.notes if d.code == "R0346"]
    assert found.severity == "warning" and found.where == "wide" and found.value == 8
    assert "in quanta of 8 (0.02 of its least threshold)" in found.message
    assert (
        "of each of the 5 parts of a sum, half a quantum at most is still to come after a step"
        in found.message
    )
    (told,) = [a for a in image.assumptions if a["what"] == "relays of 'wide'"]
    assert told["warning"] and "(SPEC E6)" in told["value"]
    assert not [d for d in image.notes if d.code == "R0311" and "relay" in d.where]
    assert (
        len([d for d in image.notes if d.code == "R0311" and d.where == "wide"]) <= 1
    )  # of the network built
    assert all(
        d.code != "R0346" for d in rb.compile(wide(), chip="loihi1", relay_fan_in=True).notes
    )  # all of it fits
    shown = [d for d in rb.check(wide(), chip=narrow, relay_fan_in=True) if d.code == "R0346"]
    assert len(shown) == 1


def test_e6_what_is_delivered_follows_what_came(narrow):
    """Over a whole run the owners' currents differ little, though spikes come in other steps."""
    whole, relayed = (rb.compile(wide(), chip=c, relay_fan_in=True) for c in ("loihi1", narrow))
    x = spikes()
    a, b = whole.run(x), relayed.run(x)
    assert relayed.lag == whole.lag + 1
    there, here = a.spikes["wide"].sum(), b.spikes["wide"].sum()
    assert there > 500 and abs(int(there) - int(here)) < 0.1 * there
    equal = (a.aligned("wide") == b.aligned("wide")).mean()
    assert 0.8 < equal < 1


def test_e6_all_engines_and_every_compilation_agree(narrow, tmp_path):
    image = rb.compile(wide(), chip=narrow, relay_fan_in=True, dump_stages=tmp_path / "stages")
    assert rb.compile(wide(), chip=narrow, relay_fan_in=True).to_bytes() == image.to_bytes()
    runs = [image.run(spikes(2, 40), engine=engine, hidden=True) for engine in ("golden", "vector", "jit")]
    assert runs[0].spikes["wide.relay"].any()
    for run in runs[1:]:
        assert all(np.array_equal(run.spikes[name], runs[0].spikes[name]) for name in runs[0].spikes)
    for stage in ("2-quant", "3-legal", "4-placed"):
        path = tmp_path / "stages" / f"{stage}.mlir"
        again = compiler.run_compiler(wide(), narrow, from_stage=path, relay_fan_in=stage == "2-quant")
        assert again["image"] == image.to_bytes(), stage
    late = compiler.run_compiler(wide(), narrow, from_stage=path, relay_fan_in=True)
    assert any("relays come in on the way from the quant stage" in d.message for d in late["notes"])


def test_e6_data_tell_what_it_does(narrow, tmp_path):
    image = rb.compile(wide(), chip=narrow, relay_fan_in=True, calibrate=spikes())
    (told,) = [d for d in image.notes if d.code == "R0347"]
    assert told.where == "out" and "of 10 samples of the calibration data" in told.message
    assert not [d for d in rb.compile(wide(), chip="loihi1", calibrate=spikes()).notes if d.code == "R0347"]
    report = rb.verify(wide(), image, spikes())
    assert "warning R0346: 'wide.relay' rounds 'in_to_wide' to quanta of 8" in report.text()
    net, data, out = tmp_path / "wide.net.nir", tmp_path / "x.npz", tmp_path / "wide.rheo"
    np.savez(data, x=spikes())
    other = rb.Builder(dt=1e-3, name="wide")
    other.input("in", 300)
    other.lif("wide", 3, tau=4e-3, v_threshold=1.0)
    signs = np.random.default_rng(5).choice([-1, 1, 1], (3, 300))
    other.connect("in", "wide", signs * np.random.default_rng(6).uniform(0.03, 0.06, (3, 300)))
    other.output("out", "wide")
    rb.export(other.build(), "nir", net)
    done = invoke(
        "compile",
        net,
        "-o",
        out,
        "--chip",
        narrow,
        "--relay-fan-in",
        "--calibrate",
        data,
        "--weight-bits",
        "5",
    )
    assert done.returncode == 0, done.stderr
    assert "warning R0346" in done.stderr and "R0347" in done.stderr
    assert "warning R0346" in invoke("verify", net, out, "--data", data).stdout


def test_e6_a_witness_of_the_network_with_relays_is_kept(narrow, tmp_path):
    image = rb.compile(wide(), chip=narrow, relay_fan_in=True, witness=tmp_path / "w.rheow")
    assert b"wide.relay" in (tmp_path / "w.rheow").read_bytes()
    assert any(p["name"] == "wide.relay" and p["hidden"] for p in image.info["populations"])


@pytest.mark.parametrize("base, option", [("loihi1", "relay_fan_in"), ("loihi2", "split_fan_in")])
def test_i11_a_nir_file_has_no_neurons_that_pass_sums_on(tmp_path, base, option):
    mine = chip(tmp_path / "c.json", base=base, input_axons_per_core=128, atoms_per_axon=1)
    image = rb.compile(wide(), chip=mine, **{option: True})
    with pytest.raises(
        rb.CompileError, match="the compiler made 'wide.*, which pass sums on in parts"
    ) as refused:
        rb.export(image, "nir", tmp_path / "a.nir")
    assert "R0670" in {d.code for d in refused.value.diagnostics} and not (tmp_path / "a.nir").exists()


@pytest.mark.parametrize("base, loop, code", [("loihi2", False, "R0435"), ("loihi1", True, "R0750")])
def test_e6_refusals(tmp_path, base, loop, code):
    mine = chip(tmp_path / "c.json", base=base, input_axons_per_core=128, atoms_per_axon=1)
    net = wide()
    if loop:
        rng = np.random.default_rng(3)
        b = rb.Builder(dt=1e-3)
        b.input("in", 3)
        b.exact("wide", 200, decay_u=2000, decay_v=300, threshold=64 * 400)
        b.connect("in", "wide", 2 * rng.integers(1, 24, (200, 3)))
        b.connect("wide", "wide", 2 * rng.integers(1, 5, (200, 200)))
        b.output("out", "wide")
        net = b.build()
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(net, chip=mine, relay_fan_in=True)
    assert [d.code for d in refused.value.diagnostics] == [code]


def test_e6_a_fix_never_chooses_it(narrow):
    fixed = rb.fix(wide(), narrow)
    assert fixed.fits and "relay_fan_in" not in fixed.options  # another chip
    assert all("relay" not in said for d in fixed.diagnostics for said in d.tried)
