"""What a run leaves behind, and how it is kept in a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

import numpy as np

from .errors import Diagnostic, FormatError, UsageError
from .files import write_npz


@dataclass
class Recording:
    """Spikes, states and outputs of a run.

    Arrays are ``[B, steps, n]``, or ``[steps, n]`` where the input had no batch axis; ``steps`` is T + L on a chip
    (L = the largest lag) and T in the float network. Spikes are payloads (1 for a plain spike).
    """

    spikes: dict[str, np.ndarray]
    states: dict[str, np.ndarray]  # "hidden.v": after the step and its reset
    outputs: dict[str, np.ndarray]  # Output node -> what it receives, in its shape
    lag: dict[str, int]  # steps behind the float network, of populations and outputs
    steps: int  # T, the steps of the input
    scale: dict[str, np.ndarray] = field(default_factory=dict)  # "hidden.v": one float unit in integer units
    overflows: dict[str, dict] = field(default_factory=dict)  # population -> wraps, saturations per neuron

    @property
    def output(self):
        """The output's array; a dictionary by name where the network has several outputs."""
        return next(iter(self.outputs.values())) if len(self.outputs) == 1 else self.outputs

    def _find(self, name: str) -> tuple[np.ndarray, int, int]:
        """An array, its lag, and the axis of its steps counted from the end."""
        if name in self.states:
            return self.states[name], self.lag.get(name.rsplit(".", 1)[0], 0), -2
        if name in self.outputs:
            array = self.outputs[name]
            return array, self.lag.get(name, 0), self._step_axis() - array.ndim
        bare = name[: -len(".spikes")] if name.endswith(".spikes") and name not in self.spikes else name
        if bare in self.spikes:
            return self.spikes[bare], self.lag.get(bare, 0), -2
        raise unknown_name("series", name, [*self.spikes, *self.states, *self.outputs])

    def _step_axis(self) -> int:
        for array in (*self.spikes.values(), *self.states.values()):
            return array.ndim - 2
        return 1 if self._batched else 0

    _batched: bool = True

    def aligned(self, name: str) -> np.ndarray:
        """A population's spikes, a probed state or an output in the network's own time: T steps."""
        array, lag, axis = self._find(name)
        index = [slice(None)] * array.ndim
        index[axis] = slice(lag, lag + self.steps)
        return array[tuple(index)]

    def series(self) -> dict[str, np.ndarray]:
        """Every array by the key it has in a file: "hidden.spikes", "hidden.v", "output"."""
        arrays = {f"{name}.spikes": array for name, array in self.spikes.items()}
        arrays.update(self.states)
        arrays.update({f"{name}.output": array for name, array in self.outputs.items()})
        return arrays

    def save(self, path) -> None:
        """Writes an .npz with one key per series, which `Recording.load` and `rheobase diff` read back."""
        extra = {f"{name}/lag": np.int64(lag) for name, lag in self.lag.items()}
        extra.update({f"{name}/scale": np.asarray(scale) for name, scale in self.scale.items()})
        for name, count in self.overflows.items():
            extra.update({f"{name}/{kind}": values for kind, values in count.items()})
        write_npz(path, {**self.series(), **extra, "steps": np.int64(self.steps)})

    @classmethod
    def load(cls, path) -> Recording:
        from .data import open_npz

        arrays = open_npz(path)
        if "steps" not in arrays:
            raise FormatError(
                [
                    Diagnostic(
                        "R0250",
                        "error",
                        "this .npz is not a recording of a run: it has no 'steps'",
                        str(path),
                        remedy="recordings are written by 'rheobase run -o OUT.npz'",
                    )
                ]
            )
        recording = cls({}, {}, {}, {}, int(arrays.pop("steps")))
        for key, array in arrays.items():
            name, slash, kind = key.rpartition("/")
            if slash and kind == "lag":
                recording.lag[name] = int(array)
            elif slash and kind == "scale":
                recording.scale[name] = array
            elif slash:
                recording.overflows.setdefault(name, {})[kind] = array
            elif key.endswith(".spikes"):
                recording.spikes[key[: -len(".spikes")]] = array
            elif key.endswith(".output"):
                recording.outputs[key[: -len(".output")]] = array
            else:
                recording.states[key] = array
        return recording


def from_core(raw: dict, steps: int, batched: bool, shapes: dict, scale: Optional[dict] = None) -> Recording:
    """A Recording from what `_core` returns: outputs get the network's shape, a lone sample loses its batch axis."""

    def shaped(array: np.ndarray, shape=None) -> np.ndarray:
        array = array if shape is None else array.reshape(*array.shape[:2], *shape)
        return array if batched else array[0]

    recording = Recording(
        {name: shaped(array) for name, array in raw["spikes"].items()},
        {name: shaped(array) for name, array in raw["states"].items()},
        {name: shaped(array, shapes.get(name)) for name, array in raw["outputs"].items()},
        dict(raw["lag"]),
        steps,
        scale or {},
        dict(raw["overflows"]),
    )
    recording._batched = batched
    return recording


def unknown_name(what: str, name: str, candidates) -> UsageError:
    """The error for a name that does not exist, with the nearest ones."""
    import difflib

    candidates = [str(c) for c in candidates]
    near = difflib.get_close_matches(name, candidates, n=3, cutoff=0.5)
    if near:
        remedy = "did you mean " + " or ".join(f"'{n}'" for n in near) + "?"
    else:
        remedy = (
            ("there are " + ", ".join(f"'{c}'" for c in candidates[:12]))
            if candidates
            else f"there is no {what}"
        )
    return UsageError([Diagnostic("R0690", "error", f"there is no {what} '{name}'", remedy=remedy)])


def first_difference(left: Recording, right: Recording, aligned: bool = False) -> Optional[dict]:
    """The first difference in time, then in the order of names, over the series both sides have; None if equal.

    With ``aligned`` both sides are compared in the network's own time, which is what a float and a chip run share.
    """
    best = None
    a, b = left.series(), right.series()
    for name in sorted(a.keys() & b.keys()):
        x, y = a[name], b[name]
        if aligned:
            key = name[: -len(".output")] if name.endswith(".output") else name
            x, y = left.aligned(key), right.aligned(key)
        if x.shape != y.shape:
            raise UsageError(
                [
                    Diagnostic(
                        "R0251",
                        "error",
                        f"'{name}' has shape {list(x.shape)} on one side and "
                        f"{list(y.shape)} on the other",
                        where=name,
                    )
                ]
            )
        rank = 3 if left._step_axis() == 1 else 2
        x3 = x.reshape(*((1,) if rank == 2 else ()), *x.shape[: rank - 1], -1)
        y3 = y.reshape(x3.shape)
        unequal = x3 != y3
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
                "left": x3[sample, step, neuron].item(),
                "right": y3[sample, step, neuron].item(),
            }
    return best
