"""How alike the spike trains of a layer are on both sides, and how near its potentials come to the threshold."""

from __future__ import annotations

from typing import Optional

import numpy as np

from . import _core
from .arithmetic import ALIGN, MODELS
from .image import Image
from .measures import earth_mover, of_rasters
from .statistics import proportion

COST = 0.1  # per step, of Victor and Purpura: spikes less than 20 steps apart are moved onto each other
TAU = 10.0  # steps, of van Rossum
QUANTILES = (0.01, 0.05, 0.25, 0.5)
# name -> whether a larger value is a worse one.
MEASURES = {
    "victor_purpura": True,
    "van_rossum": True,
    "spike_distance": True,
    "spike_synchronisation": False,
}


class Layer:
    """Sums over the samples of one spiking population, chunk by chunk. threads: as `_core` takes it."""

    def __init__(self, size: int, steps: int, dt: float, threads: int):
        self.steps, self.dt, self.threads = steps, dt, threads
        self.sums = {name: np.zeros(size) for name in MEASURES}
        self.worst: dict[str, Optional[dict]] = {name: None for name in MEASURES}
        self.spikes = {side: np.zeros(size, np.int64) for side in ("float", "chip")}
        self.unequal = np.zeros(size, np.int64)
        self.samples = self.identical = 0

    def add(self, first: int, a: np.ndarray, b: np.ndarray) -> None:
        """Spikes of both sides, bool [B, T, n], of samples from ``first`` on."""
        found = of_rasters(MEASURES, a, b, q=COST, tau=TAU, threads=self.threads or None)
        for name, larger in MEASURES.items():
            values = found[name]
            self.sums[name] += values.sum(axis=0)
            at = int(values.argmax() if larger else values.argmin())
            sample, neuron = divmod(at, values.shape[1])
            value, worst = float(values[sample, neuron]), self.worst[name]
            if worst is None or (value > worst["value"] if larger else value < worst["value"]):
                self.worst[name] = {"value": value, "sample": first + sample, "neuron": neuron}
        self.identical += int((found["victor_purpura"] == 0).sum())
        self.spikes["float"] += a.sum(axis=(0, 1))
        self.spikes["chip"] += b.sum(axis=(0, 1))
        self.unequal += (a != b).sum(axis=(0, 1))
        self.samples += len(a)

    def result(self) -> dict:
        """Keys for the layer's entry in the report: means over samples and neurons, and who is worst."""
        cells = self.samples * self.steps
        measures = {"cost_per_step": COST, "tau_steps": TAU}
        for name, larger in MEASURES.items():
            means = self.sums[name] / self.samples
            neuron = int(means.argmax() if larger else means.argmin())
            measures[name] = {
                "mean": float(means.mean()),
                "worst_neuron": {"neuron": neuron, "mean": float(means[neuron])},
                "worst_train": self.worst[name],
            }
        rates = {side: counts / (cells * self.dt) for side, counts in self.spikes.items()}
        least = int(self.unequal.argmax())
        return {
            "measures": measures,
            "identical_trains": proportion(self.identical, self.samples * self.unequal.size),
            "worst_neuron": {"neuron": least, "agreement": 1 - int(self.unequal[least]) / cells},
            "rates": {
                **{side: float(values.mean()) for side, values in rates.items()},
                "earth_mover": earth_mover(rates["float"], rates["chip"]),
                "unit": "Hz",
            },
        }


class Margin:
    """How near the chip's potentials of one population come to its threshold, in cells without a spike."""

    def __init__(self, image: Image, name: str, threads: int):
        self.name, self.threads = name, threads
        self.threshold = _core.registers(image.program, name)["threshold"]
        self.found = _core.Margins()

    @staticmethod
    def known(population: dict) -> bool:
        """Whether neurons fire by comparing v with a threshold, as those that NIR has do."""
        model = MODELS[population["model"]]
        return (
            model["spiking"]
            and bool(model["nir"])
            and "v" in model["states"]
            and any(p["name"] == "threshold" for p in model["parameters"])
        )

    def add(self, out) -> None:
        """A run of the image in which the population's v was probed, with a batch axis."""
        self.found.add(
            _core.margins(
                out.states[f"{self.name}.v"],
                out.spikes[self.name],
                self.threshold,
                out.lag[self.name],
                out.steps,
                ALIGN,
                self.threads,
            )
        )

    def result(self) -> dict:
        """quantiles: of |v - threshold|, in thresholds and in the chip's steps (what a weight of 1 adds to v); known to
        3 %."""
        cells = self.found.cells
        return {
            "cells": cells,
            "spikes": self.found.spikes,
            "step": ALIGN,
            "within_one_step": self.found.within / cells if cells else None,
            "quantiles": [
                {
                    "share": share,
                    "thresholds": self.found.relative(share),
                    "steps": self.found.distance(share) / ALIGN,
                }
                for share in QUANTILES
            ],
        }
