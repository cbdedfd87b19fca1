"""Options beside quantization settings that pin what they are about: refused, never without effect."""

import json

import pytest
import rheobase as rb
from commandline import invoke
from rheobase import compiler
from test_scales import layers, spikes

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)


def refused(call) -> rb.Diagnostic:
    with pytest.raises(rb.OptionError) as error:
        call()
    assert error.value.code == "R0694"
    return error.value.diagnostics[0]


def test_bits_beside_settings_that_pin_all_bits():
    net = layers()
    q = rb.quantization(net)
    for call in (rb.compile, rb.quantization):
        found = refused(lambda: call(net, quant=q, weight_bits=4))
        assert found.where.startswith("projections.") and found.where.endswith(".bits")
        assert "weight_bits is 4" in found.message and "has 8" in found.message
    rb.compile(net, quant=q, weight_bits=8)  # they say the same
    del q["projections"]["in_to_one"]["bits"]  # one is left to choose
    found = rb.quantization(net, quant=q, weight_bits=4)
    assert found["projections"]["in_to_one"]["bits"] == 4 and found["projections"]["one_to_two"]["bits"] == 8


@pytest.mark.parametrize("scales", ["max", "mse", "percentile:99", "spikes"])
def test_scales_beside_settings_that_pin_all_scales(scales):
    net = layers()
    q = rb.quantization(net)
    found = refused(lambda: rb.compile(net, quant=q, scales=scales, calibrate=spikes()))
    assert found.where == "populations" and scales in found.message
    weights = {
        n: {"weights": p["weights"]} for n, p in rb.quantization(net, weights=True)["projections"].items()
    }
    if scales != "spikes":  # it tries other scales for the same weights
        refused(lambda: rb.compile(net, quant={"schema": q["schema"], "projections": weights}, scales=scales))
    del q["populations"]["two"]["scale_v"], q["populations"]["two"]["vth"]
    if scales == "spikes":
        del q["populations"]["two"]
    rb.compile(net, quant=q, scales=scales, calibrate=spikes())


def test_the_command_says_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rb.export(layers(), to="nir", path="net.nir")
    assert invoke("quant", "net.nir", "--dt", "1e-3", "-o", "q.json").returncode == 0
    for more in (("--weight-bits", "4"), ("--scales", "mse")):
        done = invoke(
            "compile", "net.nir", "--dt", "1e-3", "-o", "n.rheo", "--quant", "q.json", *more, "--json"
        )
        body = json.loads(done.stdout)["diagnostics"][0]
        assert done.returncode == 3 and body["code"] == "R0694" and body["file"] == "q.json"
        assert more[0] in body["remedy"] and not (tmp_path / "n.rheo").exists()
