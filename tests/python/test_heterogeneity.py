"""The example of own against shared time constants: what it runs on, that a kick is only a kick, and what it writes."""

import json
import subprocess
import sys

import numpy as np
import pytest
import rheobase as rb
from environment import needs_compiler
from recordings import EXAMPLES

pytest.importorskip("nir")
FOLDER = EXAMPLES / "reaching"
sys.path.insert(0, str(FOLDER))

import heterogeneity  # noqa: E402
import kicks  # noqa: E402
import pairs  # noqa: E402
import train  # noqa: E402

pytestmark = needs_compiler
LAST = pairs.load()[-1]
PUSH = kicks.Kick("potential of all", "v", 1.0, (8.0,))


@pytest.fixture(scope="module", params=pairs.KINDS)
def image(request):
    return rb.compile(rb.load(LAST.graph(request.param)), chip="loihi2", weight_bits=8)


@pytest.fixture(scope="module")
def trials():
    return train.make_trials(4, np.random.default_rng(7))


def test_pairs_differ_in_their_time_constants_and_in_nothing_that_was_set():
    logs = json.loads((FOLDER / "pairs_log.json").read_text())
    for pair in pairs.load():
        for name in pairs.TIMES:
            assert len(np.unique(pair.parameters["shared"][name])) == 1
            assert len(np.unique(pair.parameters["own"][name])) > 100
        own, shared = (logs[f"{kind}_{pair.seed}"]["options"] for kind in pairs.KINDS)
        assert own.pop("time_constants") == "own" and shared.pop("time_constants") == "shared"
        assert own == shared and own["seed"] == pair.seed


def test_what_is_packed_comes_out_again(tmp_path):
    pairs.unpack(tmp_path)
    for kind in pairs.KINDS:
        for pair in pairs.load():
            (tmp_path / f"{kind}_{pair.seed}.json").write_text("{}")
    pairs.pack(tmp_path, tmp_path / "again.npz")
    for before, after in zip(pairs.load(), pairs.load(tmp_path / "again.npz"), strict=True):
        assert before.seed == after.seed
        for kind in pairs.KINDS:
            for name, values in before.parameters[kind].items():
                assert values.dtype == np.float32
                np.testing.assert_array_equal(values, after.parameters[kind][name])


def test_a_kick_changes_nothing_before_it_and_a_kick_of_0_nothing_at_all(image, trials):
    x, y, _ = trials
    out = image.run(x)
    amount = kicks.pushes(PUSH, len(x), 0)
    stream = image.stream()
    for n, onset in enumerate(kicks.onsets(y)):
        at = onset + kicks.AFTER_ONSET
        saved, before = kicks.until(stream, x[n, :at])
        np.testing.assert_array_equal(before, out.output[n, :at])
        for amplitude in (0.0, 8.0):
            stream.state = kicks.pushed(image, saved, PUSH, amplitude * amount[n])
            velocity, spikes = kicks.go_on(image, stream, x[n, at:])
            same = (spikes == out.spikes["hidden"][n, at:]).all()
            assert same == (amplitude == 0)
            assert (velocity == out.output[n, at:]).all() == (amplitude == 0)


