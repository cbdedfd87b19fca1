"""Small networks of exact neurons together with what Lava's process models said: built, stored, read, compared. No Lava here.

Several of them are one .npz without pickles. "networks" is a JSON text: names, populations with models and integers,
connections with weights, delays and ports. NUMBER/x is the input of each [steps, ...]; NUMBER/SERIES is what Lava said,
"lif.spikes" or "lif.v" as in `rb.Recording.series`, [steps, neurons] in the narrowest integers that hold it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Optional

import numpy as np
import rheobase as rb
from rheobase.arithmetic import MODELS

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
        builder = rb.Builder(name=self.name)
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

    def assert_equal(self, recording: rb.Recording) -> None:
        """Every message and state of Lava's in a recording of the same input, which goes on for its lag."""
        names = {
            f"{population['name']}.{kind}"
            for population in self.populations
            for kind in ("spikes", *compared_states(population["model"]))
        }
        assert (
            self.said.keys() == names
        ), f"{self.name}: not what is to be compared: {self.said.keys() ^ names}"
        series = recording.series()
        for name, theirs in self.said.items():
            ours = series[name][: len(theirs)]
            assert (
                ours.shape == theirs.shape
            ), f"{self.name}: {name} has shape {ours.shape}, Lava {theirs.shape}"
            differing = np.argwhere(ours != theirs)
            assert not len(
                differing
            ), f"{self.name}: {name} differs from Lava in {len(differing)} numbers, first in step, neuron {differing[0]}"


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
