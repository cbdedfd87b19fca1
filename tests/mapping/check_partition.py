"""Recounts a map of a hypergraph on cores from the two files alone, and fails where a limit is violated.

Usage: check_partition.py GRAPH.hgr MAP.json. Prints the figures; exit status 1 for a violated limit or a figure that
differs from the map's own, 2 for files that do not belong together. Needs numpy, and nothing of rheobase.
"""

import json
import sys
from pathlib import Path

import numpy as np

ROUNDING = 1e-9  # of connectivity, a sum of many doubles


def read_graph(path: Path):
    """Return edge weights, sources, targets, the edge of each target, and the vertices' weights."""
    lines = (line for line in path.open(encoding="ascii") if line.strip() and not line.startswith("%"))
    header = [int(word) for word in next(lines).split()]
    edges, vertices = header[:2]
    form = header[2] if len(header) > 2 else 0
    weights, sources = np.ones(edges), np.empty(edges, np.int64)
    targets = []
    for edge in range(edges):
        weight, line = next(lines).split(maxsplit=1) if form % 10 else (1, next(lines))
        pins = np.fromstring(line, dtype=np.int64, sep=" ") - 1
        weights[edge], sources[edge] = float(weight), pins[0]
        targets.append(np.unique(pins[1:]))
    edge_of = np.repeat(np.arange(edges), [len(pins) for pins in targets])
    sizes = (
        np.array([int(next(lines)) for _ in range(vertices)]) if form >= 10 else np.ones(vertices, np.int64)
    )
    return weights, sources, np.concatenate([*targets, np.empty(0, np.int64)]), edge_of, sizes


def recount(graph, cores: int, core: np.ndarray, memory: dict) -> dict:
    """Return connectivity and the use of every core."""
    weights, sources, targets, edge_of, sizes = graph
    edges = len(weights)
    reached, synapses = np.unique(edge_of * cores + core[targets], return_counts=True)
    touched = np.union1d(reached, np.arange(edges) * cores + core[sources])
    bits = memory.get("header_bits", 0) + synapses * memory.get("synapse_bits", 0)
    words = -(-bits // memory.get("word_bits", 64))
    return {
        "connectivity": float(weights @ (np.bincount(touched // cores, minlength=edges) - 1)),
        "neurons": np.bincount(core, sizes, cores).astype(np.int64),
        "axons": np.bincount(reached % cores, minlength=cores),
        "words": np.bincount(reached % cores, words, cores).astype(np.int64),
    }


def check(graph, found: dict) -> list[str]:
    """Return what is wrong; prints the figures."""
    core, cores, limits = np.array(found["core"], np.int64), found["cores"], found["limits"]
    counted = recount(graph, cores, core, limits.get("synapse_memory") or {})
    wrong = []
    print(f"connectivity {counted['connectivity']:,.1f} on {cores:,} cores")
    if not np.isclose(counted["connectivity"], found["connectivity"], rtol=ROUNDING, atol=0):
        wrong.append(f"the map says connectivity {found['connectivity']:,.1f}")
    for use, limit in (
        ("neurons", "neurons_per_core"),
        ("axons", "input_axons_per_core"),
        ("words", "synapse_words_per_core"),
    ):
        most, allowed = int(counted[use].max(initial=0)), limits.get(limit)
        print(
            f"{use} per core: at most {most:,}"
            + (f" of {allowed:,}" if allowed is not None else ", no limit")
        )
        if allowed is not None and most > allowed:
            wrong.append(f"core {int(counted[use].argmax())} has {most:,} {use}, {allowed:,} are allowed")
        if most != found["most"][use]:
            wrong.append(f"the map says {found['most'][use]:,} {use}")
    if limits.get("cores") is not None and cores > limits["cores"]:
        wrong.append(f"{cores:,} cores, there are {limits['cores']:,}")
    if (counted["neurons"] == 0).any() and len(np.unique(core)) < cores:
        wrong.append("a core is empty")
    return wrong


def main(graph_path: str, map_path: str) -> int:
    """Check one map; returns the exit status."""
    found = json.loads(Path(map_path).read_text(encoding="utf-8"))
    graph = read_graph(Path(graph_path))
    core, vertices = np.array(found["core"]), len(graph[-1])
    if len(core) != vertices or (vertices and not (0 <= core.min() and core.max() < found["cores"])):
        print(f"the map is not one of {vertices:,} vertices on {found['cores']:,} cores", file=sys.stderr)
        return 2
    wrong = check(graph, found)
    for line in wrong:
        print("WRONG:", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
