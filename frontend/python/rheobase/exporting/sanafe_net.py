"""An image's network as SANA-FE's: groups of neurons, edges, and the core of each neuron.

An edge is a synapse word that a spike meets, so that SANA-FE reads as many as the chip. Where a weight's exponent is negative
the chip floors the sum (SPEC W5), or each weight (W6); SANA-FE's weights are real numbers.
"""

from __future__ import annotations

from itertools import groupby
from typing import Callable, Iterable, Iterator

import numpy as np

from ..arithmetic import MODELS
from ..image import Image
from .sanafe_arch import UNIT_NEURONS, host_of, tile_of
from .sanafe_neurons import REPLAY
from .sums import parts_of

MOST_DELAY = 5  # steps, of SANA-FE's dendrites


def groups(names: dict[str, str], sizes: dict[str, int], attributes: dict[str, list[str]]) -> Iterator[str]:
    """names: population or input -> group; attributes: group -> those of each neuron's soma, none of a spike train."""
    for name, group in names.items():
        yield f"    - name: {group}\n      attributes: [log_spikes: true]\n      neurons:"
        first = 0
        for soma, same in groupby(attributes.get(group, [""] * sizes[name])):
            last = first + len(list(same)) - 1
            which = f"{first}..{last}" if last > first else f"{first}"
            yield f"        - {which}: [log_spikes: true" + (f", soma: {{{soma}}}]" if soma else "]")
            first = last + 1


def edges(
    image: Image, names: dict[str, str], replay: bool, refuse: Callable, lose: Callable
) -> Iterator[str]:
    """A list for each source, target, exponent and delay of a core. refuse, lose: as in sanafe_neurons.check."""
    sources = [*image.info["inputs"], *image.info["populations"]]
    targets = image.info["populations"]
    floored, late = set(), {}
    for (source, target, delay, exponent, _), (rows, columns, weights) in parts_of(image):
        from_, to = sources[source]["name"], targets[target]["name"]
        ports = len(MODELS[targets[target]["model"]]["ports"])
        values = _weights(weights, exponent, image.info["profile"])
        if delay > MOST_DELAY and not replay:
            late[from_, to] = max(delay, late.get((from_, to), 0))
        if not np.array_equal(values, np.floor(values)) and not replay:
            floored.add((from_, to))
        pairs = ", ".join(f"[{c}, {r}]" for c, r in zip(columns.tolist(), (rows // ports).tolist()))
        told = np.zeros(1) if replay else values
        yield (
            f"    - {names[from_]} -> {names[to]}: [type: sparse, source_target_pairs: [{pairs}], "
            f"weight: {_list(told, len(rows))}"
            + (f", delay: {_list(np.array([delay]), len(rows))}]" if delay and not replay else "]")
        )
    for (from_, to), delay in late.items():
        refuse(
            to,
            f"spikes from '{from_}' to '{to}' take {delay} steps more than one, SANA-FE's dendrites hold them for up to "
            f"{MOST_DELAY}",
            REPLAY,
        )
    for from_, to in sorted(floored):
        lose(
            to,
            f"the chip floors sums from '{from_}' to '{to}' to whole numbers, SANA-FE keeps their fractions",
            REPLAY,
        )


def mappings(image: Image, names: dict[str, str], grid, replay: bool) -> Iterator[str]:
    """Every neuron's core, in the order in which the cores hold them; the host's inputs in its own."""
    for entry in image.info["inputs"]:
        yield from _trains(names[entry["name"]], host_of(grid), range(entry["size"]), _before(image, entry))
    for core in image.info["cores"]:
        place, held = tile_of(grid, core["id"]), 0
        for part in core["slices"]:
            neurons = range(part["first_neuron"], part["first_neuron"] + part["count"])
            if replay:
                yield from _trains(names[part["population"]], place, neurons, held)
            else:
                yield from _units(names[part["population"]], place, neurons, held)
            held += part["count"]


def _trains(group: str, place: tuple[int, int], neurons: range, held: int) -> Iterator[str]:
    """Each neuron in a unit of its own."""
    for unit, n in enumerate(neurons, held):
        yield _mapping(group, str(n), place, unit, unit // UNIT_NEURONS)


def _units(group: str, place: tuple[int, int], neurons: range, held: int) -> Iterator[str]:
    """As many neurons as a unit holds in each."""
    n = neurons.start
    while n < neurons.stop:
        unit, used = divmod(held, UNIT_NEURONS)
        count = min(neurons.stop - n, UNIT_NEURONS - used)
        yield _mapping(group, f"{n}..{n + count - 1}" if count > 1 else str(n), place, unit, unit)
        n, held = n + count, held + count


def _mapping(group: str, neurons: str, place: tuple[int, int], soma: int, dendrite: int) -> str:
    tile, core = place
    return f'  - {group}.{neurons}: [core: {tile}.{core}, soma: "neuron[{soma}]", dendrite: "dendrite[{dendrite}]"]'


def _before(image: Image, entry: dict) -> int:
    """How many channels the inputs before this one have."""
    before = 0
    for other in image.info["inputs"]:
        if other["name"] == entry["name"]:
            break
        before += other["size"]
    return before


def _weights(weights: np.ndarray, exponent: int, profile: str) -> np.ndarray:
    values = weights * 2.0**exponent
    return np.floor(values) if profile == "loihi1" else values  # SPEC W6


def _list(values: np.ndarray, count: int) -> str:
    whole = np.array_equal(values, np.floor(values))
    listed = (values.astype(np.int64) if whole else values).tolist()
    return "[" + ", ".join(map(repr, listed * (count // len(listed)))) + "]"


def text(name: str, parts: dict[str, Iterable[str]]) -> str:
    """The file, of its groups, edges and mappings."""
    head = f"network:\n  name: {name}\n  groups:"
    listed = list(parts["edges"])
    edge_lines = ["  edges:", *listed] if listed else ["  edges: []"]
    return "\n".join([head, *parts["groups"], *edge_lines, "mappings:", *parts["mappings"]]) + "\n"
