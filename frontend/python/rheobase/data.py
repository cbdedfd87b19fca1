"""Recordings and data sets: from files to arrays of the network's shapes, in chunks where they are large."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, Optional, Union

import numpy as np

from .datafiles import open_npz, read_raw
from .errors import DataError, Diagnostic, data_error, nearest, shown

Samples = Union[np.ndarray, dict[str, np.ndarray]]  # of the one input; of several by their names


@dataclass
class DataSet:
    """Samples for one network: dense spikes, or grey levels with an encoder that makes spikes of them.

    slice(first, count) gives [count, steps, *shape], of several inputs a dictionary of such arrays by name; y holds
    labels [samples] or targets [samples, steps, outputs].
    """

    samples: int
    steps: int
    slice: Callable[[int, int], Samples]
    y: Optional[np.ndarray] = None
    batched: bool = True
    file: str = ""

    def chunks(self, size: int) -> Iterator[tuple[int, Samples]]:
        """(first sample, samples) of at most ``size`` samples each."""
        for first in range(0, self.samples, size):
            yield first, self.slice(first, min(size, self.samples - first))

    def whole(self) -> Samples:
        """Every sample, as `run` takes it: without a batch axis where the file has none."""
        x = self.slice(0, self.samples)
        return x if self.batched else part_of(x, 0)

    def limited(self, samples: Optional[int]) -> DataSet:
        """The first ``samples`` of them."""
        if samples is None or samples >= self.samples:
            return self
        y = None if self.y is None else self.y[:samples]
        return DataSet(samples, self.steps, self.slice, y, self.batched, self.file)


def samples_in(x: Samples) -> int:
    """How many samples a slice of a data set holds."""
    return len(next(iter(x.values())) if isinstance(x, dict) else x)


def part_of(x: Samples, index) -> Samples:
    """x[index], of every input where there are several."""
    return {name: array[index] for name, array in x.items()} if isinstance(x, dict) else x[index]


def lone(arrays: dict) -> Samples:
    """The only array; all of them by name where there are several."""
    return arrays if len(arrays) > 1 else next(iter(arrays.values()))


def check_numbers(x, file: str = "", where: str = "x") -> np.ndarray:
    """An array of finite real numbers, or a DataError that says what is wrong."""
    try:
        x = np.asarray(x)
    except ValueError:
        remedy = "give one array; samples of unequal length are padded with zeros"
        raise data_error("R0252", "is not a rectangular array of numbers", file, where, remedy) from None
    if x.dtype.kind == "b":
        return x.astype(np.uint8)
    if x.dtype.kind not in "iuf":
        message = f"holds values of type '{x.dtype}', not real numbers"
        raise data_error("R0252", message, file, where, "convert it to integers or float32 first")
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        place = [int(v) for v in np.argwhere(~np.isfinite(x))[0]]
        raise data_error(
            "R0253",
            f"holds {x[tuple(place)]} at {place}",
            file,
            where,
            remedy="every value has to be a finite number",
        )
    return x


def with_batch(x: np.ndarray, shape: tuple, file: str = "", where: str = "x") -> tuple[np.ndarray, bool]:
    """[B, T, *shape] and whether a batch axis was there. Raises DataError where the shape does not fit."""
    shape = tuple(int(v) for v in shape)
    batched = x.ndim == len(shape) + 2
    if x.ndim == len(shape) + 1 and x.shape[1:] == shape:
        x = x[None]
    elif not (batched and x.shape[2:] == shape):
        size = int(np.prod(shape))
        if x.ndim in (2, 3) and x.shape[-1] == size:  # flat: same order as the network's shape
            batched = x.ndim == 3
            x = x.reshape(*((1,) if x.ndim == 2 else ()), *x.shape[:-1], *shape)
        else:
            wanted = ", ".join(map(str, shape))
            raise data_error(
                "R0251",
                f"'{where}' has shape {list(x.shape)}, the network's input needs [T, {wanted}] or "
                f"[samples, T, {wanted}]",
                file,
                where,
                remedy="time comes before the neurons, channels first, C order",
            )
    if x.shape[0] == 0 or x.shape[1] == 0:
        message = f"'{where}' has shape {list(x.shape)}: no samples or no steps"
        raise data_error("R0251", message, file, where, "give at least one sample of one step")
    return x, batched


def payload_range(info: dict) -> tuple[int, int]:
    """The least and the largest integer that the image's input takes."""
    largest = 1 if info["encoding"] == "Binary" else int(info["max_payload"])
    return -largest if info["encoding"] == "Graded" else 0, largest


