"""Small NIR files for the tests: a good one, and the same with one thing changed."""

from pathlib import Path

import numpy as np
from hdf5 import File

LEAVE_OUT = object()


def good() -> dict:
    """in[2] -> fc[3,2] -> lif[3] -> out[3], dataset by dataset."""
    values = {
        "/version": "1.0",
        "/node/type": "NIRGraph",
        "/node/edges": [["in", "fc"], ["fc", "lif"], ["lif", "out"]],
        "/node/nodes/in/type": "Input",
        "/node/nodes/in/shape": np.array([2]),
        "/node/nodes/fc/type": "Linear",
        "/node/nodes/fc/weight": np.array([[1, 0.5], [0.25, 1], [-1, 1]], np.float32),
        "/node/nodes/lif/type": "LIF",
        "/node/nodes/out/type": "Output",
        "/node/nodes/out/shape": np.array([3]),
    }
    for name, value in {"tau": 0.02, "r": 20, "v_leak": 0, "v_threshold": 0.1, "v_reset": 0}.items():
        values[f"/node/nodes/lif/{name}"] = np.full(3, value, np.float32)
    return values


def write(path: Path, changes=None, claims=None) -> Path:
    """The good network with datasets changed, added or left out; claims: dataset -> elements never stored."""
    claims = claims or {}
    with File(path) as file:
        for name, value in {**good(), **(changes or {})}.items():
            if value is not LEAVE_OUT and name not in claims:
                file[name] = value
        for name, elements in claims.items():
            file.claim(name, elements)
    return path


def large(path: Path, neurons: int) -> Path:
    """A recurrent network that keeps the compiler busy for a while."""
    rng = np.random.default_rng(0)
    sizes = {"in": 2, "out": neurons}
    changes = {f"/node/nodes/{name}/shape": np.array([size]) for name, size in sizes.items()}
    for name in ("tau", "r", "v_leak", "v_threshold", "v_reset"):
        key = f"/node/nodes/lif/{name}"
        changes[key] = np.full(neurons, good()[key][0], np.float32)
    changes["/node/nodes/fc/weight"] = rng.normal(size=(neurons, 2)).astype(np.float32)
    changes["/node/nodes/rec/type"] = "Linear"
    changes["/node/nodes/rec/weight"] = rng.normal(size=(neurons, neurons), scale=0.01).astype(np.float32)
    changes["/node/edges"] = [*good()["/node/edges"], ["lif", "rec"], ["rec", "lif"]]
    return write(path, changes)
