"""Energy and latency of inferences, from the operations of an actual run and what the chip's record says each costs.

A step has the phases of SPEC T1. Each core updates its neurons one after another, then delivers, synapse by synapse, the
messages that reach it; the slowest core decides, and a barrier ends the step.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from .costs import Costs, chip_of
from .exporting.sums import parameters_of, routes_of
from .grid import grid_of
from .image import Image
from .recording import Recording

MOST_BYTES = 1 << 28  # of states that are recorded at a time


@dataclass
class Estimate:
    """What an inference takes on average: joules, seconds, and the counts that they come from.

    energy: "messages", "hops", "synapses", "neurons", their sum "dynamic", "static" (the chip's static power over the
    latency), "total". latency: seconds, phases one behind another; latency_overlapped: as if each core updated and
    delivered at once. counts: "steps", "spikes" (of neurons), "input_spikes", "messages" (one for each spike and axon),
    "columns" and "rows" (hops of messages), "synaptic_operations", "active_neurons" (updates in which a state is not 0
    before or after, the neuron sends, or it has a bias), "inactive_neurons". tiles: in use. figures: what was counted with,
    name -> {value, unit, source, inferred}, to be overridden in a record of your own. assumptions: what no figure says.
    """

    chip: str
    samples: int
    energy: dict
    latency: float
    latency_overlapped: float
    counts: dict
    tiles: int
    figures: dict
    assumptions: list

    def as_dict(self) -> dict:
        """Plain values, as --json prints them."""
        return asdict(self)


ASSUMPTIONS = (
    "a message costs one within-tile message, in its last tile, and its hops, columns first",
    "the host's messages enter at the first tile and cost nothing before it",
    "a barrier's time grows evenly from one tile in use to all",
    "every neuron of a core in use is updated in every step",
)


def estimate(image: Image, x, chip=None, threads=None, progress=None) -> Estimate:
    """Runs an image on x and says what an inference takes.

    x: as `Image.run` takes it; an inference is a sample of T + L steps. chip: whose grid and costs, by name, file or
    ChipSpec; None for the image's chip. Every figure comes from the chip's record (`ChipSpec.costs`); those of Loihi 1
    are published, those of Loihi 2 are Loihi 1's, as none are. Raises DataError for data that the image does not take,
    CompileError R0672 for a chip without costs.

    Example: rb.estimate(image, x).energy["dynamic"]
    """
    spec = chip_of(image, chip)
    counted = _Counts(image, Costs(spec, grid_of(spec)))
    arrays, samples, steps, _ = image._inputs(x)
    arrays = [np.asarray(array).reshape(samples, steps, -1) for array in arrays]
    names = [i["name"] for i in image.info["inputs"]]
    shapes = {i["name"]: tuple(i["shape"]) for i in image.info["inputs"]}
    probes = image.probes(hidden=True)
    width = sum(p["size"] * (1 + len(image.program.states()[p["name"]])) for p in image.info["populations"])
    at_once = max(1, MOST_BYTES // max(4 * (steps + image.lag) * width, 1))
    for first in range(0, samples, at_once):
        part = {name: array[first : first + at_once] for name, array in zip(names, arrays)}
        shaped = {name: array.reshape(*array.shape[:2], *shapes[name]) for name, array in part.items()}
        run = image.run(shaped, probes=probes, threads=threads, hidden=True)
        counted.add(part, run)
        if progress is not None:
            progress(min(first + at_once, samples), samples)
    return counted.estimate(samples)


class _Counts:
    """Adds up the operations of runs, and the time of their steps."""

    def __init__(self, image: Image, costs: Costs):
        self.costs = costs
        self.info = image.info
        self.lag = image.lag
        self.core_of = {core["id"]: k for k, core in enumerate(image.info["cores"])}
        self.places = np.array([costs.grid.place(core)[:2] for core in self.core_of]).reshape(-1, 2)
        self.biased = {
            p["name"]: parameters_of(image, p["name"]).get("bias", np.zeros(p["size"])) != 0
            for p in image.info["populations"]
        }
        self.sources = self._sources(image)
        self.counts = dict.fromkeys(_COUNTED, 0.0)
        self.seconds = self.overlapped = 0.0

    def _sources(self, image: Image) -> dict[str, dict[str, np.ndarray]]:
        """Of each input and population, by neuron: messages and synapses [n, cores], columns and rows of all messages,
        the time that the longest of them is under way."""
        words = {
            core: np.array([len(axon["synapses"]) for axon in image.program.core(core)["axons"]])
            for core in self.core_of
        }
        entries = [(i["name"], i["size"], None) for i in self.info["inputs"]]
        entries += [(p["name"], p["size"], self._homes(p)) for p in self.info["populations"]]
        routes = routes_of(image)
        found = {}
        for number, (name, size, homes) in enumerate(entries):
            _, neuron, core, axon = routes[:, routes[0] == number]
            at = np.array([self.core_of[c] for c in core.tolist()], np.int64)
            length = np.array([words[c][a] for c, a in zip(core.tolist(), axon.tolist())], np.float64)
            start = np.zeros((len(neuron), 2)) if homes is None else self.places[homes[neuron]]
            columns, rows = np.abs(self.places[at] - start).reshape(-1, 2).T
            messages, synapses = np.zeros((2, size, len(self.core_of)))
            np.add.at(messages, (neuron, at), 1)
            np.add.at(synapses, (neuron, at), length)
            longest = np.zeros(size)
            np.maximum.at(longest, neuron, self.costs.hops_time(columns, rows))
            found[name] = {
                "messages": messages,
                "synapses": synapses,
                "columns": np.bincount(neuron, columns, size),
                "rows": np.bincount(neuron, rows, size),
                "longest": longest,
            }
        return found

    def _homes(self, population: dict) -> np.ndarray:
        """The core of each neuron, by its number among those in use."""
        homes = np.zeros(population["size"], np.int64)
        for core in self.info["cores"]:
            for part in core["slices"]:
                if part["population"] == population["name"]:
                    homes[part["first_neuron"] : part["first_neuron"] + part["count"]] = self.core_of[
                        core["id"]
                    ]
        return homes

    def add(self, x: dict[str, np.ndarray], run: Recording) -> None:
        """Takes in a run: x by input [samples, T, channels]; spikes and all states of every population."""
        samples, steps = next(iter(x.values())).shape[:2]
        steps += self.lag
        counts, costs = self.counts, self.costs
        arrivals = {key: np.zeros((samples, steps, len(self.core_of))) for key in ("messages", "synapses")}
        under_way = np.zeros((samples, steps))
        for name, source in self.sources.items():
            if name in x:
                sent = np.zeros((samples, steps, x[name].shape[2]), bool)
                sent[:, : x[name].shape[1]] = x[name] != 0
            elif name in run.spikes:
                sent = run.spikes[name] != 0
            else:  # a readout
                continue
            counts["input_spikes" if name in x else "spikes"] += np.count_nonzero(sent)
            total = sent.sum(axis=(0, 1))
            for key in ("columns", "rows"):
                counts[key] += float(total @ source[key])
            for key, arrived in arrivals.items():
                arrived += sent @ source[key]
            under_way = np.maximum(under_way, (sent * source["longest"]).max(axis=2, initial=0))
        updated, active = self._updates(run, samples, steps)
        counts["steps"] += samples * steps
        counts["messages"] += float(arrivals["messages"].sum())
        counts["synaptic_operations"] += float(arrivals["synapses"].sum())
        counts["active_neurons"] += float(active.sum())
        counts["inactive_neurons"] += float((updated - active).sum())
        updating = active * costs["active_neuron_time"] + (updated - active) * costs["inactive_neuron_time"]
        delivering = arrivals["messages"] * costs["within_tile_message_time"]
        delivering += arrivals["synapses"] * costs["synaptic_operation_time"]
        updating, delivering = (phase.max(axis=2) for phase in (updating, delivering))
        barriers = samples * steps * costs.barrier(self.tiles())
        self.seconds += float((updating + under_way + delivering).sum()) + barriers
        self.overlapped += float(np.maximum(updating, delivering).sum()) + barriers

    def _updates(self, run: Recording, samples: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """[samples, steps, cores]: neurons that are updated, and those of them that are active."""
        active = np.zeros((samples, steps, len(self.core_of)))
        moved = {
            name: np.broadcast_to(biased, (samples, steps, len(biased))).copy()
            for name, biased in self.biased.items()
        }
        for name, spikes in run.spikes.items():
            moved[name] |= spikes != 0
        for probe, values in run.states.items():
            flags = moved[probe.rsplit(".", 1)[0]]
            flags |= values != 0
            flags[:, 1:] |= values[:, :-1] != 0
        held = np.zeros(len(self.core_of))
        for k, core in enumerate(self.info["cores"]):
            for part in core["slices"]:
                here = slice(part["first_neuron"], part["first_neuron"] + part["count"])
                active[:, :, k] += moved[part["population"]][:, :, here].sum(axis=2)
                held[k] += part["count"]
        return np.broadcast_to(held, active.shape), active

    def tiles(self) -> int:
        """Tiles in use, with the one where the host's messages enter."""
        return len({(0, 0), *map(tuple, self.places.tolist())})

    def estimate(self, samples: int) -> Estimate:
        counts = {name: float(count) / samples for name, count in self.counts.items()}
        seconds = self.seconds / samples
        costs = self.costs
        energy = {
            "messages": counts["messages"] * costs["within_tile_message_energy"],
            "hops": costs.hops_energy(counts["columns"], counts["rows"]),
            "synapses": counts["synaptic_operations"] * costs["synaptic_operation_energy"],
            "neurons": counts["active_neurons"] * costs["active_neuron_energy"]
            + counts["inactive_neurons"] * costs["inactive_neuron_energy"],
        }
        energy["dynamic"] = sum(energy.values())
        energy["static"] = seconds * costs["static_power"]
        energy["total"] = energy["dynamic"] + energy["static"]
        return Estimate(
            costs.chip.name,
            samples,
            energy,
            seconds,
            self.overlapped / samples,
            counts,
            self.tiles(),
            {name: asdict(cost) for name, cost in costs.chip.costs.items()},
            list(ASSUMPTIONS),
        )


_COUNTED = (
    "steps",
    "spikes",
    "input_spikes",
    "messages",
    "columns",
    "rows",
    "synaptic_operations",
    "active_neurons",
    "inactive_neurons",
)
