"""Trained motor decoders, 96 electrodes -> 64 recurrent LIF -> 2 leaky readouts, every neuron with time constants of its
own: the network computes the training's equations, and the chip what the network computes."""

import sys

import numpy as np
import pytest
import rheobase as rb
from comparing import run_engines
from recordings import EXAMPLES, recorded

sys.path.insert(0, str(EXAMPLES))
import motor_decoder  # noqa: E402

STEPS, RATE = 2500, 30  # Hz of every electrode


@pytest.fixture(scope="module", params=range(1, 6))
def arrays(request) -> dict[str, np.ndarray]:
    with np.load(recorded(f"tinyrsnn/indy01_tinyRSNN-{request.param}.npz")) as file:
        return dict(file)


@pytest.fixture(scope="module")
def net(arrays) -> rb.Network:
    return motor_decoder.network(arrays)


@pytest.fixture(scope="module")
def image(net) -> rb.Image:
    return rb.compile(net, chip="loihi2", weight_bits=8)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return (np.random.default_rng(1).random((STEPS, 96)) < RATE * motor_decoder.DT).astype(np.uint8)


def leaks(arrays) -> dict[str, np.ndarray]:
    """What a step keeps, by the data's own recipe."""
    scale = {"mem_param": 20, "syn_param": 10, "mem_param_readout": 50, "syn_param_readout": 10}
    keep = {}
    for name in (
        "group2.mem_param",
        "group2.syn_param",
        "group3.mem_param_readout",
        "group3.syn_param_readout",
    ):
        tau = np.logaddexp(0, arrays[name].astype(np.float64)) * scale[name.split(".")[1]]
        keep[name] = np.exp(-4 / tau)
    return keep


def recipe(arrays, x, flipped: tuple = ()) -> tuple[np.ndarray, np.ndarray]:
    """Spikes and readouts of the training's equations, step by step; flipped: (step, neuron) whose spike is another."""
    mem, syn, mem_out, syn_out = leaks(arrays).values()
    w_in, w_rec, w_out = (arrays[f"con{k}.op.weight"].astype(np.float64) for k in (1, 2, 3))
    u, v, z = np.zeros((3, len(mem)))
    u_out, v_out = np.zeros((2, len(mem_out)))
    spikes, readouts = [], []
    for step, given in enumerate(x.astype(np.float64)):
        u = syn * u + w_in @ given + w_rec @ z
        v = mem * v + (1 - mem) * u
        z = (v > 1).astype(np.float64)
        v[v > 1] = 0
        if flipped and step == flipped[0]:
            z[flipped[1]] = 1 - z[flipped[1]]
        u_out = syn_out * u_out + w_out @ z
        v_out = mem_out * v_out + (1 - mem_out) * u_out
        spikes.append(z)
        readouts.append(v_out)
    return np.array(spikes), np.array(readouts)


def r2(wanted: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Of each output."""
    return 1 - ((given - wanted) ** 2).sum(0) / ((wanted - wanted.mean(0)) ** 2).sum(0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_f3_the_network_computes_the_recipe(arrays, net, x, dtype):
    spikes, readouts = recipe(arrays, x)
    ours = net.run(x, dtype=dtype)
    assert spikes.sum() > 2000
    assert np.array_equal(ours.spikes["hidden"], spikes)
    assert np.abs(ours.output - readouts).max() < (1e-12 if dtype == "float64" else 1e-5)


def test_n1_every_neuron_keeps_the_decays_nearest_to_its_own(arrays, image):
    registers = {}
    for core in range(len(image.info["cores"])):
        for part in image.program.core(core)["slices"]:
            for name in ("decay_u", "decay_v"):
                values = np.broadcast_to(part["registers"][name], part["count"])
                registers.setdefault((part["population"], name), []).extend(values)
    keep = list(leaks(arrays).values())
    order = [("hidden", "decay_v"), ("hidden", "decay_u"), ("velocity", "decay_v"), ("velocity", "decay_u")]
    for where, kept in zip(order, keep, strict=True):
        assert np.array_equal(registers[where], np.rint(4096 * (1 - kept)))
    assert len(np.unique(registers["hidden", "decay_u"])) > 50


def test_w9_engines_agree(image, x):
    out = run_engines(image, {"electrodes": x[:500]})
    assert out.spikes["hidden"].any() and not out.overflows


def test_e_streaming_gives_the_run(image, x):
    stream, out = image.stream(), image.run(x[:200])
    assert np.array_equal([stream.step(row) for row in x[:200]], out.output[:200])


def test_steps_from_the_networks_own_past_lead_to_its_readouts(arrays, x):
    """What integers cost in a step, without the chaos of many: the spikes of the step before are those of the network."""
    spikes, readouts = recipe(arrays, x)
    before = np.vstack([np.zeros((1, spikes.shape[1])), spikes[:-1]]).astype(np.uint8)
    net = motor_decoder.network(arrays, recurrent=False)
    given = {"electrodes": x, "before": before}
    assert np.array_equal(net.run(given).spikes["hidden"], spikes)
    out = rb.compile(net, chip="loihi2", weight_bits=8).run(given)
    assert r2(readouts, out.aligned("output") / out.scale["velocity.v"]).min() > 0.89


def test_one_more_spike_changes_what_a_decoder_says_for_good(arrays, net, image, x):
    """These networks are chaotic on random input: rounding anything leads to another course of the same statistics.
    The chip's course is as near to the network's as the network's own is after one spike more."""
    spikes, readouts = recipe(arrays, x)
    silent = int(np.argmin(spikes[100]))
    own = r2(readouts, recipe(arrays, x, flipped=(100, silent))[1])
    out = image.run(x)
    chip = r2(readouts, out.aligned("output") / out.scale["velocity.v"])
    print(f"R2 after one more spike {own.round(3)}, on the chip {chip.round(3)}")
    assert own.max() < 0.98
    assert chip.min() > 0.7
    assert abs(out.spikes["hidden"].sum() / spikes.sum() - 1) < 0.1
