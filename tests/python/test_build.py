"""Chips, networks from arrays, and how wrong ones are refused."""

import json

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke as rheobase


def small():
    b = rb.Builder(dt=1e-3, name="small")
    b.input("in", 3)
    b.lif("hidden", 4, tau=0.02, r=20.0)
    b.connect("in", "hidden", np.ones((4, 3)))
    b.connect("hidden", "hidden", np.eye(4) * 0.5)
    b.li("readout", 2, tau=0.01)
    b.connect("hidden", "readout", np.ones((2, 4)), bias=[0.5, -0.5])
    return b


def test_builder_makes_a_network():
    net = small().build()
    assert net.dt == 1e-3
    assert {n.name for n in net.populations} == {"hidden", "readout"}
    assert net.nodes["hidden"].shape == (4,)
    assert net.nodes["hidden"].units["tau"] == "s"
    assert np.array_equal(net.nodes["in_to_hidden"].parameters["weight"], np.ones((4, 3)))
    assert sum(delay for _, _, delay in net.edges) == 1
    assert {"what", "value", "why", "how_to_change"} <= net.assumptions[0].keys()
    assert [n.name for n in net.outputs] == ["output"]


def test_builder_refuses_what_does_not_fit():
    b = small()
    with pytest.raises(rb.UsageError, match=r"shape \[2, 4\], needed is \[4, 3\]"):
        b.connect("in", "hidden", np.ones((2, 4)), name="again")
    with pytest.raises(rb.UsageError, match="did you mean 'hidden'"):
        b.connect("in", "hiden", np.ones((4, 3)))
    with pytest.raises(rb.UsageError, match="two nodes"):
        b.input("in", 3)
    with pytest.raises(rb.DataError, match="nan"):
        b.connect("in", "hidden", np.full((4, 3), np.nan), name="bad")
    with pytest.raises(rb.UsageError, match="no float rule"):
        b.connect("in", "hidden", np.ones((4, 3)), delay=7)


def test_network_faults_are_format_errors():
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.lif("hidden", 2, tau=-1.0)
    b.connect("in", "hidden", np.eye(2))
    with pytest.raises(rb.FormatError) as caught:
        b.build()
    assert caught.value.code.startswith("R02")
    assert "hidden" in str(caught.value)


def test_chips():
    chips = rb.chips()
    assert {"loihi1", "loihi2", "tiny"} <= chips.keys()
    assert chips["loihi2"].limits["neurons_per_core"].source
    assert rb.ChipSpec.load("tiny").name == "tiny"
    with pytest.raises(rb.Error):
        rb.ChipSpec.load("no-such-chip")


def test_chips_command():
    listing = rheobase("chips")
    assert listing.returncode == 0 and "loihi2" in listing.stdout
    one = rheobase("chips", "loihi2", "--json")
    assert json.loads(one.stdout)["limits"]["cores"]["unit"]
    assert "neurons_per_core" in rheobase("chips", "tiny").stdout
    wrong = rheobase("chips", "loihi3")
    assert wrong.returncode in (2, 3) and "loihi" in wrong.stderr
