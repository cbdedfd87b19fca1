"""rheobase diff: recordings, images, engines, float against chip; the place and the cause."""

import json

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from nirfiles import write
from rheobase import compiler
from rheobase.differences import explain, first_unequal_word
from test_commands import REACHING, REACHING_DATA

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """r.rheo, r4.rheo (4-bit weights), r.npz (its recording), float.npz"""
    folder = tmp_path_factory.mktemp("diff")
    net = rb.load(REACHING)
    image = rb.compile(net)
    image.save(folder / "r.rheo")
    rb.compile(net, weight_bits=4).save(folder / "r4.rheo")
    with np.load(REACHING_DATA) as data:
        x = data["x"][:2]
    image.run(x, probes=image.probes()).save(folder / "r.npz")
    net.run(x, probes=net.probes()).save(folder / "float.npz")
    return folder


def diff(*arguments):
    result = invoke("diff", *arguments, "--json")
    assert result.returncode in (0, 1), result.stderr
    body = json.loads(result.stdout)
    assert body["schema"] == "rheobase.diff/1" and body["equal"] == (result.returncode == 0)
    return body


def test_recordings(files, tmp_path):
    assert diff(files / "r.npz", files / "r.npz")["first"] is None
    changed = rb.Recording.load(files / "r.npz")
    changed.spikes["hidden"][1, 50, 7] ^= 1
    changed.states["hidden.v"][1, 50, 7] += 64
    changed.spikes["hidden"][0, 90, 3] ^= 1
    changed.save(tmp_path / "changed.npz")
    found = diff(files / "r.npz", tmp_path / "changed.npz")["first"]
    assert (found["series"], found["sample"], found["step"], found["neuron"]) == ("hidden.spikes", 1, 50, 7)
    assert found["cause"].startswith("'hidden.v' after this step, in the network's units: left ")
    text = invoke("diff", files / "r.npz", tmp_path / "changed.npz").stdout
    assert text.startswith("first difference: 'hidden.spikes', sample 1, step 50, neuron 7: ")


def test_an_overflow_is_named_as_the_cause(files):
    left, right = (rb.Recording.load(files / "r.npz") for _ in range(2))
    right.spikes["hidden"][0, 5, 2] ^= 1
    right.overflows["hidden"] = {"wraps": np.eye(1, 128, 2, dtype=int)[0], "saturations": np.zeros(128, int)}
    found = rb.first_difference(left, right)
    assert explain(left, right, found) == "a state of this neuron wrapped or saturated on the right side"


def test_images(files):
    assert diff(files / "r.rheo", files / "r.rheo")["equal"]
    found = diff(files / "r.rheo", files / "r4.rheo")["first"]
    assert found["left"] != found["right"] and found["place"]
    a, b = (rb.Image.load(files / name) for name in ("r.rheo", "r4.rheo"))
    assert rb.first_difference(a.run(np.ones((9, 40), int)), b.run(np.ones((9, 40), int))) is not None


def test_one_changed_weight_is_found(tmp_path):
    images = []
    for weight in (0.25, -0.25):
        changed = {"/node/nodes/fc/weight": np.array([[1, 0.5], [weight, 1], [-1, 1]])}
        images.append(rb.compile(rb.load(write(tmp_path / "net.nir", changed))))
    found = first_unequal_word(*images)
    assert found == {"place": "core 0.axons[0].synapses[1][1]", "left": 32, "right": -32}
    for image, name in zip(images, ("a.rheo", "b.rheo")):
        image.save(tmp_path / name)
    result = invoke("diff", tmp_path / "a.rheo", tmp_path / "b.rheo")
    assert result.stdout == "first difference at core 0.axons[0].synapses[1][1]: 32 and -32\n"


