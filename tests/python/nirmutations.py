"""Random changes of NIR files, each of which says itself what a reader has to answer.

A file is a dictionary, dataset -> value, as in nirfiles.py. A change takes it and a random generator, changes one node,
or the edges, and returns what must come out: `Same`, the network that it was, perhaps with some values changed and nodes
renamed, or `Wrong`, an error of one of these codes at one of these places.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

NODES = "/node/nodes/"
EDGES = "/node/edges"


@dataclass
class Same:
    values: dict = field(default_factory=dict)  # (node, parameter) -> what it holds now
    renamed: dict = field(default_factory=dict)


@dataclass
class Wrong:
    codes: tuple
    places: tuple  # nodes, or datasets by their path from /node or nodes/ on: one of them is named


# --- the files ---


def _file(nodes: dict, edges: list, inside: str = "/node") -> dict:
    found = {f"{inside}/type": "NIRGraph", f"{inside}/edges": [list(e) for e in edges]}
    for name, fields in nodes.items():
        for key, value in fields.items():
            found[f"{inside}/nodes/{name}/{key}"] = value
    return found


def _port(kind: str, *shape: int) -> dict:
    return {"type": kind, "shape": np.array(shape)}


def _neurons(kind: str, shape, **values: float) -> dict:
    return {"type": kind, **{k: np.full(shape, v, np.float32) for k, v in values.items()}}


LIF = dict(tau=0.02, r=20.0, v_leak=0.0, v_threshold=0.5, v_reset=0.0)
CUBA = dict(tau_syn=0.01, tau_mem=0.02, r=20.0, w_in=1.0, v_leak=0.0, v_threshold=0.5, v_reset=0.0)


def chain(rng) -> dict:
    nodes = {
        "in": _port("Input", 2),
        "fc": {"type": "Linear", "weight": rng.normal(size=(3, 2)).astype(np.float32)},
        "hidden.lif": _neurons("LIF", 3, **LIF),
        "scale": {"type": "Scale", "scale": rng.normal(size=3).astype(np.float32)},
        "sum": _neurons("I", 3, r=0.5),
        "out": _port("Output", 3),
    }
    names = list(nodes)
    return _file(nodes, zip(names, names[1:]))


def recurrent(rng) -> dict:
    nodes = {
        "in": _port("Input", 4),
        "fc": {"type": "Affine", "weight": rng.normal(size=(3, 4)), "bias": rng.normal(size=3)},
        "lif": _neurons("CubaLIF", 3, **CUBA),
        "w_rec": {"type": "Linear", "weight": rng.normal(size=(3, 3))},
        "out": _port("Output", 3),
    }
    edges = [("in", "fc"), ("fc", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "out")]
    return _file(nodes, edges)


def windows(rng) -> dict:
    kernel = rng.normal(size=(3, 2, 3, 3)).astype(np.float32)
    one, zero = np.array([1, 1]), np.array([0, 0])
    nodes = {
        "in": _port("Input", 2, 6, 6),
        "conv": {
            "type": "Conv2d", "weight": kernel, "bias": np.zeros(3, np.float32), "stride": one, "padding": one,
            "dilation": one, "groups": np.array(1), "input_shape": np.array([6, 6]),
        },
        "if": _neurons("IF", (3, 6, 6), r=1.0, v_threshold=0.5, v_reset=0.0),
        "pool": {"type": "SumPool2d", "kernel_size": 2 * one, "stride": 2 * one, "padding": zero},
        "flat": {
            "type": "Flatten", "input_type": np.array([3, 3, 3]), "start_dim": np.array(0), "end_dim": np.array(-1),
        },
        "fc": {"type": "Linear", "weight": rng.normal(size=(2, 27)).astype(np.float32)},
        "li": _neurons("LI", 2, tau=0.01, r=10.0, v_leak=0.0),
        "out": _port("Output", 2),
    }  # fmt: skip
    names = list(nodes)
    return _file(nodes, zip(names, names[1:]))


FILES = (chain, recurrent, windows)


# --- what is in them ---


def nodes_of(values: dict) -> list[str]:
    return sorted({key[len(NODES) :].rsplit("/", 1)[0] for key in values if key.startswith(NODES)})


def kind_of(values: dict, node: str) -> str:
    return values[f"{NODES}{node}/type"]


def numbers_of(values: dict, node: str, *kinds: type) -> list[str]:
    """The parameters of a node that are real numbers."""
    found = [k[len(NODES) + len(node) + 1 :] for k in values if k.startswith(f"{NODES}{node}/")]
    return [k for k in found if np.asarray(values[f"{NODES}{node}/{k}"]).dtype.kind == "f"]


def near(values: dict, node: str) -> tuple:
    """The node and those beside it: where shapes do not meet, either may be named."""
    around = {node}
    for a, b in values[EDGES]:
        around |= {a, b} if node in (a, b) else set()
    return tuple(around)


class Change:
    """A change of a node; ``fits`` tells of which."""

    def __init__(self, apply, fits):
        self.apply, self.fits, self.name = apply, fits, apply.__name__


CHANGES: list[Change] = []
OF_EDGES: list = []


def of(fits):
    return lambda apply: CHANGES.append(Change(apply, fits)) or apply


def of_edges(apply):
    OF_EDGES.append(apply)
    return apply


def _any(values, node):
    return True


def _inner(values, node):
    return kind_of(values, node) not in ("Input", "Output")


def _real(values, node):
    return bool(numbers_of(values, node))


def _has(*names):
    return lambda values, node: all(f"{NODES}{node}/{n}" in values for n in names)


def _pick(rng, values, node, names=None):
    return f"{NODES}{node}/{rng.choice(names or numbers_of(values, node))}"


def _parameter(key: str) -> tuple:
    node, name = key[len(NODES) :].rsplit("/", 1)
    return node, name


# --- the same network, written otherwise ---


@of(_real)
def in_doubles(values, node, rng):
    key = _pick(rng, values, node)
    values[key] = values[key].astype(np.float64)
    return Same()


@of(_has("v_reset"))
def without_v_reset(values, node, rng):
    del values[f"{NODES}{node}/v_reset"]
    return Same()


@of(_has("w_in"))
def without_w_in(values, node, rng):
    del values[f"{NODES}{node}/w_in"]
    return Same()


@of(_has("tau"))
def one_time_constant_for_all(values, node, rng):
    key = f"{NODES}{node}/tau"
    values[key] = np.array(values[key].flat[0])
    return Same()


@of(_has("weight"))
def a_batch_of_one(values, node, rng):
    key = f"{NODES}{node}/weight"
    values[key] = values[key].reshape((1,) * int(rng.integers(1, 3)) + values[key].shape)
    return Same()


@of(_has("bias"))
def a_batch_of_biases(values, node, rng):
    key = f"{NODES}{node}/bias"
    values[key] = values[key].reshape(1, -1)
    return Same()


@of(_has("input_shape"))
def without_input_shape(values, node, rng):
    del values[f"{NODES}{node}/input_shape"]
    return Same()


@of(lambda values, node: kind_of(values, node) == "Flatten")
def without_input_type(values, node, rng):
    del values[f"{NODES}{node}/input_type"]
    return Same()


@of(_has("stride"))
def one_number_for_both_axes(values, node, rng):
    key = _pick(rng, values, node, ["stride", "padding"])
    values[key] = np.array(values[key][0])
    return Same()


@of(lambda values, node: kind_of(values, node) == "Conv2d")
def padding_in_words(values, node, rng):
    values[f"{NODES}{node}/padding"] = "same"  # the kernel has 3 rows and columns
    return Same()


@of(_any)
def with_metadata(values, node, rng):
    """A reader must not depend on it, whatever it is."""
    values[f"{NODES}{node}/metadata/note"] = str(rng.choice(["LIF", "nan", "../x"]))
    return Same()


@of(_inner)
def with_types(values, node, rng):
    if kind_of(values, node) != "Flatten":
        values[f"{NODES}{node}/input_type/input"] = np.array([7])
    values[f"{NODES}{node}/output_type/output"] = np.array([7])
    return Same()


@of(_real)
def another_value(values, node, rng):
    key = _pick(rng, values, node)
    changed = values[key].copy()
    changed.flat[rng.integers(changed.size)] = changed.dtype.type(rng.uniform(0.1, 0.9))
    values[key] = changed
    return Same({_parameter(key): changed})


@of(lambda values, node: "." not in node)
def renamed_alone(values, node, rng):
    """One node without edges and one name without a node: the edges mean it."""
    _rename(values, node, node + "_new")
    return Same(renamed={node: node + "_new"})


@of_edges
def edges_in_another_order(values, rng):
    values[EDGES] = [values[EDGES][k] for k in rng.permutation(len(values[EDGES]))]
    return Same()


@of_edges
def another_version(values, rng):
    values["/version"] = str(rng.choice(["0.1.1", "0.2.0", "1.0", "1.0.4", "1.0.8", "1.0.8.dev3"]))
    return Same()


@of_edges
def something_beside_the_network(values, rng):
    values["/notes/of/training"] = np.arange(3.0)
    return Same()


def _rename(values: dict, node: str, new: str) -> None:
    for key in [k for k in values if k.startswith(f"{NODES}{node}/")]:
        values[f"{NODES}{new}/{key[len(NODES) + len(node) + 1 :]}"] = values.pop(key)


# --- what is wrong ---


@of(_inner)
def without_a_parameter(values, node, rng):
    optional = {"v_reset", "w_in", "input_shape", "input_type", "start_dim", "end_dim", "bias", "type"}
    optional |= {"stride", "padding", "dilation", "groups"}
    names = [k.rsplit("/", 1)[1] for k in values if k.startswith(f"{NODES}{node}/")]
    names = [n for n in names if n not in optional]
    if not names:
        return None
    del values[f"{NODES}{node}/{rng.choice(names)}"]
    return Wrong(("R0202",), (node,))


@of(_any)
def without_a_type(values, node, rng):
    del values[f"{NODES}{node}/type"]
    return Wrong(("R0105",), (f"nodes/{node}/type",))


@of(lambda values, node: not _inner(values, node))
def a_port_without_a_shape(values, node, rng):
    del values[f"{NODES}{node}/shape"]
    return Wrong(("R0105",), (f"nodes/{node}/shape",))


@of(lambda values, node: not _inner(values, node))
def a_shape_that_is_none(values, node, rng):
    extents = [[0], [-3], [2.5], [], [1e12], [np.nan], [2] * 9]
    values[f"{NODES}{node}/shape"] = np.array(extents[rng.integers(len(extents))], np.float64)
    return Wrong(("R0109",), (f"nodes/{node}/shape",))


@of(_real)
def not_finite(values, node, rng):
    key = _pick(rng, values, node)
    values[key] = values[key].copy()
    values[key].flat[rng.integers(values[key].size)] = rng.choice([np.nan, np.inf, -np.inf])
    return Wrong(("R0203",), (node,))


@of(lambda values, node: any("tau" in n for n in numbers_of(values, node)))
def time_runs_backwards(values, node, rng):
    key = _pick(rng, values, node, [n for n in numbers_of(values, node) if "tau" in n])
    values[key] = values[key].copy()
    values[key].flat[rng.integers(values[key].size)] = rng.choice([0.0, -0.02, -1e-30])
    return Wrong(("R0204",), (node,))


@of(_real)
def a_text_for_numbers(values, node, rng):
    key = _pick(rng, values, node)
    values[key] = str(rng.choice(["0.5", "", "fast", "1,5"]))
    return Wrong(("R0108",), (key,))


@of(_real)
def a_group_for_numbers(values, node, rng):
    key = _pick(rng, values, node)
    values[f"{key}/value"] = values.pop(key)
    return Wrong(("R0108",), (key,))


@of(_any)
def a_number_for_the_type(values, node, rng):
    values[f"{NODES}{node}/type"] = np.array(3.0)
    return Wrong(("R0108",), (f"nodes/{node}/type",))


@of(_any)
def several_types(values, node, rng):
    values[f"{NODES}{node}/type"] = ["LIF", "IF"]
    return Wrong(("R0108",), (f"nodes/{node}/type",))


@of(_inner)
def an_unknown_type(values, node, rng):
    values[f"{NODES}{node}/type"] = str(rng.choice(["LIFF", "lif", "Dropout", "Sequential", "CubaLIFs"]))
    return Wrong(("R0201",), (node,))


@of(_inner)
def an_unknown_parameter(values, node, rng):
    values[f"{NODES}{node}/{rng.choice(['tua', 'v_treshold', 'refractory', 'W'])}"] = np.ones(2)
    return Wrong(("R0202",), (node,))


@of(lambda values, node: "type" in values.get(f"{NODES}{node}/type", "") or _has("v_threshold")(values, node))
def one_neuron_too_many(values, node, rng):
    key = _pick(rng, values, node)
    shape = list(values[key].shape)
    shape[0] += 1
    values[key] = np.full(shape, 0.5, np.float32)
    return Wrong(("R0205",), near(values, node))


@of(_has("weight"))
def a_matrix_of_another_size(values, node, rng):
    key = f"{NODES}{node}/weight"
    shape = list(values[key].shape)
    shape[rng.integers(2)] += 1
    values[key] = np.ones(shape, np.float32)
    return Wrong(("R0205",), near(values, node))


@of(_has("weight"))
def a_matrix_of_one_axis(values, node, rng):
    key = f"{NODES}{node}/weight"
    values[key] = values[key].ravel()
    return Wrong(("R0205",), (node,))


@of(_any)
def a_number_for_a_node(values, node, rng):
    for key in [k for k in values if k.startswith(f"{NODES}{node}/")]:
        del values[key]
    values[f"{NODES}{node}"] = np.ones(3)
    return Wrong(("R0108",), (node,))


@of_edges
def an_edge_to_nowhere(values, rng):
    edge = values[EDGES][rng.integers(len(values[EDGES]))]
    values[EDGES] = [*values[EDGES], [edge[0], "nowhere"] if rng.random() < 0.5 else ["nowhere", edge[1]]]
    return Wrong(("R0106",), (EDGES,))


@of_edges
def an_edge_twice(values, rng):
    edges = list(values[EDGES])
    edges.insert(rng.integers(len(edges)), edges[rng.integers(len(edges))])
    values[EDGES] = edges
    return Wrong(("R0107",), (EDGES,))


@of_edges
def edges_of_three(values, rng):
    values[EDGES] = [[*edge, "out"] for edge in values[EDGES]]
    return Wrong(("R0109",), (EDGES,))


@of_edges
def edges_in_a_row(values, rng):
    values[EDGES] = [name for edge in values[EDGES] for name in edge]
    return Wrong(("R0109",), (EDGES,))


@of_edges
def edges_of_numbers(values, rng):
    values[EDGES] = np.array([[0, 1], [1, 2]])
    return Wrong(("R0108",), (EDGES,))


@of_edges
def no_edges(values, rng):
    del values[EDGES]
    return Wrong(("R0105",), (EDGES,))


@of_edges
def an_edge_out_of_an_output(values, rng):
    nodes = [n for n in nodes_of(values) if n not in ("in", "out")]
    values[EDGES] = [*values[EDGES], ["out", str(rng.choice(nodes))]]
    return Wrong(("R0110",), (EDGES,))


@of_edges
def an_edge_into_an_input(values, rng):
    nodes = [n for n in nodes_of(values) if n not in ("in", "out")]
    values[EDGES] = [*values[EDGES], [str(rng.choice(nodes)), "in"]]
    return Wrong(("R0110",), (EDGES,))


@of_edges
def two_names_that_mean_nothing(values, rng):
    for node in rng.choice([n for n in nodes_of(values) if "." not in n], 2, replace=False):
        _rename(values, str(node), f"{node}_new")
    return Wrong(("R0106",), (EDGES,))


@of_edges
def a_circle_without_neurons(values, rng):
    fc = "fc" if kind_of(values, "fc") == "Linear" and values[f"{NODES}fc/weight"].shape[0] == 3 else None
    if fc is None:
        return None
    values[f"{NODES}loop/type"] = "Linear"
    values[f"{NODES}loop/weight"] = np.eye(3, dtype=np.float32)
    after = next(b for a, b in values[EDGES] if a == "fc")
    values[EDGES] = [*values[EDGES], ["loop", "loop"], ["fc", "loop"], ["loop", after]]
    return Wrong(("R0207",), ("loop",))


@of_edges
def a_single_node(values, rng):
    values["/node/type"] = "LIF"
    return Wrong(("R0105",), ("/node/type",))


@of_edges
def no_graph(values, rng):
    for key in [k for k in values if k.startswith("/node/")]:
        values["/graph" + key[len("/node") :]] = values.pop(key)
    return Wrong(("R0105",), ("/node",))


def draw(seed: int) -> tuple[dict, dict, list]:
    """(the file, the changed file, [(name, what must come out)]): one to three changes that do not touch each other."""
    rng = np.random.default_rng(seed)
    make = FILES[rng.integers(len(FILES))]
    original = {"/version": "1.0", **make(rng)}
    changed, made = dict(original), []
    nodes = [str(n) for n in rng.permutation(nodes_of(original))]
    last = OF_EDGES[rng.integers(len(OF_EDGES))] if rng.random() < 0.5 else None
    alone = last in (no_graph, a_single_node, two_names_that_mean_nothing, a_circle_without_neurons)
    for node in [] if alone else nodes[: int(rng.integers(last is None, 4))]:
        fitting = [c for c in CHANGES if c.fits(original, node)]
        change = fitting[rng.integers(len(fitting))]
        renamed = any(name == renamed_alone.__name__ for name, _ in made)
        if change.apply is renamed_alone and (last is not None or renamed):
            continue  # two at once are another fault
        expected = change.apply(changed, node, rng)
        if expected is not None:
            made.append((change.name, expected))
    expected = None if last is None else last(changed, rng)
    return original, changed, made if expected is None else [*made, (last.__name__, expected)]
