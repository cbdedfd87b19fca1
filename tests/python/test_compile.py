"""From network to verdict: compile, run, stream, verify, quantization settings, refusals."""

import json
import sys

import numpy as np
import pytest
import rheobase as rb
from rheobase import compiler
from rheobase.differences import first_unequal_word
from commandline import invoke as rheobase
from test_commands import EXAMPLES, REACHING, REACHING_DATA

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)

FASHION = EXAMPLES / "fashion_mnist" / "fashion_mnist.nir"


@pytest.fixture(scope="module")
def reaching():
    net = rb.load(REACHING)
    return net, rb.compile(net)


@pytest.fixture(scope="module")
def trials():
    with np.load(REACHING_DATA) as data:
        return data["x"][:4], data["y"][:4]


def test_run_shapes_and_lags(reaching, trials):
    net, image = reaching
    x, _ = trials
    out = image.run(x, probes=["velocity.v"])
    assert out.spikes["hidden"].shape == (4, 320 + image.lag, 128)
    assert out.spikes["hidden"].dtype == np.int32
    assert out.aligned("hidden").shape == (4, 320, 128)
    assert np.array_equal(out.output, out.states["velocity.v"])
    assert image.lag == max(out.lag.values())
    assert not out.overflows
    velocity = out.aligned("velocity.v") / out.scale["velocity.v"]
    assert np.abs(velocity - net.run(x).output).max() < 0.5
    one = image.run(x[0])
    assert np.array_equal(one.output, out.output[0])


def test_engines_agree(reaching, trials):
    _, image = reaching
    x, _ = trials
    probes = image.probes()
    golden = image.run(x, engine="golden", probes=probes)
    for engine, threads in (("vector", 1), ("vector", 2), ("auto", None)):
        assert (
            rb.first_difference(golden, image.run(x, engine=engine, probes=probes, threads=threads)) is None
        )


def test_stream_equals_run_and_continues(reaching, trials):
    _, image = reaching
    x = trials[0][0][:60]
    whole = image.run(x).output
    stream = image.stream()
    first = [stream.step(row) for row in x[:30]]
    saved = stream.state
    second = [stream.step(row) for row in x[30:]]
    assert np.array_equal(np.stack(first + second), whole[:60])
    stream.reset()
    stream.state = saved
    assert np.array_equal(np.stack([stream.step(row) for row in x[30:]]), second)


def test_images_survive_a_file(reaching, trials, tmp_path):
    _, image = reaching
    image.save(tmp_path / "a.rheo")
    again = rb.Image.load(tmp_path / "a.rheo")
    assert again.to_bytes() == image.to_bytes()
    content = bytearray(image.to_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "b.rheo").write_bytes(content)
    with pytest.raises(rb.FormatError):
        rb.Image.load(tmp_path / "b.rheo")
    (tmp_path / "c.rheo").write_bytes(image.to_bytes()[:-8])
    assert rheobase("inspect", tmp_path / "c.rheo").returncode == 3


@pytest.mark.parametrize(
    "x, words",
    [
        (np.full((5, 40), 2), "takes spikes, 0 or 1"),
        (np.full((5, 40), 0.5), "takes integers"),
        (np.full((5, 40), -1), "takes spikes, 0 or 1"),
        (np.zeros((5, 41)), "needs [T, 40]"),
    ],
)
def test_the_chip_refuses_wrong_data(reaching, x, words):
    with pytest.raises(rb.DataError) as caught:
        reaching[1].run(x)
    assert words in str(caught.value)


def test_verify_command(tmp_path):
    image = tmp_path / "r.rheo"
    assert rheobase("compile", REACHING, "-o", image).returncode == 0
    arguments = ["verify", REACHING, image, "--data", REACHING_DATA, "--samples", 8]
    passed = rheobase(*arguments, "-o", tmp_path / "report", "--fail-if", "r2_chip < 0.8 or overflows > 0")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["schema"] == "rheobase.report/1"
    assert report["error"]["chip"]["r2"] > 0.8
    assert not any(r["violated"] for r in report["ranges"])
    assert "mean error" in (tmp_path / "report" / "report.txt").read_text()
    assert rheobase(*arguments, "--fail-if", "samples > 1").returncode == 1
    assert rheobase(*arguments, "--fail-if", "import os").returncode == 3
    assert rheobase("inspect", image, "--json").returncode == 0
    assert "core 0" in rheobase("inspect", image).stdout
    assert rheobase("inspect", image, "--core", 0).returncode == 0
    assert rheobase("diff", image, image).returncode == 0


