"""What a run leaves behind, and how it is kept in a file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Optional

import numpy as np

from . import nirdata
from .errors import data_error, file_error, option_error, path_of, unknown_name
from .files import write_bytes, write_npz

_SUFFIXES = {"lag", "scale", "wraps", "saturations"}  # keys "NAME/lag" beside the series


@dataclass
class Recording:
    """Spikes, states and outputs of a run.

    Arrays are ``[B, steps, n]``, or ``[steps, n]`` where the input had no batch axis; ``steps`` is T + L on a
    chip (L = the largest lag) and T in the float network. Chips give int32, the float network float32 or
    float64.

    spikes: population -> payloads, 1 for a plain spike, 0 for none. states: "hidden.v" -> the state after the
    step and after its reset. outputs: Output node -> what it receives, in the network's shape; ``output`` is
    the only one. lag: population or Output node -> steps by which it runs behind the float network. scale:
    "hidden.v" -> one float unit in integer units, a number or [n]; states / scale is in the network's units.
    overflows: population -> {"wraps", "saturations"}, counted per neuron [n] over all samples; empty when
    none.

    Example: out = image.run(x); out.aligned("hidden").sum(axis=0)
    """

    spikes: dict[str, np.ndarray]
    states: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]
    lag: dict[str, int]
    steps: int  # T, the steps of the input
    scale: dict[str, np.ndarray] = field(default_factory=dict)
    overflows: dict[str, dict] = field(default_factory=dict)
    batched: bool = True  # whether the arrays have a batch axis
    dt: Optional[float] = None  # seconds per step, where the file said it

    @property
    def output(self):
        """The output's array; a dictionary by name where the network has several outputs."""
        return next(iter(self.outputs.values())) if len(self.outputs) == 1 else self.outputs

    def _find(self, name: str) -> tuple[np.ndarray, int]:
        """An array and its lag."""
        if not isinstance(name, str):
            raise unknown_name("series", name, self.series())
        for ending, table in ((".output", self.outputs), (".spikes", self.spikes)):
            bare = name[: -len(ending)] if name.endswith(ending) else None
            if bare in table:
                return table[bare], self.lag.get(bare, 0)
        for table in (
            self.outputs,
            self.spikes,
        ):  # a node's own name first: it may look like another one's state
            if name in table:
                return table[name], self.lag.get(name, 0)
        if name in self.states:
            return self.states[name], self.lag.get(name.rsplit(".", 1)[0], 0)
        raise unknown_name("series", name, [*self.spikes, *self.states, *self.outputs])

    def aligned(self, name: str) -> np.ndarray:
        """A population's spikes, a probed state or an output in the network's own time: T steps.

        name: "hidden" or "hidden.spikes", "hidden.v", "output". Raises OptionError for a series that was not
        recorded.

        Example: velocity = out.aligned("velocity.v") / out.scale["velocity.v"]
        """
        array, lag = self._find(name)
        index = [slice(None)] * array.ndim
        index[1 if self.batched else 0] = slice(lag, lag + self.steps)
        return array[tuple(index)]

    def series(self) -> dict[str, np.ndarray]:
        """Every array by the key it has in a file: "hidden.spikes", "hidden.v", "output.output"."""
        arrays = {f"{name}.spikes": array for name, array in self.spikes.items()}
        arrays.update(self.states)
        arrays.update({f"{name}.output": array for name, array in self.outputs.items()})
        return arrays

    def save(self, path) -> None:
        """Writes an .npz with one key per series, or a NIRData file (nir.read_data) where the path ends in .nirdata,
        .h5 or .hdf5; `Recording.load` and `rheobase diff` read both back.

        Raises DataError where the file cannot be written; nothing is left then.
        """
        if path_of(path).endswith(nirdata.SUFFIXES):
            if self.dt is None:
                raise option_error("the recording has no dt, which NIRData needs", "set it: seconds per step")
            write_bytes(path, nirdata.content(self))
            return
        extra = {f"{name}/lag": np.int64(lag) for name, lag in self.lag.items()}
        extra.update({f"{name}/scale": np.asarray(scale) for name, scale in self.scale.items()})
        for name, count in self.overflows.items():
            extra.update({f"{name}/{kind}": values for kind, values in count.items()})
        header = {"steps": np.int64(self.steps), "batched": np.bool_(self.batched)}
        if self.dt is not None:
            header["dt"] = np.float64(self.dt)
        write_npz(path, {**self.series(), **extra, **header})

    @classmethod
    def load(cls, path) -> Recording:
        """Reads what `save` wrote, or a NIRData file of others. Raises FormatError."""
        from .data import open_npz

        file = path_of(path)
        if os.path.isfile(file) and nirdata.is_nirdata(file):
            return cls(**nirdata.recorded(file))
        arrays = open_npz(file)
        if "steps" not in arrays:
            raise file_error(
                file,
                "this .npz is not a recording of a run: it has no 'steps'",
                "recordings are written by 'rheobase run -o OUT.npz'",
            )
        steps = _number(arrays.pop("steps"), "steps", file)
        batched = bool(_number(arrays.pop("batched", np.int64(1)), "batched", file))
        dt = arrays.pop("dt", None)
        if dt is not None and (dt.ndim or dt.dtype.kind != "f" or not dt > 0):
            raise file_error(file, "'dt' is not a number of seconds", "write it again with 'rheobase run'")
        recording = cls({}, {}, {}, {}, steps, batched=batched, dt=None if dt is None else float(dt))
        for key, array in arrays.items():
            name, _, kind = key.rpartition("/")
            if kind in _SUFFIXES and name:
                if kind == "lag":
                    recording.lag[name] = _number(array, key, file)
                elif kind == "scale":
                    recording.scale[name] = array if array.ndim else array[()]
                else:
                    recording.overflows.setdefault(name, {})[kind] = array
                continue
            if array.ndim < (3 if batched else 2) or array.dtype.kind not in "iuf":
                raise file_error(
                    file,
                    f"'{key}' is a {array.dtype} array of shape {list(array.shape)}, not a series of a run",
                    "recordings are written by 'rheobase run -o OUT.npz'",
                )
            if key.endswith(".spikes"):
                recording.spikes[key[: -len(".spikes")]] = array
            elif key.endswith(".output"):
                recording.outputs[key[: -len(".output")]] = array
            else:
                recording.states[key] = array
        return recording

    def __repr__(self) -> str:
        return f"<rheobase.Recording of {self.steps} steps: {', '.join(self.series())}>"


