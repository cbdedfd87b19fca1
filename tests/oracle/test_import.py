"""Lava networks taken over: the image computes what Lava's fixed-point models compute."""

from types import SimpleNamespace

import numpy as np
import pytest
import rheobase as rb
from environment import ROOT, needs_lava, under_lava

CASES = 30


@needs_lava
def test_n11_w2_w3_w5_w7_f14_f15_f18_random_lava_networks(tmp_path):
    told = under_lava(ROOT / "tests/oracle/import_case.py", 1000, CASES, package=True).split()
    assert int(told[1]) > 200 * CASES and int(told[3]) > 1.8 * CASES


def port(process):
    return SimpleNamespace(process=process, in_connections=[], out_connections=[], shape=(3,))


def process_like(kind: str, **variables):
    """A process of that type, as far as from_lava looks at one."""
    process = type(kind, (), {})()
    process.name, process.proc_params = kind.lower(), {}
    process.in_ports, process.out_ports = [], []
    for name, value in variables.items():
        setattr(process, name, SimpleNamespace(init=value))
    return process


def lif(**changes):
    values = dict(u=0, v=0, du=4095, dv=0, vth=10, bias_mant=0, bias_exp=0)
    process = process_like("LIF", **{**values, **changes})
    process.a_in, process.s_out = port(process), port(process)
    process.in_ports, process.out_ports = [process.a_in], [process.s_out]
    return process


def dense(weights, *senders, **changes):
    process = process_like("Dense", weights=np.asarray(weights), **changes)
    process.s_in, process.a_out = port(process), port(process)
    process.in_ports, process.out_ports = [process.s_in], [process.a_out]
    for sender in senders:
        sender.s_out.out_connections.append(process.s_in)
        process.s_in.in_connections.append(sender.s_out)
    return process


def ring():
    process = process_like("RingBuffer")
    process.s_out = port(process)
    process.out_ports = [process.s_out]
    return process


def join(synapse, neurons):
    synapse.a_out.out_connections.append(neurons.a_in)
    neurons.a_in.in_connections.append(synapse.a_out)


def refusals(process) -> list[str]:
    with pytest.raises(rb.FormatError) as refused:
        rb.from_lava(process)
    return [d.message for d in refused.value.diagnostics]


def test_names_never_meet():
    source, neurons = ring(), lif()
    neurons.name = "in"
    for _ in range(2):
        join(dense(np.eye(3, dtype=int) * 2, source), neurons)
    net = rb.from_lava(neurons)
    assert sorted(net.nodes) == ["in", "in_2", "in_2_to_in", "in_2_to_in_2", "output"]


def test_each_thing_that_would_give_other_numbers_is_refused():
    weights = 2 * np.ones((3, 3), int)
    a, b = lif(), lif()
    both = dense(weights, ring(), ring())  # Lava ORs their spikes
    join(both, a)
    assert "exactly one" in refusals(a)[0]
    sizes = ring()
    sizes.data = SimpleNamespace(init=np.array([[0, -1, 3]]))
    join(dense(weights, sizes), b)  # without message bits, -1 acts as 1
    assert "takes the payloads of 'ringbuffer' for spikes" in refusals(b)[0]
    direct, sender = lif(), ring()
    sender.s_out.out_connections.append(direct.a_in)
    direct.a_in.in_connections.append(sender.s_out)
    assert any("something else than synapse processes" in message for message in refusals(direct))
    real = lif(du=0.5)
    join(dense(weights, ring()), real)
    assert refusals(real) == ["'du' of 'lif' is no integer: this is a floating-point model"]
    lonely = lif()
    join(dense(weights, lonely), lonely)
    assert "no input" in refusals(lonely)[0]
    chained, first = dense(weights), dense(weights, ring())
    first.a_out.out_connections.append(chained.s_in)
    chained.s_in.in_connections.append(first.a_out)
    assert len(refusals(first)) == 3  # both ends of the second, the end of the first
    turned = lif()
    synapse = dense(weights, ring())
    transpose = type("TransposePort", (), {})()
    transpose.process, transpose.in_connections, transpose.out_connections = None, [], [turned.a_in]
    synapse.a_out.out_connections.append(transpose)
    assert "something else than neuron processes" in refusals(synapse)[0]


def test_f5_every_hop_takes_a_step():
    weights, source, first, second = 2 * np.ones((3, 3), int), ring(), lif(), lif()
    join(dense(weights, source), first)
    join(dense(weights, first), second)
    join(dense(weights, source), second)
    join(dense(weights, second), first)
    network = rb.from_lava(first)
    assert network.conventions["feedforward_delay"] == 1
    image = rb.compile(network)
    assert {population["lag"] for population in image.info["populations"]} == {0}


