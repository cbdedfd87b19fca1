"""Fault campaigns from Python: figures, intervals, plans, states; bad arguments; one fault again."""

import json
import subprocess
import sys
from types import SimpleNamespace

import jsonschema
import numpy as np
import pytest
import rheobase as rb
from rheobase import compiler

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)

from faultnets import KINDS, data, image, recurrent
from rheobase.robustness import plan as plans
from rheobase.robustness import runner as runners
from rheobase.robustness.checkpoint import NAME, Tally
from rheobase.robustness.intervals import clopper_pearson, confidence_of_look
from rheobase.robustness.kinds import expand


@pytest.fixture(scope="module")
def campaign():
    return rb.robust(image(), *data(), faults=KINDS, width=0.1)


def strata(campaign, kind, **more):
    return [
        s for s in campaign.data["strata"] if s["kind"] == kind and all(s[k] == v for k, v in more.items())
    ]


def test_a_report_follows_its_schema(campaign):
    schema = rb.Campaign.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    x, y = data()
    no_labels = rb.robust(image(), x, faults=KINDS, width=0.5, tolerance=0.5)
    unfinished = rb.robust(image(), x, y, faults=KINDS, budget=1e-9)
    for found in (campaign, no_labels, unfinished):
        validator.validate(json.loads(json.dumps(found.data, allow_nan=False)))
    assert campaign.finished and not unfinished.finished
    assert no_labels.data["intact"]["accuracy"] is None
    broken = json.loads(json.dumps(campaign.data))
    broken["strata"][0]["masked"]["value"] = 1.5
    assert not validator.is_valid(broken)


def test_shares_of_a_stratum_add_up(campaign):
    for s in campaign.data["strata"]:
        assert s["masked"]["count"] + s["raster"]["count"] + s["undefined"]["count"] == s["pairs"]
        assert s["raster"]["count"] >= s["output"]["count"] >= s["decision"]["count"]
        assert all(s[name]["of"] == s["pairs"] for name in ("masked", "raster", "undefined"))


def test_undefined_is_neither_masked_nor_damage(campaign):
    (worst, *_) = sorted(strata(campaign, "format-flip"), key=lambda s: -s["undefined"]["count"])
    assert worst["undefined"]["count"] > 0
    figures = campaign.figures()
    assert figures["undefined"] == worst["undefined"]["value"]
    assert figures["masked"] == min(s["masked"]["value"] for s in campaign.data["strata"])
    assert figures["masked"] < 1 - figures["undefined"] < 1


def test_exhaustive_figures_are_what_running_every_faulty_chip_gives(campaign):
    """By the engines that know nothing of faults, on images with the bit changed."""
    x, y = data()
    out = image().run(x).aligned("out").sum(1).argmax(1)
    core = plans.open_core(image(), ["weight-flip"], plans.Plan("", "", [], samples=12, steps=20, output=0))
    changed = tried = 0
    (stratum,) = strata(campaign, "weight-flip", node="hidden -> out", bit=7)
    number = [(s["node"], s["bit"]) for s in core.strata()].index(("hidden -> out", 7))
    for site in range(stratum["sites"]):
        faulty = rb.Image(core.faulty_image(core.fault_name(number, site)))
        answers = faulty.run(x).aligned("out").sum(1).argmax(1)
        changed += int((answers != out).sum())
        tried += len(x)
    assert (stratum["decision"]["count"], stratum["pairs"]) == (changed, tried) and changed > 0
    assert campaign.data["intact"]["accuracy"]["count"] == int((out == y).sum())


def test_critical_faults_have_ranks_and_name_no_change_twice(campaign):
    critical = campaign.data["critical"]
    assert [c["rank"] for c in critical] == list(range(1, len(critical) + 1)) and len(critical) > 5
    shares = [c["decision"] / c["tried"] for c in critical]
    assert shares == sorted(shares, reverse=True) and shares[-1] > 0
    both = rb.robust(image(), *data(), faults=["weight-flip", "weight-stuck-0", "weight-stuck-1"])
    names = [name for c in both.data["critical"] for name in (c["fault"], *c["also"])]
    assert len(names) == len(set(names)) and any(c["also"] for c in both.data["critical"])


def test_replay_shows_what_the_campaign_counted(campaign):
    x, y = data()
    for entry in campaign.data["critical"][:4]:
        again = [rb.replay(image(), entry["fault"], x, sample=k) for k in range(len(x))]
        assert sum(r.damage == "decision" for r in again) == entry["decision"]
        first = next(k for k, r in enumerate(again) if r.damage == "decision")
        shown = rb.replay(image(), entry["fault"], x)
        assert shown.sample == first and "the answer changes" in shown.text()


