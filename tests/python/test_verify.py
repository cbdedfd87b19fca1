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


@pytest.mark.parametrize("model", ["lif", "cuba_lif"])
def test_potentials_of_a_brain_rest_at_minus_65(model):
    """Negative thresholds: the same dynamics from rest on, potentials told in the network's units."""
    rng = np.random.default_rng(3)
    b = rb.Builder(dt=1e-3)
    b.input("in", 12)
    times = dict(tau=0.02) if model == "lif" else dict(tau_syn=5e-3, tau_mem=0.02)
    getattr(b, model)("n", 10, r=20, v_leak=-65, v_threshold=-50, v_reset=-65, **times)
    b.connect("in", "n", rng.normal(4, 3, (10, 12)))
    net = b.build()
    image = rb.compile(net)
    assert [d.severity for d in image.notes if d.code == "R0314"] == ["warning"]
    x = np.zeros((1, 160, 12), int)
    x[:, 60:] = rng.integers(0, 2, (1, 100, 12))
    floats, chip = net.run(x).spikes["n"][0, 60:], image.run(x).aligned("n")[0, 60:]
    assert floats.sum() > 20 and np.mean(floats == chip) > 0.98
    found = rb.verify(net, image, x).data["first_difference"]
    if found is not None:
        assert (
            found["chip_threshold"] == pytest.approx(-50, abs=0.01)
            and "another threshold" not in found["cause"]
        )


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


X = np.random.default_rng(4).integers(0, 2, (6, 40, 2))
WEIGHTS = np.array([[1, 0.5], [0.25, 1], [-1, 1]])


def small(name="net", readout=None, threshold=1.0, **conventions):
    """in[2] -> lif[3] -> out, with a leaky readout of that many neurons beside it."""
    b = rb.Builder(dt=1e-3, name=name, **conventions)
    b.input("in", 2)
    b.lif("hidden", 3, tau=0.02, r=5, v_threshold=threshold)
    b.connect("in", "hidden", WEIGHTS)
    b.output("out", "hidden")
    if readout:
        b.li("sum", readout, tau=0.02)
        b.connect("hidden", "sum", np.ones((readout, 3)))
        b.output("readout", "sum")
    return b.build()


def mean_error(net, image, output, scale):
    return np.abs(image.run(X).aligned(output) / scale - net.run(X).outputs[output]).mean()


@pytest.mark.parametrize("leak", [0.0, 0.7, -0.4])
@pytest.mark.parametrize("kind", ["li", "cuba_li"])
def test_errors_hold_a_resting_potential_once(kind, leak):
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    times = dict(tau=0.005) if kind == "li" else dict(tau_syn=0.005, tau_mem=0.005)
    getattr(b, kind)("sum", 3, v_leak=leak, **times)
    b.connect("in", "sum", WEIGHTS)
    b.output("out", "sum")
    net = b.build()
    image = rb.compile(net)
    wanted = mean_error(net, image, "out", image.scale["sum.v"])
    assert rb.verify(net, image, X).data["error"]["chip_to_float"]["mean_absolute"] == pytest.approx(wanted)


def test_potentials_of_a_difference_hold_a_resting_potential_once():
    rng = np.random.default_rng(1)
    b = rb.Builder(dt=1e-3)
    b.input("in", 20)
    b.lif("hidden", 50, tau=0.02, r=5, v_leak=0.4, v_threshold=1.0)
    b.connect("in", "hidden", rng.normal(size=(50, 20)))
    b.output("out", "hidden")
    net = b.build()
    image = rb.compile(net)
    x = rng.integers(0, 2, (10, 100, 20))
    first = rb.verify(net, image, x).data["first_difference"]
    place = first["sample"], first["step"], first["neuron"]
    probes = ["hidden.v"]
    assert first["float_v"] == net.run(x, probes=probes).states["hidden.v"][place]
    out = image.run(x, probes=probes)
    units = np.broadcast_to(out.scale["hidden.v"], 50)
    assert first["chip_v"] == out.aligned("hidden.v")[place] / units[first["neuron"]]
    assert first["chip_threshold"] == pytest.approx(first["threshold"], rel=1e-3)
    assert first["cause"].startswith("rounding: ")


def test_dirac_spikes_are_compared_as_such():
    b = rb.Builder(dt=1e-3, spikes="dirac")
    b.input("in", 2)
    b.lif("hidden", 3, tau=0.02, r=0.02)
    b.connect("in", "hidden", WEIGHTS)
    b.output("out", "hidden")
    net = b.build()
    image = rb.compile(net)
    report = rb.verify(net, image, X)
    wanted = mean_error(net, image, "out", 1e-3)
    assert report.data["error"]["chip_to_float"]["mean_absolute"] == pytest.approx(wanted)
    assert report.data["error"]["chip_to_float"]["largest"] in (0, 1000)


