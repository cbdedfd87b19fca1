"""Neurons of several ports: rows of matrices, ports by name, placement, engines, the float network."""

import json
from pathlib import Path

import numpy as np
import pytest
import rheobase as rb

ROOT = Path(__file__).resolve().parents[2]


def run_engines(image, x) -> rb.Recording:
    """The golden recording; the other engines give the same."""
    golden = image.run(x, engine="golden", probes=image.probes())
    for engine in ("vector", "jit"):
        out = image.run(x, engine=engine, probes=image.probes())
        for left, right in ((golden.spikes, out.spikes), (golden.states, out.states)):
            assert all(np.array_equal(left[name], right[name]) for name in left), engine
    return golden


def products(weights, steps: int = 30, chip="loihi2", neurons: int = 7, channels: int = 4, exponent: int = 1):
    """(image, x, what the products are): weights(builder) connects "in" to "n"."""
    b = rb.Builder(dt=1e-3)
    b.input("in", channels, payload=50)
    b.exact("n", neurons, "prod_neuron", threshold=3, exponent=exponent)
    weights(b)
    b.output("out", "n")
    net = b.build()
    x = np.random.default_rng(1).integers(-50, 51, (2, steps, channels))
    return net, rb.compile(net, chip=chip), x


def expected(x, first, second, exponent: int = 1):
    """The payloads: our hop from the input takes a step (SPEC T2)."""
    product = (x @ first.T) * (x @ second.T) >> exponent
    sent = np.where(np.abs(product) > 3, product, 0)
    return np.concatenate([np.zeros_like(sent[:, :1]), sent], 1)


def two(rng, neurons: int = 7, channels: int = 4):
    return (2 * rng.integers(-20, 21, (neurons, channels)) for _ in range(2))


def test_t1_a_port_of_a_neuron_is_a_row():
    rng = np.random.default_rng(2)
    first, second = two(rng)
    rows = np.stack([first, second], 1).reshape(14, 4)  # neuron by neuron
    net, image, x = products(lambda b: b.connect("in", "n", rows))
    assert net.nodes["n"].input_shape == (7, 2) and net.nodes["n"].output_shape == (7,)
    out = run_engines(image, x)
    assert np.array_equal(out.spikes["n"], expected(x, first, second)) and out.spikes["n"].any()
    # The float network takes the same step: only the shift and the threshold's side are rounded there. SPEC F14
    exact = net.run(x, dtype="float64").spikes["n"]
    product = (x @ first.T) * (x @ second.T) / 2
    assert np.array_equal(exact, np.where(np.abs(product) > 3, product, 0))


def test_t1_ports_have_names():
    rng = np.random.default_rng(3)
    first, second = two(rng)

    def by_name(b):
        b.connect("in", "n", first, port="in1", name="one")
        b.connect("in", "n", second, port="in2", name="two")

    net, image, x = products(by_name)
    assert np.array_equal(image.run(x).spikes["n"], expected(x, first, second))
    assert net.nodes["one"].parameters["weight"].shape == (14, 4)
    one_to_one = products(
        lambda b: (b.connect("in", "n", port="in1"), b.connect("in", "n", 2 * np.eye(4), port="in2")),
        neurons=4,
    )
    assert np.array_equal(
        one_to_one[1].run(x).spikes["n"], expected(x, np.eye(4, dtype=int), 2 * np.eye(4, dtype=int))
    )


def test_t1_a_bias_of_a_port_acts_in_every_step():
    def biased(b):
        b.connect("in", "n", 2 * np.eye(4), bias=np.full(4, 10), port="in1")
        b.connect("in", "n", 2 * np.eye(4), bias=np.full(4, -6), port="in2")

    _, image, x = products(biased, neurons=4)
    product = (2 * x + 10) * (2 * x - 6) >> 1
    assert np.array_equal(image.run(x).spikes["n"][:, 1:], np.where(np.abs(product) > 3, product, 0))


def test_i6_lists_count_inputs_where_models_of_different_ports_share_cores(tmp_path):
    """Slices of both kinds in cores of 16 inputs: no core holds more, and nothing changes."""
    rng = np.random.default_rng(4)
    record = json.loads((ROOT / "backends/tiny/chip.json").read_text())
    record["limits"]["neurons_per_core"]["value"] = 16
    path = tmp_path / "small.json"
    path.write_text(json.dumps(record))
    b = rb.Builder(dt=1e-3)
    b.input("in", 5, payload=30)
    for k, model in enumerate(("sigma", "prod_neuron", "delta", "prod_neuron", "sigma_delta")):
        b.exact(f"n{k}", 9, model, **({"exponent": 12} if model == "prod_neuron" else {}))
        ports = 2 if model == "prod_neuron" else 1
        some = rng.random((9 * ports, 5 if k == 0 else 9)) < 0.6
        b.connect("in" if k == 0 else f"n{k - 1}", f"n{k}", 2 * rng.integers(-9, 10, some.shape) * some)
    b.output("out", "n4")
    net, x = b.build(), rng.integers(-30, 31, (2, 25, 5))
    small, large = (rb.compile(net, chip=chip) for chip in (path, "loihi2"))
    cores = small.info["cores"]
    assert max(sum(s["count"] * s["ports"] for s in core["slices"]) for core in cores) <= 16 < 9 * 7
    assert any(len({s["ports"] for s in core["slices"]}) == 2 for core in cores)
    out = run_engines(small, x)
    for name, spikes in large.run(x, engine="golden").spikes.items():
        assert np.array_equal(out.spikes[name], spikes), name
    assert out.spikes["n4"].any()
    assert not [d for d in rb.check(small) if d.severity == "error"]


def test_w8_the_bound_holds_for_every_port():
    b = rb.Builder(dt=1e-3)
    b.input("in", 1, payload=1000)
    b.exact("n", 3, "prod_neuron")
    rows = np.zeros((6, 1))
    rows[5] = 254 * 4  # the second port of neuron 2
    b.connect("in", "n", rows)
    b.output("out", "n")
    with pytest.raises(rb.CompileError, match="neuron 2 of 'n'") as refused:
        rb.compile(b.build())
    assert refused.value.diagnostics[0].code == "R0510"


def test_wrong_ports_and_shapes_are_named():
    b = rb.Builder(dt=1e-3)
    b.input("in", 4)
    b.exact("n", 3, "prod_neuron")
    b.exact("plain", 3)
    for wrong in (
        lambda: b.connect("in", "n", np.ones((3, 4))),
        lambda: b.connect("in", "n", np.ones((6, 4)), port="in1"),
        lambda: b.connect("in", "n", np.ones((3, 4)), port="re"),
        lambda: b.connect("in", "plain", np.ones((3, 4)), port="in1"),
        lambda: b.connect("n", "in", np.ones((3, 4)), port="in"),
        lambda: b.connect("in", "n", np.ones((3, 4)), port=1),
    ):
        with pytest.raises(rb.OptionError):
            wrong()
    with pytest.raises(rb.FormatError) as refused:
        b.connect("in", "n")  # four channels to six ports
        b.output("out", "n")
        b.build()
    assert refused.value.diagnostics[0].code == "R0205"
