"""Recordings in the nir package's form, NIRData: an HDF5 file of nodes and what was observed of them.

A node holds observables, each on a time grid (TimeGriddedData: samples, steps, neurons) or as events in seconds
(EventData, ValuedEventData: samples, events). What a recording of ours has besides, such as lags and scales, lies in
groups called `rheobase`, which the package does not look at.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import prod
from typing import Optional

import numpy as np

from . import _core
from .errors import data_error, file_error, nearest
from .room import check_memory

SUFFIXES = (".nirdata", ".h5", ".hdf5")
SIGNATURE = b"\x89HDF\r\n\x1a\n"
OURS = "rheobase"
NEARLY = 1e-3  # of a step: times that floating point, of 32 bits too, put before the step they mean. SPEC D4
SAME = 1e-6  # by which lengths of a step differ and are one
MOST_STEPS = 1 << 31
SPIKES, OUTPUT = "spikes", "output"


class Group(dict):
    """A group of a file, with attributes."""

    def __init__(self, kind: str, children: dict, **attributes):
        super().__init__(children)
        self.attributes = {"__type__": kind, **attributes}


@dataclass
class Grid:
    """[samples, steps, neurons], ``dt`` seconds a step."""

    data: np.ndarray
    dt: float
    own: dict


@dataclass
class Events:
    """[samples, events] each; an index of -1 is no event. value: None where every event counts 1."""

    index: np.ndarray
    time: np.ndarray
    value: Optional[np.ndarray]
    neurons: int
    end: float  # seconds
    own: dict

    def on_grid(self, dt: float, file, where: str) -> Grid:
        """SPEC D4. Raises DataError R0256 for an event that lies outside."""
        steps = np.floor(self.end / dt + NEARLY)
        if not 1 <= steps < MOST_STEPS:
            raise self._bad(file, where, f"the recording of {self.end:g} s has {steps:g} steps of {dt:g} s")
        at = np.zeros(self.time.shape)
        here = self.index != -1
        at[here] = np.floor(self.time[here] / dt + NEARLY)
        outside = here & ~((at >= 0) & (at < steps) & (self.index >= 0) & (self.index < self.neurons))
        if outside.any():
            sample, event = (int(v) for v in np.argwhere(outside)[0])
            raise self._bad(
                file,
                where,
                f"event {event} of sample {sample} is one of neuron {self.index[sample, event]} at "
                f"{self.time[sample, event]:g} s; there are {self.neurons} neurons and {self.end:g} s",
            )
        shape = (len(self.index), int(steps), self.neurons)
        kind = np.int64 if self.value is None else np.float64
        check_memory(shape, 8, file)
        dense = np.zeros(shape, kind)
        places = (np.nonzero(here)[0], at[here].astype(np.int64), self.index[here])
        np.add.at(dense, places, 1 if self.value is None else self.value[here])
        return Grid(dense, dt, self.own)

    def _bad(self, file, where: str, message: str):
        remedy = "correct 'idx', 'time', 'n_neurons' or 't_max', or the length of a step: --dt"
        return data_error("R0256", message, str(file), where, remedy)


def is_nirdata(path) -> bool:
    """Whether a file may be one: HDF5 that somewhere says so. Only reading tells."""
    with open(path, "rb") as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return False
        before = b""
        while chunk := file.read(1 << 20):
            if b"NIRGraphData" in before + chunk:
                return True
            before = chunk[-16:]
    return False


def read(path) -> tuple[dict, dict]:
    """((node, observable) -> Grid or Events, what a recording of ours says of the whole and of its nodes).

    Names of nested graphs are joined with '.'. Raises FormatError.
    """
    file = os.fsdecode(path)
    children, attributes = _core.read_hdf5(os.fsencode(path))
    reader = _Reader(file)
    if attributes.get("__type__") != "NIRGraphData":
        remedy = "recordings are written by nir.write_data or 'rheobase run -o OUT.nirdata'"
        if "node" in children or "layer" in children:
            raise file_error(file, "is a network, not a recording or data", remedy)
        raise file_error(file, "is an HDF5 file, but no NIRData: its root is no 'NIRGraphData'", remedy)
    reader.graph(children, "", "")
    return reader.found, {"": reader.extra(children), **reader.nodes}


class _Reader:
    def __init__(self, file: str):
        self.file = file
        self.found: dict[tuple[str, str], object] = {}
        self.nodes: dict[str, dict] = {}

    def _refuse(self, where: str, message: str):
        return file_error(self.file, message, "write the file again with nir.write_data", where=where)

    def graph(self, children: dict, prefix: str, where: str) -> None:
        for name, (inside, attributes) in self._groups(children, "nodes", where):
            here = f"{where}/nodes/{name}"
            kind = attributes.get("__type__")
            if kind == "NIRGraphData":
                self.graph(inside, f"{prefix}{name}.", here)
            elif kind == "NIRNodeData":
                self.nodes[prefix + name] = self.extra(inside)
                for observable, (stored, marks) in self._groups(inside, "observables", here):
                    place = f"{here}/observables/{observable}"
                    self.found[prefix + name, observable] = self._observable(stored, marks, place)
            else:
                raise self._refuse(here, f"'{name}' is neither NIRNodeData nor NIRGraphData")

    def _groups(self, children: dict, name: str, where: str):
        group = children.get(name)
        if not isinstance(group, tuple):
            raise self._refuse(where or "/", f"there is no group '{name}'")
        for key, entry in group[0].items():
            if not isinstance(entry, tuple):
                raise self._refuse(f"{where}/{name}/{key}", f"'{key}' is not a group")
            yield key, entry

    def extra(self, children: dict) -> dict:
        """What we wrote beside the package's own."""
        group = children.get(OURS)
        return group[0] if isinstance(group, tuple) else {}

    def _observable(self, stored: dict, marks: dict, where: str):
        kind = marks.get("__type__")
        own = self.extra(stored)
        if kind == "TimeGriddedData":
            return Grid(self._array(stored, "data", 3, where), self._positive(marks, "dt", where), own)
        if kind not in ("EventData", "ValuedEventData"):
            raise self._refuse(where, f"an observable of the type {kind!r}; there are grids and events")
        index, time = (self._array(stored, name, 2, where) for name in ("idx", "time"))
        value = self._array(stored, "value", 2, where) if kind == "ValuedEventData" else None
        if index.dtype.kind != "i" and not np.array_equal(index, np.rint(index)):
            raise self._refuse(f"{where}/idx", "'idx' holds numbers that are not whole")
        for name, array in (("time", time), ("value", value)):
            if array is not None and array.shape != index.shape:
                raise self._refuse(
                    f"{where}/{name}", f"'{name}' has shape {list(array.shape)}, 'idx' {list(index.shape)}"
                )
        neurons = self._positive(marks, "n_neurons", where)
        if neurons != int(neurons):
            raise self._refuse(
                f"{where}@n_neurons", f"the attribute 'n_neurons' is {neurons:g}, no whole number"
            )
        return Events(
            index.astype(np.int64), time, value, int(neurons), self._positive(marks, "t_max", where), own
        )

    def _array(self, stored: dict, name: str, rank: int, where: str) -> np.ndarray:
        array = stored.get(name)
        if not isinstance(array, np.ndarray) or array.ndim != rank:
            what = (
                f"has shape {list(array.shape)}"
                if isinstance(array, np.ndarray)
                else "is no array of numbers"
            )
            axes = "[samples, steps, neurons]" if rank == 3 else "[samples, events]"
            missing = f"there is no '{name}'" if name not in stored else f"'{name}' {what}, needed is {axes}"
            raise self._refuse(f"{where}/{name}", missing)
        return array

    def _positive(self, marks: dict, name: str, where: str) -> float:
        value = marks.get(name)
        if not isinstance(value, np.ndarray) or value.size != 1 or not 0 < value.item() < 1e300:
            said = value.item() if isinstance(value, np.ndarray) and value.size == 1 else value
            raise self._refuse(f"{where}@{name}", f"the attribute '{name}' is {said!r}, not a number above 0")
        return float(value.item())


