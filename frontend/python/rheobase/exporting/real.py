"""Integers of a chip's step as NIR's real parameters: their step is the integers' over the reals. SPEC F2, F3, F11, F14.

With k the share that a time constant loses in a step, dt/tau (Euler) or 1 - exp(-dt/tau): the tau whose k is decay/4096
makes a state lose what the chip's loses; a gain of 4096/decay undoes the k that NIR puts before an input, and
v_leak = bias 4096/decay the one before a bias. The 64 of SPEC N2 goes into the weights, so that states and thresholds
keep their units and every gain is 1, by which readers recognise dt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterable

import numpy as np

from ..arithmetic import ALIGN, DECAY_ONE, MODELS
from .integers import Population
from .nir_graph import Loss

ALMOST_NOTHING = 2.0**-12  # the decay, of 4096, that stands for none: compiling makes it 0 again
AT_ONCE = 1000.0  # dt/tau of what keeps nothing: exp(-1000) is 0 in every arithmetic
KINDS = {name: model["nir"] for name, model in MODELS.items() if model["nir"]}


def weights_in_units(values: np.ndarray) -> np.ndarray:
    """Integer weights or biases times 64, as float32 where that holds them."""
    scaled = np.asarray(values, np.float64) * ALIGN
    single = scaled.astype(np.float32)
    return single if np.array_equal(single, scaled) else scaled


def reset_of(populations: Iterable[Population]) -> str:
    """One rule for a whole file."""
    subtracting = any(p.spiking and p.parameters["reset_keep"].any() for p in populations)
    return "subtract" if subtracting else "v_reset"


@dataclass
class RealNeurons:
    """Neurons under the conventions by which the file is to be read. gain: 64, or 1 where the weights hold that.
    above: what is added to thresholds that nothing subtracts; up to 1, as v is whole, a chip's spikes stay the same.
    lost: what NIR's neurons do not keep."""

    dt: float
    discretization: str
    reset: str
    gain: float = 1.0
    above: float = 0.0
    lost: list[Loss] = field(default_factory=list)

    def node(self, population: Population, unit=1.0) -> dict:
        """A node of a NIR graph. unit: the integers, one or one for each neuron, that are a potential of 1."""
        values = {k: np.asarray(v, np.float64) for k, v in population.parameters.items()}
        shape, spiking = values["bias"].shape, population.spiking
        kind = KINDS[population.model]
        current = values.get("decay_u", np.full(shape, DECAY_ONE))
        potential = values.get("decay_v", np.zeros(shape))
        bias = values["bias"] / unit
        keeps_current = (current != DECAY_ONE).any()
        if not potential.any() and not bias.any() and not keeps_current:  # whatever its name
            kind = "IF" if spiking else "I"
        elif kind in ("IF", "I"):
            kind = "LIF" if spiking else "LI"
        leaks = kind not in ("IF", "I")
        if leaks:
            potential = self._leaking(population, "potential", potential)
        parameters: dict[str, np.ndarray] = {}
        if kind.startswith("Cuba"):
            current = self._leaking(population, "current", current)
            parameters["tau_syn"] = self.tau(current)
            parameters["w_in"] = self.gain * DECAY_ONE / current
            parameters["tau_mem"] = self.tau(potential)
            parameters["r"] = DECAY_ONE / potential
        elif leaks:
            parameters["tau"] = self.tau(potential)
            parameters["r"] = self.gain * DECAY_ONE / potential
        else:
            parameters["r"] = np.full(shape, float(self.gain))
        if leaks:
            parameters["v_leak"] = bias * DECAY_ONE / potential
        if spiking:
            above = np.where(values["reset_keep"] != 0, 0.0, self.above)
            parameters["v_threshold"] = (values["threshold"] + above) / unit
            parameters["v_reset"] = self._v_reset(population, values) / unit
        return {"type": kind, **{k: np.ascontiguousarray(v, np.float64) for k, v in parameters.items()}}

    def tau(self, decay: np.ndarray) -> np.ndarray:
        """The time constants that lose in a step what decays of 4096 do, in seconds."""
        if self.discretization == "euler":
            return self.dt * DECAY_ONE / decay
        with np.errstate(divide="ignore"):
            return self.dt / np.minimum(-np.log1p(-decay / DECAY_ONE), AT_ONCE)

    def _leaking(self, population: Population, what: str, decay: np.ndarray) -> np.ndarray:
        none = int((decay == 0).sum())
        if none:
            self.lost.append(
                Loss(
                    population.name,
                    f"the {what} of {none} of {population.size} neurons of '{population.name}' keeps all of itself; "
                    "NIR's loses a share in every step, written as 2^-24",
                    "compile the file: so small a share becomes 0",
                )
            )
        return np.where(decay == 0, ALMOST_NOTHING, decay)

    def _v_reset(self, population: Population, values: dict[str, np.ndarray]) -> np.ndarray:
        name = population.name
        keep, amount = values["reset_keep"] != 0, values["reset_amount"]
        subtracts = self.reset.startswith("subtract")
        odd = keep & (amount != values["threshold"])
        if odd.any():
            at = int(np.argmax(odd.ravel()))
            self.lost.append(
                Loss(
                    name,
                    f"neuron {at} of '{name}' loses {amount.ravel()[at]:g} at a spike, NIR's at most its threshold, "
                    f"{values['threshold'].ravel()[at]:g}",
                )
            )
        if (keep != subtracts).any():
            rule = "by subtraction" if keep.any() else "to a value"
            self.lost.append(
                Loss(
                    name,
                    f"'{name}' resets {rule}, others do not; a NIR file is read with one rule, here '{self.reset}'",
                )
            )
        return np.where(keep, 0.0, 0.0 - amount)


def rounding_lost(names: Iterable[str]) -> Loss:
    listed = ", ".join(f"'{name}'" for name in names)
    return Loss(
        "",
        f"the integers' rounding, wrap and saturation are not kept: {listed} become real-valued",
        "compile the file to get integers again",
        "note",
    )
