"""One neuron, 1000 steps, 34 input spikes: what six other simulators recorded (lif_norse.nir)."""

import numpy as np
import pytest
import rheobase as rb
from comparing import run_engines
from recordings import recorded

SPIKES = [460, 510, 710, 760]


def trace(name: str):
    """Input, potential and spikes of one simulator, [1000] each."""
    return np.loadtxt(recorded(f"nir/lif_traces/lif_{name}.csv"), delimiter=",").T


def simulate(dtype: str = "float32", discretization: str = "euler"):
    net = rb.load(recorded("nir/lif_norse.nir"), dt=1e-4, discretization=discretization)
    out = net.run(trace("norse")[0][:, None], dtype=dtype, probes=["1.v"])
    return out.states["1.v"][:, 0], out.spikes["1"][:, 0]


def test_f1_the_file_says_nothing_about_dt():
    net = rb.load(recorded("nir/lif_norse.nir"))
    assert net.dt == 1e-4
    assert [a["warning"] for a in net.assumptions if a["what"] == "dt"] == [True]


def test_f2_norse_bit_for_bit():
    _, potential, spikes = trace("norse")
    v, z = simulate()
    assert v.dtype == np.float32
    assert np.array_equal(v, potential.astype(np.float32))
    assert np.array_equal(z, spikes)
    assert np.flatnonzero(z).tolist() == SPIKES


def test_f2_snntorch_counts_in_units_of_25():
    _, potential, spikes = trace("snntorch")  # beta v + i, threshold 2.5
    v, z = simulate()
    assert np.abs(v * 25 - potential).max() < 2e-6
    assert np.array_equal(z, spikes)


def test_f2_lava_float_runs_one_step_later():
    _, potential, spikes = trace("lava_cpu_float")
    v, z = simulate()
    assert np.abs(v[:-1] - potential[1:]).max() < 1e-7
    assert np.array_equal(z[:-1], spikes[1:])


def test_f3_nengo_is_the_exponential_update_in_units_of_10():
    _, potential, spikes = trace("nengo")
    v, z = simulate("float64", "exponential")
    assert np.abs(v * 10 - potential).max() < 1e-7
    assert np.array_equal(z, spikes)
    assert np.abs(simulate("float64")[0] * 10 - potential).max() > 1e-3  # Euler is another trace


def test_f3_the_exact_solution_until_its_first_reset():
    _, potential, spikes = trace("exact")  # its reset falls inside a step
    v, z = simulate("float64", "exponential")
    assert np.abs(v[:460] - potential[:460]).max() < 1e-6
    assert np.array_equal(z, spikes)


@pytest.fixture(scope="module")
def pinned_image():
    settings = {
        "schema": "rheobase.quantization/1",
        "populations": {"1": {"dv": 163, "vth": 25}},
        "projections": {"0": {"weights": [[10]]}},
    }
    net = rb.load(recorded("nir/lif_norse.nir"), dt=1e-4)
    return rb.compile(net, chip="loihi2", profile="lava", quant=settings)


def test_n1_n12_lava_fixed_point_every_voltage_and_spike(pinned_image):
    given, potential, spikes = trace("lava_cpu_fixed")
    out = run_engines(pinned_image, {"input": given[:, None].astype(np.uint8)})
    assert out.lag["1"] == pinned_image.lag == 1
    assert np.array_equal(out.states["1.v"][:1000, 0], potential)
    assert np.array_equal(out.spikes["1"][:1000, 0], spikes)
    assert np.flatnonzero(out.aligned("1")).tolist() == SPIKES
    assert not out.overflows


def test_r0305_no_quantizer_yields_163():
    net = rb.load(recorded("nir/lif_norse.nir"), dt=1e-4)
    assert rb.quantization(net)["populations"]["1"]["dv"] == 164  # 163.84