def read_inputs(path, names: list, dt: Optional[float]) -> dict[Optional[str], np.ndarray]:
    """What a file holds for the inputs of these names, [samples, steps, neurons] each; dt: of the network, where it is
    known. A single input, whose name may be None, takes the only observable of the file, too.

    Raises FormatError, and DataError: R0256 events that do not fit, R0258 where it is not clear what is meant, R0262
    another length of a step.
    """
    found, _ = read(path)
    chosen = {name: _chosen(found, name, path, len(names) == 1) for name in names}
    return {name: _on_steps(found[key], ".".join(key), path, dt) for name, key in chosen.items()}


def _on_steps(data, where: str, path, dt: Optional[float]) -> np.ndarray:
    """A grid or events on the network's steps."""
    if isinstance(data, Events):
        if dt is None:
            raise data_error(
                "R0262",
                "events in seconds need the length of a step",
                str(path),
                where,
                "give dt: its seconds",
            )
        data = data.on_grid(dt, path, where)
    elif dt is not None and abs(data.dt - dt) > SAME * dt:
        raise data_error(
            "R0262",
            f"'{where}' has steps of {data.dt:g} s, the network of {dt:g} s",
            str(path),
            where,
            f"run the network with --dt {data.dt:g}, or grid the data anew",
            value=data.dt,
            limit=dt,
        )
    x = data.data
    small = x.dtype.kind == "i" and x.size and 0 <= x.min() and x.max() < 256
    return x.astype(np.uint8) if small else x