def test_chunks_do_not_change_the_verdict(reaching, monkeypatch):
    from rheobase import verification

    net, image = reaching
    with np.load(REACHING_DATA) as data:
        x, y = data["x"][:5], data["y"][:5]
    whole = rb.verify(net, image, x, y).data
    monkeypatch.setattr(verification, "CHUNK_BYTES", 1)
    parts = rb.verify(net, image, x, y).data
    assert parts["spikes"] == whole["spikes"]
    assert parts["ranges"] == whole["ranges"]
    assert parts["first_difference"] == whole["first_difference"]
    assert parts["error"]["chip"] == pytest.approx(whole["error"]["chip"])


def test_settings_go_round(tmp_path):
    settings = rb.quantization(rb.load(REACHING))
    assert settings["schema"] == "rheobase.quantization/1"
    assert rheobase("quant", REACHING, "-o", tmp_path / "q.json").returncode == 0
    assert json.loads((tmp_path / "q.json").read_text()) == settings
    net = rb.load(REACHING)
    assert rb.compile(net, quant=settings).to_bytes() == rb.compile(net).to_bytes()
    assert rb.compile(net, weight_bits=3).to_bytes() != rb.compile(net).to_bytes()
    for bits in (0, 10):
        with pytest.raises(
            rb.OptionError, match=f"weight_bits is {bits}, needed is a whole number from 1 to 9"
        ):
            rb.compile(net, weight_bits=bits)
        assert rheobase("compile", REACHING, "-o", tmp_path / "b.rheo", "--weight-bits", bits).returncode == 3
    with pytest.raises(rb.Error):
        rb.compile(net, quant={**settings, "populatoins": {}})


def test_settings_can_hold_every_weight():
    net = rb.load(REACHING)
    settings = rb.quantization(net, weights=True)
    shape = np.shape(settings["projections"]["w_rec"]["weights"])
    assert shape == net.nodes["w_rec"].parameters["weight"].shape
    plain, pinned = rb.compile(net), rb.compile(net, quant=settings)
    assert [plain.program.core(c["id"]) for c in plain.info["cores"]] == [
        pinned.program.core(c["id"]) for c in pinned.info["cores"]
    ]
    settings["projections"]["w_rec"]["weights"][0][0] ^= 2
    found = first_unequal_word(plain, rb.compile(net, quant=settings))
    assert found["place"].startswith("core ")


@pytest.mark.parametrize(
    "part, name, field, value, place",
    [
        ("populations", "hidden", "du", 99999, "populations.hidden.du"),
        ("populations", "hidden", "du", [1, 2], "populations.hidden.du"),
        ("projections", "w_in", "bits", 99, "projections.w_in.bits"),
        ("projections", "w_in", "weights", [[1, 2]], "projections.w_in.weights"),
        ("projections", "w_in", "weights", [[1.5, 2]], "projections.w_in.weights"),
        ("populations", "hiden", "vth", 1, "hiden"),
    ],
)
def test_faults_of_settings_are_bad_input(tmp_path, part, name, field, value, place):
    settings = rb.quantization(rb.load(REACHING))
    settings[part].setdefault(name, {})[field] = value
    file = tmp_path / "edited.json"
    file.write_text(json.dumps(settings))
    result = rheobase("compile", REACHING, "--quant", file, "-o", tmp_path / "net.rheo", "--json")
    assert result.returncode == 3
    (found,) = [d for d in json.loads(result.stdout)["diagnostics"] if d["severity"] == "error"]
    assert (found["file"], found["where"]) == (str(file), place)
    assert not (tmp_path / "net.rheo").exists()


def test_a_smaller_scale_is_followed_or_the_contradiction_named(reaching):
    net, image = reaching
    with np.load(REACHING_DATA) as data:
        x, y = data["x"][:4], data["y"][:4]
    settings = rb.quantization(net)
    hidden = settings["populations"]["hidden"]
    hidden["scale_v"] /= 16
    notes = rb.compile(net, quant=settings).notes
    (named,) = [d for d in notes if d.code == "R0303"]
    assert named.where == "populations.hidden.vth" and named.remedy
    followed = {"schema": settings["schema"], "populations": {"hidden": {"scale_v": hidden["scale_v"]}}}
    small = rb.compile(net, quant=followed)
    assert not [d for d in small.notes if d.code in ("R0303", "R0311")]
    assert rb.verify(net, small, x, y).data["error"]["chip"]["r2"] > 0.75


