"""Chips that differ in room alone, and whether two images of one network do the same, one of them later."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import rheobase as rb

ROOMY = dict(
    cores=4000,
    neurons_per_core=4000,
    input_axons_per_core=500_000,
    output_axons_per_core=500_000,
    synapse_words_per_core=4_000_000,
    profiles_per_core=16,
    formats_per_core=64,
    constants_per_core=16_000,
    max_delay=62,
)
WIDE = dict(list=24, count=13, format=6, delay=6, route_first=20, route_count=20, constants=14, profile=4)
WIDE |= dict(core=12, axon=20, first=13, group=6)


def chip(folder: Path, name: str, base: str = "tiny", **limits: int) -> str:
    """The path of a record: `base` with fields wide enough for all of ROOMY, and with these limits in its place."""
    root = Path(__file__).resolve().parents[2] / "backends"
    layouts = json.loads((root / base / "chip.json").read_text())["layouts"]
    for fields in layouts.values():
        for field in fields:
            field["bits"] = max(field["bits"], WIDE.get(field["name"], 0))
    path = folder / f"{name}.json"
    record = {"base": base, "name": name, "limits": {**ROOMY, **limits}, "layouts": layouts}
    path.write_text(json.dumps(record))
    return str(path)


def partial_sums(image: rb.Image) -> list[dict]:
    """The populations that the split made."""
    return [p for p in image.info["populations"] if p["hidden"] and p["model"] == "graded_vec"]


def compare(
    whole: rb.Image, split: rb.Image, x, populations: list[str], probes: list[str]
) -> tuple[int, int]:
    """Compares every spike and probe, shifted by what the lags say; returns how many were compared, and how many were
    spikes.

    Before it is due a population is silent.
    """
    a, b = (image.run(x, probes=probes, engine="vector") for image in (whole, split))
    compared = 0
    series = [(name, a.spikes[name], b.spikes[name]) for name in populations if name in a.spikes]
    series += [(probe.rsplit(".", 1)[0], a.states[probe], b.states[probe]) for probe in probes]
    for name, early, late in series:
        later = b.lag[name] - a.lag[name]
        if later < 0:
            early, late, later = late, early, -later
        steps = min(early.shape[1], late.shape[1] - later)
        assert not late[:, :later].any(), f"'{name}' begins before its time"
        differs = late[:, later : later + steps] != early[:, :steps]
        assert not differs.any(), f"'{name}' differs first at {np.argwhere(differs)[0]}"
        compared += differs.size
    return compared, sum(int(np.count_nonzero(b.spikes[name])) for name in populations if name in b.spikes)
