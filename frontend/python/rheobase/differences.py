"""Where two images first differ, and why two recordings do, as far as they tell."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Optional

import numpy as np

from .recording import Recording

if TYPE_CHECKING:
    from .image import Image


def _first_unequal(a, b, place: str = "") -> Optional[dict]:
    """The first place at which two nested values differ: {place, left, right}."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in [*a, *(k for k in b if k not in a)]:
            found = _first_unequal(a.get(key), b.get(key), f"{place}.{key}" if place else str(key))
            if found:
                return found
        return None
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        for k, (x, y) in enumerate(zip(a, b)):
            found = _first_unequal(x, y, f"{place}[{k}]")
            if found:
                return found
        return None if len(a) == len(b) else {"place": f"number of {place}", "left": len(a), "right": len(b)}
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and max(a.size, b.size) > 1:
        return _first_unequal(a.ravel().tolist(), b.ravel().tolist(), place)
    a, b = (v.tolist() if hasattr(v, "tolist") else v for v in (a, b))
    return None if a == b else {"place": place, "left": a, "right": b}


def first_unequal_word(a: Image, b: Image) -> Optional[dict]:
    """The first difference of two decoded images, in what they compute before what they say about it."""
    if a.to_bytes() == b.to_bytes():
        return None
    order = ("chip", "profile", "dt", "inputs", "outputs", "populations", "cores")
    found = _first_unequal({k: a.info[k] for k in order}, {k: b.info[k] for k in order})
    if found is None:
        for left, right in zip(a.info["cores"], b.info["cores"]):
            found = _first_unequal(
                a.program.core(left["id"]), b.program.core(right["id"]), f"core {left['id']}"
            )
            if found:
                break
    rest = [{k: v for k, v in image.info.items() if k not in order} for image in (a, b)]
    for info in rest:
        with contextlib.suppress(ValueError):  # a foreign image may hold any text
            info["quantization"] = json.loads(info["quantization"])
    if found:
        return found
    found = _first_unequal(*rest)
    if found:
        return {**found, "note": "every decoded word is equal: only what the images say about them differs"}
    return {
        "place": "bytes that no decoded field shows",
        "left": len(a.to_bytes()),
        "right": len(b.to_bytes()),
    }


def explain(left: Recording, right: Recording, found: dict) -> str:
    """The cause of a first difference, or both potentials, where the recordings tell; else nothing."""
    name = found["series"].rsplit(".", 1)[0]
    for side, recording in (("left", left), ("right", right)):
        count = recording.overflows.get(name)
        if count and sum(int(np.ravel(values)[found["neuron"]]) for values in count.values()):
            return f"a state of this neuron wrapped or saturated on the {side} side"
    potential = f"{name}.v"
    if potential == found["series"] or not all(potential in side.states for side in (left, right)):
        return ""
    parts = []
    for side, recording in (("left", left), ("right", right)):
        v = recording.aligned(potential) if left.lag != right.lag else recording.states[potential]
        v = v if recording.batched else v[None]
        value = v[found["sample"], found["step"], found["neuron"]]
        scale = np.ravel(recording.scale.get(potential, 1.0))
        parts.append(f"{side} {value / scale[found['neuron'] if scale.size > 1 else 0]:.6g}")
    return f"'{potential}' after this step, in the network's units: {', '.join(parts)}"