def as_payloads(x: np.ndarray, info: dict, file: str = "") -> np.ndarray:
    """[B, T, size] of payloads that the image's input takes; real numbers are refused with the reason."""
    name, encoding = info["name"], info["encoding"]
    if x.dtype.kind == "f":
        rounded = np.rint(x)
        if not np.array_equal(rounded, x):
            place = [int(v) for v in np.argwhere(rounded != x)[0]]
            raise data_error(
                "R0254",
                f"input '{name}' takes integers, there is {x[tuple(place)]} at {place}",
                file,
                name,
                remedy="encode real values as spikes first (--encode), or run the float network",
            )
        x = rounded
    smallest, largest = payload_range(info)
    low = 0 if x.dtype == np.uint8 else x.min()  # a pass over large data less
    high = x.max()
    if low < smallest or high > largest:
        value, place = (low, np.argmin(x)) if low < smallest else (high, np.argmax(x))
        kind = {
            "Binary": "takes spikes, 0 or 1",
            "Counts": f"takes counts from 0 to {largest}",
            "Graded": f"takes payloads from {smallest} to {largest}",
        }[encoding]
        raise data_error(
            "R0254",
            f"input '{name}' {kind}; there is {value} at "
            f"{[int(v) for v in np.unravel_index(place, x.shape)]}",
            file,
            name,
            value=float(value),
            limit=float(largest),
            remedy="clip the data if several spikes in a step mean one",
        )
    x = x.reshape(*x.shape[:2], -1)
    return np.ascontiguousarray(x, np.uint8 if low >= 0 and high <= 255 else np.int32)


MOST_TOLD = 8  # names of a file that a message lists


def check_inputs(given, shapes: dict, file: str = "") -> None:
    """Raises DataError R0258 with all that is wrong about the names of what is given for inputs of these shapes."""
    surplus = [name for name in given if name not in shapes]
    missing = [name for name in shapes if name not in given]
    found = [("there is no input " + shown(name), "", nearest(name, shapes)) for name in surplus[:MOST_TOLD]]
    held = ", ".join(shown(name) for name in list(given)[:MOST_TOLD]) or "none"
    more = f" and {len(given) - MOST_TOLD} more" if len(given) > MOST_TOLD else ""
    way = f"add an array of that name; there are {held}{more}"
    found += [(f"there is no data for input '{name}'", name, way) for name in missing]
    if found:
        raise DataError(
            [Diagnostic("R0258", "error", what, str(file), where, remedy=way) for what, where, way in found]
        )


def by_input(x, shapes: dict[str, tuple], file: str = "") -> tuple[dict[str, np.ndarray], bool]:
    """({input: [B, T, *shape]} in the order of ``shapes``, whether there was a batch axis).

    x: an array, or a dictionary by name where there are several inputs. Raises DataError with the input's name.
    """
    if not shapes:
        message = "there is no input that data could be for"
        raise data_error("R0258", message, file, remedy="give a network or an image with an input")
    if not isinstance(x, dict):
        if len(shapes) > 1:
            names = ", ".join(f"'{name}'" for name in shapes)
            message = f"there are {len(shapes)} inputs and one array"
            raise data_error("R0258", message, file, remedy=f"give a dictionary by name: {names}")
        x = {next(iter(shapes)): x}
    check_inputs(x, shapes, file)
    arrays: dict[str, np.ndarray] = {}
    batches: dict[str, bool] = {}
    for name, shape in shapes.items():
        arrays[name], batches[name] = with_batch(check_numbers(x[name], file, name), shape, file, name)
    check_alike({name: array.shape[:2] for name, array in arrays.items()}, batches, file)
    return arrays, all(batches.values())


