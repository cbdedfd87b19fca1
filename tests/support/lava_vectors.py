"""Small networks of exact neurons together with what Lava's process models said: built, stored, read, compared. No Lava here.

Several of them are one .npz without pickles. "networks" is a JSON text: names, populations with models and integers,
connections with weights, delays and ports. NUMBER/x is the input of each [steps, ...]; NUMBER/SERIES is what Lava said,
"lif.spikes" or "lif.v" as in `rb.Recording.series`, [steps, neurons] in the narrowest integers that hold it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Optional

import numpy as np
import rheobase as rb
from rheobase.arithmetic import ALIGN, MODELS

OURS_ALONE = {"waiting", "clock", "product", "root"}  # states that Lava does not hold


def compared_states(model: str) -> list[str]:
    return [state for state in MODELS[model]["states"] if state not in OURS_ALONE]


@dataclass
class LavaVector:
    """Populations are dictionaries of name, model, size, integers; connections the arguments of `rb.Builder.connect`."""

    name: str
    payload: Optional[int]  # of the input "in"; None: spikes
    x: np.ndarray
    populations: list[dict] = field(default_factory=list)
    connections: list[dict] = field(default_factory=list)
    said: dict[str, np.ndarray] = field(default_factory=dict)

    def build(self) -> rb.Network:
        builder = rb.Builder(name=self.name, feedforward_delay=1)
        builder.input("in", self.x.shape[1:], self.payload)
        for population in self.populations:
            builder.exact(
                population["name"], population["size"], population["model"], **population["integers"]
            )
        for connection in self.connections:
            builder.connect(**connection)
        for population in self.populations:
            builder.output(f"{population['name']}_output", population["name"])
        return builder.build()

    def difference(self, recording: rb.Recording) -> Optional[str]:
        """From every message and state of Lava's to a recording of the same input, which goes on for its lag; else None."""
        names = {
            f"{population['name']}.{kind}"
            for population in self.populations
            for kind in ("spikes", *compared_states(population["model"]))
        }
        if self.said.keys() != names:
            return f"{self.name}: these are not in both what Lava said and what is compared: {self.said.keys() ^ names}"
        series = recording.series()
        for name, theirs in self.said.items():
            differing = np.argwhere(series[name][: len(theirs)] != theirs)
            if len(differing):
                step, neuron = differing[0]
                where = f"{self.name}: {name}, step {step}, neuron {neuron}"
                return f"{where}: {series[name][step, neuron]}, Lava has {theirs[step, neuron]}"
        return None

    def changed(self, integer: str, by: int) -> LavaVector:
        """The same with another integer in a population's step, which is wrong if Lava's answer tells of it."""
        populations = [
            {**p, "integers": {**p["integers"], integer: np.asarray(p["integers"][integer]) + by}}
            for p in self.populations
        ]
        return replace(self, populations=populations)


def tells(vector: LavaVector, integer: str, by: int) -> bool:
    """Whether an engine that had this integer of its one population wrong by so little would differ from Lava."""
    try:
        image = rb.compile(vector.changed(integer, by).build(), chip="loihi2")
    except rb.Error:  # out of the integer's range
        return False
    recording = image.run(vector.x, engine="golden", probes=image.probes())
    return vector.difference(recording) is not None


def slight_changes(vector: LavaVector) -> set[tuple[str, int]]:
    """One up and one down of every integer of its one population: a threshold one less is met, no longer exceeded."""
    (population,) = vector.populations
    membranes = ("cuba_lif", "cuba_lif_refractory")  # SPEC N9; the other in Lava's whole numbers, not aligned
    coarse = {("threshold", model): ALIGN for model in membranes}
    changes = {
        (name, sign * coarse.get((name, population["model"]), 1))
        for name in population["integers"]
        for sign in (-1, 1)
    }
    if population["model"] == "cuba_lif_refractory":  # whole numbers only where all of the current goes
        changes.remove(("decay_u", 1))
    return changes


def write(path, vectors: list[LavaVector]) -> None:
    def as_list(value):
        return value.tolist()  # arrays and numbers of NumPy

    keys = ("name", "payload", "populations", "connections")
    networks = [{key: getattr(vector, key) for key in keys} for vector in vectors]
    arrays = {"networks": np.array(json.dumps(networks, default=as_list))}
    for number, vector in enumerate(vectors):
        for name, values in {"x": vector.x, **vector.said}.items():
            arrays[f"{number}/{name}"] = _narrowed(values)
    np.savez_compressed(path, **arrays)


def read(path) -> list[LavaVector]:
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    vectors = []
    for number, network in enumerate(json.loads(str(arrays.pop("networks")))):
        own = f"{number}/"
        said = {key[len(own) :]: values for key, values in arrays.items() if key.startswith(own)}
        vectors.append(LavaVector(**network, x=said.pop("x"), said=said))
    return vectors


def _narrowed(values: np.ndarray) -> np.ndarray:
    whole = values.astype(np.int64)
    assert np.array_equal(whole, values), "Lava's number is no integer"
    kinds = (np.int8, np.int16, np.int32, np.int64)
    return next(narrow for kind in kinds if np.array_equal(narrow := whole.astype(kind), whole))
