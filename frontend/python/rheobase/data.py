"""Recordings and data sets: from files to arrays of the network's shape, in chunks where they are large."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterator, Optional

import numpy as np

from .errors import DataError, Diagnostic, FormatError, data_error

MAXIMUM_ELEMENTS = 1 << 33  # of one array: a header that claims more is not believed


@dataclass
class DataSet:
    """Samples for one network: dense spikes, or grey levels with an encoder that makes spikes of them."""

    samples: int
    steps: int
    slice: Callable[[int, int], np.ndarray]  # (first, count) -> [count, steps, *shape]
    y: Optional[np.ndarray] = None
    batched: bool = True
    file: str = ""

    def chunks(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        for first in range(0, self.samples, size):
            yield first, self.slice(first, min(size, self.samples - first))

    def limited(self, samples: Optional[int]) -> DataSet:
        """The first ``samples`` of them."""
        if samples is None or samples >= self.samples:
            return self
        y = None if self.y is None else self.y[:samples]
        return DataSet(samples, self.steps, self.slice, y, self.batched, self.file)


@dataclass
class _Raw:
    x: np.ndarray
    y: Optional[np.ndarray] = None
    grey: bool = False
    extra: dict = field(default_factory=dict)


def open_npz(path) -> dict[str, np.ndarray]:
    """Every array of an .npz. Raises FormatError: unreadable, damaged, pickled content."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise FormatError([Diagnostic("R0250", "error", "there is no such file", str(path))]) from None
    except (
        OSError,
        ValueError,
        EOFError,
        KeyError,
        zipfile.BadZipFile,
        MemoryError,
        NotImplementedError,
        zlib.error,
    ) as error:
        raise FormatError(
            [
                Diagnostic(
                    "R0250",
                    "error",
                    f"not a readable .npz file: {error}",
                    str(path),
                    remedy="write it with numpy.savez; arrays of objects are not read",
                )
            ]
        ) from None


def _read_idx(path: Path) -> np.ndarray:
    """An IDX file of bytes, plain or gzipped (LeCun's MNIST form)."""
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rb") as file:
            content = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise FormatError([Diagnostic("R0250", "error", f"cannot be read: {error}", str(path))]) from None
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != 8 or not 1 <= content[3] <= 4:
        raise FormatError([Diagnostic("R0250", "error", "not an IDX file of unsigned bytes", str(path))])
    rank = content[3]
    if len(content) < 4 + 4 * rank:
        raise FormatError([Diagnostic("R0250", "error", "the file ends inside its header", str(path))])
    shape = [int(v) for v in np.frombuffer(content[4 : 4 + 4 * rank], ">u4")]
    if len(shape) != rank or len(content) != 4 + 4 * rank + int(np.prod(shape, dtype=np.int64)):
        raise FormatError(
            [
                Diagnostic(
                    "R0250",
                    "error",
                    f"the header says {shape}, the file holds " f"{len(content) - 4 - 4 * rank} bytes",
                    str(path),
                    remedy="the file is damaged: fetch it again",
                )
            ]
        )
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def _labels_beside(path: Path) -> Optional[np.ndarray]:
    beside = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    return _read_idx(beside) if beside != path and beside.exists() else None