def test_the_result_depends_on_no_thread_and_no_type_of_the_data(campaign):
    x, y = data()
    for threads, kind in ((1, np.uint8), (2, np.float32), (3, bool)):
        again = rb.robust(image(), x.astype(kind), y, faults=KINDS, width=0.1, threads=threads)
        assert again.data == campaign.data
    assert rb.robust(image(), x, y, faults=KINDS, width=0.1, seed=1).data != campaign.data


def test_blocks_of_any_size_give_the_same(campaign, monkeypatch):
    monkeypatch.setattr(runners, "_next_size", lambda size, took, least: 3)
    again = rb.robust(image(), *data(), faults=KINDS, width=0.1, threads=1)
    assert again.data == campaign.data


def test_a_recurrent_network_and_no_labels():
    found = rb.robust(
        recurrent(), data(inputs=4)[0], faults=["weight-flip", "spike-lost", "delay", "state-flip"]
    )
    assert found.finished and {s["kind"] for s in found.data["strata"]} > {"delay-flip", "spike-lost"}
    assert "decision" in found.figures() and "accuracy" not in found.figures()


def test_all_leaves_out_what_the_image_has_no_place_for():
    found = rb.robust(image(), *data(4), faults="all", width=0.5)
    used = {s["kind"] for s in found.data["strata"]}
    known = {k["name"] for k in rb.fault_kinds()}
    assert used < known and "constant-flip" not in used and len(used) > 30
    with pytest.raises(rb.DataError) as caught:
        rb.robust(image(), *data(4), faults=["all", "constant-flip"])
    assert caught.value.code == "R0804"


def test_names_of_kinds_and_amounts():
    assert expand("weight") == (["weight-flip", "weight-stuck-0", "weight-stuck-1"], set())
    assert expand("message-loss,message-loss:1e-3,message-loss:0.001") == (["message-loss"], set())
    assert expand(["message-loss:1e-2", "message-loss:0.01"])[0] == ["message-loss:0.01"]
    names, lenient = expand("all,weight-flip")
    assert len(names) == len(rb.fault_kinds()) and lenient == set(names) - {"weight-flip"}


def test_two_amounts_of_a_kind_are_two_strata():
    found = rb.robust(image(), *data(4), faults=["message-loss:0.01", "message-loss:0.5"], width=0.3)
    few, many = found.data["strata"]
    assert (few["amount"], many["amount"]) == (0.01, 0.5)
    assert few["raster"]["value"] < many["raster"]["value"]


def test_progress_never_falls_and_ends_at_the_end():
    said = []
    rb.robust(image(), *data(), faults=KINDS, width=0.1, progress=lambda done, total: said.append(done))
    assert said == sorted(said) and said[-1] == 100


def test_the_interval_of_clopper_and_pearson():
    """Clopper and Pearson 1934: 3 of 10 at 95 % is 0.0667 to 0.6525; ends at 0 and 1."""
    assert clopper_pearson(3, 10) == pytest.approx((0.06674, 0.65245), abs=1e-5)
    assert clopper_pearson(0, 10) == pytest.approx((0, 0.30850), abs=1e-5)
    assert clopper_pearson(10, 10)[1] == 1 and clopper_pearson(0, 0) == (0.0, 1.0)
    assert sum(1 - confidence_of_look(k, 0.9) for k in range(60)) == pytest.approx(0.1)


def test_importing_rheobase_does_not_import_scipy():
    code = "import sys, rheobase as rb; rb.robust; import rheobase.cli.entry; print('scipy' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


def test_intervals_of_sampled_campaigns_cover_the_exhaustive_result():
    """1,000 campaigns of other seeds, of which each looks at its intervals until they are narrow: at least 93 % of intervals
    of 95 % cover. On three samples, so that the truth is known; the looks are those of a real campaign."""
    x, _ = data(3, 12)
    kinds, width, seeds = ["weight-flip"], 0.075, 1000
    whole = rb.robust(image(), x, faults=kinds)
    assert all(s["mode"] == "exhaustive" for s in whole.data["strata"])
    pick = max(range(len(whole.data["strata"])), key=lambda k: whole.data["strata"][k]["decision"]["value"])
    truth = {n: whole.data["strata"][pick][n]["value"] for n in ("masked", "raster", "output", "decision")}
    arrays = image()._inputs(x)[0]
    scale = plans.scale_of(image(), 0)
    covered, looks = dict.fromkeys(truth, 0), set()
    for seed in range(seeds):
        plan = plans.Plan("", "", kinds, seed=seed, samples=3, steps=12, output=0, width=width, scale=scale)
        core = plans.open_core(image(), kinds, plan)
        tally = Tally()
        runner = SimpleNamespace(
            state=SimpleNamespace(tallies=[tally]),
            plan=plan,
            forecast=SimpleNamespace(looked=lambda *a: None),
        )
        while not tally.settled:
            want = plan.wanted(tally.looks) - tally.drawn
            (drawn,) = core.draw_many(arrays, [(pick, tally.drawn, want)], 1, None)
            tally.add(drawn, np.zeros(0, np.int32))
            runners.Runner._look(runner, 0)
        held = confidence_of_look(runners.Runner.look_of(runner, tally), plan.confidence)
        looks.add(tally.looks)
        for name in truth:
            low, high = clopper_pearson(runners.at_least(tally.counts)[name], tally.drawn, held)
            covered[name] += low <= truth[name] <= high
    assert 0.05 < truth["decision"] < 0.95
    assert all(count >= 0.93 * seeds for count in covered.values()), covered
    print(covered, looks, truth)


