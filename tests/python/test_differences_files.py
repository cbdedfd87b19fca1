"""X24 to X30, X33 to X35: what lava-dl's NetX makes of a .net file. Its rules stand here in a few lines; our reader refuses, or does as trained."""

import numpy as np
import pytest
import rheobase as rb
from environment import needs_compiler
from netxfiles import MEMBRANE, dense, source, window, write_layers
from rheobase import topics
from test_netx import LEAVE_OUT, write

NEURON = ("type", "iDecay", "vDecay", "vThMant", "refDelay", "gradedSpike")


def results(rule: str) -> dict:
    return topics.rule(rule).results


@pytest.fixture
def refusal(tmp_path):
    """refusal({field: value}): the code of the error that a file with these fields gets."""

    def read(fields: dict) -> str:
        file = write(tmp_path / "bad.net", {f"/layer/{name}": value for name, value in fields.items()})
        with pytest.raises(rb.FormatError) as refused:
            rb.load(file)
        return f"refused {refused.value.code}"

    return read


def test_x24_a_layer_without_neurons(refusal):
    found = {
        "netx": [eval("1<<18-1")],
        "netx (meant)": [(1 << 18) - 1],
        "here": refusal({f"0/neuron/{name}": LEAVE_OUT for name in NEURON}),
    }
    assert found == results("X24")
    largest = (1 << 23) - 1  # of a potential, N7: neither is ever exceeded
    assert min(64 * found["netx"][0], 64 * found["netx (meant)"][0]) > largest


def test_x25_a_threshold_beyond_its_register(refusal, tmp_path):
    given, bits = (1 << 18) - 1, 17
    found = {
        "netx": [given],
        "register": [given % (1 << bits)],
        "here (262142)": refusal({"0/neuron/vThMant": np.array(given - 1)}),
    }
    assert found == results("X25")
    assert 64 * found["register"][0] < (1 << 23) - 1  # this one can be exceeded
    readout = rb.load(write(tmp_path / "readout.net", {"/layer/0/neuron/vThMant": np.array(given)}))
    assert readout.nodes["layer0"].kind == "cuba_li"


def test_x26_adaptive_neurons_of_a_file(tmp_path):
    given, threshold, step = [100, 100, 100], 80, 80

    def as_trained() -> list[int]:
        spikes, theta, refractory = [], threshold, 0
        for im in given:  # all memory is lost, nothing of theta and of the refractory state
            spikes.append(int(im >= theta + refractory))
            refractory += 2 * theta * spikes[-1]
            theta += step * spikes[-1]
        return spikes

    found = {"slayer": as_trained(), "netx": [int(im >= threshold) for im in given]}
    neuron = dict(type="ADRF_IZHIKEVICH", sinDecay=0, cosDecay=0, thDecay=0, refDecay=0)
    layer = dense([[given[0]]], neuron | dict(vThMant=threshold, vThStep=step))
    layer["weight"] = {"real": np.zeros((1, 1)), "imag": layer["weight"]}
    net = rb.load(write_layers(tmp_path / "adrf.net", layer))
    found["here"] = [int(spike) for spike in net.run(np.ones((len(given), 1))).spikes["layer0"].ravel()]
    assert found == results("X26")


def test_x27_the_refractory_delay_of_a_file(refusal):
    delay = 3
    found = {
        "chip": [int(t % delay == 0) for t in range(6)],
        "netx": [1] * 6,
        "here": refusal({"0/neuron/refDelay": np.array(delay)}),
    }
    assert found == results("X27")


def test_x28_the_exponent_of_a_file(refusal):
    weight, exponent = 8, 2
    found = {
        "slayer": [weight >> exponent],
        "netx": [weight],
        "here": refusal({"0/neuron/weight_exp": np.array(exponent)}),
    }
    assert found == results("X28")


