"""Weights whose rows have bits and exponents of their own, and nine bits as lists of one sign. SPEC W10."""

import json

import numpy as np
import pytest
import rheobase as rb
from rheobase import compiler
from rheobase.compiler import run_compiler
from rheobase.exporting.sums import sums_of
from rheobase.trainedweights import WeightFormat
from test_check import chip

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)

SCHEMA = "rheobase.quantization/1"


def layered(seed=0, sizes=(30, 24, 8)):
    """Neurons whose weights differ in size, over three layers."""
    rng = np.random.default_rng(seed)
    b = rb.Builder(dt=1e-3)
    b.input("in", sizes[0])
    last = "in"
    for k, size in enumerate(sizes[1:]):
        b.lif(f"n{k}", size, tau=8e-3, r=8)
        spread = rng.uniform(0.05, 1, (size, 1))
        b.connect(
            last, f"n{k}", spread * rng.normal(0.05, 0.4, (size, sizes[k])), bias=rng.normal(0, 0.05, size)
        )
        last = f"n{k}"
    b.output("out", last)
    return b.build(), (rng.random((3, 50, sizes[0])) < 0.3).astype(np.uint8)


def mapped(channels=(6, 5, 5), gains=None):
    rng = np.random.default_rng(2)
    b = rb.Builder(dt=1e-3)
    b.input("in", (2, 7, 7))
    b.lif("map", channels, tau=8e-3, r=8 if gains is None else gains)
    b.convolve("in", "map", rng.normal(0.1, 0.5, (6, 2, 3, 3)))
    b.output("out", "map")
    return b.build()


def held(image, target):
    """[targets, sources] as decoded from the image's words, times 2^exponent; the bias's neuron is left out."""
    size = {p["name"]: p["size"] for p in image.info["populations"]}
    size.update({p["name"]: int(np.prod(p["shape"])) for p in image.info["inputs"]})
    found = None
    for s in sums_of(image):
        if s.target == target and s.source != "bias":
            found = np.zeros((size[target], size[s.source])) if found is None else found
            np.add.at(found, (s.rows, s.columns), np.asarray(s.values) * 2.0**s.exponent)
    return found


def pinned(**projections):
    return {"schema": SCHEMA, "projections": projections}


def test_nine_bits_hold_every_integer_from_minus_255_to_255():
    rng = np.random.default_rng(1)
    weights = rng.permutation(np.arange(-255, 256))[:, None] * np.ones((1, 3), int)

    def build(*matrices):
        b = rb.Builder(dt=1e-3)
        b.input("in", 3)
        b.exact("n", 511, "cuba_lif", decay_u=4096, decay_v=40, threshold=64 * 300)
        for k, matrix in enumerate(matrices):
            b.connect("in", "n", matrix, name=f"w{k}")
        b.output("out", "n")
        return b.build()

    net = build(weights)
    with pytest.raises(rb.CompileError, match="no exponent makes all of them whole numbers that 8 bits hold"):
        rb.compile(net)
    image = rb.compile(net, weight_bits=9)
    np.testing.assert_array_equal(held(image, "n"), weights)
    (note,) = [d for d in image.notes if d.code == "R0349"]
    assert note.where == "w0" and "2 formats" in note.message
    x = (rng.random((2, 40, 3)) < 0.5).astype(np.uint8)
    by_hand = rb.compile(build(np.maximum(weights, 0), np.minimum(weights, 0))).run(x, probes=["n.v"])
    for engine in ("golden", "vector", "jit"):
        out = image.run(x, probes=["n.v"], engine=engine)
        np.testing.assert_array_equal(out.states["n.v"], by_hand.states["n.v"])
        np.testing.assert_array_equal(out.spikes["n"], by_hand.spikes["n"])


