"""The mapper alone: a hypergraph of neurons on the cores of a chip."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np

from . import _core
from .arguments import whole_number
from .chipspec import ChipSpec, chip_name
from .errors import path_of
from .files import write_text

MOST_EFFORT = _core.most_partition_effort
LIMITS = ("neurons_per_core", "input_axons_per_core", "synapse_words_per_core", "cores")
_NUMBERS_PER_LINE = 32


@dataclass(frozen=True)
class Partition:
    """The core of every vertex, what it costs, and what no partition can beat.

    core: int array, one value per vertex. connectivity: the sum over edges of weight x (cores touched - 1). most:
    the largest use of any core. bounds: of cores and connectivity, each with its reason. places: where the cores lie on
    the chip's grid: {cores: the id of each, hops: links that spikes cross in a step, hops_in_order: with the cores in
    order, hops_at_least: however they lay}; None where the chip has fewer cores than the given limits.
    """

    chip: str
    limits: dict
    seed: int
    effort: int
    cores: int
    connectivity: float
    most: dict
    bounds: dict
    core: np.ndarray
    places: Optional[dict]

    def as_dict(self, core: bool = True) -> dict:
        """Plain dictionaries and lists, as a map's file has them; without `core` the figures alone."""
        body = {"format": "rheobase partition", "version": 1, **self.__dict__}
        body["core"] = self.core.tolist()
        return body if core else {name: value for name, value in body.items() if name != "core"}

    def save(self, path) -> None:
        """A JSON file; the same map gives the same bytes."""
        figures = json.dumps(self.as_dict(core=False), indent=2)
        numbers = [str(core) for core in self.core.tolist()]
        lines = [
            ", ".join(numbers[i : i + _NUMBERS_PER_LINE]) for i in range(0, len(numbers), _NUMBERS_PER_LINE)
        ]
        cores = ",\n    ".join(lines)
        write_text(path, f'{figures[:-2]},\n  "core": [\n    {cores}\n  ]\n}}\n')


def chip_limits(chip, **overrides: Optional[int]) -> dict:
    """The limits that the mapper holds, of a chip or as given; None means none.

    Where sources share input axons (SPEC I5), as many edges reach a core as its axons have atoms.
    A synapse takes its weight's bits and the index of its neuron within the core; none crosses two words.
    """
    spec = ChipSpec.load(chip)
    limits: dict = {name: spec.limits[name].value for name in LIMITS}
    limits["input_axons_per_core"] = _core.sources_per_core(chip_name(chip))
    limits.update(overrides)
    limits["synapse_memory"] = _core.listed_synapse_memory(chip_name(chip))
    return limits


def partition(
    graph,
    chip="loihi2",
    *,
    limits: Optional[dict] = None,
    seed: int = 0,
    threads: Optional[int] = None,
    effort: int = 1,
    progress: Optional[Callable[[int, int], None]] = None,
) -> Partition:
    """Maps a hypergraph, a file in hMETIS text form, on the cores of a chip.

    One hyperedge for each source neuron, the source its first pin; the weight is the rate. limits: what
    `chip_limits` gives for the chip, or an edited copy. The result depends on seed and effort, not on threads.
    Raises FormatError for a file that is none, CompileError where the graph does not fit the chip.

    Example: rb.partition("graph.hgr", chip="loihi64").connectivity
    """
    spec = ChipSpec.load(chip)
    limits = chip_limits(chip) if limits is None else limits
    effort = whole_number("effort", effort, 1, MOST_EFFORT)
    seed = whole_number("seed", seed, 0, 2**63 - 1)
    workers = threads or len(os.sched_getaffinity(0))
    found = _core.partition(
        os.fsencode(path_of(graph)), chip_name(chip), limits, seed, workers, effort, progress
    )
    return Partition(spec.name, limits, seed, effort, **found)
