"""Fault campaigns claim no more than they know: what was not tried, what was drawn, what is random, what is worst."""

import os
import re

import numpy as np
import pytest
import rheobase as rb
from rheobase import compiler

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)


from types import SimpleNamespace

from faultnets import KINDS, data, image
from rheobase.files import filling, write_text
from rheobase.robustness import critical
from rheobase.robustness import plan as plans
from rheobase.robustness.checkpoint import NAME, Tally
from rheobase.robustness.page import page
from rheobase.robustness.text import text

SAMPLES = 200


@pytest.fixture
def drawn(monkeypatch):
    """Nothing is visited without being asked."""
    monkeypatch.setattr(plans, "FEW_PAIRS", 0)


def test_a_figure_of_what_was_not_tried_is_not_known():
    found = rb.robust(image(), *data(), faults=KINDS, budget=1e-9)
    figures = found.figures()
    assert {figures[name] for name in ("decision", "masked", "undefined", "worst_accuracy")} == {None}
    assert figures["faults"] > 0 and found.judge("decision > 0") is None
    assert found.judge("faults < 0") is False
    with pytest.raises(rb.OptionError, match="no figure for decision"):
        found.fails("decision > 0.99")
    assert "nothing was tried yet" in found.text() and "nothing tried of 0" not in found.text()
    named = [line for line in found.text().splitlines() if "none more often" in line]
    assert all(line.endswith("so far") for line in named)


def test_strata_without_a_spike_say_nothing():
    x, y = data()
    found = rb.robust(image(), np.zeros_like(x), y, faults="spike-lost,neuron-dead")
    for s in found.data["strata"]:
        assert (s["accuracy_worst"] is None) == (s["pairs"] == 0), s
    figures = found.figures()
    assert found.finished and figures["decision"] is not None and figures["worst_accuracy"] is not None
    silent = rb.robust(image(), np.zeros_like(x), y, faults="spike-lost")
    assert silent.figures()["decision"] is None and silent.figures()["worst_accuracy"] is None


def test_drawn_spikes_are_spikes_even_where_most_samples_have_none(monkeypatch):
    x = data()[0].copy()
    x[3:] = 0
    whole = rb.robust(image(), x, faults="spike-lost").data["strata"]
    monkeypatch.setattr(plans, "FEW_PAIRS", 0)
    drawn = rb.robust(image(), x, faults="spike-lost", width=0.05, seed=4).data["strata"]
    assert any(s["output"]["value"] for s in whole)
    for exact, guessed in zip(whole, drawn):
        for figure in ("masked", "raster", "output", "decision"):
            assert guessed[figure]["low"] <= exact[figure]["value"] <= guessed[figure]["high"], figure


def test_drawn_strata_without_a_spike_are_done_at_once_and_resumed(drawn, tmp_path):
    x = np.zeros_like(data()[0])
    wanted = dict(faults="spike-lost,threshold-flip", width=0.4, folder=tmp_path / "silent")
    found = rb.robust(image(), x, budget=1e-9, **wanted)
    again = rb.robust(image(), x, resume=True, **wanted)
    assert again.finished and not found.finished
    silent = [s for s in again.data["strata"] if s["kind"] == "spike-lost"]
    assert silent and all(s["pairs"] == 0 and s["decision"]["value"] is None for s in silent)


def test_the_worst_accuracy_of_a_drawn_campaign_is_not_known(drawn):
    x, y = data()
    found = rb.robust(image(), x, y, faults="weight-flip", width=0.3)
    assert found.finished and found.figures()["worst_accuracy"] is None
    whole = rb.robust(image(), x, y, faults="weight-flip,message-loss:0.5", width=0.3, exhaustive="all")
    worst = min(s["accuracy_worst"] for s in whole.data["strata"] if s["kind"] == "weight-flip")
    assert whole.figures()["worst_accuracy"] == worst < whole.figures()["accuracy"]
    with pytest.raises(rb.OptionError, match="are drawn"):
        rb.robust(image(), x, y, faults="weight-flip,neuron-dead", fail_if="worst_accuracy < 0.1")


def test_random_kinds_are_never_exact(drawn):
    found = rb.robust(
        image(), *data(), faults="weight-mismatch,neuron-dead", exhaustive="all", width=0.3, instances=30
    )
    for s in found.data["strata"]:
        random = s["kind"] == "weight-mismatch"
        assert (s["mode"] == "drawn") == random and s["decision"]["exact"] != random
        assert (s["decision"]["low"] < s["decision"]["high"]) == random
    assert "mean over 30 realisations" in found.text()