@pytest.mark.parametrize(
    "more, code, said",
    [
        (dict(faults=["weight-flop"]), "R0801", "weight-flip"),
        (dict(faults=["message-loss:2"]), "R0802", "message-loss"),
        (dict(faults=["message-loss:x"]), "R0802", "message-loss"),
        (dict(faults=["weight-flip:1"]), "R0802", "weight-flip"),
        (dict(faults=["constant-flip"]), "R0804", "constant-flip"),
        (dict(faults=[]), "R0690", "no kind of fault"),
        (dict(faults=3), "R0690", "faults is 3"),
        (dict(exhaustive=["neuron-dead"]), "R0690", "not among the faults"),
        (dict(width=0), "R0690", "width is 0"),
        (dict(width=float("nan")), "R0690", "width is nan"),
        (dict(confidence=1), "R0690", "confidence is 1"),
        (dict(confidence=1 - 1e-9), "R0690", "between 0.5 and 0.999999"),
        (dict(folder=3), "R0690", "a path cannot be 3"),
        (dict(faults=["weight-flip:0"]), "R0802", "takes no number"),
        (dict(faults=["neuron-dead:0.0"]), "R0802", "takes no number"),
        (dict(faults="message-loss", exhaustive="message-loss"), "R0690", "is random"),
        (dict(faults="weight-mismatch:0.2,core", exhaustive="weight-mismatch:0.2"), "R0690", "is random"),
        (dict(fail_if="decisions > 0"), "R0690", "did you mean 'decision'"),
        (dict(fail_if="decision > 1 / 0"), "R0259", "divides by zero"),
        (dict(fail_if="accuracy < 0.5", y=None), "R0259", "no labels"),
        (dict(fail_if="accuracy < 0.5", tolerance=0.5), "R0259", "tolerance"),
        (dict(fail_if="worst_accuracy < 0.5", faults="message-loss"), "R0259", "random"),
        (dict(y=np.zeros((12, 1), int)), "R0255", "neither labels [12] nor targets [12, 20, 3]"),
        (dict(y=np.zeros((12, 3, 99))), "R0255", "[12, 3, 99]"),
        (dict(y=np.zeros((12, 3, 99)), tolerance=0.5), "R0255", "[12, 3, 99]"),
        (dict(y=np.zeros((12, 20, 3))), "R0690", "--tolerance"),
        (dict(instances=0), "R0690", "instances is 0"),
        (dict(tolerance=-1), "R0690", "tolerance is -1"),
        (dict(seed=-1), "R0690", "seed is -1"),
        (dict(budget=0), "R0690", "budget is 0"),
        (dict(budget="60s"), "R0690", "budget is '60s'"),
        (dict(threads=0), "R0690", "threads is 0"),
        (dict(output="nothing"), "R0690", "nothing"),
        (dict(resume=True), "R0690", "resume needs the folder"),
        (dict(workers="here"), "R0690", "distributed.Client"),
        (dict(progress=3), "R0690", "progress is 3"),
        (dict(y=np.zeros(5, int)), "R0255", ""),
        (dict(y=np.full(12, 9)), "R0255", "labels run from 9 to 9"),
        (dict(x=np.zeros((12, 20, 7), int)), "R0251", "[12, 20, 7]"),
        (dict(x=np.full((12, 20, 6), 2)), "R0254", "takes spikes"),
        (dict(x=np.full((12, 20, 6), 0.5)), "R0254", "takes integers"),
        (dict(x="nothing"), "R0252", ""),
    ],
)
def test_bad_arguments_give_one_clear_error(more, code, said):
    x, y = data()
    with pytest.raises(rb.Error) as caught:
        rb.robust(image(), **{"x": x, "y": y, **more})
    assert caught.value.code == code and said in str(caught.value)
    assert len(caught.value.diagnostics) == 1 and caught.value.exit_status == 3


