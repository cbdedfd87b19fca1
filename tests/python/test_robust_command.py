"""rheobase robust and replay: files, exit statuses, interrupts, full disks; killed and resumed, the same bytes."""

import json
import random
import re
import resource
import shlex
import signal
import sys
import time

import numpy as np
import pytest
from commandline import invoke, rheobase, start
from rheobase import compiler

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)

from faultnets import CAMPAIGN, REPORTS, data, files, image, kill_and_resume, reports
from rheobase.robustness.results import FIGURES

KEPT = ("campaign.json", "campaign.state", "image.rheo")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files(tmp_path)
    return tmp_path


def test_files_and_what_is_printed(here):
    result = invoke(*CAMPAIGN, "-o", "out")
    assert result.returncode == 0, result.stderr
    assert sorted(p.name for p in (here / "out").iterdir()) == sorted((*REPORTS, *KEPT))
    text = (here / "out/report.txt").read_text()
    assert len(text.splitlines()) == 10
    assert result.stdout.splitlines()[0] == text.splitlines()[0]
    assert "rheobase replay 'out#1'" in result.stdout or "rheobase replay out#1" in result.stdout
    assert not result.stderr
    body = json.loads((here / "out/report.json").read_text())
    again = invoke(*CAMPAIGN, "-o", "out", "--resume", "--json")
    assert json.loads(again.stdout) == body


def test_the_command_in_the_report_makes_it_again(here):
    options = (
        "--seed",
        5,
        "--confidence",
        0.9,
        "--instances",
        50,
        "--exhaustive",
        "neuron-dead",
        "--samples",
        7,
    )
    assert invoke(*CAMPAIGN, *options, "-o", "out").returncode == 0
    command = shlex.split(json.loads((here / "out/report.json").read_text())["command"])
    assert command[0] == "rheobase" and command[-1] == "DIR"
    assert invoke(*command[1:]).returncode == 0
    assert reports(here / "DIR") == reports(here / "out")


def test_the_bytes_depend_on_no_threads_and_no_paths(here):
    assert invoke(*CAMPAIGN, "-o", "out").returncode == 0
    (here / "other").mkdir()
    for name in ("net.rheo", "data.npz"):
        (here / "other" / name).write_bytes((here / name).read_bytes())
    moved = [f"{here}/other/{a}" if a in ("net.rheo", "data.npz") else a for a in CAMPAIGN]
    assert invoke(*moved, "-o", here / "far/away", "--threads", 1).returncode == 0
    assert reports(here / "far/away") == reports(here / "out")


def test_the_page_opens_without_a_network_and_has_every_figure(here):
    assert invoke(*CAMPAIGN, "-o", "out").returncode == 0
    html = (here / "out/report.html").read_text()
    assert not re.search(r"https?://|src=|@import|url\(", html)
    body = json.loads((here / "out/report.json").read_text())
    table = html[html.index("id='figures'") :]
    for s in body["strata"]:
        assert f"{s['pairs']:,}" in table and s["kind"] in table
    assert html.count("<svg") == 3 and "prefers-color-scheme:dark" in html
    for question in (
        "What does one fault do?",
        "How far does accuracy fall?",
        "Which bits",
        "Which faults are critical?",
    ):
        assert question in html


def test_names_are_escaped(here):
    import rheobase as rb

    name = "<script>alert(1)</script>"
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.lif(name, 2, tau=0.01, v_threshold=1.0)
    b.connect("in", name, np.full((2, 2), 5.0))
    rb.compile(b.build()).save(here / "odd.rheo")
    np.savez("odd.npz", x=np.ones((3, 5, 2), int), y=[0, 1, 0])
    result = invoke("robust", "odd.rheo", "--faults", "weight,neuron-dead", "--data", "odd.npz", "-o", "out")
    assert result.returncode == 0, result.stderr
    html = (here / "out/report.html").read_text()
    assert name not in html and "&lt;script&gt;" in html