@pytest.mark.parametrize("width", [2, 3])
def test_every_output_has_its_own_errors(width):
    net = small(readout=width)
    image = rb.compile(net)
    report = rb.verify(net, image, X)
    errors = report.data["errors"]
    assert set(errors) == {"out", "readout"} and report.data["error"] == {}
    for name, scale in (("out", 1), ("readout", image.scale["sum.v"])):
        found = errors[name]["chip_to_float"]
        assert found["mean_absolute"] == pytest.approx(mean_error(net, image, name, scale))
        wanted = net.run(X).outputs[name].astype(float)
        baseline = ((wanted - wanted.mean(axis=(0, 1))) ** 2).sum()
        missed = ((image.run(X).aligned(name) / scale - wanted) ** 2).sum()
        assert found["r2"] == pytest.approx(1 - missed / baseline)
        assert f"output '{name}', in the network's units" in report.text()
    both = [error["chip_to_float"] for error in errors.values()]
    assert report.figures()["r2_chip_to_float"] == min(error["r2"] for error in both)
    assert report.figures()["error_chip_to_float"] == max(error["mean_absolute"] for error in both)


def test_one_output_alone_keeps_its_error_in_place():
    net = small()
    data = rb.verify(net, rb.compile(net), X).data
    assert data["errors"] == {"out": data["error"]} and set(data["error"]) == {"chip_to_float"}


def test_labels_and_targets_find_the_output_that_they_fit():
    net = small(readout=2)
    image = rb.compile(net)
    labels = np.array([0, 1, 2, 0, 1, 2])
    report = rb.verify(net, image, X, labels)
    answers = image.run(X).aligned("out").sum(axis=1).argmax(axis=1)
    assert report.data["accuracy"]["output"] == "out"
    assert report.data["accuracy"]["chip"]["count"] == (answers == labels).sum()
    assert "accuracy of 'out', with 95 % intervals" in report.text()
    targets = rb.verify(net, image, X, np.ones((6, 40, 2)))
    assert {name: set(sides) for name, sides in targets.data["errors"].items()} == {
        "out": {"chip_to_float"},
        "readout": {"chip_to_float", "float", "chip"},
    }
    for y, words in (
        (labels % 2, "may belong to several outputs: 'out' with 3 neurons, 'readout' with 2 neurons"),
        (labels + 1, "fit none of the network's outputs: 'out' with 3"),
        (np.ones((6, 40, 5)), "fit none of the network's outputs: 'out' with 3"),
    ):
        with pytest.raises(rb.DataError, match="R0255") as caught:
            rb.verify(net, image, X, y)
        assert words in str(caught.value) and "leave 'y' out" in str(caught.value)


@pytest.mark.parametrize(
    "what, theirs, ours",
    [
        ("reset", {"reset": "zero"}, {"reset": "subtract"}),
        ("discretization", {}, {"discretization": "exponential"}),
        ("spikes", {}, {"spikes": "dirac"}),
        ("dt", {"dt": 1e-3}, {"dt": 2e-3}),
    ],
)
def test_an_image_of_other_conventions_is_told(here, what, theirs, ours):
    image, net = rb.compile(rb.load("net.nir", **theirs)), rb.load("net.nir", **ours)
    report = rb.verify(net, image, X)
    (warning,) = report.data["warnings"]
    values = [image.info["dt"], net.dt] if what == "dt" else [theirs.get(what), ours[what]]
    assert (warning["code"], warning["severity"], warning["where"]) == ("R0665", "warning", what)
    assert all(str(value) in warning["message"] for value in values if value)
    held = {a["side"]: a["value"] for a in report.data["assumptions"] if a["what"] == what}
    assert set(held) == {"image", "network"} and held["image"] != held["network"]
    text = report.text()
    assert "warning R0665: the image was made with" in text
    assert f"assumed by the image: {what} = {held['image']}" in text
    assert f"assumed by the network: {what} = {held['network']}" in text
    if report.data["first_difference"]:
        assert report.data["first_difference"]["cause"].startswith(
            f"other conventions: image and network have {what}"
        )


def test_an_image_of_another_network_is_told(here):
    report = rb.verify(small("a", threshold=2.0), rb.compile(small("b")), X)
    (warning,) = report.data["warnings"]
    assert warning["code"] == "R0665" and "'b'" in warning["message"] and "'a'" in warning["message"]
    assert report.data["first_difference"]["cause"].startswith("another threshold: ")
    rb.compile(rb.load("net.nir", reset="zero")).save("net.rheo")
    result = invoke("verify", "net.nir", "net.rheo", "--data", "alone.npy", "--reset", "subtract", "--json")
    assert [w["where"] for w in json.loads(result.stdout)["warnings"]] == ["reset"]


