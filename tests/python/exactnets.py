"""Small networks of exact nodes for the tests of exports, and how two networks are compared."""

import numpy as np
import rheobase as rb


def chain(seed: int = 0, changes=None, readout: bool = False) -> rb.Network:
    """in[20] -> first[30], recurrent, with biases -> second[9] (-> readout[4]); changes: node -> parameters."""
    rng = np.random.default_rng(seed)
    values = {
        "first": dict(decay_u=700, decay_v=410, threshold=64 * 60, bias=64 * rng.integers(-5, 8, 30)),
        "second": dict(decay_u=4096, decay_v=0, threshold=64 * 200),
        "in_to_first": 2.0 * rng.integers(-60, 80, (30, 20)),
        "first_to_first": 2.0 * rng.integers(-20, 15, (30, 30)),
        "first_to_second": 2.0 * rng.integers(-10, 60, (9, 30)),
    }
    for name, change in (changes or {}).items():
        values[name] = {**values[name], **change} if isinstance(change, dict) else change
    b = rb.Builder(dt=1e-3, name="chain")
    b.input("in", 20)
    b.exact("first", 30, **values["first"])
    b.exact("second", 9, **values["second"])
    b.connect("in", "first", values["in_to_first"])
    b.connect("first", "first", values["first_to_first"])
    b.connect("first", "second", values["first_to_second"])
    if readout:
        b.exact("readout", 4, model="cuba_li", decay_u=900, decay_v=80)
        b.connect("second", "readout", 2.0 * rng.integers(-60, 80, (4, 9)))
    return b.build()


def layers(net: rb.Network) -> list[dict]:
    """What a chain computes, layer by layer, whatever its nodes are called."""
    found, sources = [], {net.inputs[0].name}
    while True:
        behind = {b for a, b, _ in net.edges if a in sources}
        after = [n for n in net.populations if any((m, n.name) in pairs(net) for m in behind)]
        after = [n for n in after if n.name not in sources]
        if not after:
            return found
        (node,) = after
        matrices = [a for a, b, _ in net.edges if b == node.name]
        weights = {
            ("loop" if (node.name, m) in pairs(net) else "forward", key): values
            for m in matrices
            for key, values in net.nodes[m].parameters.items()
        }
        found.append({"kind": node.kind, **node.parameters, **weights})
        sources = {node.name}


def pairs(net: rb.Network) -> set:
    return {(a, b) for a, b, _ in net.edges}


def assert_equal_layers(left: rb.Network, right: rb.Network) -> None:
    """Number for number the same chain, and the same dt."""
    assert left.dt == right.dt
    ours, theirs = layers(left), layers(right)
    assert len(ours) == len(theirs) > 0
    for k, (a, b) in enumerate(zip(ours, theirs)):
        assert a.keys() == b.keys(), k
        for name in a:
            assert np.array_equal(a[name], b[name]), (k, name)


def assert_equal_networks(left: rb.Network, right: rb.Network) -> None:
    """Nodes with their names, shapes and parameters, edges and dt."""
    assert list(left.nodes) == list(right.nodes) and set(left.edges) == set(right.edges)
    assert left.dt == right.dt
    for name, node in left.nodes.items():
        other = right.nodes[name]
        assert (node.kind, node.input_shape, node.output_shape) == (
            other.kind,
            other.input_shape,
            other.output_shape,
        )
        assert node.parameters.keys() == other.parameters.keys(), name
        for key, values in node.parameters.items():
            assert np.array_equal(values, other.parameters[key]), (name, key)