def test_nine_bits_round_half_as_much_as_eight():
    net, _ = layered()
    chosen = rb.quantization(net)
    populations = {
        n: {k: p[k] for k in ("scale_v", "spread_v") if k in p} for n, p in chosen["populations"].items()
    }

    def error(bits):
        projections = {n: {"exponent": p["exponent"], "bits": bits} for n, p in chosen["projections"].items()}
        quant = {**pinned(**projections), "populations": populations}
        result = run_compiler(net, quant=quant, examine=True)
        return sum(f["error"] for f in result["fidelity"] if not f["projection"].endswith(".bias"))

    assert 3.4 < error(8) / error(9) < 4.6  # squares


@pytest.mark.parametrize("sign", [1, -1])
def test_weights_of_one_sign_have_nine_bits_in_one_list(sign):
    b = rb.Builder(dt=1e-3)
    b.input("in", 20)
    b.lif("n", 9, tau=5e-3, r=8)
    b.connect("in", "n", sign * np.random.default_rng(0).random((9, 20)))
    b.output("out", "n")
    net = b.build()
    image, eight = rb.compile(net, weight_bits=9), rb.compile(net)
    np.testing.assert_array_equal(held(image, "n"), held(eight, "n"))
    assert image.info["cores"] == eight.info["cores"]
    assert not any(d.code == "R0349" for d in image.notes)
    assert rb.quantization(net, weight_bits=9)["projections"]["in_to_n"]["bits"] == 8


BITS = {"n0": [2, 4, 8, 9] * 6, "n1": [9, 3] * 4}


@pytest.mark.parametrize("exponents", ["projection", "channel"])
def test_each_row_has_its_bits_and_exponent_in_the_image(exponents):
    net, x = layered()
    quant = pinned(in_to_n0={"bits": BITS["n0"]}, n0_to_n1={"bits": BITS["n1"]})
    chosen = rb.quantization(net, quant=quant, weights=True, exponents=exponents)
    image = rb.compile(net, quant=chosen)
    assert image.to_bytes() == rb.compile(net, quant=quant, exponents=exponents).to_bytes()
    for name, target in (("in_to_n0", "n0"), ("n0_to_n1", "n1")):
        p = chosen["projections"][name]
        assert p["bits"] == BITS[target]
        rows = np.broadcast_to(p["exponent"], len(p["bits"]))
        if exponents == "channel":
            assert len(set(p["exponent"])) > 1
        else:  # one for the rows of as many bits
            assert len(set(zip(p["bits"], rows))) == len(set(p["bits"]))
        weights = np.array(p["weights"])
        np.testing.assert_array_equal(held(image, target), weights * 2.0 ** rows[:, None])
        for row, bits, exponent in zip(weights, p["bits"], rows):
            form = WeightFormat(bits, int(exponent), "mixed", bits > 8)
            assert not (row % form.step).any() and form.range[0] <= row.min() and row.max() <= form.range[1]
    golden = image.run(x, engine="golden", probes=image.probes())
    for engine in ("vector", "jit"):
        out = image.run(x, engine=engine, probes=image.probes())
        for series, values in golden.states.items():
            np.testing.assert_array_equal(out.states[series], values)


def test_exponents_of_channels_round_less():
    """At the same scale no row rounds more, and some less."""
    net, _ = layered()
    one = rb.quantization(net, weight_bits=4, scales="mse", weights=True)
    populations = {n: {"scale_v": p["scale_v"]} for n, p in one["populations"].items()}
    quant = {"schema": SCHEMA, "populations": populations}
    fine = rb.quantization(net, quant=quant, weight_bits=9, scales="mse", weights=True)
    errors = {}
    for exponents in ("projection", "channel"):
        q = rb.quantization(net, quant=quant, weight_bits=4, scales="mse", weights=True, exponents=exponents)
        real = [_real(s, "in_to_n0") for s in (q, fine)]
        errors[exponents] = ((real[0] - real[1]) ** 2).sum(1)
    assert (errors["channel"] <= errors["projection"] * 1.05).all()
    assert errors["channel"].sum() < 0.7 * errors["projection"].sum()


def _real(settings, name):
    p = settings["projections"][name]
    return np.array(p["weights"]) * 2.0 ** np.broadcast_to(p["exponent"], len(p["weights"]))[:, None]


