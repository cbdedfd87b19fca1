"""The commands about rheobase itself, and their exit statuses."""

import json
import subprocess
import sys

import pytest
import rheobase as rb


def rheobase(*arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "rheobase", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        **more,
    )


def test_version():
    result = rheobase("--version")
    assert result.returncode == 0
    assert result.stdout.strip() == f"rheobase {rb.__version__}"


def test_explain_prints_the_page():
    result = rheobase("explain", "r0690")
    assert result.returncode == 0
    assert result.stdout.startswith("# R0690: ")


def test_explain_lists_every_code():
    listing = rheobase("explain").stdout.splitlines()
    assert any(line.startswith("R0690  ") for line in listing)


def test_explain_offers_the_nearest_code():
    result = rheobase("explain", "R0699")
    assert result.returncode == 2
    assert "error R0690: there is no diagnostic 'R0699'" in result.stderr
    assert "did you mean R069" in result.stderr


def test_unknown_option_is_wrong_usage():
    assert rheobase("explain", "--nonsense").returncode == 2
    assert rheobase("nonsense").returncode == 2


def test_doctor_finds_the_core():
    result = rheobase("doctor", "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["schema"] == "rheobase.doctor/1"
    assert {f["what"]: f["state"] for f in report["findings"]}["core"] == "ok"


def test_errors_carry_code_and_place():
    error = rb.DataError(
        [rb.Diagnostic("R0201", "error", "wrong width", "x.npz", "input", remedy="give 3 channels")]
    )
    assert isinstance(error, rb.Error)
    assert (error.code, error.place) == ("R0201", "x.npz:input")
    assert str(error).splitlines() == [
        "x.npz: error R0201: wrong width",
        "x.npz: note: at 'input'",
        "x.npz: note: give 3 channels",
    ]
    with pytest.raises(rb.Error):
        raise error