def test_draws_that_end_before_the_width_is_reached_say_so(drawn, monkeypatch):
    monkeypatch.setattr(plans, "MOST_DRAWS", 1000)
    found = rb.robust(image(), *data(), faults="weight-flip", width=0.001)
    wide = [s for s in found.data["strata"] if s["raster"]["high"] - s["raster"]["low"] > 0.001]
    assert found.finished and wide and not any(s["settled"] for s in wide)
    assert f"{len(wide):,} groups have wider intervals than 0.1 %" in found.text()
    assert f"but for {len(wide):,} groups" in page(found.data)
    narrow = rb.robust(image(), *data(), faults="weight-flip", width=0.5)
    assert all(s["settled"] for s in narrow.data["strata"]) and "but for" not in page(narrow.data)


def test_the_worst_drawn_faults_come_from_every_stratum_and_have_intervals(drawn):
    x, y = data(SAMPLES)
    kinds = "weight-flip,state-flip,message-loss:0.9"
    found = rb.robust(image(), x, y, faults=kinds, width=0.1)
    entries, followed = found.data["critical"], found.data["followed"]
    assert followed["candidates"] > followed["followed"] == critical.FOLLOWED
    assert 0 < followed["screened"] < followed["samples"] == critical.FOLLOWED_SAMPLES
    assert f"worst of {followed['candidates']:,} candidates" in found.text()
    assert f"worst of {followed['candidates']:,} candidates" in page(found.data)
    assert {e["kind"] for e in entries} == {"weight-flip", "state-flip"}  # a realisation is no place
    harmful = {
        s["node"] for s in found.data["strata"] if s["kind"] == "state-flip" and s["decision"]["count"]
    }
    assert {e["node"] for e in entries if e["kind"] == "state-flip"} == harmful
    covered = 0
    for entry in entries:
        truth = sum(rb.replay(image(), entry["fault"], x[k : k + 1]).damage == "decision" for k in range(40))
        assert entry["low"] < entry["decision"] / entry["tried"] <= entry["high"]
        covered += entry["low"] <= truth / 40 <= entry["high"]
    assert covered >= 0.8 * len(entries)  # 40 samples are not all of them


def test_candidates_are_screened_and_judged_on_different_samples():
    screen, chosen = critical.followed_samples(3, 100)
    assert len(screen) == critical.SCREENED_SAMPLES and len(chosen) == critical.FOLLOWED_SAMPLES
    assert not set(screen) & set(chosen) and chosen.max() > critical.FOLLOWED_SAMPLES
    assert list(critical.followed_samples(3, 5)[1]) == [0, 1, 2, 3, 4]
    assert set(critical.followed_samples(4, 100)[1]) != set(chosen)


def test_equals_are_ordered_by_lot_not_by_address():
    places = np.arange(1000)
    first = np.argsort(critical.lots(0, 0, places))[:16]
    assert 300 < np.median(first) < 700 and first.max() > 800
    assert list(first) != list(np.argsort(critical.lots(1, 0, places))[:16])
    assert list(first) != list(np.argsort(critical.lots(0, 1, places))[:16])
    assert len(np.unique(critical.lots(0, 0, places))) == 1000


def test_the_worst_of_every_kind_are_listed():
    found = rb.robust(image(), *data(), faults="weight,state,neuron,core,exponent,axon", exhaustive="all")
    names = [name for entry in found.data["critical"] for name in (entry["fault"], *entry["also"])]
    for kind in found.data["kinds"]:
        mine = [s for s in found.data["strata"] if s["kind"] == kind["name"]]
        if sum(s["decision"]["count"] for s in mine) >= critical.OF_A_KIND * len(data()[1]):
            assert sum(name.startswith(kind["name"] + "@") for name in names) >= critical.OF_A_KIND, kind
    assert len(found.data["critical"]) > critical.LISTED
    assert [e["rank"] for e in found.data["critical"]] == list(range(1, len(found.data["critical"]) + 1))


