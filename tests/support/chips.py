"""Every chip with each of its profiles, and what has to be said where a network does not fit one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Optional

import numpy as np
import rheobase as rb
from recordings import ROOT
from rheobase.compiler import run_compiler
from stage_text import StageText

CHIPS = [
    ("loihi1", "loihi1"),
    ("loihi1", "lava"),
    ("loihi2", "lava"),
    ("tiny", "lava"),
    ("tiny", "loihi1"),
]


def limits(chip: str) -> dict[str, int]:
    record = json.loads((ROOT / "backends" / chip / "chip.json").read_text())
    return {name: limit["value"] for name, limit in record["limits"].items()}


def compile_or_listed(net: rb.Network, chip: str, profile: str, folder: Path) -> Optional[rb.Image]:
    """The image, its stages dumped into ``folder``; or None where 'tiny' refuses and names every violation."""
    try:
        return rb.compile(net, chip=chip, profile=profile, dump_stages=folder)
    except rb.CompileError as refused:
        assert chip == "tiny", f"'{chip}' refuses: {refused}"
        text = run_compiler(net, chip, profile, to_stage="quant")["stage"]
        text = text.decode() if isinstance(text, bytes) else text
        listed = {(d.code, d.where) for d in refused.diagnostics if d.severity == "error"}
        assert listed == violations(StageText(text), limits(chip))
        for d in refused.diagnostics:
            assert d.message and d.remedy and (d.severity != "error" or d.value > d.limit)
        return None


def violations(text: StageText, limit: dict[str, int]) -> set[tuple[str, str]]:
    """(code, population): neurons with more sources than a core has axons or words, more neurons than the chip has."""
    found = set()
    sources = {name: np.zeros(p.size, int) for name, p in text.populations.items()}
    for p in text.projections():
        sources[p.target] += (p.weights != 0).sum(1)
    for name, counts in sources.items():
        if counts.max() > limit["input_axons_per_core"]:
            found.add(("R0412", name))
        if counts.max() > limit["synapse_words_per_core"]:  # every list starts on a word (I6)
            found.add(("R0413", name))
    neurons = {name: p.size for name, p in text.populations.items()}
    if sum(neurons.values()) > limit["cores"] * limit["neurons_per_core"]:
        found.add(("R0417", max(neurons, key=neurons.get)))
    return found
