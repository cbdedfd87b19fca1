"""lava-dl's .net files: good ones computed once more in NumPy, bad ones refused with one clear error."""

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke as rheobase
from environment import needs_compiler
from hdf5 import File

LEAVE_OUT = object()
RNG = np.random.default_rng(3)
WEIGHTS = [
    2 * RNG.integers(-60, 61, (6, 5)),
    2 * RNG.integers(-40, 41, (3, 6)),
    2 * RNG.integers(-30, 31, (3, 3)),
]
BIAS = RNG.integers(-20, 21, 3)


def good() -> dict:
    """in[5] -> dense[6] -> flatten -> dense_rec[3] with a bias."""
    values = {}
    for i, (kind, shape) in enumerate((("dense", (6, 5)), ("flatten", None), ("dense_rec", (3, 6)))):
        layer = f"/layer/{i}"
        values[f"{layer}/type"] = np.array([kind])
        if shape is None:
            values[f"{layer}/shape"] = np.array([1, 1, 6])
            continue
        values[f"{layer}/shape"] = np.array([shape[0]])
        values[f"{layer}/outFeatures"], values[f"{layer}/inFeatures"] = (np.array(n) for n in shape)
        values[f"{layer}/neuron/type"] = "CUBA"
        for name, value in {
            "iDecay": 1024,
            "vDecay": 410,
            "vThMant": 30,
            "refDelay": 1,
            "gradedSpike": 0,
        }.items():
            values[f"{layer}/neuron/{name}"] = np.array(value)
    values["/layer/0/weight"] = WEIGHTS[0].astype(np.float32)
    values["/layer/2/weight"] = WEIGHTS[1].astype(np.float32)
    values["/layer/2/weight_rec"] = WEIGHTS[2].astype(np.float32)
    values["/layer/2/bias"] = BIAS.astype(np.float32)
    return values


def write(path, changes=None):
    with File(path) as file:
        for name, value in {**good(), **(changes or {})}.items():
            if value is not LEAVE_OUT:
                file[name] = value
    return path


def decay(x, d):
    return np.sign(x) * ((np.abs(x) * (4096 - d)) >> 12)


def by_hand(x):
    """Lava's step for both layers, every hop a step: spikes of layer2."""
    n = [6, 3]
    u, v, s = ([np.zeros(k, np.int64) for k in n] for _ in range(3))
    before = np.zeros(5, np.int64)
    raster = []
    for spikes_in in x:
        inputs = [WEIGHTS[0] @ before, WEIGHTS[1] @ s[0] + WEIGHTS[2] @ s[1]]
        for k, bias in enumerate((np.zeros(6, np.int64), 64 * BIAS)):
            u[k] = decay(u[k], 1024) + 64 * inputs[k]
            v[k] = decay(v[k], 410) + u[k] + bias
            s[k] = (v[k] > 64 * 30).astype(np.int64)
            v[k][s[k] > 0] = 0
        raster.append(s[1].copy())
        before = spikes_in
    return np.array(raster)


@needs_compiler
def test_f14_a_file_runs_as_on_lava(tmp_path):
    net = rb.load(write(tmp_path / "small.any"))
    assert [n.kind for n in net.nodes.values() if n.stateful] == ["cuba_lif", "cuba_lif"]
    assert not [a for a in net.assumptions if a["what"] in ("dt", "reset", "discretization", "spikes")]
    x = RNG.integers(0, 2, (40, 5))
    image = rb.compile(net)
    out = image.run(x)
    expected = by_hand(np.concatenate([x, np.zeros((out.lag["layer2"], 5), int)]))
    assert expected.sum() > 10 and np.array_equal(out.spikes["layer2"], expected)
    floats = net.run(x).spikes["layer2"]
    assert np.mean(floats == out.aligned("layer2")) > 0.9
    again = rb.quantization(net, weights=True)
    assert np.array_equal(np.array(again["projections"]["layer0.weight"]["weights"]), WEIGHTS[0])
    assert rb.compile(net, quant=again).run(x).spikes["layer2"].tolist() == expected.tolist()


@needs_compiler
@pytest.mark.parametrize("scale, exponent", [(0.5, -1), (1, 0)])
def test_f14_odd_weights_take_an_exponent(tmp_path, scale, exponent):
    weight = (WEIGHTS[0] * scale).astype(np.float32)
    net = rb.load(write(tmp_path / "odd.net", {"/layer/0/weight": weight}))
    settings = rb.quantization(net, weights=True)["projections"]["layer0.weight"]
    assert settings["exponent"] == exponent
    assert np.array_equal(np.array(settings["weights"]) * 2.0**exponent, weight)
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(net, weight_bits=4)
    assert "R0312" in {d.code for d in refused.value.diagnostics}