def test_what_images_say_is_compared_last_and_shortly(tmp_path):
    net = rb.load(write(tmp_path / "net.nir"))
    rb.compile(net).save(tmp_path / "a.rheo")
    settings = rb.quantization(net)
    rb.compile(net, quant=settings, weight_bits=8).save(tmp_path / "b.rheo")
    result = invoke("diff", tmp_path / "a.rheo", tmp_path / "b.rheo")
    assert "quantization.weight_bits" in result.stdout and "every decoded word is equal" in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) < 300
    pinned = rb.quantization(net, weights=True)
    assert rb.compile(net, quant=pinned).to_bytes() == rb.compile(net).to_bytes()


def test_an_array_is_no_recording(tmp_path, files):
    np.save(tmp_path / "x.npy", np.zeros(3))
    result = invoke("diff", files / "r.rheo", tmp_path / "x.npy")
    assert result.returncode == 3 and "no recording" in result.stderr


def test_engines_on_data(files):
    options = ["--input", REACHING_DATA, "--samples", 2]
    for engines in ("golden,vector", "golden,jit", "auto,auto"):
        assert diff(files / "r.rheo", "--engines", engines, *options)["equal"]
    unequal = diff(files / "r.rheo", files / "r4.rheo", *options)["first"]
    assert unequal["series"] in {"hidden.spikes", "hidden.u", "hidden.v", "velocity.v", "output.output"}


def test_a_network_and_its_image_on_data(files):
    options = ["--input", REACHING_DATA, "--samples", 4]
    found = diff(REACHING, files / "r.rheo", *options)["first"]
    mirrored = diff(files / "r.rheo", REACHING, *options)["first"]
    assert found["series"] == "hidden.spikes" and "threshold" in found["cause"]
    assert (found["left"], found["right"]) == (mirrored["right"], mirrored["left"])
    with np.load(REACHING_DATA) as data:
        x = data["x"][:4]
    a, b = rb.load(REACHING).run(x), rb.Image.load(files / "r.rheo").run(x)
    place = (found["sample"], found["step"], found["neuron"])
    assert (a.spikes["hidden"][place], b.aligned("hidden")[place]) == (found["left"], found["right"])


def test_conventions_are_those_of_the_network(files):
    options = ["--input", REACHING_DATA, "--samples", 2]
    assert diff(REACHING, files / "float.npz", *options)["equal"]
    assert not diff(REACHING, files / "float.npz", *options, "--reset", "subtract")["equal"]
    result = invoke("diff", files / "float.npz", files / "float.npz", "--reset", "subtract")
    assert result.returncode == 2 and "--reset belongs to networks" in result.stderr


def test_recordings_of_a_network_and_of_its_image(files):
    body = diff(files / "float.npz", files / "r.npz")
    assert body["first"]["series"] == "hidden.spikes"


def test_what_cannot_be_compared(files, tmp_path):
    np.savez(tmp_path / "x.npz", x=np.zeros(3))
    short = rb.Recording.load(files / "r.npz")
    short.spikes["hidden"] = short.spikes["hidden"][:1]
    short.save(tmp_path / "short.npz")
    for other, status, words in (
        (tmp_path / "x.npz", 3, "not a recording of a run"),
        (tmp_path / "short.npz", 3, "'hidden.spikes' has shape"),
        (tmp_path / "none", 3, "No such file"),
        (files / "r.rheo", 2, "give --input DATA"),
    ):
        result = invoke("diff", files / "r.npz", other)
        assert result.returncode == status and words in result.stderr, result.stderr


def test_recordings_that_are_damaged(tmp_path):
    good = {"steps": np.int64(3), "hidden.spikes": np.zeros((1, 3, 2), np.int32)}
    for changes, words in (
        ({"steps": np.array([3, 4])}, "'steps' is not a whole number"),
        ({"steps": np.float64(3.5)}, "'steps' is not a whole number"),
        ({"hidden/lag": np.array(["a"])}, "'hidden/lag' is not a whole number"),
        ({"hidden.spikes": np.zeros(3)}, "not a series of a run"),
        ({"hidden.spikes": np.array([[["a"]]])}, "not a series of a run"),
    ):
        np.savez(tmp_path / "r.npz", **{**good, **changes})
        with pytest.raises(rb.FormatError, match=words):
            rb.Recording.load(tmp_path / "r.npz")
