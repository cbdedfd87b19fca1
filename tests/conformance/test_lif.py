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


def simulate(framework: str, dtype: str = "float32"):
    net = rb.load(recorded("nir/lif_norse.nir"), dt=1e-4, as_=framework)
    out = net.run(trace("norse")[0][:, None], dtype=dtype, probes=["1.v"])
    return out.states["1.v"][:, 0], out.spikes["1"][:, 0]


def test_f1_the_file_says_nothing_about_dt():
    net = rb.load(recorded("nir/lif_norse.nir"))
    assert net.dt == 1e-4
    assert [a["warning"] for a in net.assumptions if a["what"] == "dt"] == [True]


def test_f2_norse_bit_for_bit():
    _, potential, spikes = trace("norse")
    v, z = simulate("norse")
    assert v.dtype == np.float32
    assert np.array_equal(v, potential.astype(np.float32))
    assert np.array_equal(z, spikes)
    assert np.flatnonzero(z).tolist() == SPIKES


def test_f25_snntorch_bit_for_bit_in_its_units():
    """It was run with a threshold of 2.5: potentials 25 times those of the file, a gain of 1 a step."""
    given, potential, spikes = trace("snntorch")
    b = rb.Builder(as_="snntorch")
    b.input("in", 1)
    b.lif("n", 1, tau=2.5e-3, r=25, v_threshold=2.5)
    b.connect("in", "n")
    out = b.build().run(given[:, None], probes=["n.v"])
    assert np.array_equal(out.states["n.v"][:, 0], potential.astype(np.float32))
    assert np.array_equal(out.spikes["n"][:, 0], spikes)
    v, z = simulate("snntorch")
    assert np.abs(v * 25 - potential).max() < 2e-6 and np.array_equal(z, spikes)


def test_f5_lava_float_exact_one_step_later():
    _, potential, spikes = trace("lava_cpu_float")
    v, z = simulate("lava", "float64")
    assert np.array_equal(v, potential)
    assert np.array_equal(z, spikes)
    assert np.flatnonzero(z).tolist() == [step + 1 for step in SPIKES]


def test_f3_nengo_is_the_exponential_update_in_units_of_10():
    _, potential, spikes = trace("nengo")
    v, z = simulate("nengo", "float64")
    assert np.abs(v * 10 - potential).max() <= 1e-6 * np.abs(potential).max()
    assert np.array_equal(z, spikes)
    assert np.abs(simulate("norse", "float64")[0] * 10 - potential).max() > 1e-3  # Euler is another trace


def test_f3_the_exact_solution_until_its_first_reset():
    _, potential, spikes = trace("exact")  # its reset falls inside a step
    v, z = simulate("nengo", "float64")
    assert np.abs(v[:460] - potential[:460]).max() < 1e-6
    assert np.array_equal(z, spikes)


@pytest.mark.parametrize("framework", ["norse", "snntorch", "lava", "nengo"])
def test_a_recording_tells_its_conventions(framework):
    net = rb.load(recorded("nir/lif_norse.nir"), dt=1e-4)
    _, potential, spikes = trace({"lava": "lava_cpu_float"}.get(framework, framework))
    scale = {"snntorch": 25, "nengo": 10}.get(framework, 1)
    given = trace("norse")[0][:, None]
    found = rb.fit_conventions(net, given, {"1": spikes[:, None], "1.v": potential[:, None] / scale}, dt=1e-4)
    assert found.exact
    assert any(framework in fit.frameworks for fit in found.fits)


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
