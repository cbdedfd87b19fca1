"""Scales fitted to spikes: population by population, front to back, the scale whose spikes on data are nearest to the
float network's.

The populations in front are quantized already when one is fitted, so that its scale may make up for what they lose. With
integers there is nothing random: equal data give equal scales.
"""

from __future__ import annotations

import copy
import itertools
import json
from typing import Iterator, Optional

import numpy as np

from .data import part_of, samples_in
from .errors import CompileError
from .image import Image
from .network import Network
from .pinning import SCHEMA, nothing_to_scale

MOST_SAMPLES = 64  # of the data, the first ones: what a fit takes is compilations and runs on them
STEPS_DOWN, STEPS_UP, STEPS_OF_OCTAVE = (
    6,
    5,
    6,
)  # scales that are tried, around the one that is chosen without data
KEEP = 0.8  # share of a spike that is left a step later: trains are compared through this (van Rossum 2001)
OVERFLOW = 1e3  # what a wrap or a saturation weighs beside a difference of one spike


def fit_scales(
    net: Network, chip, profile, data, quant, weight_bits: Optional[int], rewrites: Optional[dict] = None
) -> dict:
    """Settings as `quant`, with 'scale_v' of every population that they leave open. Raises what `compile` raises.

    data: as ``calibrate`` of `compile`; of more than `MOST_SAMPLES` samples, the first are used. rewrites: options of
    `compile`.

    Example: rb.compile(net, weight_bits=4, quant=fit_scales(net, "loihi2", None, x, None, 4))
    """
    return _Fit(net, chip, profile, data, quant, weight_bits, rewrites or {}).run()


class _Fit:
    def __init__(self, net, chip, profile, data, quant, weight_bits, rewrites):
        from . import compiler

        self.compiler = compiler
        self.net = net
        self.options = dict(chip=chip, profile=profile, weight_bits=weight_bits, mapper="order", **rewrites)
        text, file = compiler._settings(quant)
        self.settings = {"schema": SCHEMA, "populations": {}} if text is None else json.loads(text)
        self.settings.setdefault("populations", {})
        self.file = file
        self.chunks = list(_first(compiler._chunks(net, data), MOST_SAMPLES))
        self.wanted = [self._float(chunk) for chunk in self.chunks]

    def run(self) -> dict:
        base = self._compile(self.settings)
        chosen = json.loads(base["quantization"])["populations"]
        image = Image.from_bytes(base["image"], self.net.name)
        scaled = [name for name, p in chosen.items() if "scale_v" in p]
        if scaled and all(self.settings["populations"].get(name) for name in scaled):
            raise nothing_to_scale("spikes", self.file)
        order = sorted((p["lag"], p["name"]) for p in image.info["populations"] if not p["hidden"])
        for _, name in order:
            scale = chosen.get(name, {}).get("scale_v")
            if scale is None or self.settings["populations"].get(name):
                continue  # given as integers, or pinned
            best = min(
                (
                    (self._difference(name, scale * factor), index, factor)
                    for index, factor in self._factors()
                ),
                default=(np.inf, 0, 1.0),
            )
            if np.isfinite(best[0]) and best[2] != 1.0:
                self.settings["populations"][name] = {"scale_v": scale * best[2]}
        return self.settings

    def _factors(self) -> Iterator[tuple[int, float]]:
        """The scale chosen without data comes first, and stays where another is not better."""
        steps = sorted(range(-STEPS_DOWN, STEPS_UP + 1), key=abs)
        return enumerate(2.0 ** (k / STEPS_OF_OCTAVE) for k in steps)

    def _compile(self, settings: dict) -> dict:
        return self.compiler.run_compiler(self.net, quant=settings, **self.options)

    def _float(self, chunk) -> dict:
        probes = [f"{node.name}.v" for node in self.net.populations if not node.spiking]
        ref = self.net.run(chunk, probes=probes)
        return {**{n: _filtered(s) for n, s in ref.spikes.items()}, **{p[:-2]: ref.states[p] for p in probes}}

    def _difference(self, name: str, scale: float) -> float:
        """Of a population's spike trains, or potentials, from the float network's; infinite where it does not compile."""
        settings = copy.deepcopy(self.settings)
        if scale:
            settings["populations"][name] = {"scale_v": scale}
        try:
            result = self._compile(settings)
        except CompileError:
            return np.inf
        image = Image.from_bytes(result["image"], self.net.name)
        spiking = self.net.nodes[name].spiking
        probes = [] if spiking else [f"{name}.v"]
        total = 0.0
        for chunk, wanted in zip(self.chunks, self.wanted):
            out = image.run(chunk, probes=probes, spikes=spiking)
            actual = (
                _filtered(out.aligned(name))
                if spiking
                else out.aligned(f"{name}.v") / image.scale[f"{name}.v"]
            )
            total += float(((actual - wanted[name].reshape(actual.shape)) ** 2).sum())
            counts = out.overflows.get(name, {})
            total += OVERFLOW * sum(int(np.sum(v)) for v in counts.values())
        return total


def _first(chunks: Iterator, most: int) -> Iterator:
    """Chunks until there are that many samples."""
    left = most
    for chunk in chunks:
        chunk = part_of(chunk, slice(left))
        yield chunk
        left -= samples_in(chunk)
        if left <= 0:
            return


def _filtered(spikes: np.ndarray) -> np.ndarray:
    """Spike trains [B, T, n] through an exponential filter: near spikes are near trains."""
    trains = (np.asarray(spikes) != 0).astype(np.float32).reshape(*spikes.shape[:2], -1)
    for before, now in itertools.pairwise(range(trains.shape[1])) if trains.shape[1] > 1 else ():
        trains[:, now] += np.float32(KEEP) * trains[:, before]
    return trains