def test_output_channels_of_a_kernel_have_bits_of_their_own():
    bits = [8, 2, 9, 4, 4, 3]
    chosen = rb.quantization(mapped(), quant=pinned(in_to_map={"bits": bits}), weights=True)
    p = chosen["projections"]["in_to_map"]
    assert p["bits"] == bits and len(p["weights"]) == 6
    for row, own in zip(p["weights"], bits):
        assert not (np.array(row) % WeightFormat(own, 0, "mixed", own > 8).step).any()
    image = rb.compile(mapped(), quant=chosen)
    weights = held(image, "map").reshape(6, 25, 2, 7, 7)
    centre = weights[:, 12, :, 2:5, 2:5].reshape(6, 18)  # the window of the middle position
    np.testing.assert_array_equal(centre, _real(chosen, "in_to_map"))


def test_channels_keep_their_bits_where_a_kernel_is_unfolded():
    gains = np.linspace(5, 9, 150).reshape(6, 5, 5)
    bits = [8, 2, 8, 4, 4, 3]
    chosen = rb.quantization(mapped(gains=gains), quant=pinned(in_to_map={"bits": bits}))
    assert chosen["projections"]["in_to_map"]["bits"] == np.repeat(bits, 25).tolist()
    assert rb.quantization(mapped(gains=gains), quant=chosen) == chosen


@pytest.mark.parametrize(
    "settings, code, words",
    [
        ({"bits": [8] * 23}, "R0303", "'bits' of 'in_to_n0' has 23 values, its weights have 24 rows"),
        ({"exponent": [0, 1]}, "R0303", "'exponent' of 'in_to_n0' has 2 values"),
        ({"bits": [8] * 23 + [10]}, "R0303", "is 10, 'loihi2' holds 2..9"),
        ({"bits": [1] * 24}, "R0303", "is 1, 'loihi2' holds 2..9"),
        ({"exponent": [99] * 12 + [0] * 12}, "R0303", "is 99"),
        ({"bits": []}, "R0302", "an empty list"),
        ({"bits": [8.5] * 24}, "R0302", "not an integer"),
        ({"bits": "8"}, "R0302", "not an integer"),
        (
            {"bits": [4] * 12 + [9] * 12, "weights": [[3] * 30] * 24},
            "R0303",
            "pinned weight 3 .* multiple of 32",
        ),
        ({"bits": 9, "weights": [[-256] * 30] * 24}, "R0303", "multiple of 1 within -255..255"),
    ],
)
def test_rows_that_make_no_sense_are_refused(settings, code, words):
    net, _ = layered()
    with pytest.raises(rb.Error, match=words) as error:
        rb.compile(net, quant=pinned(in_to_n0=settings))
    assert error.value.code == code


def test_unknown_ways_to_share_exponents_are_refused():
    net, _ = layered()
    for wrong in ("chanel", None, 3):
        with pytest.raises(rb.OptionError, match="exponents cannot be"):
            rb.compile(net, exponents=wrong)


def test_names_that_look_like_formats_are_no_formats():
    """A projection of the user's that is called as a part would be."""
    rng = np.random.default_rng(3)
    b = rb.Builder(dt=1e-3)
    b.input("in", 9)
    b.lif("n", 7, tau=5e-3, r=8)
    b.connect("in", "n", rng.normal(0, 1, (7, 9)), name="w")
    b.connect("in", "n", rng.normal(0, 1, (7, 9)), name="w[8b,e0,excitatory]", delay=1)
    b.output("out", "n")
    net = b.build()
    image = rb.compile(net, weight_bits=9)
    chosen = rb.quantization(net, weight_bits=9)
    assert set(chosen["projections"]) == {"w", "w[8b,e0,excitatory]"}
    assert rb.compile(net, quant=chosen).to_bytes() == image.to_bytes()


