"""Who reads which NIR files, and whose spikes are right: a table in Markdown, for frontend/nir/PEERS.md.

python nir_peers.py SNN_MLIR [FILE.nir ...]: SNN_MLIR is the command of that name in an environment of its own
(pip install snn-mlir==1.0.0); this process needs rheobase and nir. Random graphs follow the files.

snn-mlir's own program needs a compiler that is in no package, so its spikes are not run but derived: what it exports
says how much of its potential and current a neuron keeps in a step, with a gain of 1 before either. A network of such
neurons runs here, beside the one that the file means.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import nir
import numpy as np
import rheobase as rb

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from nirgraphs import RandomGraph, flat  # noqa: E402

GRAPHS = 50
STEPS = 200
OPERATION = re.compile(r"// --- (?:LIF|CubaLIF|LI|CubaLI) (\S+):.*?\{(.*?)\}", re.DOTALL)
KEPT = re.compile(r"(cur_|vol_|)decay_float = (\S+) ")


def reads(package) -> str:
    try:
        package()
        return "reads it"
    except rb.Error as error:
        return f"refuses it: {error.diagnostics[0].code}"
    except Exception as error:
        return f"refuses it: {' '.join(str(error).split())[:70]}"


def exported(command: str, path: Path, folder: Path) -> tuple[str, dict]:
    """What snn-mlir says of a file, and neuron -> {"cur_", "vol_" or "": the share kept in a step}."""
    result = subprocess.run([command, "check", str(path)], capture_output=True, text=True)
    if result.returncode:
        errors = re.findall(r"ERROR +(.*)", result.stdout) or [result.stderr.strip().splitlines()[-1]]
        return f"refuses it: {errors[0][:70]}", {}
    text = folder / "exported.mlir"
    result = subprocess.run([command, "export", str(path), "-o", str(text)], capture_output=True, text=True)
    if result.returncode:
        return "supported, but not exported", {}
    found = {name: dict(KEPT.findall(marks)) for name, marks in OPERATION.findall(text.read_text())}
    return "supported", {name: {k: float(v) for k, v in kept.items()} for name, kept in found.items()}


def with_shares(path: Path, kept: dict, dt: float, folder: Path) -> rb.Network:
    """The file's network with neurons that keep these shares, with a gain of 1."""
    graph = nir.read(path, type_check=False)
    for name, node in flat(graph)[0].items():
        for mark, tau, gain in (("cur_", "tau_syn", "w_in"), ("vol_", "tau_mem", "r"), ("", "tau", "r")):
            share = kept.get(name, {}).get(mark)
            if share is not None and hasattr(node, tau):
                lost = np.full_like(getattr(node, tau), 1 - share, np.float64)
                setattr(node, tau, dt / lost)
                setattr(node, gain, 1 / lost)
    nir.write(folder / "theirs.nir", graph)
    return rb.load(folder / "theirs.nir", dt=dt)


def spikes_of(net: rb.Network, other: rb.Network) -> str:
    rng = np.random.default_rng(0)
    x = {n.name: (rng.random((STEPS, *n.shape)) < 0.3).astype(np.float32) for n in net.inputs}
    left, right = (n.run(x, dtype="float64").spikes for n in (net, other))
    wrong = sum(int((left[name] != right[name]).sum()) for name in left)
    said, theirs = (sum(int(s.sum()) for s in spikes.values()) for spikes in (left, right))
    return "the file's" if wrong == 0 else f"{theirs:,} for {said:,}, {wrong:,} wrong"


def row(command: str, path: Path, folder: Path) -> list[str]:
    ours = reads(lambda: rb.load(path))
    said, kept = exported(command, path, folder)
    spikes = ""
    if said == "supported" and ours == "reads it":
        net = rb.load(path)
        try:
            spikes = spikes_of(net, with_shares(path, kept, net.dt, folder))
        except rb.Error as error:
            spikes = f"none: {error.diagnostics[0].message[:60]}"
    return [ours, reads(lambda: nir.read(path)), said, spikes]


def chain(seed: int) -> nir.NIRGraph:
    """What snn-mlir asks for: ports called input and output, matrices and neurons in a row, each of uniform parameters,
    without a leak potential. Gains are tau/dt, by which frameworks make them 1 in a step, or 1, or something else."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 9, rng.integers(2, 5))
    nodes: dict[str, nir.NIRNode] = {"input": nir.Input(np.array([sizes[0]]))}
    for k, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        nodes[f"fc{k}"] = nir.Linear(rng.normal(0.3, 1, (outputs, inputs)))
        tau, each = rng.uniform(5e-4, 5e-3), np.ones(outputs)
        gain = [tau / 1e-4, 1.0, rng.uniform(1, 20)][rng.integers(3)]
        nodes[f"lif{k}"] = nir.LIF(tau * each, gain * each, 0 * each, gain * tau / 5e-3 * each, 0 * each)
    nodes["output"] = nir.Output(np.array([sizes[-1]]))
    names = list(nodes)
    return nir.NIRGraph(nodes, list(zip(names, names[1:])))


def tallied(command: str, graph, folder: Path) -> list[str]:
    """The cells of a row: how many of the random graphs had each answer."""
    counts = [Counter() for _ in range(4)]
    for seed in range(1, GRAPHS + 1):
        nir.write(folder / "random.nir", graph(seed))
        for count, cell in zip(counts, row(command, folder / "random.nir", folder)):
            count["wrong" if "wrong" in cell else cell.split(":")[0]] += 1
    return [", ".join(f"{k}: {n}" for k, n in sorted(count.items()) if k) for count in counts]


def main(command: str, files: list[str]) -> None:
    print("| file | rheobase | nir 1.0.8 | snn-mlir 1.0.0 | its spikes |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in files:
            print("|", " | ".join([Path(file).name, *row(command, Path(file), folder)]), "|")
        for what, graph in (("graphs", lambda seed: RandomGraph(seed).graph()), ("chains of LIF", chain)):
            print("|", " | ".join([f"{GRAPHS} random {what}", *tallied(command, graph, folder)]), "|")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