@needs_compiler
def test_f14_integers_without_a_file(tmp_path):
    b = rb.Builder()
    b.input("in", 5)
    b.exact("hidden", 6, decay_u=1024, decay_v=410, threshold=64 * 30)
    b.connect("in", "hidden", WEIGHTS[0].astype(float))
    net = b.build()
    x = RNG.integers(0, 2, (30, 5))
    left, right = (rb.compile(n).run(x).spikes for n in (net, rb.load(write(tmp_path / "small.net"))))
    assert left["hidden"].any() and np.array_equal(left["hidden"], right["layer0"][:-1])
    with pytest.raises(rb.Error, match="cuba_lif"):
        b.exact("other", 6, model="cuba_lfi")
    b = rb.Builder()
    b.input("in", 5)
    b.exact("hidden", 6, decay_v=0.5)
    b.connect("in", "hidden", WEIGHTS[0].astype(float))
    with pytest.raises(rb.FormatError, match="whole number"):
        b.build()


@pytest.mark.parametrize("step, dt", [(2.0, 2e-3), (5e-324, 1e-3), (np.inf, 1e-3)])
def test_the_time_step_of_a_file_or_a_millisecond(tmp_path, step, dt):
    file = write(tmp_path / "small.net", {"/simulation/Ts": np.array(step)})
    assert rb.load(file).dt == pytest.approx(dt)


def test_f14_a_threshold_beyond_every_potential_is_a_readout(tmp_path):
    """2^18 - 1: lava-dl's Affine block, whose neurons are read and do not spike."""
    net = rb.load(write(tmp_path / "small.net", {"/layer/2/neuron/vThMant": np.array((1 << 18) - 1)}))
    readout = net.nodes["layer2"]
    assert (readout.kind, readout.spiking) == ("cuba_li", False) and "threshold" not in readout.parameters
    assert (readout.parameters["decay_v"] == 410).all() and (readout.parameters["bias"] == 64 * BIAS).all()


def test_f14_options_about_real_numbers_are_not_used(tmp_path):
    net = rb.load(write(tmp_path / "small.net"), reset="subtract", spikes="dirac")
    unused = [a for a in net.assumptions if a["value"] == "not used"]
    assert {a["what"] for a in unused} == {"reset", "spikes"} and all(a["warning"] for a in unused)


def bias(values):
    return {"/layer/2/bias": np.array(values, np.float32)}


