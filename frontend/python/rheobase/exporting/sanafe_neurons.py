"""An image's neurons as SANA-FE's: `leaky_integrate_fire`, whose potential counts 64 of the chip's. SPEC N1, N6, N9.

SANA-FE computes in doubles. It truncates the potential to 1/64 after it has decayed, as N1 does; the current it leaves as it
is. Its reverse threshold stops the potential at the bottom, as N7 does; at the top, only a reset that subtracts can tell.
What it sends carries no number.
"""

from __future__ import annotations

from typing import Callable

import numpy as np

from ..arithmetic import ALIGN, DECAY_ONE

LEAST = -((1 << 23) - 1) / ALIGN  # where the potential stops (SPEC N7)
NEVER = 1 << 24  # a threshold above every potential
MODELS = (
    "cuba_li",
    "cuba_lif",
    "cuba_lif_refractory",
    "integrate_and_fire",
    "integrator",
    "li",
    "lif",
)


def attributes_of(registers: dict[str, np.ndarray], size: int) -> list[str]:
    """The attributes of each neuron as text, for its soma."""
    every = {name: np.broadcast_to(values, size) for name, values in registers.items()}
    keeps = {
        name: (DECAY_ONE - every.get(register, np.full(size, lost))) / DECAY_ONE
        for name, register, lost in (("input_decay", "decay_u", DECAY_ONE), ("leak_decay", "decay_v", 0))
    }
    threshold = every.get("threshold", np.full(size, NEVER)) / ALIGN
    subtracts = every.get("reset_keep", np.zeros(size)) != 0
    reset = -every.get("reset_amount", np.zeros(size)) / ALIGN
    bias = every.get("bias", np.zeros(size)) / ALIGN
    # SANA-FE counts the step of the spike as the first.
    waits = every.get("refractory_steps", np.zeros(size, int))
    texts = []
    for n in range(size):
        parts = [f"{name}: {number(values[n])}" for name, values in keeps.items()]
        parts.append(f"threshold: {number(threshold[n])}")
        parts.append(f"reverse_threshold: {LEAST!r}, reverse_reset_mode: saturate")
        parts.append("reset_mode: soft" if subtracts[n] else f"reset: {number(reset[n])}")
        if bias[n]:
            parts.append(f"bias: {number(bias[n])}")
        if waits[n]:
            parts.append(f"refractory_delay: {int(waits[n]) + 1}")
        texts.append(", ".join(parts))
    return texts


def check(
    name: str, model: str, size: int, registers: dict[str, np.ndarray], refuse: Callable, lose: Callable
) -> None:
    """Says what SANA-FE cannot follow of a population: refuse(where, message, remedy), lose(where, message, remedy,
    neurons)."""
    if model not in MODELS:
        refuse(name, f"SANA-FE has no neuron like '{model}'", REPLAY)
        return
    decays = np.broadcast_to(registers.get("decay_u", np.array(DECAY_ONE)), size)
    remembers = int((decays < DECAY_ONE).sum())
    if model == "cuba_lif_refractory" and remembers:
        refuse(
            name,
            "while a neuron waits after a spike, SANA-FE's current takes no input, the chip's does",
            REPLAY,
        )
    elif remembers:
        lose(
            name,
            f"the currents of {remembers:,} of {size:,} neurons of '{name}' are rounded toward zero in every step on the "
            "chip, not at all in SANA-FE: a potential close to the threshold may pass it in one of them alone, and "
            "what neurons in loops do then drifts apart",
            REPLAY,
            remembers,
        )


REPLAY = "export with --replay, in Python replay=True: every neuron then spikes when the chip's does"


def number(value: float) -> str:
    """A number that reads back as the same double."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
