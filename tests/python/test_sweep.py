"""rheobase sweep: figures, flags before data, layers, budget, front, resuming, refusals, pages."""

import json

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from rheobase import compiler, foretelling
from rheobase.precisions import parse_budget
from test_scales import layers, spikes

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)


def answers(net, x):
    """Labels that the float network gives."""
    return net.run(x).output.sum(axis=1).argmax(axis=1)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rb.export(layers(), to="nir", path="net.nir")
    net, x = rb.load("net.nir", dt=1e-3), spikes(samples=12)
    np.savez("data.npz", x=x, y=answers(net, x))
    return tmp_path


def test_figures_are_those_of_verify():
    net, x = layers(), spikes(samples=12)
    y = answers(net, x)
    s = rb.sweep(net, bits=[3, 8], x=x, y=y, sensitivity=False)
    for entry in s.data["uniform"]:
        image = rb.compile(net, weight_bits=entry["bits"])
        report = rb.verify(net, image, x, y)
        assert entry["accuracy"] == report.data["accuracy"]["chip"]
        assert entry["same_answer"] == report.data["accuracy"]["same_answer"]
        assert entry["accuracy_drop"]["value"] == pytest.approx(report.figures()["accuracy_drop"])
        assert entry["error"] == report.figures()["error_chip_to_float"]
        words = sum(
            m["words"] for core in image.info["cores"] for m in core["memories"] if m["name"] == "synapse"
        )
        assert entry["memory_bytes"] == 8 * words
    assert [e["bits"] for e in s.data["uniform"]] == [8, 3]
    assert s.data["uniform"][0]["memory_bytes"] > s.data["uniform"][1]["memory_bytes"]


def test_a_collapse_is_flagged_before_any_data_and_confirmed_on_them(monkeypatch):
    """One weight is 40 deviations away: by maximum and with 3 bits, all others of its layer are 0."""
    net, x = layers(tail=40.0), spikes(samples=12)
    told = []
    run = rb.Image.run
    monkeypatch.setattr(rb.Image, "run", lambda self, *a, **k: (told.append("data"), run(self, *a, **k))[1])
    s = rb.sweep(net, [3, 8], x, answers(net, x), scales="max", sensitivity=False, tell=told.append)
    assert told[0].startswith(
        "3 bits: expected to collapse, before any data: weights of 'in_to_one' at 3 bits"
    )
    assert told[1:] == ["data"] * (len(told) - 1)
    eight, three = s.data["uniform"]
    assert eight["flags"] == [] and three["flags"] and three["confirmed"]
    assert "FLAGGED before any data; on data confirmed" in s.text()
    assert any("can no longer fire" in flag for flag in three["flags"])
    calm = rb.sweep(net, [4, 8], x, answers(net, x), scales="mse", sensitivity=False)
    assert all(not e["flags"] for e in calm.data["uniform"])


def test_layers_alone_all_but_one_and_a_budget():
    net, x = layers(), spikes(samples=12)
    s = rb.sweep(net, [2, 4, 8], x, answers(net, x), budget="2 kB")
    assert set(s.data["layers"]) == {"in_to_one", "one_to_two", "two_to_out_neurons"}
    only = s.data["sensitivity"]["only"]
    assert {(e["layer"], e["bits"]) for e in only} == {(n, b) for n in s.data["layers"] for b in (2, 4)}
    (one,) = [e for e in only if e["layer"] == "in_to_one" and e["bits"] == 4]
    pins = {"schema": "rheobase.quantization/1", "projections": {"in_to_one": {"bits": 4}}}
    report = rb.verify(net, rb.compile(net, quant=pins), x, answers(net, x))
    assert one["same_answer"] == report.data["accuracy"]["same_answer"]
    assert {e["layer"] for e in s.data["sensitivity"]["all_but"]} == set(s.data["layers"])
    assert s.data["mixed"]["memory_bytes"] <= 2000
    front = s.data["front"]
    assert [p["memory_bytes"] for p in front] == sorted(p["memory_bytes"] for p in front)
    assert [p["score"] for p in front] == sorted(p["score"] for p in front)
    none = rb.sweep(net, [4, 8], x, answers(net, x), budget=8)
    assert none.data["mixed"] is None and "no precision fits 0.0 kB" in none.text()


