"""Random graphs of the nir package through our reader and writer: the package reads back what it wrote.

RHEO_SEED=n replays one graph, RHEO_NETWORKS=n draws that many.
"""

from collections import Counter

import numpy as np
import pytest
import rheobase as rb
from replay import check_all

nir = pytest.importorskip("nir")
from nirgraphs import NEURONS, RandomGraph, flat, nested  # noqa: E402

GRAPHS = 500


def assert_equal_nodes(ours: dict, theirs: dict) -> None:
    assert ours.keys() == theirs.keys()
    for name, node in ours.items():
        left, right = node.to_dict(), theirs[name].to_dict()
        left.pop("metadata"), right.pop("metadata")  # a backend must not depend on it, and it is not kept
        assert left.keys() == right.keys(), name
        for key, value in left.items():
            assert np.array_equal(value, right[key]), (name, key)
            if np.ndim(value):
                assert np.asarray(value).dtype == np.asarray(right[key]).dtype, (name, key)


def written(graph, folder):
    """The graph over our reader and writer."""
    nir.write(folder / "a.nir", graph)
    rb.export(rb.load(folder / "a.nir"), "nir", folder / "b.nir")
    return nir.read(folder / "b.nir", type_check=False)


def test_f12_f13_the_package_reads_its_own_graphs_again(tmp_path):
    tally = Counter()

    def check(seed: int) -> None:
        drawn = RandomGraph(seed)
        graph = drawn.graph()
        again = written(graph, tmp_path)
        assert set(again.edges) == set(graph.edges)
        assert_equal_nodes(graph.nodes, again.nodes)
        if drawn.checked:
            nir.read(tmp_path / "b.nir")
        tally.update({type(node).__name__ for node in graph.nodes.values()})
        tally["checked"] += drawn.checked
        tally["several inputs"] += len(graph.inputs) > 1
        tally["several outputs"] += len(graph.outputs) > 1
        tally["joins"] += any(n > 1 for n in Counter(b for _, b in graph.edges).values())

    if check_all(GRAPHS, check, tally) is not None:
        wanted = {
            *NEURONS,
            "Linear",
            "Affine",
            "Delay",
            "Scale",
            "Flatten",
            "Conv1d",
            "Conv2d",
            "SumPool2d",
            "AvgPool2d",
        }
        assert all(tally[kind] >= 20 for kind in wanted), tally
        assert min(tally[k] for k in ("checked", "several inputs", "several outputs", "joins")) > 100


def test_f12_nested_graphs_come_back_flat(tmp_path):
    tally = Counter()

    def check(seed: int) -> None:
        graph = RandomGraph(seed).graph()
        depth = 1 + seed % 4
        deep = nested(graph, np.random.default_rng(seed), depth)
        again = written(deep, tmp_path)
        nodes, edges = flat(deep)
        assert set(again.edges) == edges
        assert_equal_nodes(nodes, again.nodes)
        tally[f"depth {max(name.count('G') for name in nodes)}"] += 1

    if check_all(GRAPHS // 5, check, tally) is not None:
        assert len(tally) >= 4
