"""Why the first difference came: which of weights, decay, threshold, bias and start of the image is enough alone."""

import itertools

import numpy as np
import pytest
import rheobase as rb
from rheobase import compiler, counterfactual, explaining

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)

MODELS = {
    "lif": dict(tau=0.01, r=4, v_leak=0.0),
    "cuba_lif": dict(tau_syn=0.004, tau_mem=0.01, r=6, w_in=2, v_leak=0.0),
    "integrate_and_fire": {},
}


def verified(net, x, **changes):
    """The first difference after pinned settings: changes are functions of the settings' parts."""
    settings = rb.quantization(net, weights=True)
    for part, change in changes.items():
        change(next(iter(settings[part].values())))
    return rb.verify(net, rb.compile(net, quant=settings), x)


def net_of(model="lif", weights=((0.5, 0.25),), **more):
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    getattr(b, model)("hidden", len(weights), **{**MODELS[model], **more})
    b.connect("in", "hidden", np.array(weights))
    b.output("out", "hidden")
    return b.build()


def test_a_changed_weight_is_named():
    net = net_of()
    x = np.random.default_rng(1).integers(0, 2, (4, 60, 2))

    def halve_the_second(projection):
        weights = np.array(projection["weights"])
        weights[0][1] //= 2
        projection["weights"] = weights.tolist()

    report = verified(net, x, projections=halve_the_second)
    found = report.data["first_difference"]
    assert found["counterfactual"]["alone"] == ["weights"] and found["counterfactual"]["together"]
    weight = found["counterfactual"]["weight"]
    assert (weight["source"], weight["neuron"]) == ("in", 1)
    assert weight["network"] == 0.25 and weight["image"] == pytest.approx(0.125, abs=0.005)
    text = report.text()
    assert "one thing as on the chip is enough: weights" in text
    assert f"w['in' 1 -> 0]: 0.25 became {weight['image']:.6g}" in text


def test_a_changed_decay_is_named():
    def faster(population):
        population["dv"] = population["dv"] * 2

    found = verified(net_of(), np.ones((1, 40, 2), int), populations=faster).data["first_difference"]
    assert found["counterfactual"]["alone"] == ["decay"]
    before, after = found["counterfactual"]["rounded"]["tau"]
    assert before == 0.01 and after == pytest.approx(0.005, rel=0.01)
    assert "tau 0.01 became 0.00499" in found["because"][0]


def test_a_changed_threshold_is_named():
    def higher(population):
        population["vth"] = int(population["vth"] * 1.2)

    found = verified(net_of(), np.ones((1, 40, 2), int), populations=higher).data["first_difference"]
    assert found["cause"].startswith("another threshold: ")
    assert found["counterfactual"]["alone"] == ["threshold"]
    assert found["counterfactual"]["rounded"]["threshold"] == (1.0, found["chip_threshold"])


def test_a_leak_that_acts_before_the_input_is_named():
    net = net_of("cuba_lif", v_leak=1.5)  # reaches the threshold without input
    found = rb.verify(net, rb.compile(net), np.zeros((1, 40, 2), int)).data["first_difference"]
    assert found["counterfactual"]["alone"] == ["start"]
    assert "start (the bias acts 1 step before the input has come)" in found["because"][0]


def layered(model, shape, discretization, reset, leak, bias, rng):
    b = rb.Builder(dt=1e-3, discretization=discretization, reset=reset)
    more = {**MODELS[model], **({"v_leak": leak} if "v_leak" in MODELS[model] else {})}
    if shape == "convolution":
        b.input("in", (2, 6, 6))
        getattr(b, model)("hidden", (3, 3, 3), **more)
        each = rng.normal(size=3) * 0.1 if bias else None
        b.convolve("in", "hidden", rng.normal(size=(3, 2, 3, 3)) * 0.5, stride=2, padding=1, bias=each)
    else:
        b.input("in", 20)
        getattr(b, model)("hidden", 30, **more)
        b.connect(
            "in", "hidden", rng.normal(size=(30, 20)) * 0.5, rng.normal(size=30) * 0.1 if bias else None
        )
        if shape == "recurrent":
            b.connect("hidden", "hidden", rng.normal(size=(30, 30)) * 0.3)
    b.output("out", "hidden")
    return b.build()


@pytest.mark.parametrize("model, shape", [*itertools.product(MODELS, ("dense", "convolution", "recurrent"))])
def test_all_of_the_image_in_real_arithmetic_spikes_as_the_chip(model, shape):
    """Or keeps so near its potential that the rounding of states is what is left."""
    rng = np.random.default_rng(7)
    told = 0
    for discretization, reset, leak, bias in itertools.product(
        ("euler", "exponential"), ("zero", "subtract"), (0.0, 0.3), (False, True)
    ):
        net = layered(model, shape, discretization, reset, leak, bias, rng)
        x = rng.integers(0, 2, (4, 60, *net.inputs[0].shape))
        found = rb.verify(net, rb.compile(net), x).data["first_difference"]
        if found is None:
            continue
        why = found["counterfactual"]
        assert why is not None and why["states"], (discretization, reset, leak, bias, why)
        assert why["together"] or not why["alone"] or reset == "subtract"
        told += why["together"]
    assert told >= 6


def test_one_spike_that_comes_later_is_timing():
    net = net_of("integrate_and_fire", weights=((0.3, 0.0),))

    def a_little_higher(population):
        population["vth"] = int(population["vth"] * 1.25)

    found = verified(net, np.ones((1, 20, 2), int), populations=a_little_higher).data["first_difference"]
    assert found["step"] == 3 and found["float"] and found["timing"] == 1
    assert "timing: the spike comes 1 step later on the chip" in found["because"]


@pytest.mark.parametrize("middle", ["pool", "delay"])
def test_what_is_not_followed_is_not_guessed(middle):
    rng = np.random.default_rng(3)
    b = rb.Builder(dt=1e-3)
    b.input("in", (1, 6, 6))
    if middle == "pool":
        b.lif("hidden", (1, 3, 3), tau=0.0137, r=3.1)
        b.pool("in", "hidden", 2, average=True)
    else:
        b.lif("hidden", 9, **MODELS["lif"])
        b.connect("in", "hidden", rng.normal(size=(9, 36)), delay=3)
    b.output("out", "hidden")

    def higher(population):
        population["vth"] = int(population["vth"] * 1.5)

    x = rng.integers(0, 2, (4, 60, 1, 6, 6))
    found = verified(b.build(), x, populations=higher).data["first_difference"]
    assert found["counterfactual"] is None and found["cause"]


def test_the_heaviest_weight_is_told_only_where_weights_count():
    told = {
        "alone": ["decay"],
        "together": True,
        "states": True,
        "rounded": {"tau": (0.01, 0.011), "threshold": (1.0, 1.0)},
        "weight": {"source": "in", "neuron": 1, "network": 1.0, "image": 0.9, "moved": 0.1, "all": 0.1},
    }
    found = {"counterfactual": told, "timing": None, "neuron": 3}
    assert explaining._because(found) == ["one thing as on the chip is enough: decay (tau 0.01 became 0.011)"]
    told["alone"], told["together"], told["states"] = [], False, False
    assert explaining._because(found) == []
    assert set(counterfactual.THINGS) == {"weights", "decay", "threshold", "bias", "start"}
