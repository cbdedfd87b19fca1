"""Lava networks taken over: the image computes what Lava's fixed-point models compute."""

from types import SimpleNamespace

import numpy as np
import pytest
import rheobase as rb
from environment import ROOT, needs_lava, under_lava

CASES = 30


@needs_lava
def test_n11_w2_w3_w5_f14_random_lava_networks(tmp_path):
    told = under_lava(ROOT / "tests/oracle/import_case.py", 1000, CASES, package=True).split()
    assert int(told[1]) > 100 * CASES and int(told[3]) > 0.9 * CASES


def port(process):
    return SimpleNamespace(process=process, in_connections=[], out_connections=[], shape=(3,))


def stub(kind: str, **variables):
    """What from_lava looks at, of a process of that type."""
    process = type(kind, (), {})()
    process.name, process.proc_params = kind.lower(), {}
    process.in_ports, process.out_ports = [], []
    for name, value in variables.items():
        setattr(process, name, SimpleNamespace(init=value))
    return process


def lif(**changes):
    values = dict(u=0, v=0, du=4095, dv=0, vth=10, bias_mant=0, bias_exp=0)
    process = stub("LIF", **{**values, **changes})
    process.a_in, process.s_out = port(process), port(process)
    process.in_ports, process.out_ports = [process.a_in], [process.s_out]
    return process


def test_what_is_not_supported_is_named():
    neurons, other = lif(v=np.array([0, 5, 0])), stub("ATRLIF")
    other.out_ports = [port(other)]
    neurons.s_out.out_connections = [port(other)]
    with pytest.raises(rb.FormatError) as refused:
        rb.from_lava(neurons)
    assert [(d.code, d.where) for d in refused.value.diagnostics] == [("R0112", "lif"), ("R0112", "atrlif")]
    with pytest.raises(rb.OptionError, match="a Lava process is needed"):
        rb.from_lava(3)
