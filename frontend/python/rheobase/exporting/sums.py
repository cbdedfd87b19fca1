"""A decoded image as weight matrices: which sums its synapses form, flattened across cores. SPEC W5, W7.

Synapses stay lists of row, column and weight, 12 bytes each: a matrix is laid out for those alone who ask for it. Cores are
decoded one at a time, twice: once for the routes that leave them, once for the synapses that these meet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Iterator, Optional

import numpy as np

from ..arithmetic import MODELS, MOST_DELAY
from ..errors import CompileError, Diagnostic
from ..image import Image

MOST_SYNAPSES = 1 << 22  # of an image whose matrices are laid out
MOST_CELLS = 1 << 26  # half a gigabyte of 64-bit integers


def _too_large(file: str, message: str) -> CompileError:
    remedy = "export the network instead of its image, or the layers one by one"
    return CompileError([Diagnostic("R0670", "error", message, file, "", remedy=remedy)])


@dataclass
class Sum:
    """Synapses from one source to one population with one delay: (rows, columns, values) in order of rows, each place once.

    Rows are inputs of the targets, columns sources; values are weights before the exponent. What has a negative exponent
    is shifted right, flooring, after it is summed: such sums stay apart by ``group``, (core, group of the core), where the
    others add up whatever group they come from.
    """

    source: str
    target: str
    delay: int
    exponent: int
    group: tuple[int, int]
    shape: tuple[int, int]
    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    file: str = field(default="", repr=False)

    @cached_property
    def weights(self) -> np.ndarray:
        """The matrix [inputs of the targets, sources]. Raises CompileError: R0670."""
        rows, columns = self.shape
        if rows * columns > MOST_CELLS:
            raise _too_large(
                self.file,
                f"the matrix from '{self.source}' to '{self.target}' would be {rows:,} x {columns:,}; matrices of "
                f"{MOST_CELLS:,} cells can be written out",
            )
        matrix = np.zeros(self.shape, np.int64)
        matrix[self.rows, self.columns] = self.values
        return matrix


def sums_of(image: Image, most: int = MOST_SYNAPSES) -> list[Sum]:
    """Every sum that the image's words make, in the order of their sources; what clones send is their neurons'
    (SPEC E5). Raises CompileError: R0670."""
    populations = image.info["populations"]
    ports = [len(MODELS[p["model"]]["ports"]) for p in populations]
    sources = [*image.info["inputs"], *populations]
    found: dict[tuple, list[np.ndarray]] = {}
    clones = {len(image.info["inputs"]) + k: p for k, p in enumerate(populations) if p["clone_of"]}
    number = {p["name"]: k for k, p in enumerate(populations, len(image.info["inputs"]))}
    for (source, target, *rest), part in parts_of(image, most):
        if len(image.info["inputs"]) + target in clones:
            continue
        if source in clones:
            part[1] = np.array(clones[source]["originals"])[part[1]]
            source = number[clones[source]["clone_of"]]
        found.setdefault((source, target, *rest), []).append(part)
    return [
        Sum(
            sources[source]["name"],
            populations[target]["name"],
            delay,
            exponent,
            group,
            shape := (ports[target] * populations[target]["size"], sources[source]["size"]),
            *_added(np.concatenate(parts, axis=1), shape[1]),
            file=image.file,
        )
        for (source, target, delay, exponent, group), parts in sorted(found.items())
    ]


def parts_of(image: Image, most: int = MOST_SYNAPSES) -> Iterator[tuple[tuple, np.ndarray]]:
    """Every synapse that a spike meets, core by core: (number of the source, inputs first, number of the target, delay,
    exponent, group as in Sum) and [3, synapses], row, column and weight. Raises CompileError: R0670."""
    synapses = sum(core["synapses"] for core in image.program.counts())
    if synapses > most:
        raise _too_large(image.file, f"the image has {synapses:,} synapses; {most:,} can be written out")
    routes = routes_of(image)
    for core in image.info["cores"]:
        yield from _met(image, core["id"], routes)


def routes_of(image: Image) -> np.ndarray:
    """[4, routes]: number of the source, inputs first, its neuron or channel, core, axon of the core."""
    sources = [*image.info["inputs"], *image.info["populations"]]
    number_of = {source["name"]: k for k, source in enumerate(sources)}

    def all_routes() -> Iterator[tuple]:
        for entry in image.info["inputs"]:
            yield entry["name"], 0, image.program.input_routes(entry["name"])
        for core in image.info["cores"]:
            for part in image.program.core(core["id"])["slices"]:
                yield part["population"], part["first_neuron"], part["routes"]

    listed = [
        np.array(
            [(number_of[name], neuron, *route) for neuron, each in enumerate(lists, first) for route in each]
        )
        for name, first, lists in all_routes()
        if any(lists)
    ]
    return np.concatenate(listed).T if listed else np.zeros((4, 0), np.int64)


def _met(image: Image, number: int, routes: np.ndarray) -> Iterator[tuple[tuple, np.ndarray]]:
    """(source, target, delay, exponent, group) and [3, synapses], row, column and weight, of what routes meet on a core."""
    routes = routes[:, routes[2] == number]
    if not routes.size:
        return
    core = image.program.core(number)
    target_of, row_of = _places(image, core)
    axons = core["axons"]
    length = np.array([len(axon["synapses"]) for axon in axons], np.int64)
    words = np.array([word for axon in axons for word in axon["synapses"]], np.int32).reshape(-1, 3)
    source, neuron, _, axon = routes
    # The synapses of a route are those of its axon, which lie one behind another.
    count = length[axon]
    first = (np.cumsum(length) - length)[axon]
    at = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(count.sum())
    input_number, weight, delay = words[at].T
    inside = input_number < len(target_of)
    kept = inside & (target_of[np.where(inside, input_number, 0)] >= 0)
    exponents = np.array([a["exponent"] for a in axons], np.int64)
    groups = np.where(exponents < 0, [a["group"] for a in axons], -1)
    route = np.repeat(np.arange(len(axon)), count)[kept]
    input_number, weight, delay = input_number[kept], weight[kept], delay[kept]
    ends = np.stack([source, exponents[axon], groups[axon]])
    different, of_route = np.unique(ends, axis=1, return_inverse=True)
    target = target_of[input_number]
    key = (of_route.ravel()[route] * len(image.info["populations"]) + target) * (MOST_DELAY + 1) + delay
    parts = np.stack([row_of[input_number], neuron[route].astype(np.int32), weight])
    _, one_of_each, which = np.unique(key, return_index=True, return_inverse=True)
    for k, one in enumerate(one_of_each):
        source_number, exponent, group = different[:, of_route.ravel()[route[one]]].tolist()
        place = (number, group) if group >= 0 else (-1, -1)
        yield (source_number, int(target[one]), int(delay[one]), exponent, place), parts[:, which == k]


def _places(image: Image, core: dict) -> tuple[np.ndarray, np.ndarray]:
    """For each input of a core, the number of its population, or -1, and its row there."""
    numbers = {p["name"]: k for k, p in enumerate(image.info["populations"])}
    ports = {p["name"]: len(MODELS[p["model"]]["ports"]) for p in image.info["populations"]}
    slices = core["slices"]
    inputs = max((p["first_input"] + ports[p["population"]] * p["count"] for p in slices), default=0)
    target_of, row_of = np.full(max(inputs, 1), -1), np.zeros(max(inputs, 1), np.int32)
    for part in slices:
        name, first = part["population"], part["first_input"]
        here = slice(first, first + ports[name] * part["count"])
        target_of[here] = numbers[name]
        row_of[here] = ports[name] * part["first_neuron"] + np.arange(ports[name] * part["count"])
    return target_of, row_of


def _added(parts: np.ndarray, columns: int) -> np.ndarray:
    """[3, synapses] in the order of their places, what shares a place added up."""
    cell = parts[0].astype(np.int64) * columns + parts[1]
    order = np.argsort(cell, kind="stable")
    starts = np.flatnonzero(np.diff(cell[order], prepend=-1))
    rows, columns_of, weights = parts[:, order]
    return np.stack([rows[starts], columns_of[starts], np.add.reduceat(weights, starts)])


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
        if all(part["population"] != population for part in core["slices"]):
            continue  # decoding takes its time
        for part in image.program.core(core["id"])["slices"]:
            if part["population"] != population:
                continue
            first, count = part["first_neuron"], part["count"]
            for name, numbers in part["registers"].items():
                values.setdefault(name, np.zeros(size, np.int64))[first : first + count] = numbers
    return values
