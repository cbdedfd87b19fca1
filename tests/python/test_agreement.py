"""What verify says of each layer: distances of its trains, rates, distance to the threshold; the same in any chunks."""

import numpy as np
import pytest
import rheobase as rb
from rheobase import compiler, verification
from rheobase.agreement import COST, MEASURES, QUANTILES, TAU

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(1)
    b = rb.Builder(dt=1e-3)
    b.input("in", 20)
    b.lif("hidden", 30, tau=0.02, r=5)
    b.lif("second", 12, tau=0.01, r=5)
    b.connect("in", "hidden", rng.normal(size=(30, 20)))
    b.connect("hidden", "second", rng.normal(size=(12, 30)))
    b.output("out", "second")
    net = b.build()
    return net, rb.compile(net), rng.integers(0, 2, (12, 80, 20))


def sides(case, name):
    net, image, x = case
    return net.run(x).spikes[name] != 0, image.run(x).aligned(name) != 0


@pytest.mark.parametrize("name", ["hidden", "second"])
def test_distances_are_those_of_the_trains(case, name):
    a, b = sides(case, name)
    layer = rb.verify(*case).data["spikes"][name]
    found = rb.measures.of_rasters(MEASURES, a, b, q=COST, tau=TAU)
    for measure, larger in MEASURES.items():
        values, told = found[measure], layer["measures"][measure]
        means = values.mean(axis=0)
        worst = means.max() if larger else means.min()
        assert told["mean"] == pytest.approx(values.mean(), rel=1e-12)
        assert told["worst_neuron"]["mean"] == pytest.approx(worst, rel=1e-12)
        assert means[told["worst_neuron"]["neuron"]] == pytest.approx(worst, rel=1e-12)
        extreme = values.max() if larger else values.min()
        train = told["worst_train"]
        assert train["value"] == extreme == values[train["sample"], train["neuron"]]
    assert layer["identical_trains"]["count"] == (a == b).all(axis=1).sum() < a.shape[0] * a.shape[2]
    equal = (a == b).mean(axis=(0, 1))
    assert layer["worst_neuron"]["agreement"] == pytest.approx(equal.min())
    assert layer["rates"]["float"] == pytest.approx(1000 * a.mean())
    assert layer["rates"]["earth_mover"] == pytest.approx(rb.measures.rate_distance(a, b, dt=1e-3))


def test_distances_to_the_threshold(case):
    net, image, x = case
    out = image.run(x, probes=["hidden.v"])
    v, sent = out.aligned("hidden.v").astype(np.int64), out.aligned("hidden") != 0
    margin = rb.verify(net, image, x).data["spikes"]["hidden"]["margin"]
    threshold = np.array(
        image.program.core(image.info["cores"][0]["id"])["slices"][0]["registers"]["threshold"]
    )
    distance = np.sort(np.abs(v - threshold)[~sent])
    relative = np.sort((np.abs(v - threshold) / threshold)[~sent])
    assert margin["cells"] == distance.size and margin["spikes"] == sent.sum() > 0
    assert margin["within_one_step"] == pytest.approx((distance <= 64).mean(), rel=1e-12)
    assert [q["share"] for q in margin["quantiles"]] == list(QUANTILES)
    for q in margin["quantiles"]:
        rank = int(np.ceil(q["share"] * distance.size)) - 1
        assert 64 * q["steps"] == pytest.approx(distance[rank], rel=0.032)
        assert q["thresholds"] == pytest.approx(relative[rank], rel=0.032)


def test_chunks_make_no_difference(case, monkeypatch):
    whole = rb.verify(*case).data
    monkeypatch.setattr(verification, "CHUNK_BYTES", 200_000)
    parts = rb.verify(*case, threads=1).data
    for name, layer in whole["spikes"].items():
        for measure in MEASURES:
            one, other = layer["measures"].pop(measure), parts["spikes"][name]["measures"].pop(measure)
            assert one["mean"] == pytest.approx(other["mean"], rel=1e-12)
            assert one["worst_train"] == other["worst_train"]
        assert layer == parts["spikes"][name]
    assert whole["first_difference"] == parts["first_difference"]


def test_conditions_and_text(case):
    report = rb.verify(*case)
    figures = report.figures()
    means = [layer["measures"]["spike_distance"]["mean"] for layer in report.data["spikes"].values()]
    assert figures["spike_distance"] == max(means) > 0
    assert report.fails("victor_purpura > 0 and rate_distance > 0 and near_threshold < 0.1")
    text = report.text()
    for words in (
        "Victor-Purpura",
        "van Rossum",
        "earth mover's distance",
        "within one step of it",
        "identical",
    ):
        assert words in text


def test_layers_that_agree_are_told_shortly():
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.integrate_and_fire("hidden", 2, v_threshold=3.5)
    b.connect("in", "hidden", np.eye(2))
    b.output("out", "hidden")
    net = b.build()
    report = rb.verify(net, rb.compile(net), np.ones((2, 30, 2), int))
    layer = report.data["spikes"]["hidden"]
    assert layer["measures"]["van_rossum"]["mean"] == 0 and layer["identical_trains"]["value"] == 1
    assert layer["measures"]["spike_synchronisation"]["mean"] == 1 and layer["rates"]["earth_mover"] == 0
    assert "Victor-Purpura" not in report.text() and "distance to the threshold" in report.text()
    assert report.figures()["spike_distance"] == 0
