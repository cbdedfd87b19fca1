"""Bad network files: one clear error with file, place and remedy, status 3, nothing left behind."""

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from nirfiles import LEAVE_OUT, good, write

LIF = "/node/nodes/lif/"
FC = "/node/nodes/fc/"
EDGES = good()["/node/edges"]


def lif(name, value):
    return {LIF + name: value}


def loop(*edges):
    """A Linear node 'loop' [3, 3] beside the others."""
    return {
        "/node/nodes/loop/type": "Linear",
        "/node/nodes/loop/weight": np.eye(3, dtype=np.float32),
        "/node/edges": [["in", "fc"], *map(list, edges)],
    }


# name: (changes, code, place, words)
CASES = {
    "missing dataset": (lif("tau", LEAVE_OUT), "R0202", "lif", "'tau'"),
    "missing weight": ({FC + "weight": LEAVE_OUT}, "R0202", "fc", "'weight'"),
    "missing type": (lif("type", LEAVE_OUT), "R0105", "lif/type", "no 'type'"),
    "missing edges": ({"/node/edges": LEAVE_OUT}, "R0105", "/node/edges", "no 'edges'"),
    "wrong shape": (lif("r", np.ones(2)), "R0205", "lif", "shape"),
    "wrong rank": ({FC + "weight": np.ones(6)}, "R0205", "fc", "'weight'"),
    "sizes that do not meet": ({FC + "weight": np.ones((3, 5))}, "R0205", "in", "5"),
    "nan": (lif("v_leak", [0, np.nan, 0]), "R0203", "lif", "nan"),
    "infinity": ({FC + "weight": np.full((3, 2), -np.inf)}, "R0203", "fc", "inf"),
    "zero time constant": (lif("tau", [1, 0, 1]), "R0204", "lif", "tau"),
    "negative time constant": (lif("tau", np.full(3, -0.02)), "R0204", "lif", "tau"),
    "an edge to nowhere": ({"/node/edges": [*EDGES, ["lif", "oud"]]}, "R0106", "/node/edges", "'oud'"),
    "two edges alike": ({"/node/edges": [*EDGES, ["in", "fc"]]}, "R0107", "/node/edges", "twice"),
    "a cycle without state": (
        loop(["fc", "loop"], ["loop", "loop"], ["loop", "lif"], ["lif", "out"]),
        "R0207",
        "loop",
        "loop",
    ),
    "unknown node type": (lif("type", "LIFF"), "R0201", "lif", "'LIF'"),
    "a model that is no node of NIR": (lif("type", "lif"), "R0201", "lif", "did you mean 'LIF'"),
    "a program": (lif("type", "atrlif"), "R0201", "lif", "'atrlif'"),
    "a string for a number": (lif("tau", "fast"), "R0108", "lif/tau", "the string 'fast'"),
    "a number for a string": (lif("type", 3.0), "R0108", "lif/type", "not one string"),
    "no graph": ({"/node/type": "LIF"}, "R0105", "/node/type", "not a graph"),
}


def run_all(net, out):
    """Every command that reads a network, with an output where it writes one."""
    (out / "x.npy").write_bytes(_npy(np.zeros((3, 2))))
    yield invoke("show", net)
    yield invoke("check", net)
    yield invoke("compile", net, "-o", out / "n.rheo", "--dump-stages", out / "stages")
    yield invoke("quant", net, "-o", out / "q.json")
    yield invoke("run", net, "--input", out / "x.npy", "-o", out / "o.npz")
    yield invoke("verify", net, "--data", out / "x.npy", "-o", out / "report")
    (out / "x.npy").unlink()


def _npy(array) -> bytes:
    import io

    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def expect_one_error(result, file, code, place="", words=""):
    assert result.returncode == 3, result.stderr
    assert result.stdout == ""
    headlines = [line for line in result.stderr.splitlines() if " error R" in line]
    assert len(headlines) == 1 and headlines[0].startswith(f"{file}: error {code}: "), result.stderr
    assert place in result.stderr and words in result.stderr
    assert f"{file}: note: " in result.stderr, "no remedy"
    assert "Traceback" not in result.stderr and "std::" not in result.stderr


@pytest.mark.parametrize("name", CASES)
def test_bad_networks(tmp_path, name):
    changes, code, place, words = CASES[name]
    net = write(tmp_path / "net.nir", changes)
    out = tmp_path / "out"
    out.mkdir()
    expect_one_error(invoke("show", net), net, code, place, words)
    expect_one_error(invoke("compile", net, "-o", out / "n.rheo", "--dump-stages", out / "stages"), net, code)
    assert list(out.iterdir()) == []
    with pytest.raises(rb.FormatError) as caught:
        rb.load(net)
    assert (caught.value.code, caught.value.diagnostics[0].file) == (code, str(net))


def test_every_command_refuses_alike(tmp_path):
    net = write(tmp_path / "net.nir", CASES["zero time constant"][0])
    out = tmp_path / "out"
    out.mkdir()
    for result in run_all(net, out):
        expect_one_error(result, net, "R0204", "lif", "tau")
    assert list(out.iterdir()) == []


def test_a_header_that_claims_too_much(tmp_path):
    net = write(tmp_path / "net.nir", claims={LIF + "r": 10**12})
    expect_one_error(invoke("show", net), net, "R0103", "lif/r", "[1000000000000]")


def test_files_that_are_no_hdf5(tmp_path):
    whole = write(tmp_path / "whole.nir").read_bytes()
    for content, code in (
        (b"", "R0101"),
        (b"text\n", "R0103"),
        (whole[:200], "R0103"),
        (whole[:2000], "R0103"),
    ):
        net = tmp_path / "net.nir"
        net.write_bytes(content)
        expect_one_error(invoke("show", net), net, code)
    expect_one_error(invoke("show", tmp_path), tmp_path, "R0101", words="directory")
    expect_one_error(
        invoke("show", tmp_path / "none.nir"), tmp_path / "none.nir", "R0101", words="No such file"
    )
    expect_one_error(invoke("show", "/dev/null"), "/dev/null", "R0101", words="not a regular file")


def test_an_image_is_no_network(tmp_path):
    net = write(tmp_path / "net.nir")
    assert invoke("compile", net, "-o", tmp_path / "n.rheo").returncode == 0
    expect_one_error(
        invoke("show", tmp_path / "n.rheo"), tmp_path / "n.rheo", "R0105", words="is a chip image"
    )


def test_every_fault_of_an_array_network_is_found():
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.lif("a", 2, tau=-1.0)
    b.lif("b", 2, tau=0.0)
    b.connect("in", "a", np.eye(2))
    b.connect("a", "b", np.eye(2))
    with pytest.raises(rb.FormatError) as caught:
        b.build()
    assert [d.code for d in caught.value.diagnostics] == ["R0204", "R0204"]