def test_sarif_names_the_critical_faults(here):
    invoke(*CAMPAIGN, "-o", "out", "--fail-if", "decision > 0")
    (run,) = json.loads((here / "out/report.sarif").read_text())["runs"]
    body = json.loads((here / "out/report.json").read_text())
    assert [r["partialFingerprints"]["fault"] for r in run["results"]] == [
        c["fault"] for c in body["critical"]
    ]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    for result in run["results"]:  # GitHub refuses files of which one has no physical place
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "net.rheo"
        assert location["physicalLocation"]["region"]["startLine"] == 1
    for condition, level in (("decision > 0", "error"), ("decision > 1", "note"), (None, "warning")):
        invoke(*CAMPAIGN, "-o", "out", "--resume", *(("--fail-if", condition) if condition else ()))
        (run,) = json.loads((here / "out/report.sarif").read_text())["runs"]
        assert {r["level"] for r in run["results"]} == {level}


def test_fail_if(here):
    result = invoke(*CAMPAIGN, "-o", "out", "--fail-if", "decision > 0.0001 or worst_accuracy < 0.1")
    assert result.returncode == 1 and "failed" in result.stdout
    assert json.loads((here / "out/report.json").read_text())["fail_if"]["failed"] is True
    result = invoke(*CAMPAIGN, "-o", "out", "--resume", "--fail-if", "decision > 1")
    assert result.returncode == 0 and "passed" in result.stdout
    result = invoke(*CAMPAIGN, "-o", "new", "--fail-if", "decisions > 1")
    assert result.returncode == 3 and "did you mean 'decision'" in result.stderr
    assert not (here / "new").exists()
    for name in FIGURES:
        assert invoke(*CAMPAIGN, "-o", "out", "--resume", "--fail-if", f"{name} < 0").returncode == 0


def test_fail_if_of_figures_that_cannot_be_is_refused_before_the_work(here):
    np.savez("bare.npz", x=np.load("data.npz")["x"])
    drawn = ("--faults", "weight-flip", "--width", "0.3")
    for more, name, said in (
        (("--data", "bare.npz"), "accuracy", "no labels"),
        (("--tolerance", "0.5"), "worst_accuracy", "tolerance"),
        (("--data", "many.npz", *drawn), "worst_accuracy", "--exhaustive weight-flip"),
    ):
        x, y = data(400)
        np.savez("many.npz", x=x, y=y)
        result = invoke(*CAMPAIGN, *more, "-o", "out", "--fail-if", f"{name} < 0.9")
        assert result.returncode == 3 and "R0259" in result.stderr and said in result.stderr, result.stderr
        assert not (here / "out").exists()
    all_of_them = ("--data", "many.npz", *drawn, "--exhaustive", "all")
    result = invoke(*CAMPAIGN, *all_of_them, "-o", "out", "--fail-if", "worst_accuracy < 0")
    assert result.returncode == 0, result.stderr
    body = json.loads((here / "out/report.json").read_text())
    worst = min(entry["accuracy"] for entry in body["critical"])
    for limit, status in ((worst, 0), (worst + 1e-9, 1)):
        condition = f"worst_accuracy < {limit!r}"
        assert (
            invoke(*CAMPAIGN, *all_of_them, "-o", "out", "--resume", "--fail-if", condition).returncode
            == status
        )


def test_a_condition_that_turns_out_to_have_no_value_costs_no_report(here):
    result = invoke(*CAMPAIGN, "-o", "out", "--fail-if", "decision > 1 / (faults - faults)")
    assert result.returncode == 3 and "divides by zero" in result.stderr
    assert json.loads((here / "out/report.json").read_text())["fail_if"]["failed"] is None


def test_a_check_of_what_was_not_tried_is_undecided(here):
    result = invoke(*CAMPAIGN, "-o", "out", "--budget", "0.000001s", "--fail-if", "decision > 0.99")
    assert result.returncode == 4 and "undecided" in result.stdout and "passed" not in result.stdout
    assert json.loads((here / "out/report.json").read_text())["fail_if"]["failed"] is None
    np.savez("silent.npz", x=np.zeros((4, 20, 6), int), y=[0, 1, 2, 0])
    words = ("robust", "net.rheo", "--faults", "spike-lost", "--data", "silent.npz", "-o", "silent")
    result = invoke(*words, "--fail-if", "decision > 0")
    assert result.returncode == 4 and "undecided" in result.stdout
    assert "no spike" in result.stdout and "under the worst" not in result.stdout


