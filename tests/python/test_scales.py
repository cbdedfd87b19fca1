"""How scales are chosen: by maximum, percentile, squared error, spikes; and time constants that neurons share."""

import json

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from rheobase import compiler
from rheobase.compiler import run_compiler

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)


def layers(seed=0, tail=6.0):
    """Two LIF layers and a readout; one weight of the first lies far beyond the others."""
    rng = np.random.default_rng(seed)
    b = rb.Builder(dt=1e-3)
    b.input("in", 40)
    b.lif("one", 60, tau=8e-3, r=8)
    b.lif("two", 30, tau=8e-3, r=8)
    b.li("out_neurons", 5, tau=8e-3, r=8)
    w = rng.normal(0.05, 0.2, (60, 40))
    w[0, 0] = tail * 0.2
    b.connect("in", "one", w)
    b.connect("one", "two", rng.normal(0.05, 0.25, (30, 60)))
    b.connect("two", "out_neurons", rng.normal(0, 0.3, (5, 30)))
    b.output("out", "out_neurons")
    return b.build()


def spikes(seed=1, samples=6):
    return (np.random.default_rng(seed).random((samples, 40, 40)) < 0.2).astype(np.uint8)


def fidelity(net, scales, bits):
    result = run_compiler(net, weight_bits=bits, scales=scales, examine=True)
    return {f["projection"]: f for f in result["fidelity"]}


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_maximum_clips_nothing_and_a_percentile_does(bits):
    net = layers()
    most = fidelity(net, "max", bits)
    assert all(f["clipped"] == 0 for f in most.values())
    cut = fidelity(net, "percentile:97", bits)["in_to_one"]
    assert cut["clipped"] > 0 or bits == 2  # with 2 bits a step is as long as the range
    if bits == 4:
        mse = fidelity(net, "mse", bits)["in_to_one"]
        assert mse["error"] / mse["signal"] < most["in_to_one"]["error"] / most["in_to_one"]["signal"]


def test_scales_fitted_to_spikes_come_nearer_and_are_the_same_every_time():
    net, x = layers(), spikes()
    q = rb.quantization(net, weight_bits=3, scales="spikes", calibrate=x)
    assert q == rb.quantization(net, weight_bits=3, scales="spikes", calibrate=x)

    def apart(image):
        ref, out = net.run(x), image.run(x)
        return sum(np.abs(ref.spikes[n] - out.aligned(n)).sum() for n in ("one", "two"))

    fitted = rb.compile(net, weight_bits=3, scales="spikes", calibrate=x)
    assert apart(fitted) <= 1.05 * apart(rb.compile(net, weight_bits=3))
    assert apart(fitted) < apart(rb.compile(net, weight_bits=3, scales="max"))


def test_what_is_pinned_stays():
    net, x = layers(), spikes()
    pins = {"schema": "rheobase.quantization/1", "populations": {"one": {"scale_v": 1234.5}}}
    for scales in ("max", "mse", "percentile:99", "spikes"):
        q = rb.quantization(net, weight_bits=4, scales=scales, quant=pins, calibrate=x)
        assert q["populations"]["one"]["scale_v"] == 1234.5


def test_wrong_words():
    net = layers()
    for wrong in ("percentile", "percentile:0", "percentile:101", "percentile:x", "spike", 3, None):
        with pytest.raises(rb.OptionError, match="auto, max, mse, spikes, percentile:P"):
            rb.compile(net, scales=wrong)
    with pytest.raises(rb.OptionError, match="need data"):
        rb.compile(net, scales="spikes")


def test_the_command_takes_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rb.export(layers(), to="nir", path="net.nir")
    np.savez("x.npz", x=spikes())
    done = invoke("quant", "net.nir", "-o", "q.json", "--weight-bits", 4, "--scales", "max", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "q.json").read_text())["projections"]
    done = invoke("compile", "net.nir", "-o", "n.rheo", "--scales", "spikes")
    assert done.returncode == 3 and "--calibrate DATA" in done.stderr
    done = invoke("compile", "net.nir", "-o", "n.rheo", "--scales", "spikes", "--calibrate", "x.npz")
    assert done.returncode == 0, done.stderr


def many_time_constants(neurons=100):
    rng = np.random.default_rng(2)
    b = rb.Builder(dt=1e-3)
    b.input("in", 30)
    times = dict(tau_syn=rng.uniform(2e-3, 2e-2, neurons), tau_mem=rng.uniform(5e-3, 5e-2, neurons))
    b.cuba_lif("h", neurons, r=20, w_in=5, v_threshold=rng.uniform(0.5, 2, neurons), **times)
    b.connect("in", "h", rng.normal(0.3, 1, (neurons, 30)))
    b.output("o", "h")
    return b.build()


def profiles(image):
    rows = set()
    for core in image.info["cores"]:
        for part in image.program.core(core["id"])["slices"]:
            r = part["registers"]
            rows |= set(zip(*(np.asarray(r[k]).tolist() for k in ("decay_u", "decay_v", "threshold"))))
    return rows


def test_profiles_are_shared_where_that_is_asked_for():
    net = many_time_constants()
    own = rb.compile(net, chip="loihi1")
    assert len(own.info["cores"]) >= 4 and len(profiles(own)) == 100  # 32 profiles in a core
    assert not any(d.code == "R0348" for d in own.notes)
    shared = rb.compile(net, chip="loihi1", share_profiles=True)
    assert len(shared.info["cores"]) == 1 and len(profiles(shared)) <= 32
    (found,) = [d for d in shared.notes if d.code == "R0348"]
    assert found.severity == "warning" and (found.value, found.limit) == (100, 32)
    (stated,) = [a for a in shared.assumptions if a["what"] == "profiles of 'h'"]
    assert "100 different sets of decays of 'h' became 32" in stated["why"] and "% at most" in stated["why"]
    x = (np.random.default_rng(0).random((8, 60, 30)) < 0.3).astype(np.uint8)
    assert rb.verify(net, shared, x).figures()["agreement"] > 0.95


def test_profiles_that_fit_and_chips_without_a_table_are_left_alone():
    image = rb.compile(many_time_constants(32), chip="loihi1", share_profiles=True)
    assert not any(d.code == "R0348" for d in image.notes) and len({p[:2] for p in profiles(image)}) == 32
    image = rb.compile(many_time_constants(), chip="loihi2", share_profiles=True)
    assert not any(d.code == "R0348" for d in image.notes) and len(profiles(image)) == 100
