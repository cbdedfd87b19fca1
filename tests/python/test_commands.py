"""show, run and diff on the example networks; bad files; conditions; statistics."""

import json
from pathlib import Path

import numpy as np
import pytest
import rheobase as rb
from rheobase import condition
from rheobase.statistics import Error2, bits_of, wilson
from commandline import invoke as rheobase

EXAMPLES = Path(__file__).parents[2] / "examples"
REACHING = EXAMPLES / "reaching" / "reaching.nir"
REACHING_DATA = EXAMPLES / "reaching" / "test_data.npz"


def test_show():
    result = rheobase("show", REACHING, "--json")
    assert result.returncode == 0, result.stderr
    body = json.loads(result.stdout)
    assert body["schema"] == "rheobase.network/1"
    assert body["neurons"] == 130
    assert body["dt"] == 1e-3
    text = rheobase("show", REACHING, "--dt", "2e-3").stdout
    assert "dt = 0.002 s" in text


def test_float_run_is_written_and_compared(tmp_path):
    arguments = ["run", REACHING, "--input", REACHING_DATA, "--samples", 4]
    assert rheobase(*arguments, "-o", tmp_path / "a.npz", "--probe", "velocity.v").returncode == 0
    assert rheobase(*arguments, "-o", tmp_path / "b.npz", "--threads", 1).returncode == 0
    assert rheobase("diff", tmp_path / "a.npz", tmp_path / "b.npz").returncode == 0
    recording = rb.Recording.load(tmp_path / "a.npz")
    assert recording.output.shape == (4, 320, 2)
    assert np.array_equal(recording.states["velocity.v"], recording.output)
    recording.spikes["hidden"][2, 100, 5] += 1
    recording.save(tmp_path / "c.npz")
    differing = rheobase("diff", tmp_path / "a.npz", tmp_path / "c.npz", "--json")
    assert differing.returncode == 1
    first = json.loads(differing.stdout)["first"]
    assert (first["sample"], first["step"], first["neuron"]) == (2, 100, 5)


def test_the_network_does_its_task():
    with np.load(REACHING_DATA) as data:
        x, y = data["x"], data["y"]
    error = Error2()
    error.add(y, rb.load(REACHING).run(x).output)
    assert error.result()["r2"] > 0.9


@pytest.mark.parametrize(
    "arguments, status, words",
    [
        (["show", "no-such.nir"], 3, "no-such.nir: error R01"),
        (["show", str(EXAMPLES)], 3, "directory"),
        (["show", str(REACHING_DATA)], 3, "HDF5"),
        (["run", str(REACHING), "--input", str(REACHING), "-o", "{out}"], 3, "R0250"),
        (
            ["run", str(REACHING), "--input", str(REACHING_DATA), "-o", "{out}", "--probe", "hidden.w"],
            3,
            "did you mean",
        ),
        (["run", str(REACHING), "--input", str(REACHING_DATA), "-o", "{out}/deeper"], 3, "R0260"),
        (["inspect", str(REACHING)], 3, "R05"),
    ],
)
def test_bad_input_is_one_clear_error(tmp_path, arguments, status, words):
    out = tmp_path / "out.npz"
    result = rheobase(*[a.replace("{out}", str(out)) for a in arguments])
    assert result.returncode == status, result.stderr
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_damaged_images_are_refused(tmp_path):
    for content in (b"", b"RHEOIMG\0", b"RHEOIMG\0" + bytes(64)):
        (tmp_path / "x.rheo").write_bytes(content)
        with pytest.raises(rb.FormatError):
            rb.Image.load(tmp_path / "x.rheo")
    assert rheobase("inspect", tmp_path / "x.rheo").returncode == 3


def test_conditions_are_read_not_executed():
    figures = {"accuracy_drop": 0.004, "overflows": 0}
    assert not condition.holds("accuracy_drop > 0.005 or overflows > 0", figures)
    assert condition.holds("not (accuracy_drop * 100 >= 0.5) and 0 <= overflows < 1", figures)
    for wrong in (
        "__import__('os')",
        "overflows.real > 0",
        "accuracy_drop",
        "1 +",
        "[1] > 0",
        "'a' < 'b'",
        "2**9 > 1",
    ):
        with pytest.raises(rb.UsageError):
            condition.holds(wrong, figures)
    with pytest.raises(rb.UsageError, match="did you mean 'overflows'"):
        condition.holds("overflow > 0", figures)
    with pytest.raises(rb.UsageError, match="divides by zero"):
        condition.holds("1 / overflows > 0", figures)
    with pytest.raises(rb.UsageError, match="divides by zero"):  # whatever the figures are
        condition.check_names("overflows > 0 and accuracy_drop > 1 / (2 - 2)", figures)


def test_conditions_of_what_is_not_known():
    figures = {"known": 1.0, "unknown": None}
    for expression, told in (
        ("unknown > 0", None),
        ("-unknown + 1 > 0", None),
        ("not unknown > 0", None),
        ("known > 0 or unknown > 0", True),
        ("unknown > 0 or known > 0", True),
        ("unknown > 0 or known > 2", None),
        ("unknown > 0 and known > 2", False),
        ("unknown > 0 and known > 0", None),
        ("0 < unknown < known", None),
        ("2 < known < unknown", False),
    ):
        assert condition.holds(expression, figures) is told, expression


def test_wilson_interval_solves_its_equation():
    for successes, trials in ((8914, 10000), (3, 7), (1, 1000)):
        share = successes / trials
        for p in wilson(successes, trials):  # (share - p)^2 = z^2 p (1 - p) / n at both ends
            assert (share - p) ** 2 == pytest.approx(1.959963984540054**2 * p * (1 - p) / trials)
    assert wilson(0, 10)[0] == 0 and wilson(10, 10)[1] == 1


def test_bits():
    assert [bits_of(0, 0), bits_of(-1, 0), bits_of(0, 1), bits_of(-128, 127), bits_of(-129, 0)] == [
        1,
        1,
        2,
        8,
        9,
    ]
    assert bits_of(-(2**23) + 1, 2**23 - 1) == 24


def test_error_sums_do_not_depend_on_chunks():
    rng = np.random.default_rng(3)
    y, z = rng.normal(size=(2, 9, 5, 3))
    whole, parts = Error2(), Error2()
    whole.add(y, z)
    for k in range(0, 9, 2):
        parts.add(y[k : k + 2], z[k : k + 2])
    assert whole.result() == pytest.approx(parts.result())
    r2 = 1 - ((y - z) ** 2).sum() / ((y - y.mean(axis=(0, 1))) ** 2).sum()
    assert whole.result()["r2"] == pytest.approx(r2)
