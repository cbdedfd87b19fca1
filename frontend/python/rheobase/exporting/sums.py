"""A decoded image as weight matrices: which sums its synapses form, flattened across cores. SPEC W5, W7."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arithmetic import MODELS
from ..errors import CompileError, Diagnostic
from ..image import Image

MOST_SYNAPSES = 1 << 22
MOST_CELLS = 1 << 26  # half a gigabyte of 64-bit integers


def _too_large(image: Image, message: str) -> CompileError:
    remedy = "export the network instead of its image, or the layers one by one"
    return CompileError([Diagnostic("R0670", "error", message, image.file, "", remedy=remedy)])


@dataclass
class Sum:
    """Synapses from one source to one population with one delay; ``weights`` [inputs of the targets, sources] before the exponent.

    What has a negative exponent is shifted right, flooring, after it is summed: such sums stay apart by ``group``,
    (core, group of the core), where the others add up whatever group they come from.
    """

    source: str
    target: str
    delay: int
    exponent: int
    group: tuple[int, int]
    weights: np.ndarray


def sums_of(image: Image) -> list[Sum]:
    """Every sum that the image's words make, in the order of their sources. Raises CompileError: R0670."""
    synapses = sum(core["synapses"] for core in image.program.counts())
    if synapses > MOST_SYNAPSES:
        raise _too_large(image, f"the image has {synapses:,} synapses; {MOST_SYNAPSES:,} can be written out")
    size = {p["name"]: p["size"] for p in image.info["populations"]}
    ports = {p["name"]: len(MODELS[p["model"]]["ports"]) for p in image.info["populations"]}
    cores = {c["id"]: image.program.core(c["id"]) for c in image.info["cores"]}
    place = {
        (number, part["first_input"] + i): (name, ports[name] * part["first_neuron"] + i)
        for number, core in cores.items()
        for part in core["slices"]
        for name in [part["population"]]
        for i in range(ports[name] * part["count"])
    }
    found: dict[tuple, Sum] = {}

    def follow(source: str, neuron: int, count: int, routes) -> None:
        for number, index in routes:
            axon = cores[number]["axons"][index]
            group = (number, axon["group"]) if axon["exponent"] < 0 else (-1, -1)
            for at, weight, delay in axon["synapses"]:
                if (number, at) not in place:
                    continue
                target, row = place[number, at]
                key = (source, target, delay, axon["exponent"], group)
                if key not in found:
                    if ports[target] * size[target] * count > MOST_CELLS:
                        raise _too_large(
                            image,
                            f"the matrix from '{source}' to '{target}' would be {size[target]:,} x {count:,}; matrices "
                            f"of {MOST_CELLS:,} cells can be written out",
                        )
                    found[key] = Sum(*key, np.zeros((ports[target] * size[target], count), np.int64))
                found[key].weights[row, neuron] += weight

    for entry in image.info["inputs"]:
        for channel, routes in enumerate(image.program.input_routes(entry["name"])):
            follow(entry["name"], channel, entry["size"], routes)
    for core in cores.values():
        for part in core["slices"]:
            name = part["population"]
            for neuron, routes in enumerate(part["routes"], part["first_neuron"]):
                follow(name, neuron, size[name], routes)
    return list(found.values())


def other_arithmetic(image: Image) -> Optional[tuple[str, str]]:
    """(message, remedy) where an image does not compute as Lava does."""
    profile = image.info["profile"]
    if profile == "lava":
        return None
    return (
        f"the image follows the arithmetic profile '{profile}', Lava its own",
        "compile with --profile lava, on a chip that has it",
    )


def parameters_of(image: Image, population: str) -> dict[str, np.ndarray]:
    """The integers that the step of a population's model reads, [n] each."""
    size = next(p["size"] for p in image.info["populations"] if p["name"] == population)
    values: dict[str, np.ndarray] = {}
    for core in image.info["cores"]:
        for part in image.program.core(core["id"])["slices"]:
            if part["population"] != population:
                continue
            first, count = part["first_neuron"], part["count"]
            for name, numbers in part["registers"].items():
                values.setdefault(name, np.zeros(size, np.int64))[first : first + count] = numbers
    return values