def test_several_inputs_are_a_dictionary():
    rng = np.random.default_rng(3)
    b = rb.Builder(dt=1e-3)
    b.input("left", 4)
    b.input("right", 3)
    b.lif("out", 3, tau=0.01, v_threshold=1.0)
    b.connect("left", "out", rng.normal(3, 5, (3, 4)))
    b.connect("right", "out", rng.normal(3, 5, (3, 3)))
    two = rb.compile(b.build())
    x = {"left": rng.integers(0, 2, (6, 20, 4)), "right": rng.integers(0, 2, (6, 20, 3))}
    found = rb.robust(two, x, rng.integers(0, 3, 6), faults="channel-dead")
    assert {s["node"] for s in found.data["strata"]} == {"left", "right"}
    out = two.run(x).aligned("out").sum(1).argmax(1)
    changed = {"left": 0, "right": 0}
    for name in x:
        for channel in range(x[name].shape[2]):
            dead = {**x, name: np.where(np.arange(x[name].shape[2]) == channel, 0, x[name])}
            changed[name] += int((two.run(dead).aligned("out").sum(1).argmax(1) != out).sum())
    assert {s["node"]: s["decision"]["count"] for s in found.data["strata"]} == changed
    assert sum(changed.values()) > 0
    shown = rb.replay(two, found.data["critical"][0]["fault"], x)
    assert shown.damage == "decision"
    with pytest.raises(rb.DataError) as caught:
        rb.robust(two, x["left"], faults="channel-dead")
    assert caught.value.code == "R0258" and "'left', 'right'" in str(caught.value)


def test_a_full_disk_names_the_file_that_was_wanted(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(rb.DataError) as caught, filling(tmp_path / "out") as staging:
        write_text(staging / "report.json", "{}")
    assert caught.value.place == str(tmp_path / "out" / "report.json")
    assert not list(tmp_path.iterdir())


def test_a_state_that_is_no_file_of_arrays_is_no_advice_to_load_it_unsafely(tmp_path):
    rb.robust(image(), *data(), faults=KINDS, folder=tmp_path, budget=1e-9)
    (tmp_path / NAME).write_bytes(b"nothing")
    with pytest.raises(rb.DataError) as caught:
        rb.robust(image(), *data(), faults=KINDS, folder=tmp_path, resume=True)
    assert caught.value.code == "R0807" and "pickle" not in str(caught.value)


def test_strata_give_candidates_in_turn():
    """The one with the larger share first, of each those first that changed answers most often; no realisations."""
    tallies = [Tally(), Tally(), Tally()]
    for tally, hits in zip(tallies, ({site: 1 for site in range(500)}, {7: 1, 8: 3, 9: 2}, {0: 50})):
        tally.hits = hits
        tally.counts[3] = sum(hits.values())
    tallies[0].counts[0], tallies[1].counts[0], tallies[2].counts[0] = 500, 4, 50
    runner = SimpleNamespace(
        plan=SimpleNamespace(seed=0),
        state=SimpleNamespace(tallies=tallies),
        strata={"drawn": [{"kind": kind} for kind in ("weight-flip", "state-flip", "message-loss")]},
    )
    found = list(critical._candidates(runner))
    assert [stratum for stratum, _ in found[:7]] == [1, 0, 1, 0, 1, 0, 0]
    assert [site for stratum, site in found if stratum == 1] == [8, 9, 7]
    assert max(site for stratum, site in found[:20] if stratum == 0) > 100
    assert {stratum for stratum, _ in found} == {0, 1}


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize("condition", [None, {"failed": None, "condition": "decision > 0.5"}])
@pytest.mark.parametrize(
    "groups, untried, faults", [(1, 0, 0), (40, 3, 9), (4, 0, 2), (9, 1, 0), (0, 5, 0), (2, 2, 9)]
)
def test_the_text_has_ten_lines_at_most_and_says_how_many_groups_it_leaves_out(
    finished, condition, groups, untried, faults
):
    found = rb.robust(image(), *data(), faults=["weight-flip", "threshold-flip"])
    one, fault = found.data["strata"][0], found.data["critical"][0]
    nothing = {**one, "pairs": 0, "decision": {**one["decision"], "value": None}}
    told = {
        **found.data,
        "finished": finished,
        "fail_if": condition,
        "strata": [one] * groups + [nothing] * untried,
        "critical": [{**fault, "rank": k + 1} for k in range(faults)],
    }
    lines = text(told).splitlines()
    shown = sum(
        ": " in line and " of " in line and one["kind"] in line and "worst fault" not in line
        for line in lines
    )
    left = [int(n) for line in lines for n in re.findall(r"and (\d+) more groups", line)]
    assert shown + sum(left) == groups
    assert sum("worst fault #" in line for line in lines) >= min(faults, 1)
    assert any(f"of {untried} groups nothing is known" in line for line in lines) == (untried > 0)
    assert len(lines) == 10 if groups > 9 else len(lines) <= 10
