"""The mapper on random reservoirs, whose coordinates it is not told, beside the best published figures.

    python benchmarks/mapping.py [16k ...] [--threads 1] [--effort 1] [--seed 0] [--keep DIR]

Prints one JSON document. Limits are those of the published runs: 1024 neurons and 4096 input axons a core, 4096 cores,
no limit on synapses. Graphs are made by `reservoirs.py`, once where --keep names a folder.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import reservoirs

# AxonCUDA, on a GPU, default settings: connectivity and seconds.
PUBLISHED = {"16k": (72359.6, 0.90), "64k": (629264.0, 2.9), "256k": (3747706.8, 24.5)}
LIMITS = {
    "neurons_per_core": 1024,
    "input_axons_per_core": 4096,
    "synapse_words_per_core": None,
    "cores": 4096,
    "synapse_memory": {"header_bits": 0, "synapse_bits": 0, "word_bits": 64},
}


def measure(name: str, folder: Path, threads: int, effort: int, seed: int) -> dict:
    """The figures of one graph."""
    import rheobase as rb

    graph = folder / f"{name}-rand-l.hgr"
    if not graph.exists():
        reservoirs.generate(name, graph)
    begin, cpu = time.perf_counter(), time.process_time()
    found = rb.partition(graph, limits=LIMITS, seed=seed, threads=threads, effort=effort)
    best, seconds = PUBLISHED.get(name, (None, None))
    return {
        "graph": f"{name}-rand L",
        "threads": threads,
        "effort": effort,
        "connectivity": found.connectivity,
        "cores": found.cores,
        "most": found.most,
        "bounds": found.bounds,
        "seconds": time.perf_counter() - begin,
        "cpu_seconds": time.process_time() - cpu,
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "published": {"connectivity": best, "seconds": seconds, "ratio": best and found.connectivity / best},
    }


def text(results: list[dict]) -> str:
    """One line for each graph."""
    lines = []
    for r in results:
        known = r["published"]
        beside = (
            f", {100 * (known['ratio'] - 1):+.1f} % of the published {known['connectivity']:,.0f}"
            if known["ratio"]
            else ""
        )
        lines.append(
            f"mapping        {r['graph']}: connectivity {r['connectivity']:,.0f}{beside}; {r['cores']} cores of at least "
            f"{r['bounds']['cores']['value']:.0f}, {r['most']['axons']:,} axons at most; {r['seconds']:.1f} s on "
            f"{r['threads']} thread(s), {r['gigabytes']:.2f} GB"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("graphs", nargs="*", metavar="GRAPH", help=f"of {', '.join(reservoirs.LADDER)}")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--effort", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--keep", type=Path, help="keep the graphs in this folder, and use those that lie there"
    )
    options = parser.parse_args()
    unknown = [name for name in options.graphs if name not in reservoirs.LADDER]
    if unknown:
        parser.error(f"there is no graph {', '.join(unknown)}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        given = (folder, options.threads, options.effort, options.seed)
        print(json.dumps([measure(name, *given) for name in options.graphs or ["16k", "64k", "256k"]]))
