"""rheobase check and rb.check: networks, images against the limits they carry and against other chips."""

import json

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from nirfiles import write
from rheobase import compiler
from test_commands import REACHING

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    path = tmp_path_factory.mktemp("image") / "r.rheo"
    rb.compile(rb.load(REACHING)).save(path)
    return path


def chip(path, name="mine", base="loihi2", profiles=None, extensions=None, **limits):
    record = {"base": base, "name": name}
    record["limits"] = {
        key: {"value": value, "unit": "things", "source": "my board"} for key, value in limits.items()
    }
    for key, value in (("profiles", profiles), ("extensions", extensions)):
        if value is not None:
            record[key] = value
    path.write_text(json.dumps(record))
    return path


def test_an_image_fits_the_chip_it_was_made_for(image):
    result = invoke("check", image)
    assert result.returncode == 0, result.stderr
    assert f"{image} on loihi2: fits" in result.stdout
    assert "neurons_per_core         fullest 130 of 4,095 (3.2 %)" in result.stdout
    assert "warning R0311" in result.stderr  # a range that is not proven
    body = json.loads(invoke("check", image, "--json").stdout)
    assert body["schema"] == "rheobase.check/1" and body["passed"]
    assert body["utilisation"]["cores"] == {"used": 1, "limit": 128}


@pytest.mark.parametrize(
    "limit, value, code",
    [
        ("neurons_per_core", 129, "R0426"),
        ("input_axons_per_core", 100, "R0412"),
        ("synapse_words_per_core", 1000, "R0413"),
        ("output_axons_per_core", 100, "R0414"),
        ("profiles_per_core", 1, "R0415"),
        ("formats_per_core", 2, "R0416"),
        ("weight_bits", 5, "R0419"),
        ("weight_exponent_max", -7, "R0428"),
        ("weight_exponent_min", 7, "R0428"),
    ],
)
def test_each_limit_of_an_image(image, tmp_path, limit, value, code):
    lowered = chip(tmp_path / "mine.json", **{limit: value})
    found = [d for d in rb.check(rb.Image.load(image), chip=lowered) if d.severity == "error"]
    assert {d.code for d in found} == {code}
    assert all(d.limit == value and d.limit_source == "my board" and d.remedy for d in found)
    assert all(d.file == str(image) for d in found)


def test_cores_and_delays_of_an_image(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    for name in ("first", "second"):
        b.lif(name, 30, tau=0.02, r=20.0)
    b.connect("in", "first", np.ones((30, 2)))
    b.connect("first", "second", np.eye(30))
    b.connect("in", "second", np.ones((30, 2)), name="around")  # waits for what goes through 'first'
    image = rb.compile(b.build(), chip="tiny")
    assert (len(image.info["cores"]), image.program.max_delay) == (2, 1)
    assert [d for d in rb.check(image) if d.severity == "error"] == []
    lowered = chip(tmp_path / "mine.json", base="tiny", cores=1, max_delay=0)
    found = [d for d in rb.check(image, chip=lowered) if d.severity == "error"]
    assert [(d.code, d.value, d.limit) for d in found] == [("R0417", 2, 1), ("R0418", 1, 0)]


def test_all_violations_of_an_image_at_once(image, tmp_path):
    lowered = chip(tmp_path / "mine.json", neurons_per_core=100, input_axons_per_core=50, weight_bits=4)
    result = invoke("check", image, "--chip", lowered, "--json")
    assert result.returncode == 1
    body = json.loads(result.stdout)
    codes = sorted({d["code"] for d in body["diagnostics"] if d["severity"] == "error"})
    assert not body["passed"] and codes == ["R0412", "R0419", "R0426"]
    text = invoke("check", image, "--chip", lowered)
    assert "core 0 (hidden, velocity) holds 130 neurons, 'mine' has at most 100" in text.stderr
    assert "violations" in text.stdout


def test_an_image_of_another_kind_of_chip(image, tmp_path):
    assert "R0422" in {d.code for d in rb.check(rb.Image.load(image), chip="tiny")}
    other = chip(tmp_path / "mine.json", profiles=["loihi1"])
    found = rb.check(rb.Image.load(image), chip=other)
    assert any(d.code == "R0410" and "'lava'" in d.message for d in found)


def test_an_image_that_needs_an_extension(tmp_path):
    net = rb.load(write(tmp_path / "net.nir"), reset="subtract", dt=1e-3)
    image = rb.compile(net)
    lacking = chip(tmp_path / "mine.json", extensions=[])
    assert [d.code for d in rb.check(image, chip=lacking) if d.severity == "error"] == ["R0411"]
    assert [d for d in rb.check(image) if d.severity == "error"] == []


def test_a_network_gets_every_violation(tmp_path):
    result = invoke("check", REACHING, "--chip", "tiny")
    assert result.returncode == 1
    errors = [line for line in result.stderr.splitlines() if " error R" in line]
    assert len(errors) == 2 and all(line.startswith(f"{REACHING}: error R0412: neuron ") for line in errors)
    assert result.stdout.endswith("on tiny: 2 violations\n")
    findings = rb.check(rb.load(REACHING), chip="tiny")
    assert all(
        d.code and d.where and d.value > d.limit and d.remedy for d in findings if d.severity == "error"
    )
    assert invoke("check", REACHING).returncode == 0


def test_options_of_networks_are_refused_for_images(image):
    for option in (["--dt", "1e-3"], ["--profile", "lava"], ["--quant", "q.json"]):
        result = invoke("check", image, *option)
        assert result.returncode == 2 and "belongs to networks" in result.stderr
    assert invoke("check", image, "--chip", "nochip").returncode == 3


def test_check_takes_networks_and_images_only():
    for wrong in (3, "net.nir", np.zeros(3)):
        with pytest.raises(rb.Error):
            rb.check(wrong)


def test_utilisation_is_that_of_the_chip_that_is_asked_about(tmp_path):
    rb.compile(rb.load(REACHING)).save(tmp_path / "r.rheo")
    body = json.loads(invoke("check", tmp_path / "r.rheo", "--chip", "tiny", "--json").stdout)
    limits = rb.ChipSpec.load("tiny").limits
    assert body["utilisation"]["neurons_per_core"]["limit"] == limits["neurons_per_core"].value
    assert body["utilisation"]["cores"]["limit"] == limits["cores"].value
