"""Compilation of large layered networks, from a NIR file to the image, and the check of one: seconds and memory, each in a
process of its own.

    python benchmarks/layered.py [--layers 100 --width 1000 --fan-in 100 --chip loihi1024] [--runs 3]

Weights are drawn at random; with a fan-in below the width, most of each matrix is 0. Without options: 100,000 neurons and
10,000,000 synapses, once as 1,000 dense layers of 100 neurons on a loihi2 and once as 100 layers of 1,000, a tenth of
each matrix, which take more memory than it has.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

SHAPES = ((1000, 100, 100, "loihi2"), (100, 1000, 100, "loihi1024"))  # layers, width, fan-in, chip
LIF = {"tau": 0.02, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}


def generate(path: Path, layers: int, width: int, fan_in: int, seed: int = 0) -> None:
    """Writes the network: an input, layers of LIF neurons behind Linear nodes, an output."""
    random = np.random.default_rng(seed)
    with h5py.File(path, "w") as file:
        file["version"] = "1.0"
        graph = file.create_group("node")
        graph["type"] = "NIRGraph"
        nodes = graph.create_group("nodes")
        edges, last = [], "input"

        def node(name: str, kind: str, **parameters) -> None:
            made = nodes.create_group(name)
            made["type"] = kind
            for key, value in parameters.items():
                made[key] = value

        node("input", "Input", shape=np.array([width]))
        for layer in range(layers):
            weight = random.standard_normal((width, width), np.float32) / np.float32(np.sqrt(fan_in))
            if fan_in < width:
                left_out = np.argsort(random.random((width, width), np.float32), axis=1)[:, fan_in:]
                np.put_along_axis(weight, left_out, 0, axis=1)
            node(f"fc{layer}", "Linear", weight=weight)
            node(f"lif{layer}", "LIF", **{key: np.full(width, value, "f4") for key, value in LIF.items()})
            edges += [(last, f"fc{layer}"), (f"fc{layer}", f"lif{layer}")]
            last = f"lif{layer}"
        node("output", "Output", shape=np.array([width]))
        graph["edges"] = np.array([*edges, (last, "output")], dtype="S16")


def measure(command: str, path: Path, chip: str, *more) -> tuple[float, float]:
    """Seconds and gigabytes of one call of the command line."""
    words = [sys.executable, "-m", "rheobase", "-q", command, path, "--chip", chip, *more]
    begin = time.perf_counter()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{command} of {path.name} failed")
    return time.perf_counter() - begin, usage.ru_maxrss / 2**20


STEPS = """
import json, sys, time
begin = time.perf_counter()
import rheobase as rb
from rheobase import compiler
took = {"import_package": time.perf_counter() - begin}
for name, step in (
    ("read_file", lambda: rb.load(sys.argv[1])),
    ("load_compiler", compiler._library),
    ("check_network", lambda: rb.check(net, sys.argv[2])),
):
    begin = time.perf_counter()
    net = step() if name == "read_file" else (step(), net)[1]
    took[name] = time.perf_counter() - begin
print(json.dumps(took))
"""


def steps(path: Path, chip: str) -> dict[str, float]:
    """Seconds of what a check consists of."""
    return json.loads(subprocess.check_output([sys.executable, "-c", STEPS, path, chip]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layers", type=int)
    parser.add_argument("--width", type=int, default=1000)
    parser.add_argument("--fan-in", type=int, default=100)
    parser.add_argument("--chip", default="loihi2")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    own = ((options.layers, options.width, options.fan_in, options.chip),)
    for layers, width, fan_in, chip in own if options.layers else SHAPES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "layered.nir"
            generate(path, layers, width, fan_in)
            output = ("-o", path.with_suffix(".rheo"))
            rounds = [
                (measure("compile", path, chip, *output), measure("check", path, chip), steps(path, chip))
                for _ in range(options.runs)
            ]
        runs, checks, parts = zip(*rounds)
        seconds, checked = (sorted(s for s, _ in some) for some in (runs, checks))
        print(
            json.dumps(
                {
                    "layers": layers,
                    "width": width,
                    "chip": chip,
                    "neurons": layers * width,
                    "synapses": layers * width * fan_in,
                    "median_seconds": seconds[len(seconds) // 2],
                    "seconds": seconds,
                    "gigabytes": max(g for _, g in runs),
                    "median_check_seconds": checked[len(checked) // 2],
                    "check_seconds": checked,
                    "least_seconds_of_steps": {name: min(part[name] for part in parts) for name in parts[0]},
                }
            )
        )


if __name__ == "__main__":
    main()