def test_the_cheapest_way_takes_what_loses_least_for_what_it_saves():
    gains = {"large": {4: 100.0, 2: 150.0}, "small": {4: 10.0, 2: 15.0}}
    costs = {"large": {4: 0.01, 2: 0.5}, "small": {4: 0.0, 2: 0.01}}
    way = foretelling.cheapest(gains, costs, 1e-4)
    assert way[0] == {"small": 4} and way[-1] == {"large": 2, "small": 2}
    assert way.index({"small": 4, "large": 4}) < way.index({"small": 2, "large": 4})
    assert foretelling.cheapest({}, {}, 1e-4) == []


def test_a_step_of_the_way_is_raised_as_far_as_there_is_room():
    memory = {"large": {8: 80, 4: 40, 2: 20}, "small": {8: 8, 4: 4, 2: 2}}
    costs = {"large": {4: 0.01, 2: 0.5}, "small": {4: 0.001, 2: 0.01}}

    def fits(room):
        return lambda step: sum(memory[n][step.get(n, 8)] for n in memory) <= room

    assert foretelling.raised({"large": 2, "small": 2}, costs, 8, fits(22)) == {"large": 2, "small": 2}
    assert foretelling.raised({"large": 2, "small": 2}, costs, 8, fits(30)) == {"large": 2}
    assert foretelling.raised({"large": 2, "small": 2}, costs, 8, fits(44)) == {"large": 4, "small": 4}
    assert foretelling.raised({"large": 2, "small": 2}, costs, 8, fits(88)) == {}


def test_the_front_has_no_point_that_another_beats():
    points = [(2, 0.9), (1, 0.8), (3, 0.7), (2, 0.95), (4, 0.95)]
    assert foretelling.front(points) == [1, 3]
    assert foretelling.front([]) == []


def test_targets_and_no_targets():
    net, x = layers(), spikes(samples=4)
    y = net.run(x).output + 0.01
    s = rb.sweep(net, [4, 8], x, y)
    assert s.data["uniform"][0]["chip_r2"] > 0.5 and "R2 against the targets" in s.text()
    s = rb.sweep(net, [4, 8], x)
    assert "accuracy" not in s.data["uniform"][0] and s.figures()["agreement_8"] > 0.9


def test_the_command_goes_on_where_it_was_interrupted(here, monkeypatch):
    line = (
        "sweep",
        "net.nir",
        "--dt",
        "1e-3",
        "--bits",
        "3..8",
        "--data",
        "data.npz",
        "-o",
        "out",
        "--no-layers",
    )
    run, calls = rb.Image.run, []

    def stops(self, *arguments, **options):
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(self)
        return run(self, *arguments, **options)

    monkeypatch.setattr(rb.Image, "run", stops)
    assert invoke(*line).returncode == 130
    assert not (here / "out" / "sweep.json").exists()
    assert len(list((here / "out" / "finished").glob("*/*.json"))) == 3
    calls.clear()
    monkeypatch.setattr(rb.Image, "run", lambda self, *a, **k: (calls.append(self), run(self, *a, **k))[1])
    done = invoke(*line)
    assert done.returncode == 0, done.stderr
    assert len(calls) == 3 and "3 settings are finished already" in done.stderr
    first = (here / "out" / "sweep.json").read_bytes()
    assert invoke(*line).returncode == 0 and len(calls) == 3
    assert (here / "out" / "sweep.json").read_bytes() == first
    with np.load("data.npz") as data:  # other data: nothing that is finished holds
        np.savez("data.npz", x=data["x"][::-1], y=data["y"][::-1])
    assert invoke(*line).returncode == 0 and len(calls) == 9