def test_a_budget_that_ends_is_status_4_and_resume_goes_on(here):
    assert invoke(*CAMPAIGN, "-o", "whole").returncode == 0
    result = invoke(*CAMPAIGN, "-o", "out", "--budget", "0.000001s")
    assert result.returncode == 4 and "NOT FINISHED" in result.stdout
    assert json.loads((here / "out/report.json").read_text())["finished"] is False
    result = invoke(*CAMPAIGN, "-o", "out")
    assert result.returncode == 3 and "R0806" in result.stderr and "--resume" in result.stderr
    result = invoke(*CAMPAIGN, "-o", "out", "--resume", "--budget", "2h")
    assert result.returncode == 0
    assert reports(here / "out") == reports(here / "whole")


def test_list_and_schema():
    assert "weight-flip" in invoke("robust", "--list").stdout
    assert json.loads(invoke("robust", "--list", "--json").stdout)["schema"] == "rheobase.faults/1"
    schema = json.loads(invoke("robust", "--schema").stdout)
    assert schema["properties"]["schema"] == {"const": "rheobase.robustness/1"}


@pytest.mark.parametrize(
    "change, status, said",
    [
        (("--faults", "weight-flop"), 3, "R0801"),
        (("--faults", "message-loss:7"), 3, "R0802"),
        (("--faults", "constant-flip"), 3, "R0804"),
        (("--exhaustive", "spike-lost"), 3, "add it: --faults"),
        (("--budget", "soon"), 3, "90s, 10m or 2h"),
        (("--width", "2"), 3, "width is 2"),
        (("--output-node", "outt"), 3, "did you mean"),
        (("--data", "nothing.npz"), 3, "nothing.npz"),
        (("--data", "wide.npz"), 3, "R0251"),
        (("--data", "labels.npz"), 3, "R0255"),
        (("-o", "data.npz/below"), 3, "R0260"),
        (("-o", "/proc/nothing/out"), 3, "R0260"),
        (("-o", ""), 3, "the output has no name"),
        (("--nothing",), 2, "no option"),
    ],
)
def test_bad_input_gives_one_clear_error(here, change, status, said):
    x = np.zeros((4, 20, 7), int)
    np.savez("wide.npz", x=x)
    np.savez("labels.npz", x=x[:, :, :6], y=[0, 1, 2])
    result = invoke(*CAMPAIGN, *(() if change[0] == "-o" else ("-o", "out")), *change)
    assert result.returncode == status and said in result.stderr, result.stderr
    assert len(re.findall(r"\berror R\d", result.stderr)) == 1
    assert not (here / "out/report.json").exists()


def test_what_is_missing_is_said():
    for words in (("robust",), ("robust", "net.rheo"), ("robust", "net.rheo", "--faults", "all")):
        result = invoke(*words)
        assert result.returncode == 2 and "is missing" in result.stderr