def _events(arrays: dict, path) -> np.ndarray:
    """Event form (sample, step, index[, value], shape) as a dense array."""
    shape = tuple(int(v) for v in np.atleast_1d(arrays["shape"]))
    missing = [name for name in ("step", "index") if name not in arrays]
    if missing or len(shape) < 2:
        raise data_error(
            "R0256",
            "event form needs 'step', 'index' and 'shape' = [samples, steps, *input shape]",
            path,
            remedy="'sample' and 'value' may be left out",
        )
    if min(shape) < 1 or np.prod(shape, dtype=float) > MAXIMUM_ELEMENTS:
        raise data_error("R0256", f"'shape' {list(shape)} is not usable", path, "shape")
    if "sample" not in arrays:
        shape = (1, *shape)
    count = len(arrays["step"])
    columns = {
        "sample": arrays.get("sample", np.zeros(count, int)),
        "step": arrays["step"],
        "index": arrays["index"],
        "value": arrays.get("value", np.ones(count, int)),
    }
    width = int(np.prod(shape[2:]))
    limits = {"sample": shape[0], "step": shape[1], "index": width, "value": 1 << 31}
    for name, column in columns.items():
        if column.ndim != 1 or len(column) != count or not np.issubdtype(column.dtype, np.integer):
            raise data_error("R0256", f"'{name}' is not a list of {count} integers", path, name)
        bad = np.flatnonzero((column < 0) | (column >= limits[name]))
        if len(bad):
            raise data_error(
                "R0256",
                f"event {bad[0]} has {name} {column[bad[0]]}, allowed are 0 to {limits[name] - 1}",
                path,
                name,
            )
    dense = np.zeros(
        (shape[0], shape[1], width), np.uint8 if not count or columns["value"].max() < 256 else np.int32
    )
    np.add.at(
        dense, (columns["sample"], columns["step"], columns["index"]), columns["value"].astype(dense.dtype)
    )
    return dense.reshape(*shape)


def _read(path: Path) -> _Raw:
    if path.is_dir():
        raise FormatError([Diagnostic("R0250", "error", "is a folder, not a file", str(path))])
    if not path.exists():
        raise FormatError([Diagnostic("R0250", "error", "there is no such file", str(path))])
    with open(path, "rb") as file:
        magic = file.read(8)
    if magic[:6] == b"\x93NUMPY":
        try:
            return _Raw(np.load(path, allow_pickle=False))
        except (OSError, ValueError, EOFError, MemoryError) as error:
            raise FormatError(
                [Diagnostic("R0250", "error", f"not a readable .npy file: {error}", str(path))]
            ) from None
    if magic[:2] == b"PK":
        arrays = open_npz(path)
        if "x" in arrays:
            return _Raw(arrays["x"], arrays.get("y"))
        if "shape" in arrays:
            return _Raw(_events(arrays, path), arrays.get("y"))
        raise data_error(
            "R0250",
            f"holds {', '.join(sorted(arrays)) or 'nothing'}: neither 'x' nor the event form",
            path,
            remedy="'x' is [samples, steps, *input shape]; event form is sample, step, index, shape",
        )
    if "idx" in path.name or magic[:3] == b"\0\0\x08":
        return _Raw(_read_idx(path), _labels_beside(path), grey=True)
    if not magic:
        raise FormatError([Diagnostic("R0250", "error", "the file is empty", str(path))])
    raise FormatError(
        [
            Diagnostic(
                "R0250",
                "error",
                "not an .npz, .npy or IDX file",
                str(path),
                remedy="rheobase reads .npz with 'x' (and 'y'), .npy and IDX images",
            )
        ]
    )


def check_numbers(x, file: str = "", where: str = "x") -> np.ndarray:
    """An array of finite real numbers, or a DataError that says what is wrong."""
    try:
        x = np.asarray(x)
    except ValueError:
        raise data_error("R0252", "is not a rectangular array of numbers", file, where) from None
    if x.dtype.kind == "b":
        return x.astype(np.uint8)
    if x.dtype.kind not in "iuf":
        raise data_error("R0252", f"holds values of type '{x.dtype}', not real numbers", file, where)
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
        raise data_error("R0251", f"'{where}' has shape {list(x.shape)}: no samples or no steps", file, where)
    return x, batched


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
    largest = 1 if encoding == "Binary" else int(info["max_payload"])
    smallest = -largest if encoding == "Graded" else 0
    low, high = x.min(), x.max()
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


def load(path, shape: tuple, encode: Optional[str] = None) -> DataSet:
    """Reads a data set for an input of ``shape``. Grey levels become spikes by ``encode`` ("rate:20,0").

    Raises FormatError (unreadable file) or DataError (contents that do not fit).
    """
    path = Path(path)
    raw = _read(path)
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
    "DataError",
    "DataSet",
    "as_payloads",
    "check_numbers",
    "check_targets",
    "load",
    "open_npz",
    "with_batch",
]