@pytest.mark.parametrize("model", ["li", "cuba_li"])
def test_n8_potentials_are_in_the_networks_units_whatever_the_leak(model):
    b = rb.Builder(dt=1e-3)
    b.input("in", 4)
    times = dict(tau=0.01) if model == "li" else dict(tau_syn=0.005, tau_mem=0.01)
    getattr(b, model)("y", 3, r=10, v_leak=[-3.0, 0.5, 2.0], **times)
    b.connect("in", "y", np.random.default_rng(1).normal(0, 1, (3, 4)))
    net = b.build()
    x = np.random.default_rng(2).integers(0, 2, (80, 4))
    image = rb.compile(net)
    out = image.run(x, probes=["y.v"])
    chip = out.aligned("y.v") / np.atleast_1d(out.scale["y.v"])
    error = np.abs(chip - net.run(x, probes=["y.v"]).states["y.v"])
    # A register drives from step 0 on, the input comes a hop later: that step's share fades.
    assert error[60 if model == "cuba_li" else 0 :].max() < 0.05
    assert [d.code for d in image.notes if d.where == "y"] == ([] if model == "li" else ["R0313"])
    assert not [p for p in image.info["populations"] if p["hidden"]] or model == "li"


def test_r0304_a_pinned_scale_whose_bias_no_register_holds_is_refused():
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.cuba_lif("n", 1, tau_syn=2e-3, tau_mem=1.2e-3, v_leak=0.9, v_threshold=1)
    b.connect("in", "n", [[1.0, 1.0]])
    net = b.build()
    pins = {"schema": "rheobase.quantization/1", "populations": {"n": {"scale_v": 4e6}}}
    with pytest.raises(rb.CompileError, match="v_leak of 'n'"):
        rb.compile(net, quant=pins)
    pins["populations"]["n"]["scale_v"] = 1e5
    image = rb.compile(net, quant=pins)
    out = image.run(np.zeros((60, 2), int), probes=["n.v"])
    assert out.states["n.v"][-1] / out.scale["n.v"] == pytest.approx(0.9, abs=1e-3)


def test_what_does_not_fit_is_reported_at_once():
    result = rheobase("check", FASHION, "--chip", "tiny", "--json")
    assert result.returncode == 1
    findings = json.loads(result.stdout)["diagnostics"]
    assert findings and all(
        d["code"].startswith("R0") and d["remedy"] for d in findings if d["severity"] == "error"
    )
    with pytest.raises(rb.CompileError) as caught:
        rb.compile(rb.load(FASHION), chip="tiny")
    assert caught.value.diagnostics
    assert rheobase("check", REACHING, "--chip", "loihi2").returncode == 0


def test_a_refused_compilation_leaves_nothing(tmp_path):
    assert rheobase("compile", FASHION, "-o", tmp_path / "x.rheo", "--chip", "tiny").returncode == 1
    assert rheobase("compile", FASHION, "-o", tmp_path / "x.rheo", "--chip", "loihi3").returncode in (2, 3)
    assert list(tmp_path.iterdir()) == []


def test_running_an_image_loads_no_mlir(reaching, tmp_path):
    import subprocess

    reaching[1].save(tmp_path / "a.rheo")
    script = (
        "import sys, numpy, rheobase as rb; rb.Image.load(sys.argv[1]).run(numpy.zeros((3, 40), int)); "
        "maps = open('/proc/self/maps').read(); assert 'libMLIR' not in maps and 'libLLVM' not in maps"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path / "a.rheo"], check=True)


def test_w2_a_projection_that_is_gone_is_told_without_being_asked(tmp_path):
    """Weights of a millionth beside weights of 1: all of them round to 0, and the loop with them."""
    b = rb.Builder(dt=1e-3)
    b.input("in", 4)
    b.lif("a", 4, tau=0.02, r=20)
    b.connect("in", "a", np.random.default_rng(0).normal(0, 1, (4, 4)))
    b.connect("a", "a", np.eye(4) * 1e-6, name="loop")
    b.output("out", "a")
    net = b.build()
    (told,) = [d for d in rb.compile(net).notes if d.code == "R0330"]
    assert told.severity == "warning" and told.where == "loop"
    assert told.message == "all 4 weights of 'loop' that are not 0 round to 0"
    assert [d.code for d in rb.check(net)].count("R0330") == 1
    rb.export(net, "nir", tmp_path / "net.nir")
    done = rheobase("compile", tmp_path / "net.nir", "--dt", 1e-3, "-o", tmp_path / "net.rheo")
    assert done.returncode == 0 and "warning R0330: all 4 weights of 'loop'" in done.stderr
