"""--split-fan-in: offered with its price where it has been tried, and what the image tells of it."""

import json

import numpy as np
import partial_sums
import pytest
import rheobase as rb
from commandline import invoke
from environment import needs_compiler
from rheobase import compiler
from test_check import chip

pytestmark = needs_compiler


def wide(delay=None) -> rb.Network:
    """in[100] -> wide[8], which may be recurrent, -> out."""
    rng = np.random.default_rng(1)
    b = rb.Builder(dt=1e-3)
    b.input("in", 100)
    b.lif("wide", 70, tau=4e-3, v_threshold=0.4)
    b.connect("in", "wide", rng.normal(0, 0.2, (70, 100)), bias=rng.normal(0, 0.1, 70))
    if delay is not None:
        b.connect("wide", "wide", rng.normal(0, 0.1, (70, 70)), delay=delay)
    return b.build()


def errors(net, chip, **options) -> list:
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(net, chip=chip, **options)
    return [d for d in refused.value.diagnostics if d.severity == "error"]


@pytest.fixture
def roomy(tmp_path):
    """tiny, with room for neurons but not for fan-in."""
    return chip(tmp_path / "c.json", base="tiny", cores=16, neurons_per_core=32, profiles_per_core=4)


def test_e4_the_offer_states_its_price_and_holds(roomy):
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(wide(), chip=roomy)
    (found,) = refused.value.diagnostics
    assert found.code == "R0412" and found.where == "wide"
    assert found.remedy.startswith(
        "run with --split-fan-in: adds 1 partial-sum population (graded spikes) and 1 time step; "
        "the output is unchanged but 1 step later; or prune"
    )
    image = rb.compile(wide(), chip=roomy, split_fan_in=True)
    assert image.lag == 2
    assert rb.check(wide(), chip=roomy, split_fan_in=True) == []


def test_e4_nothing_is_offered_that_does_not_exist(tmp_path):
    """A loop of one step has none for a partial sum; another violation is none that a split would mend."""
    cores = partial_sums.chip(tmp_path, "c", neurons_per_core=32, input_axons_per_core=64)
    (loop,) = errors(wide(delay=0), cores)
    assert "split-fan-in" not in loop.remedy
    (refused,) = errors(wide(delay=0), cores, split_fan_in=True)
    assert refused.code == "R0750" and " sums 'wide_to_wide' in parts" in refused.message
    (longer,) = errors(wide(delay=1), cores)
    assert longer.code == "R0412" and "--split-fan-in: adds 2 partial-sum populations" in longer.remedy
    (few,) = errors(wide(delay=1), "tiny")  # helpers need more cores than it has
    assert few.code == "R0412" and "split-fan-in" not in few.remedy


def test_e4_a_chip_without_partial_sums_offers_none_and_says_so(tmp_path):
    lacking = chip(tmp_path / "c.json", base="tiny", extensions=["microcode"])
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(wide(), chip=lacking)
    assert all("split-fan-in" not in d.remedy for d in refused.value.diagnostics)
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(wide(), chip=lacking, split_fan_in=True)
    (found,) = refused.value.diagnostics
    assert found.code == "R0411" and "'partial_sums'" in found.message


def test_e4_an_extension_that_needs_another(tmp_path):
    with pytest.raises(rb.FormatError) as refused:
        rb.ChipSpec.load(str(chip(tmp_path / "c.json", base="tiny", extensions=["partial_sums"])))
    assert [d.code for d in refused.value.diagnostics] == ["R0403"]


def test_e4_the_image_tells(roomy, tmp_path):
    net = tmp_path / "wide.nir"
    rb.export(wide(), "nir", net)
    done = invoke("compile", net, "-o", tmp_path / "wide.rheo", "--chip", roomy, "--split-fan-in")
    assert done.returncode == 0, done.stderr
    image = rb.Image.load(tmp_path / "wide.rheo")
    (told,) = [a for a in image.assumptions if a["what"] == "partial sums of 'wide'"]
    witness = json.loads(told["why"].split(": ", 1)[1])
    assert witness["owner"] == "wide" and witness["helper"] == "wide.part" and witness["lag"] == 1
    covered = [s for part in witness["parts"] for s in range(part["first"], part["first"] + part["count"])]
    assert covered == list(range(100))
    x = np.ones((3, 100), int)
    assert "wide.part" not in image.run(x).spikes and "wide.part" in image.run(x, hidden=True).spikes
    assert "wide.part" in invoke("inspect", tmp_path / "wide.rheo").stdout
    plain = invoke("compile", net, "-o", tmp_path / "no.rheo", "--chip", roomy)
    assert plain.returncode == 1 and "--split-fan-in" in plain.stderr


def test_e4_stages_go_on_to_the_same_image(roomy, tmp_path):
    image = rb.compile(wide(), chip=roomy, split_fan_in=True, dump_stages=tmp_path / "stages")
    for stage in ("2-quant", "3-legal", "4-placed"):
        again = compiler.run_compiler(
            wide(), roomy, from_stage=tmp_path / "stages" / f"{stage}.mlir", split_fan_in=stage == "2-quant"
        )
        assert again["image"] == image.to_bytes(), stage


def test_e4_a_kernel_wider_than_a_cores_axons_is_cut_by_sources(tmp_path):
    """No share of the channels fits, not even one: its nine entries are more than the six axons."""
    rng = np.random.default_rng(4)
    b = rb.Builder(dt=1e-3)
    b.input("in", (2, 5, 5))
    b.exact("map", (2, 5, 5), decay_u=2000, decay_v=300, threshold=64 * 60)
    b.convolve("in", "map", 2 * rng.integers(-12, 20, (2, 2, 3, 3)), padding=1)
    b.output("out", "map")
    net = b.build()
    whole = rb.compile(net, partial_sums.chip(tmp_path, "whole"))
    split = rb.compile(net, partial_sums.chip(tmp_path, "small", input_axons_per_core=6), split_fan_in=True)
    x = (rng.random((3, 40, 2, 5, 5)) < 0.2).astype(int)
    compared, spikes = partial_sums.compare(whole, split, x, ["map"], ["map.v"])
    assert compared >= 3 * 40 * 50 and spikes > 50
    assert partial_sums.partial_sums(split)
