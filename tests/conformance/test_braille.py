"""A recurrent network that read Braille, and its nested, damaged twin: the float raster of snnTorch, then three chips."""

import hashlib

import numpy as np
import pytest
import rheobase as rb
from chips import CHIPS, compile_or_listed
from comparing import compare_with_rules, run_engines
from recordings import recorded
from rheobase.conventions import FRAMEWORKS
from stage_text import StageText

FILES = ("braille_noDelay_bias_zero", "braille_noDelay_bias_zero_subgraph")
SHA256 = "3674e7c3a8706cd873e715589fd6520a3c7c22dd441abf5e2b1808b1c6cecf78"
COUNTS = [10, 160, 112, 113, 103, 68, 121]


@pytest.fixture(params=FILES)
def net(request):
    return rb.load(recorded(f"nir/{request.param}.nir"))


@pytest.fixture
def x():
    return np.load(recorded("nir/braille/sample0_input.npy"))


def hidden_name(net: rb.Network) -> str:
    return next(p.name for p in net.populations if p.size == 38)


def test_f5_snntorch_cell_by_cell(net, x):
    expected = np.load(recorded("nir/braille/snntorch_activity_noDelay_bias_zero.npy"))
    out = net.run(x)
    raster = out.spikes[hidden_name(net)]
    assert raster.size == 9728
    assert np.count_nonzero(raster != expected.reshape(raster.shape)) == 0
    assert raster.sum() == 119
    assert hashlib.sha256(raster.astype(np.uint8).tobytes()).hexdigest() == SHA256
    assert out.output.sum(0).tolist() == COUNTS


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_framework_runs_it(net, x, framework):
    own = net.under(as_=framework)
    assert own.conventions["reset"] == FRAMEWORKS[framework]["reset"]
    raster = own.run(x).spikes[hidden_name(net)]
    assert raster.any()
    same = net.run(x).spikes[hidden_name(net)]
    # SpikingJelly's v >= v_threshold makes no difference here.
    assert np.array_equal(raster, same) == (framework in ("norse", "snntorch", "spikingjelly"))


def test_the_raster_tells_its_conventions(net, x):
    expected = np.load(recorded("nir/braille/snntorch_activity_noDelay_bias_zero.npy"))
    found = rb.fit_conventions(net, x, {hidden_name(net): expected.reshape(256, 38)})
    assert found.exact and found.best.cells == 9728
    assert any("snntorch" in fit.frameworks for fit in found.fits)
    assert found.decided["reset"] == "zero" and found.decided["discretization"] == "euler"


def test_f12_the_repair_is_stated():
    whole, damaged = (rb.load(recorded(f"nir/{name}.nir")).assumptions for name in FILES)
    repaired = [a for a in damaged if "lif1" in a["value"] and a["warning"]]
    assert len(repaired) == 1 and "'lif'" in repaired[0]["what"]
    assert not [a for a in whole if "edges that name" in a["what"]]


@pytest.mark.parametrize("chip, profile", CHIPS)
def test_w9_engines_agree_and_follow_the_rules(net, x, chip, profile, tmp_path):
    image = compile_or_listed(net, chip, profile, tmp_path)
    if image is None:
        return
    out = run_engines(image, {"input": x[None]})
    compare_with_rules(out, StageText((tmp_path / "3-legal.mlir").read_text()).chip_net(), {"input": x[None]})
    assert not out.overflows
    assert out.aligned("output")[0].sum(0).argmax() == 1


@pytest.mark.parametrize("chip, profile", CHIPS)
def test_f12_both_files_give_the_same_integers(x, chip, profile):
    nets = [rb.load(recorded(f"nir/{name}.nir")) for name in FILES]
    left, right = (rb.compile(net, chip=chip, profile=profile).run(x) for net in nets)
    assert np.array_equal(left.output, right.output)
    assert np.array_equal(left.spikes[hidden_name(nets[0])], right.spikes[hidden_name(nets[1])])