BAD = {
    "convolution of a flat layer": ({"/layer/1/type": np.array(["conv"])}, "R0113", "/layer/1/type"),
    "unknown layer": ({"/layer/1/type": np.array(["kwta"])}, "R0112", "/layer/1/type"),
    "flatten first": ({"/layer/0/type": np.array(["flatten"])}, "R0112", "/layer/0/type"),
    "missing layer": ({f"/layer/1/{k}": LEAVE_OUT for k in ("type", "shape")}, "R0105", "/layer/1"),
    "no type": ({"/layer/0/type": LEAVE_OUT}, "R0105", "/layer/0/type"),
    "type is a number": ({"/layer/0/type": np.array(3)}, "R0108", "/layer/0/type"),
    "no weight": ({"/layer/0/weight": LEAVE_OUT}, "R0105", "/layer/0/weight"),
    "no recurrent weight": ({"/layer/2/weight_rec": LEAVE_OUT}, "R0105", "/layer/2/weight_rec"),
    "wrong shape": ({"/layer/0/weight": np.ones((5, 6), np.float32)}, "R0113", "/layer/0/weight"),
    "weight is text": ({"/layer/0/weight": "x"}, "R0108", "/layer/0/weight"),
    "no integers": ({"/layer/0/weight": np.full((6, 5), 0.5, np.float32)}, "R0113", "/layer/0/weight"),
    "beyond 9 bits": ({"/layer/0/weight": np.full((6, 5), 256, np.float32)}, "R0113", "/layer/0/weight"),
    "nan": ({"/layer/0/weight": np.full((6, 5), np.nan, np.float32)}, "R0113", "/layer/0/weight"),
    "half complex": (
        {"/layer/0/weight": LEAVE_OUT, "/layer/0/weight/real": np.ones((6, 5), np.float32)},
        "R0105",
        "/layer/0/weight/imag",
    ),
    "complex into membranes": (
        {"/layer/0/weight": LEAVE_OUT}
        | {f"/layer/0/weight/{part}": np.ones((6, 5), np.float32) for part in ("real", "imag")},
        "R0112",
        "/layer/0/neuron/type",
    ),
    "layers disagree": ({"/layer/2/inFeatures": np.array(7)}, "R0113", "/layer/2/inFeatures"),
    "negative size": ({"/layer/0/inFeatures": np.array(-5)}, "R0113", "/layer/0/inFeatures"),
    "delay": ({"/layer/0/delay": np.array([0, 63, 0, 0, 0])}, "R0113", "/layer/0/delay"),
    "delays of other neurons": ({"/layer/2/delay": np.array([0, 3])}, "R0113", "/layer/2/delay"),
    "delay behind a loop": ({"/layer/2/delay": np.array([0, 63, 0])}, "R0113", "/layer/2/delay"),
    "no neuron": (
        {
            f"/layer/0/neuron/{k}": LEAVE_OUT
            for k in ("type", "iDecay", "vDecay", "vThMant", "refDelay", "gradedSpike")
        },
        "R0105",
        "/layer/0/neuron",
    ),
    "another neuron": ({"/layer/0/neuron/type": "PLIF"}, "R0112", "/layer/0/neuron/type"),
    "adaptive without more": ({"/layer/0/neuron/type": "ALIF"}, "R0105", "/layer/0/neuron/thDecay"),
    "decays of other channels": (
        {"/layer/0/neuron/iDecay": np.full(5, 7)},
        "R0113",
        "/layer/0/neuron/iDecay",
    ),
    "decays in rows": ({"/layer/0/neuron/iDecay": np.full((2, 3), 7)}, "R0113", "/layer/0/neuron/iDecay"),
    "one decay beyond 1": (
        {"/layer/0/neuron/vDecay": np.array([1, 2, 3, 4, 5, 4097])},
        "R0113",
        "/layer/0/neuron/vDecay",
    ),
    "refractory": ({"/layer/0/neuron/refDelay": np.array(4)}, "R0112", "/layer/0/neuron/refDelay"),
    "graded": ({"/layer/0/neuron/gradedSpike": np.array(1)}, "R0112", "/layer/0/neuron/gradedSpike"),
    "no threshold": ({"/layer/0/neuron/vThMant": LEAVE_OUT}, "R0105", "/layer/0/neuron/vThMant"),
    "decay beyond 1": ({"/layer/0/neuron/iDecay": np.array(5000)}, "R0113", "/layer/0/neuron/iDecay"),
    "no decay of the current": ({"/layer/0/neuron/iDecay": np.array(0)}, "R0113", "/layer/0/neuron/iDecay"),
    "huge": ({"/layer/0/inFeatures": np.array(1 << 50)}, "R0113", "/layer/0/inFeatures"),
    "negative threshold": ({"/layer/0/neuron/vThMant": np.array(-1)}, "R0113", "/layer/0/neuron/vThMant"),
    "half a bias": (bias([1, 2, 0.5]), "R0113", "/layer/2/bias"),
    "fractional decay": ({"/layer/0/neuron/iDecay": np.array(0.5)}, "R0113", "/layer/0/neuron/iDecay"),
    "threshold too wide": (
        {"/layer/0/neuron/vThMant": np.array(1 << 18)},
        "R0113",
        "/layer/0/neuron/vThMant",
    ),
    "too few biases": (bias([1, 2]), "R0113", "/layer/2/bias"),
    "fractional bias": (bias([1, 2, 0.001]), "R0113", "/layer/2/bias"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files_get_one_error(tmp_path, what):
    changes, code, place = BAD[what]
    file = write(tmp_path / "bad.net", changes)
    result = rheobase("show", file, "--json")
    assert result.returncode == 3
    with pytest.raises(rb.FormatError) as refused:
        rb.load(file)
    (found,) = refused.value.diagnostics
    assert (found.code, found.where, found.file) == (code, place, str(file)) and found.remedy


def test_neither_nir_nor_net(tmp_path):
    with File(tmp_path / "other.h5") as file:
        file["/something"] = 3
    with pytest.raises(rb.FormatError, match="is no network"):
        rb.load(tmp_path / "other.h5")
