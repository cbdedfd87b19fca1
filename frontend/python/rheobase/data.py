"""Recordings and data sets: from files to arrays of the network's shape, in chunks where they are large."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, Optional

import numpy as np

from .datafiles import open_npz, read_raw
from .errors import data_error


@dataclass
class DataSet:
    """Samples for one network: dense spikes, or grey levels with an encoder that makes spikes of them.

    slice(first, count) gives [count, steps, *shape]; y holds labels [samples] or targets [samples, steps,
    outputs].
    """

    samples: int
    steps: int
    slice: Callable[[int, int], np.ndarray]
    y: Optional[np.ndarray] = None
    batched: bool = True
    file: str = ""

    def chunks(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """(first sample, samples) of at most ``size`` samples each."""
        for first in range(0, self.samples, size):
            yield first, self.slice(first, min(size, self.samples - first))

    def whole(self) -> np.ndarray:
        """Every sample, as `run` takes it: without a batch axis where the file has none."""
        x = self.slice(0, self.samples)
        return x if self.batched else x[0]

    def limited(self, samples: Optional[int]) -> DataSet:
        """The first ``samples`` of them."""
        if samples is None or samples >= self.samples:
            return self
        y = None if self.y is None else self.y[:samples]
        return DataSet(samples, self.steps, self.slice, y, self.batched, self.file)


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


def load(
    path, shape: tuple, encode: Optional[str] = None, name: Optional[str] = None, dt: Optional[float] = None
) -> DataSet:
    """Reads a data set for an input of ``shape``. Grey levels become spikes by ``encode`` ("rate:20,0").

    .npz with x [samples, T, *shape] (or [T, *shape]) and y, or with events (sample, step, index[, value],
    shape); .npy with x alone; IDX images with their labels beside them; NIRData, from which the input called ``name``
    is taken, and whose events lie on steps of ``dt`` seconds. With ``encode``, x is grey levels [samples, *shape].
    Raises FormatError (unreadable file), DataError (contents that do not fit) or OptionError (an unknown encoding).

    Example: rheobase.data.load("test.npz", net.inputs[0].shape)
    """
    path = Path(path)
    raw = read_raw(path, name, dt)
    x = check_numbers(raw.x, str(path))
    y = None if raw.y is None else check_numbers(raw.y, str(path), "y")
    if encode is not None:
        from .encoding import data_set

        data = data_set(x, shape, encode, str(path))
    elif raw.grey:
        raise data_error(
            "R0257",
            "holds grey levels, which are not spikes",
            path,
            remedy="say how they become spikes, e.g. --encode rate:20,0",
        )
    else:
        x, batched = with_batch(x, shape, str(path))
        data = DataSet(
            x.shape[0], x.shape[1], lambda first, count: x[first : first + count], None, batched, str(path)
        )
    data.y = check_targets(y, data, str(path))
    return data


def of_arrays(x, y, shapes: list[tuple], who: str) -> DataSet:
    """Arrays in memory as a data set for the one input of a network or an image, whose inputs have these shapes. Raises
    DataError; ``who`` says in it what takes one input only."""
    if len(shapes) != 1:
        raise data_error(
            "R0258",
            f"{who} with one input, this one has {len(shapes)}",
            remedy="run the network and the image with a dictionary by name, or join the inputs to one",
        )
    x, batched = with_batch(check_numbers(x), shapes[0])
    data = DataSet(x.shape[0], x.shape[1], lambda first, count: x[first : first + count], None, batched)
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
    "check_numbers",
    "check_targets",
    "load",
    "open_npz",
    "with_batch",
]