def test_without_dask_the_remedy_is_said(here, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    result = invoke(*CAMPAIGN, "-o", "out", "--dask", "local:2")
    assert result.returncode == 2 and "pip install dask distributed" in result.stderr


def test_replay_by_rank_and_by_name(here):
    assert invoke(*CAMPAIGN, "-o", "out").returncode == 0
    first = json.loads((here / "out/report.json").read_text())["critical"][0]
    result = invoke("replay", "out#1", "-o", "traces.npz")
    assert result.returncode == 0 and first["what"] in result.stdout and "the answer changes" in result.stdout
    by_name = invoke("replay", f"out#{first['fault']}", "--json")
    body = json.loads(by_name.stdout)
    assert body["fault"] == first["fault"] and body["damage"] == "decision"
    with np.load(here / "traces.npz") as traces:
        assert sorted(traces)[:2] == ["hidden.faulty", "hidden.intact"]
        assert traces["out.intact"].shape == traces["out.faulty"].shape == (22, 3)
    for wrong, status, said in (
        ("out#0", 3, "it lists"),
        ("out#999", 3, "it lists"),
        ("out#weight-flip@core=0", 3, "R0803"),
        ("nothing#1", 3, "no folder of a finished campaign"),
        ("out", 2, "names no fault"),
    ):
        result = invoke("replay", wrong)
        assert result.returncode == status and said in result.stderr, result.stderr
    assert invoke("replay", "out#1", "--sample", 99).returncode == 3
    other = invoke("replay", "out#1", "--seed", 12345)
    assert other.returncode == 3 and "the campaign's seed is" in other.stderr
    assert (
        invoke("replay", "out#1", "--threads", 1, "--json").stdout
        == invoke("replay", "out#1", "--json").stdout
    )


def test_replay_shows_no_outcome_of_other_data_or_another_image(here):
    assert invoke(*CAMPAIGN, "-o", "out").returncode == 0
    for name in ("data.npz", "out/image.rheo"):
        before = (here / name).read_bytes()
        if name == "data.npz":
            x, y = data()
            np.savez(name, x=1 - x, y=y)
        else:
            image(9).save(name)
        result = invoke("replay", "out#1")
        assert result.returncode == 3 and "R0806" in result.stderr and name in result.stderr, result.stderr
        assert not result.stdout
        (here / name).write_bytes(before)
    assert invoke("replay", "out#1").returncode == 0
    for change in ({"data": 3}, {"samples": "x"}, {"samples": -3}, {"encode": []}):
        kept = json.loads((here / "out/campaign.json").read_text())
        (here / "out/campaign.json").write_text(json.dumps({**kept, **change}))
        result = invoke("replay", "out#1")
        assert result.returncode == 3 and "no folder of a finished campaign" in result.stderr
        (here / "out/campaign.json").write_text(json.dumps(kept))


def test_every_report_says_how_the_answer_is_read(here):
    x, y = data()
    np.savez("targets.npz", x=x, y=np.zeros((12, 20, 3)))
    for number, (more, said) in enumerate(
        (
            ((), "y holds labels"),
            (("--tolerance", "0.5"), "labels in y are not used"),
            (("--data", "targets.npz", "--tolerance", "0.5"), "--tolerance is given"),
        )
    ):
        assert invoke(*CAMPAIGN, *more, "-o", f"out{number}").returncode == 0
        for content in reports(here / f"out{number}").values():
            assert said in content.decode()


def test_replay_answers_as_the_campaign_did(here):
    """Tolerance and seed are the campaign's."""
    options = ("--tolerance", 0.001, "--seed", 3, "--faults", "neuron-dead,message-loss:0.3", "--width", 0.3)
    assert invoke(*CAMPAIGN, *options, "-o", "out").returncode == 0
    body = json.loads((here / "out/report.json").read_text())
    for entry in body["critical"][:6]:
        shown = json.loads(invoke("replay", f"out#{entry['rank']}", "--json").stdout)
        assert shown["damage"] == "decision"


def test_interrupted_by_ctrl_c_it_goes_on(here):
    """At once, or in the middle: the state stays, and no half file."""
    words = (*CAMPAIGN, "--width", "0.004", "-o", "out")
    process = start(*words)
    while not (here / "out/campaign.state").exists():
        assert process.poll() is None, process.communicate()[1]
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and "interrupted" in stderr
    assert [p.name for p in (here / "out").iterdir()] == ["campaign.state"]
    (here / "out/.campaign.state.0123456789ab.part").write_bytes(b"half")  # as a kill leaves it
    assert invoke(*CAMPAIGN, "--width", "0.004", "-o", "out", "--resume", "--budget", "1s").returncode in (
        0,
        4,
    )
    assert not list((here / "out").glob(".*"))


def test_killed_and_resumed_it_ends_with_the_same_bytes(here):
    begun = time.monotonic()
    assert rheobase(*CAMPAIGN, "--width", "0.01", "-o", "whole").returncode == 0
    hit = kill_and_resume(4, random.Random(5), 0.9 * (time.monotonic() - begun))
    assert hit > 0 and reports(here / "out") == reports(here / "whole")


def test_a_full_disk_is_one_clear_error_and_finished_work_stays(here):
    assert invoke(*CAMPAIGN, "-o", "whole").returncode == 0
    assert invoke(*CAMPAIGN, "-o", "out", "--budget", "0.000001s").returncode == 4
    before = (here / "out/campaign.state").read_bytes()

    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    result = rheobase(*CAMPAIGN, "-o", "out", "--resume", preexec_fn=no_room)
    assert result.returncode == 3 and len(re.findall(r"\berror R\d", result.stderr)) == 1, result.stderr
    assert "error R0260" in result.stderr and "too large" in result.stderr
    assert (here / "out/campaign.state").read_bytes() == before
    assert invoke(*CAMPAIGN, "-o", "out", "--resume").returncode == 0
    assert reports(here / "out") == reports(here / "whole")