@pytest.mark.parametrize(
    "fault, code",
    [
        ("weight-flip", "R0803"),
        (3, "R0803"),
        ("weight-flop@core=0", "R0801"),
        ("weight-flip@core=9,memory=synapse,word=3,bit=12", "R0803"),
        ("weight-flip@core=0,memory=synapse,word=99999,bit=12", "R0803"),
        ("weight-flip@core=0,memory=nothing,word=0,bit=12", "R0803"),
        ("neuron-dead@population=out,neuron=3", "R0803"),
        ("neuron-dead@", "R0803"),
        ("message-loss:7@instance=0", "R0802"),
    ],
)
def test_names_that_are_no_fault_are_refused(fault, code):
    with pytest.raises(rb.OptionError) as caught:
        rb.replay(image(), fault, data()[0])
    assert caught.value.code == code


def test_what_does_not_fit_memory_is_refused():
    x = np.broadcast_to(np.zeros((), np.uint8), (1, 40_000_000, 6))
    with pytest.raises(rb.DataError) as caught:
        rb.robust(image(), x, faults=["neuron-dead"])
    assert caught.value.code == "R0805"


def save_interrupted(folder, **more):
    """A campaign whose budget ends after its first block."""
    found = rb.robust(image(), *data(), faults=KINDS, width=0.1, folder=folder, budget=1e-9, **more)
    assert not found.finished
    return found


def test_a_campaign_that_goes_on_and_on_ends_with_the_same(campaign, tmp_path):
    save_interrupted(tmp_path)
    found, times = None, 0
    while found is None or not found.finished:
        found = rb.robust(
            image(),
            *data(),
            faults=KINDS,
            width=0.1,
            folder=tmp_path,
            resume=True,
            budget=1e-9,
            threads=1 + times % 2,
        )
        times += 1
    assert found.data == campaign.data and times > 5
    again = rb.robust(image(), *data(), faults=KINDS, width=0.1, folder=tmp_path, resume=True)
    assert again.data == campaign.data


def test_states_of_other_campaigns_and_damaged_ones(tmp_path):
    save_interrupted(tmp_path)
    x, y = data()
    same = dict(faults=KINDS, width=0.1, folder=tmp_path, resume=True)
    others = [dict(seed=1), dict(width=0.2), dict(faults="neuron-dead"), dict(x=1 - x), dict(y=(y + 1) % 3)]
    for other in [*others, dict(resume=False)]:
        with pytest.raises(rb.OptionError) as caught:
            rb.robust(image(), **{"x": x, "y": y, **same, **other})
        assert caught.value.code == "R0806", other
    file = tmp_path / NAME
    whole = file.read_bytes()
    rng = np.random.default_rng(3)
    wrong = [b"", b"nothing", whole[: len(whole) // 2], *(_mutated(whole, rng) for _ in range(60))]
    codes = set()
    for content in wrong:
        file.write_bytes(content)
        try:
            rb.robust(image(), x, y, **same, budget=1e-9)
            codes.add("")
        except rb.Error as error:
            codes.add(error.code)
    assert codes <= {"", "R0806", "R0807"} and "R0807" in codes


def _mutated(content: bytes, rng) -> bytes:
    changed = bytearray(content)
    for place in rng.integers(0, len(changed), 3):
        changed[place] = rng.integers(256)
    return bytes(changed)


@pytest.mark.parametrize("change", ["tallies", "sites", "answers", "counts"])
def test_a_state_whose_numbers_cannot_be_is_refused(tmp_path, change):
    save_interrupted(tmp_path)
    rb.robust(image(), *data(), faults=KINDS, width=0.1, folder=tmp_path, resume=True)
    file = tmp_path / NAME
    with np.load(file) as stored:
        arrays = dict(stored)
    header = json.loads(bytes(arrays["header"]))
    if change == "tallies":
        header["tallies"][0][0][3] += 1
    elif change == "sites":
        arrays["draw.0.sites"] = arrays["draw.0.sites"] + np.uint64(1 << 40)
    elif change == "answers":
        arrays["answers"] = np.zeros(99, np.int32)
    else:
        arrays["visit.decision"] = arrays["visit.decision"].astype(np.uint32) + 1000
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    with open(file, "wb") as target:
        np.savez(target, **arrays)
    with pytest.raises(rb.DataError) as caught:
        rb.robust(image(), *data(), faults=KINDS, width=0.1, folder=tmp_path, resume=True)
    assert caught.value.code == "R0807" and NAME in str(caught.value)


def test_folders_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "below", tmp_path / "file", "/proc/nothing"):
        with pytest.raises(rb.DataError) as caught:
            rb.robust(image(), *data(), faults=KINDS, folder=folder)
        assert caught.value.code == "R0260"
