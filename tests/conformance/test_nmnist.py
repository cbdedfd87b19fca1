"""The convolutional network of the NIR paper on recordings of an event camera, float and on a Loihi 2."""

import json
import subprocess
import sys

import event_digits
import numpy as np
import pytest
import rheobase as rb
from comparing import run_engines
from event_digits import nmnist
from recordings import recorded


@pytest.fixture(scope="module")
def net() -> rb.Network:
    return event_digits.network()


@pytest.fixture(scope="module")
def digits():
    return event_digits.digits()


@pytest.fixture(scope="module")
def image(net) -> rb.Image:
    return rb.compile(net, chip="loihi2", weight_bits=8)


def right(output: np.ndarray, y: np.ndarray) -> int:
    return int((output.sum(1).argmax(1) == y).sum())


def test_f15_f16_the_chip_knows_the_digits_that_the_float_network_knows(net, image, digits):
    x, y = digits
    ours = image.run(x, spikes=False)
    assert right(net.run(x, spikes=False).output, y) == 98
    assert right(ours.output, y) >= 97
    # Without a leak, a neuron that is inhibited for long stops at the least potential.
    assert not any(counts["wraps"].any() for counts in ours.overflows.values())


def test_i10_every_kernel_is_stored_once_in_a_core(image, tmp_path):
    image.save(tmp_path / "nmnist.rheo")
    shown = subprocess.run(
        [sys.executable, "-m", "rheobase", "--json", "inspect", tmp_path / "nmnist.rheo"],
        stdout=subprocess.PIPE,
        check=True,
    )
    inspected = json.loads(shown.stdout)
    kernels = {"1", "3", "6"}
    stored = {"convolutions": 0, "others": 0}
    synapses = dict(stored)
    for core, decoded in zip(inspected["cores"], inspected["decoded"], strict=True):
        inside = {s["population"] for s in core["slices"]}
        kind = "convolutions" if inside <= kernels else "others"
        stored[kind] += sum(m["words"] for m in core["memories"] if m["name"] == "synapse")
        synapses[kind] += decoded["synapses"]
    assert synapses["convolutions"] > 400 * stored["convolutions"] > 0
    assert synapses["others"] < 100 * stored["others"]


def test_w9_engines_agree_on_recordings(image, digits):
    out = run_engines(image, {"input": digits[0][:4]})
    assert all(raster.any() for raster in out.spikes.values())


def test_event_form_holds_the_recordings(image, digits, tmp_path):
    files, y = nmnist.listed(recorded("nmnist/train"), recorded("nmnist/train1K.txt"))
    nmnist.write(files[:3], y[:3], tmp_path / "three.npz")
    data = rb.data.load(tmp_path / "three.npz", (2, 34, 34))
    assert np.array_equal(data.slice(0, 3), digits[0][:3])
    assert np.array_equal(data.y, y[:3])