def test_a_push_moves_so_many_thresholds_of_so_many_neurons(image, trials):
    x, y, _ = trials
    half = kicks.Kick("half", "v", 0.5, (1.0,))
    amount = kicks.pushes(half, len(x), 0)
    assert ((amount != 0).sum(axis=1) == train.HIDDEN // 2).all()
    saved, _ = kicks.until(image.stream(), x[0, :150])
    for name, values in kicks.pushed(image, saved, half, 0 * amount[0])["states"].items():
        np.testing.assert_array_equal(values, saved["states"][name])
    moved = kicks.pushed(image, saved, half, 3 * amount[0])["states"]
    np.testing.assert_array_equal(moved["hidden.u"], saved["states"]["hidden.u"])
    by = (moved["hidden.v"].astype(float) - saved["states"]["hidden.v"]) / image.scale["hidden.v"]
    np.testing.assert_allclose(by, 3 * amount[0], atol=1e-4)
    far = kicks.pushed(image, saved, half, 1e6 * amount[0])["states"]["hidden.v"]
    assert np.abs(far).max() == kicks.LIMIT


def test_deviation_starts_at_the_kick_and_larger_kicks_deviate_more(image, trials):
    x, y, angle = trials
    found = kicks.measure(image, x, y, angle, kicks.Kick("potential of all", "v", 1.0, (1.0, 64.0)), 0)
    assert not found["deviation"][0].any() and found["recovered"][0].all() and not found["back"][0].any()
    # A spike that the kick made needs a step to the readout: the first velocity after it is the intact one.
    assert not found["deviation"][:, :, 0].any() and found["deviation"][1:].any(axis=2).all()
    assert (found["peak"][2] > found["peak"][1]).all()


def test_half_amplitude_lies_between_the_amplitudes_around_it():
    share = np.array([1.0, 0.75, 0.25])
    a50, inside = kicks.half_amplitude((1.0, 2.0, 8.0), share)
    assert inside and a50 == pytest.approx(4.0)
    assert kicks.half_amplitude((1.0, 2.0), np.array([1.0, 0.9])) == (2.0, False)
    assert kicks.half_amplitude((1.0, 2.0), np.array([0.1, 0.0])) == (1.0, False)


def test_verdicts_follow_the_interval():
    own, shared = [1.0, 1.1, 1.2], [0.5, 0.7, 0.6]
    line = heterogeneity.against("?", own, shared, "higher")
    assert line["value"] == pytest.approx(0.5) and line["verdict"] == "own"
    assert line["low"] < line["value"] < line["high"] and line["own_better"] == line["pairs"] == 3
    lower = heterogeneity.against("?", own, shared, "lower")
    assert lower["verdict"] == "shared" and lower["own_better"] == 0
    assert heterogeneity.against("?", own, own[::-1], "higher")["verdict"] == "no difference shown"
    ratio = heterogeneity.against("?", [2.0, 4.1], [1.0, 2.0], "higher", ratio=True)
    assert ratio["value"] == pytest.approx(np.sqrt(2 * 2.05))
    # Of two values: the mean and the half width by Student's t of one degree of freedom, 12.706.
    low, high = heterogeneity.interval(np.array([1.0, 3.0]))
    assert (low, high) == pytest.approx((2 - 12.7062, 2 + 12.7062), abs=1e-3)


def test_correlation_needs_three_pairs_that_differ():
    assert heterogeneity.correlation([1.0, 2.0, 4.0], [3.0, 2.0, 0.0]) == pytest.approx(-1)
    assert heterogeneity.correlation([1.0, 2.0], [3.0, 2.0]) is None
    assert heterogeneity.correlation([1.0, 1.0, 1.0], [3.0, 2.0, 0.0]) is None


def test_r_squared_is_the_share_of_variance_explained(trials):
    y = trials[1].astype(np.float64)
    velocity = y + 0.05 * np.random.default_rng(1).standard_normal(y.shape)
    found = heterogeneity.r_squared(y, velocity, 0)
    about = ((y - y.mean(axis=(0, 1))) ** 2).sum()
    assert found["value"] == pytest.approx(1 - ((y - velocity) ** 2).sum() / about)
    assert found["low"] < found["value"] < found["high"]


def test_quick_run_writes_the_same_files_twice(tmp_path):
    written = []
    for folder in ("one", "two"):
        line = [sys.executable, FOLDER / "heterogeneity.py", "--quick", "-o", tmp_path / folder]
        done = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        written.append(
            [(tmp_path / folder / f"heterogeneity.{kind}").read_bytes() for kind in ("json", "html")]
        )
        assert "kick, potential of all: A50" in done.stdout
    assert written[0] == written[1]
    found = json.loads(written[0][0])
    assert found["schema"] == heterogeneity.SCHEMA and found["pairs"] == 1
    assert [network["kind"] for network in found["networks"]] == ["own", "shared"]
    for network in found["networks"]:
        assert (
            network["bits"]["8"]["value"]
            > 0.9
            > 0
            < network["bits"]["8"]["value"] - network["bits"]["3"]["value"]
        )
        least, _, most = network["tau_ms"]["tau_mem"]
        assert (least == most) == (network["kind"] == "shared")
        kick = network["kicks"]["potential of all"]
        assert kick["amplitudes"][0] == kick["peak_m_s"][0] == 0 and kick["recovered"][0] == 1
        assert set(network["faults"]) == set(heterogeneity.QUICK.faults)
    for line in found["table"]:
        assert line["low"] is None and line["verdict"] in ("", "one pair: no interval")
    page = written[0][1].decode()
    assert page.count("<svg") == 5 and "<script" not in page and "nan" not in page