def _chosen(found: dict, name: Optional[str], path, alone: bool) -> tuple[str, str]:
    """The node and the observable that are meant; alone: whether there is no other input."""
    keys = list(found)
    own = [key for key in keys if key[0] == name]
    for few in (own, keys) if alone else (own,):
        if len(few) == 1:
            return few[0]
        spikes = [key for key in few if key[1] == SPIKES]
        if few is own and len(spikes) == 1:
            return spikes[0]
    listed = ", ".join(f"'{node}.{observable}'" for node, observable in keys[:8]) or "nothing"
    if not own and not alone:
        message = f"there is no data for input '{name}': no node has this name; the file holds {listed}"
        raise data_error(
            "R0258", message, str(path), name, nearest(name, dict.fromkeys(node for node, _ in keys))
        )
    raise data_error(
        "R0258",
        f"the file holds {listed}; which is for the input '{name}' is not clear",
        str(path),
        remedy=f"give it {'one observable, or ' * alone}a node '{name}' with one, or with one called '{SPIKES}'",
    )


def recorded(path) -> dict:
    """The fields of a Recording. Events lie on the grid of the file's other observables. Raises FormatError, DataError."""
    found, extra = read(path)
    grids = {key: data for key, data in found.items() if isinstance(data, Grid)}
    dt = next((data.dt for data in grids.values()), None)
    for (node, name), data in found.items():
        if isinstance(data, Events):
            if dt is None:
                raise file_error(
                    path,
                    "the file holds events alone, which have no steps to be compared by",
                    "grid them first: EventData.to_time_gridded(dt)",
                )
            grids[node, name] = data.on_grid(dt, path, f"{node}.{name}")
    own = _Own(path)
    batched = bool(own.whole(extra[""].get("batched", 1), "/rheobase/batched", 1))
    shapes = {grid.data.shape[:2] for grid in grids.values()}
    steps_of = {grid.dt for grid in grids.values()}
    if len(shapes) > 1 or (steps_of and max(steps_of) - min(steps_of) > SAME * max(steps_of)):
        kept = " and ".join(f"{samples} x {steps}" for samples, steps in sorted(shapes))
        raise file_error(
            path,
            f"its series have {kept} samples and steps of {', '.join(f'{dt:g}' for dt in sorted(steps_of))} s: "
            "they are of several runs",
            "write one file for each run",
        )
    fields = {"spikes": {}, "states": {}, "outputs": {}, "lag": {}, "scale": {}, "overflows": {}}
    for (node, name), grid in grids.items():
        array = grid.data
        if isinstance(grid.own.get("dtype"), str) and grid.own["dtype"] in ("int32", "float32", "float64"):
            array = array.astype(grid.own["dtype"])
        if "shape" in grid.own:
            shape = own.numbers(grid.own["shape"], f"{node}.{name}/rheobase/shape").astype(int)
            if shape.min(initial=1) < 1 or prod(shape.tolist()) != array.shape[2]:
                own.refuse(
                    f"{node}.{name}/rheobase/shape", f"is {shape.tolist()} for {array.shape[2]} neurons"
                )
            array = array.reshape(*array.shape[:2], *shape)
        if not batched and array.shape[0] != 1:
            own.refuse("/rheobase/batched", f"says one sample, '{node}.{name}' has {array.shape[0]}")
        array = array if batched else array[0]
        kind = {SPIKES: "spikes", OUTPUT: "outputs"}.get(name, "states")
        fields[kind][node if kind != "states" else f"{node}.{name}"] = array
    most = max((steps for _, steps in shapes), default=0)
    for node, said in extra.items():
        if node and "lag" in said:
            fields["lag"][node] = own.whole(said["lag"], f"{node}/rheobase/lag", most)
        counts = {
            kind: own.numbers(said[kind], f"{node}/rheobase/{kind}")
            for kind in ("wraps", "saturations")
            if kind in said
        }
        if counts:
            fields["overflows"][node] = counts
        scales = said.get("scale", ({}, {}))
        for state, scale in scales[0].items() if isinstance(scales, tuple) else ():
            scale = own.numbers(scale, f"{node}/rheobase/scale/{state}")
            fields["scale"][f"{node}.{state}"] = scale if scale.ndim else scale[()]
    steps = own.whole(extra[""].get("steps", most), "/rheobase/steps", most)
    return {**fields, "steps": steps, "batched": batched, "dt": dt}


