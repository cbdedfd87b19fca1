"""rb.torch_module without PyTorch; the quantized network as a witness tells it. tests/live has the module itself."""

import importlib.util
import json

import numpy as np
import pytest
import rheobase as rb
from rheobase import compiler
from rheobase.compiler import run_compiler
from rheobase.trainedweights import Quantized, trained_projections
from rheobase.witnessfile import read_witness
from test_scales import layers

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is installed here")
def test_without_pytorch_it_says_how_to_install_it():
    with pytest.raises(rb.UsageError, match="pip install torch") as error:
        rb.torch_module(layers())
    assert error.value.code == "R0692"


@pytest.mark.parametrize("slope", [0, -1, float("nan"), float("inf"), "x", None, True])
def test_a_slope_is_a_number_above_0(slope):
    with pytest.raises(rb.OptionError, match="slope is .*, needed is a number above 0"):
        rb.torch_module(layers(), slope=slope)


def test_an_unknown_option_is_answered_with_the_nearest():
    with pytest.raises(rb.OptionError, match="torch_module has no option 'split_fanin'"):
        rb.torch_module(layers(), split_fanin=True)


def with_a_kernel():
    rng = np.random.default_rng(3)
    b = rb.Builder(dt=1e-3)
    b.input("in", (2, 8, 8))
    b.lif("map", (4, 4, 4), tau=5e-3, r=5)
    b.lif("few", 6, tau=5e-3, r=5)
    b.convolve("in", "map", rng.normal(0.2, 1, (4, 1, 3, 3)), stride=2, padding=1, groups=2)
    sparse = rng.normal(0, 1, (6, 64)) * (rng.random((6, 64)) < 0.2)
    b.connect("map", "few", sparse, delay=rng.integers(0, 3, (6, 64)))
    b.output("out", "few")
    return b.build()


# Neurons or output channels with bits of their own.
ROWS = {"layers": {"in_to_one": [3, 9] * 30}, "with_a_kernel": {"in_to_map": [9, 4, 4, 2]}}


@pytest.mark.parametrize("exponents", ["projection", "channel"])
@pytest.mark.parametrize("bits", [5, 9, ROWS])
@pytest.mark.parametrize("make", [layers, with_a_kernel])
def test_v1_a_witness_holds_every_synapse(make, bits, exponents):
    """As matrices they are those that are decoded from the image's words."""
    from rheobase.exporting.sums import sums_of

    net = make()
    quant, all_bits = None, bits
    if bits is ROWS:
        rows = {name: {"bits": each} for name, each in ROWS[make.__name__].items()}
        quant, all_bits = {"schema": "rheobase.quantization/1", "projections": rows}, None
    result = run_compiler(net, weight_bits=all_bits, quant=quant, exponents=exponents, keep_weights=True)
    profile, nodes, projections = read_witness(result["witness"])
    image = rb.Image.from_bytes(result["image"])
    settings = json.loads(result["quantization"])
    lag = {p["name"]: p["lag"] for p in image.info["populations"]}
    told: dict = {}
    quantized = Quantized.of(settings, projections)
    for p in trained_projections(quantized, quantized, nodes, 8):
        source, target = nodes[p.source], nodes[p.target]
        own = p.delays[p.which] if p.delays.size else np.zeros(len(p.which), int)
        wait = p.delay_steps + own + lag[target.name] - lag.get(source.name, 0) - 1
        meant = p.weights * 2.0 ** p.of_each(lambda f: f.exponent)
        for row, column, delay, weight in zip(p.rows, p.columns, wait, meant[p.which]):
            if weight:
                told[source.name, target.name, int(row), int(column), int(delay)] = weight
        assert settings["projections"][p.name]["weights"] == p.row_lists(p.weights)
        least, most = p.of_each(lambda f: f.range).T
        assert (least <= p.weights).all() and (p.weights <= most).all()
        assert not (p.weights % p.of_each(lambda f: f.step)).any()
    held = {
        (s.source, s.target, int(r), int(c), s.delay): v * 2.0**s.exponent
        for s in sums_of(image)
        for r, c, v in zip(s.rows, s.columns, s.values)
        if v
    }
    assert profile == "lava" and told == held and len(told) > 200