def _number(array, key: str, file: str) -> int:
    if np.ndim(array) != 0 or array.dtype.kind not in "iub" or array < 0:
        raise file_error(
            file,
            f"'{key}' is not a whole number",
            "the file is damaged or of another tool: write it again with 'rheobase run'",
        )
    return int(array)


def from_core(
    raw: dict, steps: int, batched: bool, shapes: dict, dt: float, scale: Optional[dict] = None
) -> Recording:
    """A Recording of what `_core` returns: outputs in the network's shape, a lone sample without a batch axis."""

    def shaped(array: np.ndarray, shape=None) -> np.ndarray:
        array = array if shape is None else array.reshape(*array.shape[:2], *shape)
        return array if batched else array[0]

    return Recording(
        {name: shaped(array) for name, array in raw["spikes"].items()},
        {name: shaped(array) for name, array in raw["states"].items()},
        {name: shaped(array, shapes.get(name)) for name, array in raw["outputs"].items()},
        dict(raw["lag"]),
        steps,
        scale or {},
        dict(raw["overflows"]),
        batched,
        dt,
    )


def first_difference(left: Recording, right: Recording, aligned: bool = False) -> Optional[dict]:
    """The first difference in time, then in the order of names, over the series both sides have; None if
    equal.

    With ``aligned`` both sides are compared in the network's own time, which is what a float and a chip run
    share. Returns {series, sample, step, neuron, left, right}. Raises DataError where shapes differ.

    Example: rb.first_difference(image.run(x, engine="golden"), image.run(x, engine="vector")) is None
    """
    if not isinstance(left, Recording) or not isinstance(right, Recording):
        raise option_error(
            "two recordings are compared", "give what Image.run, Network.run or Recording.load gave"
        )
    best = None
    a, b = left.series(), right.series()
    for name in sorted(a.keys() & b.keys()):
        x, y = (side.aligned(name) if aligned else side.series()[name] for side in (left, right))
        if x.shape != y.shape or left.batched != right.batched:
            raise data_error(
                "R0251",
                f"'{name}' has shape {list(x.shape)} on one side and {list(y.shape)} on the other",
                where=name,
                remedy="compare runs of the same network on the same data",
            )
        lead = x.shape[:2] if left.batched else (1, x.shape[0])
        x, y = x.reshape(*lead, -1), y.reshape(*lead, -1)
        unequal = x != y
        if not unequal.any():
            continue
        step = int(np.argmax(unequal.any(axis=(0, 2))))
        if best is None or step < best["step"]:
            sample, neuron = (int(v) for v in np.argwhere(unequal[:, step])[0])
            best = {
                "series": name,
                "sample": sample,
                "step": step,
                "neuron": neuron,
                "left": x[sample, step, neuron].item(),
                "right": y[sample, step, neuron].item(),
            }
    return best