@pytest.mark.parametrize("bits", [9, [9, 9], [9, 8]])
def test_w10_pinned_weights_of_nine_bits_may_be_none(bits):
    b = rb.Builder(dt=1e-3)
    b.input("in", 3)
    b.lif("n", 2, tau=5e-3)
    b.connect("in", "n", np.full((2, 3), 0.1), name="w")
    b.connect("in", "n", np.ones((2, 3)), name="v")
    b.output("out", "n")
    pins = pinned(w={"bits": bits, "exponent": -3, "sign_mode": "mixed", "weights": [{}, {}]})
    image = rb.compile(b.build(), "loihi2", quant=pins)
    assert rb.limits.core_uses(image)[0]["input_axons_per_core"] == 3  # of 'v'


def test_exact_weights_have_the_exponent_of_their_row():
    weights = np.array([[3 * 64.0, 255 * 64.0], [-63.5, 0.5], [-63.75, 0.25], [32, 16]])
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.exact("n", 4, "cuba_lif", decay_u=4096, decay_v=40, threshold=64 * 300)
    b.connect("in", "n", weights, name="w")
    b.output("out", "n")
    net = b.build()
    image = rb.compile(net, weight_bits=9, exponents="channel")
    np.testing.assert_array_equal(held(image, "n"), weights)
    for options, words in (
        ({"weight_bits": 9}, "no exponent makes all of them"),
        (
            {"quant": pinned(w={"bits": [9, 9, 9, 2], "exponent": [6, -1, -2, 3]})},
            "their exponent .* row 3 whole numbers that 2 bits",
        ),
    ):
        with pytest.raises(rb.CompileError, match=words) as error:
            rb.compile(net, **options)
        assert error.value.code == "R0312"


@pytest.mark.parametrize("exponent", [-8, [0, 0, 0, -8]])
def test_w6_a_projection_whose_weights_are_all_floored_to_0_has_no_relays(exponent, tmp_path):
    single = chip(tmp_path / "single.json", base="loihi1", atoms_per_axon=1)
    weights = np.abs(np.random.default_rng(0).normal(0, 1e-4, (4, 5000)))
    weights[0] *= 1e3
    b = rb.Builder(dt=1e-3)
    b.input("in", 5000)
    b.lif("h", 4, tau=5e-3)
    b.connect("in", "h", weights, name="w")
    b.output("out", "h")
    for relays, code in ((False, "R0412"), (True, "R0435")):
        with pytest.raises(rb.CompileError) as error:
            rb.compile(b.build(), chip=single, quant=pinned(w={"exponent": exponent}), relay_fan_in=relays)
        assert error.value.code == code


def test_finer_precisions_than_a_chip_has_are_told_as_refused(tmp_path):
    chip = tmp_path / "four.json"
    chip.write_text(json.dumps({"base": "loihi2", "name": "four", "limits": {"weight_bits": _limit(4)}}))
    net, x = layered()
    found = rb.sweep(net, [3, 5, 8], x, chip=chip, sensitivity=False).data["uniform"]
    assert [(s["bits"], bool(s["refused"])) for s in found] == [(8, True), (5, False), (3, False)]


def _limit(value):
    return {"value": value, "unit": "", "source": "test"}


@pytest.mark.parametrize(
    "rows, limits",
    [
        ({"bits": [8] * 12 + [6] * 12}, {"synapse_words_per_core": 12}),
        ({"exponent": [3] * 12 + [2] * 12}, {"synapse_words_per_core": 60, "cores": 2}),
        ({"bits": [9] * 24, "exponent": [1, 2, 3, 4] * 6}, {"formats_per_core": 2}),
    ],
)
def test_remedies_take_rows_with_formats_of_their_own(rows, limits, tmp_path):
    chip = tmp_path / "small.json"
    record = {
        "base": "loihi2",
        "name": "small",
        "limits": {name: _limit(value) for name, value in limits.items()},
    }
    chip.write_text(json.dumps(record))
    net, _ = layered()
    found = rb.check(net, chip=chip, quant=pinned(in_to_n0=rows), tries=60)
    violated = [d for d in found if d.severity == "error"]
    assert violated and all(d.tried for d in violated)
    if "formats_per_core" in limits:
        assert any("one format for the weights of 'in_to_n0'" in line for d in violated for line in d.tried)