class _Own:
    """Checks of what a recording of ours says beside the package's own. Raise FormatError R0250."""

    def __init__(self, path):
        self.path = path

    def refuse(self, where: str, message: str):
        raise file_error(self.path, message, "write it again with 'rheobase run'", where=where)

    def numbers(self, value, where: str) -> np.ndarray:
        array = np.asarray(value)
        if array.dtype.kind not in "iufb":
            self.refuse(where, "is no number")
        return array

    def whole(self, value, where: str, most: int) -> int:
        array = self.numbers(value, where)
        if array.size != 1 or not 0 <= array.item() <= most or array.item() != int(array.item()):
            self.refuse(where, f"is {array.tolist()!r:.40}, not a whole number from 0 to {most}")
        return int(array.item())


def content(recording) -> bytes:
    """The bytes of a file with every series of a Recording, on the grid of its dt."""
    from .exporting.hdf5 import file_of

    observed: dict[str, dict] = {}
    for kind, table in (("spikes", recording.spikes), ("output", recording.outputs)):
        for node, array in table.items():
            observed.setdefault(node, {})[kind] = _grid(array, recording)
    for key, array in recording.states.items():
        node, state = key.rsplit(".", 1)
        observed.setdefault(node, {})[state] = _grid(array, recording)
    scales: dict[str, dict] = {}
    for key, scale in recording.scale.items():
        node, state = key.rsplit(".", 1)
        scales.setdefault(node, {})[state] = np.asarray(scale, np.float64)
    nodes = {}
    for node in {**observed, **recording.lag, **scales}:
        own = {"lag": np.array(recording.lag.get(node, 0))}
        if node in scales:
            own["scale"] = scales[node]
        own.update({k: np.asarray(v, np.int64) for k, v in recording.overflows.get(node, {}).items()})
        nodes[node] = Group("NIRNodeData", {"observables": observed.get(node, {}), OURS: own})
    whole = {"steps": np.array(recording.steps), "batched": np.array(recording.batched)}
    return file_of(Group("NIRGraphData", {"nodes": nodes, OURS: whole}))


def _grid(array: np.ndarray, recording) -> Group:
    own = {"dtype": str(array.dtype)}
    array = array if recording.batched else array[None]
    if array.ndim > 3:
        own["shape"] = np.array(array.shape[2:])
    data = array.reshape(*array.shape[:2], prod(array.shape[2:]))
    truths = data.astype(bool)
    if np.array_equal(truths, data):
        data = truths
    elif data.dtype.kind in "iu":
        data = data.astype(np.int64)
    return Group("TimeGriddedData", {"data": data, OURS: own}, dt=np.array(recording.dt))
