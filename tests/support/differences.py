"""What the vectors of ir/DIFFERENCES.md need: their results, and small exact networks run by every engine."""

from __future__ import annotations

import numpy as np
import rheobase as rb
from comparing import run_engines
from rheobase import topics

PROFILES = ("lava", "loihi1")


def results(rule: str) -> dict:
    """Who -> integers, or "refused R0412", or "not yet"."""
    return topics.rule(rule).results


def compiled(weights, profile: str, model: str, settings=None, **integers) -> rb.Image:
    """One population of exact neurons on Loihi 1, which has both profiles; weights [neurons, inputs]."""
    weights = np.array(weights, float)
    b = rb.Builder()
    b.input("in", weights.shape[1])
    b.exact("n", weights.shape[0], model=model, **integers)
    b.connect("in", "n", weights, name="w")
    quant = settings and {"schema": "rheobase.quantization/1", "projections": {"w": settings}}
    return rb.compile(b.build(), chip="loihi1", profile=profile, quant=quant)


def run(weights, profile: str, x, model: str, settings=None, **integers) -> rb.Recording:
    """The recording of x [steps][inputs], the engines compared."""
    image = compiled(weights, profile, model, settings, **integers)
    return run_engines(image, {"in": np.array(x, np.uint8)})


def ours(weights, profile: str, x, model: str, state: str, settings=None, **integers) -> np.ndarray:
    """A state, or "spikes", [steps, neurons]; in the first step nothing has arrived yet (SPEC T2), so it is left out."""
    out = run(weights, profile, x, model, settings, **integers)
    return (out.spikes["n"] if state == "spikes" else out.states[f"n.{state}"])[1:]


def sent(model: str, x: list, weight=None, payload=None, state="spikes", **integers) -> list[int]:
    """What one neuron sends, or a state, on a chip with programs, from the step on in which x arrives; weight None: as
    it is. x [steps], or [steps][ports]."""
    x = np.array(x).reshape(len(x), -1)
    b = rb.Builder()
    b.input("in", x.shape[1], payload=payload)
    b.exact("n", 1, model, **integers)
    b.connect("in", "n", None if weight is None else [[weight]])
    image = rb.compile(b.build())
    out = run_engines(image, {"in": x})
    return (out.spikes["n"] if state == "spikes" else out.states[f"n.{state}"])[1:, 0].tolist()


def same_in_both(values) -> list[int]:
    """values(profile) of both profiles, which are equal."""
    found = [np.ravel(values(profile)).tolist() for profile in PROFILES]
    assert found[0] == found[1], f"profiles differ: {found}"
    return found[0]


def refusal(attempt) -> str:
    """ "refused R0412": the code of the error that the attempt raises."""
    try:
        attempt()
    except rb.Error as error:
        codes = sorted({d.code for d in error.diagnostics if d.severity == "error"})
        return f"refused {' '.join(codes)}"
    raise AssertionError("nothing was refused")
