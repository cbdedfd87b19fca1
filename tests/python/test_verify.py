"""rheobase verify: labels, targets, neither; every engine; --fail-if; the report's files and figures."""

import json

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from nirfiles import write
from rheobase import compiler
from rheobase.verification import FIGURES

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "net.nir")
    rng = np.random.default_rng(4)
    x = rng.integers(0, 2, (20, 30, 2))
    np.savez("labels.npz", x=x, y=rng.integers(0, 3, 20))
    np.savez("targets.npz", x=x, y=rng.normal(size=(20, 30, 3)))
    np.save("alone.npy", x)
    return tmp_path


def test_labels(here):
    result = invoke("verify", "net.nir", "--data", "labels.npz", "-o", "report", "--json")
    assert result.returncode == 0, result.stderr
    body = json.loads(result.stdout)
    assert body == json.loads((here / "report" / "report.json").read_text())
    assert sorted(p.name for p in (here / "report").iterdir()) == ["report.json", "report.txt"]
    with np.load("labels.npz") as data:
        x, y = data["x"], data["y"]
    net = rb.load("net.nir")
    right = {
        "float": net.run(x).output.sum(axis=1).argmax(axis=1) == y,
        "chip": rb.compile(net).run(x).aligned("out").sum(axis=1).argmax(axis=1) == y,
    }
    for side, correct in right.items():
        assert body["accuracy"][side]["count"] == correct.sum() and body["accuracy"][side]["of"] == 20
        low, high = body["accuracy"][side]["low"], body["accuracy"][side]["high"]
        assert 0 <= low < correct.mean() < high <= 1
    text = (here / "report" / "report.txt").read_text()
    assert "accuracy, with 95 % intervals" in text and "cores: 1 of 128" in text


@pytest.mark.parametrize("engine", ["golden", "vector", "jit"])
def test_engines_give_the_same_report(here, engine):
    assert invoke("compile", "net.nir", "-o", "net.rheo", "-q").returncode == 0
    arguments = ["verify", "net.nir", "net.rheo", "--data", "targets.npz", "--json"]
    reports = [
        json.loads(invoke(*arguments, *more).stdout) for more in ([], ["--engine", engine, "--threads", 1])
    ]
    for report in reports:
        report.pop("engine")
    assert reports[0] == reports[1]
    assert set(reports[0]["error"]) == {"chip_to_float", "float", "chip"}


def test_conditions(here):
    for data, condition, status in (
        ("labels.npz", "accuracy_drop > 1 or overflows > 0", 0),
        ("labels.npz", "samples == 20", 1),
        ("alone.npy", "agreement < 0", 0),
        ("alone.npy", "headroom_bits >= 0 and overflows == 0", 1),
        ("targets.npz", "r2_chip_to_float < -9", 0),
        ("alone.npy", "accuracy_chip < 0.5", 3),
    ):
        result = invoke("verify", "net.nir", "--data", data, "--fail-if", condition)
        assert result.returncode == status, (condition, result.stderr)
        assert ("failed: " in result.stdout) == (status == 1)
    assert "there is no figure 'accuracy_chip'" in result.stderr


def test_a_figure_that_never_exists_is_refused_before_the_work(here):
    result = invoke("verify", "net.nir", "--data", "nowhere.npz", "--fail-if", "acuracy_chip < 1")
    assert result.returncode == 3 and "did you mean 'accuracy_chip'" in result.stderr
    labels, targets = (
        rb.verify(rb.load("net.nir"), rb.compile(rb.load("net.nir")), **np.load(f"{name}.npz"))
        for name in ("labels", "targets")
    )
    assert set(labels.figures()) | set(targets.figures()) == set(FIGURES)


def test_a_failing_image_writes_the_report_all_the_same(here):
    result = invoke("verify", "net.nir", "--data", "labels.npz", "-o", "report", "--fail-if", "samples > 1")
    assert result.returncode == 1
    report = json.loads((here / "report" / "report.json").read_text())
    assert report["fail_if"] == {"condition": "samples > 1", "failed": True}


def test_a_chip_is_for_networks_without_an_image(here):
    assert invoke("compile", "net.nir", "-o", "net.rheo").returncode == 0
    assert invoke("verify", "net.nir", "net.rheo", "--data", "alone.npy", "--chip", "tiny").returncode == 2
    result = invoke("verify", "net.nir", "--data", "alone.npy", "--chip", "tiny", "--json")
    assert json.loads(result.stdout)["chip"] == "tiny"