def test_n23_shares_that_lava_never_rounds_are_refused():
    values = dict(i=0, v=0, r=0, theta_0=5, theta_step=0, bias_mant=0, bias_exp=0)
    shares = {f"delta_{key}": 0.1 for key in ("i", "v", "theta", "r")}
    neurons = process_like("ATRLIF", **values, **shares)
    neurons.a_in, neurons.s_out = port(neurons), port(neurons)
    neurons.in_ports, neurons.out_ports = [neurons.a_in], [neurons.s_out]
    join(dense(2 * np.ones((3, 3), int), ring()), neurons)
    assert sum("no multiple of 1/4096" in message for message in refusals(neurons)) == 4


def complex_layer(process_type="RF", **changes):
    """A RingBuffer, two Dense, and resonators whose ports take one of them each."""
    values = dict(real=0, imag=0, sin_decay=2049, cos_decay=-7, state_exp=6, decay_bits=12, vth=64)
    neurons, source = process_like(process_type, **{**values, **changes}), ring()
    neurons.s_out = port(neurons)
    for name in ("a_real_in", "a_imag_in"):
        setattr(neurons, name, port(neurons))
        getattr(neurons, name).name = name
    neurons.in_ports, neurons.out_ports = [neurons.a_real_in, neurons.a_imag_in], [neurons.s_out]
    weights = [2 * np.arange(9).reshape(3, 3), -2 * np.arange(9).reshape(3, 3)]
    for matrix, target in zip(weights, neurons.in_ports):
        synapse = dense(matrix, source)
        synapse.a_out.out_connections.append(target)
        target.in_connections.append(synapse.a_out)
    return neurons, weights


def test_n30_t1_lava_s_ports_keep_their_order():
    neurons, weights = complex_layer()
    net = rb.from_lava(neurons)
    node = net.nodes["rf"]
    assert node.kind == "resonate_and_fire" and set(node.parameters["sine"]) == {2049 << 3}
    rows = sum(net.nodes[name].parameters["weight"] for name in ("in_to_rf", "in_to_rf_2"))
    assert np.array_equal(rows[0::2], weights[0]) and np.array_equal(rows[1::2], weights[1])


def test_n34_inverse_square_roots_are_taken_over():
    roots = process_like("InvSqrt")
    roots.a_in, roots.s_out = port(roots), port(roots)
    roots.in_ports, roots.out_ports = [roots.a_in], [roots.s_out]
    join(dense(2 * np.ones((3, 3), int), ring()), roots)
    assert rb.from_lava(roots).nodes["invsqrt"].kind == "inv_sqrt"


def test_n30_n33_what_resonators_and_second_outputs_cannot_say_is_refused():
    neurons, _ = complex_layer(decay_bits=20)
    assert "'decay_bits' is 20" in refusals(neurons)[0]
    neurons, _ = complex_layer(decay_bits=0, sin_decay=0.5)
    assert "'sin_decay' of 'rf' is no integer" in refusals(neurons)[0]
    delayed, weights = process_like("NormVecDelay", v=0, v2=0, vth=1), 2 * np.ones((3, 3), int)
    for name in ("a_in1", "a_in2", "s_out", "s2_out"):
        setattr(delayed, name, port(delayed))
        getattr(delayed, name).name = name
    delayed.in_ports, delayed.out_ports = [delayed.a_in1, delayed.a_in2], [delayed.s_out, delayed.s2_out]
    join_to = dense(weights, ring())
    join_to.a_out.out_connections.append(delayed.a_in1)
    delayed.a_in1.in_connections.append(join_to.a_out)
    assert rb.from_lava(delayed).nodes["normvecdelay"].kind == "norm_vec_delay"
    delayed.s2_out.out_connections.append(dense(weights).s_in)
    assert any("take 's2_out' from a ProdNeuron" in message for message in refusals(delayed))


def test_what_is_not_supported_is_named():
    neurons, other = lif(v=np.array([0, 5, 0])), process_like("S4d")
    other.out_ports = [port(other)]
    neurons.s_out.out_connections = [port(other)]
    with pytest.raises(rb.FormatError) as refused:
        rb.from_lava(neurons)
    found = [(d.code, d.where) for d in refused.value.diagnostics]
    assert found[:2] == [("R0112", "lif"), ("R0112", "s4d")]
    with pytest.raises(rb.OptionError, match="a Lava process is needed"):
        rb.from_lava(3)
