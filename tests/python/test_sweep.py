"""rheobase sweep: figures, flags before data, layers, budget, front, resuming, refusals, pages."""

import itertools
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


def sweep_of(bits: str) -> list[str]:
    """The command that sweeps the network of `here`, into out, without its layers alone."""
    return f"sweep net.nir --dt 1e-3 --bits {bits} --data data.npz -o out --no-layers".split()


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
        assert entry["error"] == pytest.approx(report.figures()["error_chip_to_float"], rel=1e-12)
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


def test_mixtures_are_those_of_a_search_over_all():
    """Of random sums: what no combination beats in memory and loss, best first."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        ways = {n: [2, 3, 4, 6][: rng.integers(1, 5)] for n in "abcd"}
        gains = {n: {b: float(rng.integers(1, 9) * (8 - b)) for b in bits} for n, bits in ways.items()}
        costs = {n: {b: float(rng.integers(-1, 6)) / 16 for b in bits} for n, bits in ways.items()}
        everything = []
        for chosen in itertools.product(*([None, *ways[n]] for n in ways)):
            step = {n: b for n, b in zip(ways, chosen) if b is not None}
            saved = sum(gains[n][b] for n, b in step.items())
            everything.append((-saved, sum(max(costs[n][b], 0.0) for n, b in step.items())))
        wanted = {everything[i] for i in foretelling.front([(m, -loss) for m, loss in everything])}
        steps, exact = foretelling.mixtures(gains, costs)
        found = [
            (
                -sum(gains[n][b] for n, b in step.items()),
                sum(max(costs[n][b], 0.0) for n, b in step.items()),
            )
            for step in steps
        ]
        assert exact and set(found) == wanted and found == sorted(found, reverse=True)
    assert foretelling.mixtures({}, {}) == ([{}], True)


def test_a_search_that_is_too_large_is_thinned_and_says_so(monkeypatch):
    monkeypatch.setattr(foretelling, "MOST_FRONT", 5)
    gains = {n: {b: 2.0**k * (8 - b) for b in (2, 4, 6)} for k, n in enumerate("abc")}
    costs = {n: {b: 1.5**k / b for b in (2, 4, 6)} for k, n in enumerate("abc")}
    steps, exact = foretelling.mixtures(gains, costs)
    assert not exact and len(steps) == 5 and steps[0] == {} and steps[-1] == {"a": 2, "b": 2, "c": 2}


def test_the_budget_gets_what_a_search_over_all_settings_gets():
    """All 27 are compiled and run here; the sweep runs the layers alone and a few more."""
    net, x = layers(), spikes(samples=16)
    y = answers(net, x)
    s = rb.sweep(net, [2, 4, 8], x, y, budget="2.5 kB")
    mixed, names = s.data["mixed"], list(s.data["layers"])
    losses = []
    for bits in itertools.product((2, 4, 8), repeat=len(names)):
        pins = {
            "schema": "rheobase.quantization/1",
            "projections": dict(zip(names, ({"bits": b} for b in bits))),
        }
        image = rb.compile(net, quant=pins)
        words = sum(m["words"] for c in image.info["cores"] for m in c["memories"] if m["name"] == "synapse")
        if 8 * words <= 2500:
            losses.append(1 - rb.verify(net, image, x[::2], y[::2]).figures()["same_answer"])
    assert mixed["memory_bytes"] <= 2500 and mixed["halves"][0]["loss"] <= min(losses) + 1 / 8
    assert s.data["search"] == {"combinations": 27, "exact": True}


def test_a_mixture_is_judged_on_samples_that_it_was_not_chosen_on():
    net, x = layers(), spikes(samples=13)
    y = answers(net, x)
    s = rb.sweep(net, [2, 4, 8], x, y, budget="2 kB")
    mixed = s.data["mixed"]
    pins = {n: {"bits": mixed["layers"].get(n, 8)} for n in s.data["layers"]}
    image = rb.compile(net, quant={"schema": "rheobase.quantization/1", "projections": pins})
    other = rb.verify(net, image, x[1::2], y[1::2]).data["accuracy"]
    assert mixed["halves"][1]["accuracy"] == other["chip"] and other["chip"]["of"] == 6
    assert s.figures()["accuracy_mixed"] == other["chip"]["value"]
    assert s.figures()["memory_mixed"] == mixed["memory_bytes"]
    assert "chosen on 7 samples, these figures are of the other 6" in s.text()
    alone = rb.sweep(net, [4, 8], x[:1], y[:1], budget="3 kB")
    assert "chosen and judged on the same sample" in alone.text()


@pytest.mark.parametrize("more", [dict(bits=[4, 8], sensitivity=False), dict(bits=[4])])
def test_a_budget_without_anything_to_mix_is_refused(more):
    net, x = layers(), spikes(samples=2)
    with pytest.raises(rb.OptionError) as error:
        rb.sweep(net, x=x, budget="2 kB", **more)
    assert error.value.code == "R0694"


def test_what_the_settings_pin_is_not_varied_or_refused():
    net, x = layers(), spikes(samples=4)
    q = rb.quantization(net)
    with pytest.raises(rb.OptionError) as error:
        rb.sweep(net, [2, 4, 8], x, quant=q)
    assert error.value.code == "R0694" and error.value.diagnostics[0].where.startswith("projections.")
    for name in ("one_to_two", "two_to_out_neurons"):
        del q["projections"][name]["bits"]
    s = rb.sweep(net, [2, 8], x, quant=q, sensitivity=False)
    assert set(s.data["layers"]) == {"one_to_two", "two_to_out_neurons"} and s.data["pinned"] == {
        "in_to_one": 8
    }
    assert "the settings pin, so that it does not vary: 'in_to_one' at 8 bits" in s.text()
    for entry in s.data["uniform"]:
        image = rb.compile(net, quant=q, weight_bits=entry["bits"])
        assert entry["agreement"] == pytest.approx(_agreement(net, image, x), rel=1e-12)
    free = rb.sweep(net, [2, 8], x, sensitivity=False)
    assert free.data["pinned"] == {} and free.figures()["memory_2"] < s.figures()["memory_2"]
    with pytest.raises(rb.FormatError, match="R0302"):
        rb.sweep(net, [2, 8], x, quant={"a": 1})


def _agreement(net, image, x):
    counts = rb.verify(net, image, x).data["spikes"].values()
    return sum(c["equal"] for c in counts) / sum(c["cells"] for c in counts)


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
    line = sweep_of("3..8")
    run, calls = rb.Image.run, []

    def stops(self, *arguments, **options):
        if len(calls) == 6:  # each setting runs the samples in halves
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
    assert len(calls) == 6 and "3 settings are finished already" in done.stderr
    first = (here / "out" / "sweep.json").read_bytes()
    assert invoke(*line).returncode == 0 and len(calls) == 6
    assert (here / "out" / "sweep.json").read_bytes() == first
    with np.load("data.npz") as data:  # other data: nothing that is finished holds
        np.savez("data.npz", x=data["x"][::-1], y=data["y"][::-1])
    assert invoke(*line).returncode == 0 and len(calls) == 18


@pytest.mark.parametrize(
    "damage", ["{}", "[]", "3", '{"loss":1}', '{"figures": 3, "sha256": ""}', "", "half", "edited"]
)
def test_a_finished_setting_that_is_damaged_is_run_again(here, damage):
    line = sweep_of("4,8")
    assert invoke(*line).returncode == 0
    first = (here / "out" / "sweep.json").read_bytes()
    file = min((here / "out" / "finished").glob("*/*.json"))
    text = file.read_text()
    edited = json.loads(text)
    edited["figures"]["accuracy"]["value"] = 0.123
    made = {"half": text[: len(text) // 2], "edited": json.dumps(edited)}.get(damage, damage)
    file.write_text(made)
    done = invoke(*line)
    assert done.returncode == 0 and f"{file.name}: is damaged, its setting is run again" in done.stderr
    assert "1 settings are finished already" in done.stderr
    assert (here / "out" / "sweep.json").read_bytes() == first and file.read_text() == text
    other = max((here / "out" / "finished").glob("*/*.json"))
    file.write_text(other.read_text())  # whole, but of another setting
    assert f"{file.name}: is damaged" in invoke(*line).stderr


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
    for condition in (
        "accuracy_4 > 1",
        "accuracy_mixed > 1",
    ):  # no such precision, no budget: known before any work
        done = invoke(*line[:-1], "never", "--fail-if", condition)
        assert done.returncode == 3 and not (here / "never").exists()
    with np.load("data.npz") as data:
        np.savez("unlabelled.npz", x=data["x"])
    done = invoke(
        "sweep", "net.nir", "--data", "unlabelled.npz", "-o", "never", "--fail-if", "accuracy_4 < 1"
    )
    assert done.returncode == 3 and not (here / "never").exists()
    for more in (("--no-layers", "--bits", "4,8"), ("--bits", "8")):
        done = invoke("sweep", "net.nir", "--data", "data.npz", "-o", "never", "--budget", "2kB", *more)
        assert done.returncode == 3 and "R0694" in done.stderr and not (here / "never").exists()
    for bits, words in (
        ("10", "from 1 to 9"),
        ("8..2", "give for example"),
        ("x", "give for example"),
        ("0", "from 1 to 9"),
    ):
        done = invoke("sweep", "net.nir", "--bits", bits, "--data", "data.npz", "-o", "out")
        assert done.returncode == 3 and words in done.stderr, done.stderr
    for budget in ("0", "-3", "2 apples", ""):
        assert invoke(*line, "--budget", budget).returncode == 3
    assert invoke("sweep", "net.nir", "--data", "data.npz").returncode == 2
    for output in (("-o", ""), ("--output", ""), ("--output=",)):
        done = invoke("sweep", "net.nir", "--data", "data.npz", *output)
        assert done.returncode == 3 and "the output has no name" in done.stderr
        assert not (here / "finished").exists()


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
    only = rb.sweep(net, [3, 8], x, chip=str(chip), budget="4 kB")  # one fits the chip, and the budget
    assert only.data["mixed"]["bits"] == 3 and "within 4.0 kB: 3 bits everywhere: " in only.text()
    assert rb.sweep(net, [3, 8], x, chip=str(chip), budget=8).data["mixed"] is None


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
    for further, words in (
        (dict(progress=3), "progress is 3, needed is a function"),
        (dict(tell=3), "tell is 3, needed is a function"),
        (dict(split_fanin=True), "did you mean 'split_fan_in'"),
        (dict(weight_bits=3), "'bits' says the precisions"),
        (dict(engine="fast"), "there is no engine 'fast'"),
    ):
        with pytest.raises(rb.OptionError, match=words):
            rb.sweep(net, [8], x, **further)
    assert parse_budget("40 kB") == 40_000 and parse_budget("5000words") == 40_000