def test_what_is_written(here):
    line = ("sweep", "net.nir", "--dt", "1e-3", "--bits", "4,8", "--data", "data.npz", "-o", "out", "--json")
    done = invoke(*line, "--budget", "3kB")
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert (
        body == json.loads((here / "out" / "sweep.json").read_text()) and body["schema"] == "rheobase.sweep/1"
    )
    assert sorted(p.name for p in (here / "out").iterdir()) == [
        "finished",
        "sweep.html",
        "sweep.json",
        "sweep.txt",
    ]
    page = (here / "out" / "sweep.html").read_text()
    assert page.count("<svg") == 3 and "http" not in page.replace("http://www.w3.org/2000/svg", "")
    text = (here / "out" / "sweep.txt").read_text()
    assert text.splitlines()[0].startswith("net on loihi2") and "within 3.0 kB" in text


def test_status(here):
    line = ("sweep", "net.nir", "--dt", "1e-3", "--bits", "8", "--data", "data.npz", "-o", "out")
    assert invoke(*line, "--fail-if", "accuracy_drop_8 > 0.5").returncode == 0
    assert invoke(*line, "--fail-if", "memory_8 > 1").returncode == 1
    wrong = invoke(*line, "--fail-if", "memory_9 > 1")
    assert wrong.returncode == 3 and "did you mean" in wrong.stderr
    for bits, words in (
        ("9", "sign"),
        ("8..2", "give for example"),
        ("x", "give for example"),
        ("0", "from 1 to 8"),
    ):
        done = invoke("sweep", "net.nir", "--bits", bits, "--data", "data.npz", "-o", "out")
        assert done.returncode == 3 and words in done.stderr, done.stderr
    for budget in ("0", "-3", "2 apples", ""):
        assert invoke(*line, "--budget", budget).returncode == 3
    assert invoke("sweep", "net.nir", "--data", "data.npz").returncode == 2


def test_a_precision_that_does_not_fit_is_told(tmp_path):
    """One bit holds weights of one sign only; a chip with little memory holds few bits."""
    record = {"base": "loihi2", "name": "narrow"}
    record["limits"] = {
        "cores": {"value": 1, "unit": "cores", "source": "a test"},
        "synapse_words_per_core": {"value": 290, "unit": "words", "source": "a test"},
    }
    chip = tmp_path / "narrow.json"
    chip.write_text(json.dumps(record))
    net, x = layers(), spikes(samples=2)
    s = rb.sweep(net, [1, 2, 3, 8], x, chip=str(chip))
    eight, three, two, one = s.data["uniform"]
    assert "the network needs 3 cores" in eight["refused"] and not three["refused"] and not two["refused"]
    assert one["refused"] and s.text().count("refused: ") == 2
    assert {e["bits"] for e in s.data["sensitivity"]["only"]} == {1, 2}
    s.save(tmp_path / "report")
    alone = rb.sweep(net, [1, 3], x, chip=str(chip))  # no layer holds one bit: there is nothing to draw
    alone.save(tmp_path / "alone")
    assert (tmp_path / "alone" / "sweep.html").read_text().count("<svg") == 2
    with pytest.raises(rb.CompileError):
        rb.sweep(net, [7, 8], x, chip=str(chip), sensitivity=False)


def test_wrong_arguments():
    net, x = layers(), spikes(samples=2)
    for arguments, words in (
        (("net", [8], x), "a network is needed"),
        ((net, [8]), "needs data"),
        ((net, [], x), "cannot be"),
        ((net, [2.5], x), "cannot be"),
        ((net, "ab", x), "cannot be"),
    ):
        with pytest.raises(rb.OptionError, match=words):
            rb.sweep(*arguments)
    assert parse_budget("40 kB") == 40_000 and parse_budget("5000words") == 40_000