def test_a_pair_that_belongs_together_has_no_warning(here):
    net = rb.load("net.nir", reset="zero")
    report = rb.verify(net, rb.compile(net), X)
    assert report.data["warnings"] == [] and "R0665" not in report.text()
    assert all(a["side"] is None for a in report.data["assumptions"])
    assert [a["what"] for a in report.data["assumptions"]].count("reset") == 1


def test_a_pinned_threshold_is_named_as_the_cause():
    net = small()
    settings = rb.quantization(net)
    hidden = settings["populations"]["hidden"]
    hidden["vth"] = hidden["vth"] * 2
    image = rb.compile(net, quant=settings)
    register, scale = 64 * hidden["vth"], image.scale["hidden.v"]
    report = rb.verify(net, image, X)
    first = report.data["first_difference"]
    assert first["chip_threshold"] == pytest.approx(register / scale)
    assert first["cause"].startswith(
        f"another threshold: the chip's is {register / scale:.6g} (register {register}"
    )
    assert f"threshold 1 (chip {register / scale:.6g})" in report.text()


def test_rounding_is_not_blamed_for_other_weights():
    net = small()
    settings = rb.quantization(net, weights=True)
    projection = next(iter(settings["projections"].values()))
    projection["weights"] = (np.array(projection["weights"]) // 4 * 2).tolist()
    cause = rb.verify(net, rb.compile(net, quant=settings), X).data["first_difference"]["cause"]
    assert cause.startswith("more than rounding explains: ") and "pinned" in cause


def test_rounding_is_not_blamed_where_the_potentials_were_apart_before():
    b = rb.Builder(dt=1e-3)
    b.input("in", 1)
    b.integrate_and_fire("hidden", 1)
    b.connect("in", "hidden", np.array([[0.49]]))
    b.output("out", "hidden")
    net = b.build()
    settings = rb.quantization(net, weights=True)
    hidden = settings["populations"]["hidden"]  # weights stay, so that they count double
    hidden["scale_v"], hidden["vth"] = hidden["scale_v"] / 2, hidden["vth"] // 2
    first = rb.verify(net, rb.compile(net, quant=settings), np.ones((1, 4, 1), int)).data["first_difference"]
    assert first["step"] == 1 and first["float_v"] == pytest.approx(0.98) and first["chip"]
    assert first["cause"].startswith("more than rounding explains: ")


@pytest.mark.parametrize("order", [1, -1])
def test_an_overflow_is_the_cause_of_what_comes_after_it(order):
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.integrate_and_fire("hidden", 1)
    b.connect("in", "hidden", np.array([[0.7, -5]]))
    b.output("out", "hidden")
    net = b.build()
    settings = rb.quantization(net, weights=True)
    hidden = settings["populations"]["hidden"]
    x = np.zeros((1, 4000, 2), int)
    if order == 1:  # a threshold pinned too high, and the overflow long after its difference
        hidden["vth"] = hidden["vth"] * 3
        x[0, :1000, 0], x[0, 1000:, 1] = 1, 1
        cause = "another threshold: "
    else:
        x[0, :400, 1], x[0, 400:, 0] = 1, 1
        cause = "overflow: "
    report = rb.verify(net, rb.compile(net, quant=settings), x)
    assert report.data["overflows"]["hidden"]["saturations"] + report.data["overflows"]["hidden"]["wraps"] > 0
    assert report.data["first_difference"]["cause"].startswith(cause)


def test_a_difference_between_integers_and_real_numbers_is_explained():
    rng = np.random.default_rng(2)
    b = rb.Builder()
    b.input("in", 20)
    b.exact("hidden", 50, model="lif", decay_v=410, threshold=64 * 30)
    b.connect("in", "hidden", rng.integers(-20, 21, (50, 20)))
    b.output("out", "hidden")
    net = b.build()
    first = rb.verify(net, rb.compile(net), rng.integers(0, 2, (20, 100, 20))).data["first_difference"]
    assert first["threshold"] == first["chip_threshold"] == 64 * 30
    assert first["cause"].startswith("rounding: ")


@pytest.mark.parametrize("asked, ran", [("auto", "vector"), ("golden", "golden"), ("jit", "jit")])
def test_the_report_names_the_engine_that_ran(asked, ran):
    net = small()
    assert rb.verify(net, rb.compile(net), X, engine=asked).data["engine"] == ran
