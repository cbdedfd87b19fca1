"""`rheobase diff` names the cause of a difference: what was changed, and nothing else."""

import json

import nir
import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from rheobase import causes

RANDOM = np.random.default_rng(11)
FORWARD, BACK = RANDOM.normal(0.4, 0.5, (8, 5)), RANDOM.normal(-0.1, 0.3, (8, 8))
X = RANDOM.integers(0, 2, (60, 5)).astype(np.uint8)


def graph(**changes) -> nir.NIRGraph:
    """Recurrent LIF neurons behind an Affine; `changes` replaces parameters by "node_parameter"."""

    def of(name, value):
        return np.asarray(changes.get(name, value), np.float32)

    ones = np.ones(8)
    nodes = {
        "input": nir.Input({"input": np.array([5])}),
        "fc": nir.Affine(of("fc_weight", FORWARD), of("fc_bias", 0.05 * ones)),
        "hidden": nir.LIF(
            of("hidden_tau", 5e-3 * ones),
            of("hidden_r", 5 * ones),
            0 * ones,
            of("hidden_threshold", ones),
            0 * ones,
        ),
        "back": nir.Linear(of("back_weight", BACK)),
        "output": nir.Output({"output": np.array([8])}),
    }
    edges = [("input", "fc"), ("fc", "hidden"), ("hidden", "back"), ("back", "hidden"), ("hidden", "output")]
    return nir.NIRGraph(nodes, edges)


def network(**changes) -> rb.Network:
    return rb.from_nir(graph(**changes), dt=1e-3)


def cause(left: rb.Network, right: rb.Network) -> str:
    return causes.of_networks(left, right, X)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"fc_bias": np.zeros(8)}, "'fc.bias': lost on the right side"),
        ({"hidden_tau": np.full(8, 5e-6)}, "'hidden.tau': 0.001 times as large"),
        ({"fc_weight": np.round(FORWARD * 8) / 8}, "'fc.weight': rounded to multiples of 0.125"),
        ({"back_weight": BACK + np.eye(8)}, "'back.weight': "),
        ({"hidden_threshold": np.full(8, 1.5)}, "'hidden.v_threshold': 1.5 times as large"),
    ],
)
def test_the_parameter_that_was_changed(changes, words):
    named = cause(network(), network(**changes))
    assert named.startswith("cause: " + words) and " or " not in named


@pytest.mark.parametrize(
    "name, value",
    [
        ("reset", "subtract"),
        ("discretization", "exponential"),
        ("recurrent_delay", 2),
        ("feedforward_delay", 1),
        ("dt", 2e-3),
    ],
)
def test_the_convention_that_was_changed(name, value):
    net = network()
    other = net.under(**{name: value})
    title = name.replace("_", " ")
    assert cause(net, other).startswith(f"cause: {title}: {net.conventions[name]} and {value}")
    told = causes.of_recording(net, X, other.run(X))
    if name == "feedforward_delay":  # of one layer that is a lag
        assert told == "cause: it was recorded a step later"
    elif name != "dt":
        assert told == f"cause: {title}: recorded with {value}, run with {net.conventions[name]}"


def test_of_two_changes_the_first_difference_has_one():
    weak = 0.3 * FORWARD  # so that no neuron spikes in the first step
    changed = network(fc_weight=weak, fc_bias=np.zeros(8), hidden_threshold=np.full(8, 3.0))
    named = cause(network(fc_weight=weak), changed)
    assert (
        named.startswith("cause: 'fc.bias': lost on the right side")
        and "the next difference is in step" in named
    )
    assert "threshold" not in named  # it acts on no state before the first spike


def test_changes_that_act_together_are_listed():
    named = cause(network(), network(fc_weight=FORWARD + 0.5, back_weight=BACK + 1))
    assert "'fc.weight'" in named


def test_the_command_on_networks_and_recordings(tmp_path):
    left, right, x = tmp_path / "left.nir", tmp_path / "right.nir", tmp_path / "x.npy"
    nir.write(left, graph())
    nir.write(right, graph(fc_bias=np.zeros(8)))
    np.save(x, X[None])
    said = invoke("diff", left, right, "--input", x, "--dt", 1e-3)
    assert said.returncode == 1 and "cause: 'fc.bias': lost on the right side" in said.stdout
    rb.load(left, dt=1e-3, reset="subtract").run(X[None]).save(tmp_path / "run.npz")
    body = json.loads(invoke("diff", left, tmp_path / "run.npz", "--input", x, "--dt", 1e-3, "--json").stdout)
    assert body["first"]["cause"] == "cause: reset: recorded with subtract, run with v_reset"
    late = network().run(X[None])
    late.save(tmp_path / "one.npz")
    for array in (*late.spikes.values(), *late.outputs.values()):
        array[:] = np.roll(array, 1, axis=1)
        array[:, 0] = 0
    late.save(tmp_path / "late.npz")
    said = invoke("diff", tmp_path / "one.npz", tmp_path / "late.npz")
    assert "cause: the right side is the other one, 1 step later" in said.stdout


def test_a_bias_lost_with_its_node():
    lost = graph()
    lost.nodes["fc"] = nir.Linear(np.asarray(FORWARD, np.float32))
    named = cause(network(), rb.from_nir(lost, dt=1e-3))
    assert named == "cause: 'fc.bias': lost on the right side, where the node is a Linear"
    assert "lost on the left side" in cause(rb.from_nir(lost, dt=1e-3), network())


@pytest.mark.parametrize(
    "early, late",
    [([1, 0, 0, 0], [0, 0, 0, 0]), ([0, 0, 0, 1], [0, 0, 0, 0]), ([1], [0]), ([1, 0, 1, 1], [1, 1, 0, 1])],
)
def test_silence_is_no_lag(early, late):
    left, right = (
        rb.Recording({"n": np.array(values)[:, None]}, {}, {}, {"n": 0}, len(values), batched=False)
        for values in (early, late)
    )
    assert causes.lag_between(left, right) == ""
