"""A recurrent network whose placement matters, and a chip of small cores for it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import rheobase as rb

NEURONS = 400


def small_chip(folder: Path) -> Path:
    """The record of a loihi2 with cores of 48 neurons."""
    path = folder / "small.json"
    path.write_text(json.dumps({"base": "loihi2", "name": "small", "limits": {"neurons_per_core": 48}}))
    return path


def pool(seed: int = 1, **conventions) -> tuple[rb.Network, np.ndarray]:
    """Neurons in a plane that reach near ones, numbered at random, and a readout; and what comes in."""
    random = np.random.default_rng(seed)
    at = random.random((NEURONS, 2))
    apart = ((at[:, None] - at[None]) ** 2).sum(-1)
    near = (random.random((NEURONS, NEURONS)) < np.exp(-apart * NEURONS / 4)) & ~np.eye(NEURONS, dtype=bool)
    b = rb.Builder(dt=1e-3, **conventions)
    b.input("in", 12)
    b.lif("pool", NEURONS, tau=20e-3, v_threshold=1.0)
    b.li("readout", 3, tau=20e-3)
    b.connect("in", "pool", random.normal(0, 3, (NEURONS, 12)) * (random.random((NEURONS, 12)) < 0.2))
    b.connect("pool", "pool", random.normal(0.3, 0.8, (NEURONS, NEURONS)) * near)
    b.connect("pool", "readout", random.normal(0, 0.3, (3, NEURONS)) * (random.random((3, NEURONS)) < 0.05))
    b.output("out", "readout")
    return b.build(), (random.random((2, 60, 12)) < 0.2).astype(np.int8)