def check_alike(leads: dict[str, tuple], batches: dict[str, bool], file: str = "") -> None:
    """Raises DataError R0251 where inputs differ in samples and steps, or in whether they have an axis of samples.

    leads: input -> (samples, steps) or (samples,); batches: input -> whether it has the axis.
    """
    first = next(iter(leads), "")
    for name, lead in leads.items():
        if batches[name] != batches[first]:
            has = [f"input '{n}' has {'an' if batches[n] else 'no'} axis of samples" for n in (name, first)]
            message = f"{has[0]}, {has[1]}"
        elif lead != leads[first]:
            kind = " samples of {} steps" if len(lead) > 1 else " samples"
            sizes = [str(leads[n][0]) + kind.format(*leads[n][1:]) for n in (name, first)]
            message = f"input '{name}' has {sizes[0]}, input '{first}' has {sizes[1]}"
        else:
            continue
        raise data_error("R0251", message, file, name, remedy="all inputs share samples and steps")


def _dense(arrays: dict[str, np.ndarray], batched: bool, file: str = "") -> DataSet:
    """Of arrays [B, T, *shape] by input."""
    samples, steps = next(iter(arrays.values())).shape[:2]

    def pick(first: int, count: int) -> Samples:
        return lone({name: array[first : first + count] for name, array in arrays.items()})

    return DataSet(samples, steps, pick, None, batched, file)


def load(
    path, shape, encode: Optional[str] = None, name: Optional[str] = None, dt: Optional[float] = None
) -> DataSet:
    """Reads a data set for the input of a ``shape``, or for several: {name: shape}, in any order.

    .npz with x [samples, T, *shape] (or [T, *shape]) and y, or with events (sample, step, index[, value],
    shape); .npy with x alone; IDX images with their labels beside them; NIRData, from which the input called ``name``
    is taken, and whose events lie on steps of ``dt`` seconds. Of several inputs an .npz holds an array by the name of
    each, or its events ("left.step", "left.index", "left.shape", ...), and y; a NIRData file a node of that name.
    With ``encode`` ("rate:20,0"), arrays are grey levels [samples, *shape], which become spikes; several inputs as one
    whose channels are theirs, in order of names. Raises FormatError (unreadable file), DataError (contents that do not
    fit) or OptionError (an unknown encoding).

    Example: rheobase.data.load("test.npz", net.input_shapes)
    """
    file = str(Path(path))
    shapes = dict(shape) if isinstance(shape, dict) else {name: shape}
    raw = read_raw(Path(path), list(shapes), dt)
    if len(shapes) == 1:
        shapes = dict(zip(raw.x, shapes.values()))  # as the file calls it
    check_inputs(raw.x, shapes, file)
    arrays = {key: check_numbers(raw.x[key], file, key) for key in shapes}
    y = None if raw.y is None else check_numbers(raw.y, file, "y")
    if encode is not None:
        from .encoding import data_set

        data = data_set(arrays, shapes, encode, file)
    elif raw.grey:
        raise data_error(
            "R0257",
            "holds grey levels, which are not spikes",
            path,
            remedy="say how they become spikes, e.g. --encode rate:20,0",
        )
    else:
        data = _dense(*by_input(arrays, shapes, file), file)
    data.y = check_targets(y, data, file)
    return data


def of_arrays(x, y, shapes: dict[str, tuple]) -> DataSet:
    """Arrays in memory as a data set for inputs of these shapes: an array for the only one, else a dictionary. Raises
    DataError."""
    data = _dense(*by_input(x, shapes))
    data.y = check_targets(y, data)
    return data


def check_targets(y, data: DataSet, file: str = "") -> Optional[np.ndarray]:
    """Labels [samples] or targets [samples, steps, outputs], with a batch axis."""
    if y is None:
        return None
    y = check_numbers(y, file, "y")
    if not data.batched and (y.ndim == 0 or (y.ndim >= 1 and y.shape[0] == data.steps)):
        y = y[None]
    if y.ndim < 1 or y.shape[0] != data.samples:
        raise data_error(
            "R0255",
            f"'y' has shape {list(y.shape)} for {data.samples} samples",
            file,
            "y",
            remedy="give one label per sample, or targets [samples, steps, outputs]",
        )
    if y.ndim == 1 and y.dtype.kind == "f" and not np.array_equal(y, np.rint(y)):
        raise data_error(
            "R0255",
            "'y' holds one real number per sample; labels are integers",
            file,
            "y",
            remedy="targets are [samples, steps, outputs]",
        )
    return y.astype(np.int64) if y.ndim == 1 else y


__all__ = [
    "DataSet",
    "as_payloads",
    "by_input",
    "check_numbers",
    "check_targets",
    "load",
    "of_arrays",
    "open_npz",
    "part_of",
    "samples_in",
    "with_batch",
]