def test_x29_the_delay_of_a_convolution(tmp_path):
    delay, hop = 3, 1
    layer = window("conv", np.full((1, 1, 1, 1), 60), delay=np.array(delay))
    spikes = rb.load(write_layers(tmp_path / "delay.net", source((1, 1, 1)), layer)).run(
        np.eye(5)[:, :1].reshape(5, 1, 1, 1)
    )
    found = {
        "slayer": [hop + delay],
        "netx": [hop],
        "here": [hop + int(t) for t in np.flatnonzero(spikes.output)],
    }
    assert found == results("X29")


def test_x30_recurrent_layers_with_delays(tmp_path):
    weights, exponent = [1, -1], -7  # what fills 8 mixed bits with 1 and -1, and the exponent that undoes it
    shifted = [w << -exponent for w in weights]
    loop = np.array([[*weights, 0], [0, 0, 0], [0, 0, 0]], np.float32)
    file = write(tmp_path / "loop.net", {"/layer/2/delay": np.array([0, 3, 0]), "/layer/2/weight_rec": loop})
    found = {
        "slayer": [w >> -exponent for w in shifted],
        "netx": shifted,
        "here": rb.load(file).nodes["layer2.weight_rec"].parameters["weight"][0, :2].astype(int).tolist(),
    }
    assert found == results("X30")


def test_x34_a_delay_and_a_bias(tmp_path):
    bias, delay = 30, 3
    layer = dense([[2]], bias=np.array([bias]), delay=delay)
    net = rb.load(write_layers(tmp_path / "delay.net", layer))
    spikes = net.run(np.zeros((6, 1))).spikes["layer0"]
    found = {"slayer": [delay], "netx": [0], "here": [int(np.argmax(spikes))]}
    assert spikes.any() and found == results("X34")
    (stated,) = [a for a in net.assumptions if a["what"] == "delays of layer0"]
    assert stated["warning"] and "SLAYER" in stated["why"]
    without = rb.load(write_layers(tmp_path / "same.net", dense([[2]], bias=np.zeros(1), delay=delay)))
    assert not [a for a in without.assumptions if a["what"] == "delays of layer0"]


@needs_compiler
def test_x35_a_bias_before_the_first_input(tmp_path):
    bias, threshold, hop = 10, 25, 1
    neuron = MEMBRANE | {"vDecay": 0, "vThMant": threshold}
    net = rb.load(write_layers(tmp_path / "bias.net", dense([[2]], neuron, bias=np.array([bias]))))

    def steps(spikes) -> list[int]:
        return [int(step) for step in np.flatnonzero(spikes)[:3]]

    period = threshold // bias + 1
    assert steps(net.run(np.zeros((12, 1))).spikes["layer0"]) == [period * k - 1 for k in (1, 2, 3)]
    found = {
        "slayer": [period * k - 1 for k in (1, 2, 3)],
        "netx": [period * k - 1 - hop for k in (1, 2, 3)],
        "here": steps(rb.compile(net).run(np.zeros((12, 1), int)).aligned("layer0")),
    }
    assert found == results("X35")


def test_x33_the_turn_of_a_resonator(tmp_path):
    sine, cosine = 100, 200
    decay = 1 - np.sqrt((sine / 4096) ** 2 + (cosine / 4096) ** 2)
    period = 1 / (np.arctan2(sine / 4096, cosine / 4096) / 2 / np.pi)
    angle = np.pi * 2 * (1 / period)
    layer = dense(
        np.full((2, 3), 2), {"type": "RF_PHASE", "sinDecay": sine, "cosDecay": cosine, "vThMant": 9}
    )
    layer["weight"] = {part: np.full((2, 3), 2.0, np.float32) for part in ("real", "imag")}
    read = rb.load(write_layers(tmp_path / "turn.net", layer)).nodes["layer0"].parameters
    found = {
        "slayer": [sine, cosine],
        "netx": [int((1 - decay) * turn(angle) * 4096) for turn in (np.sin, np.cos)],
        "here": [int(read[name].ravel()[0]) >> 3 for name in ("sine", "cosine")],
    }
    assert found == results("X33")
