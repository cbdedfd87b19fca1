"""The forms in which data lie in files: .npz, .npy, IDX, NIRData. What a header claims is checked first."""

from __future__ import annotations

import gzip
import os
import stat
import zipfile
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO, Optional

import numpy as np

from . import nirdata
from .errors import data_error, file_error
from .room import check_claim, check_memory

_UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    SyntaxError,
    zipfile.BadZipFile,
)
_UNREADABLE += (MemoryError, NotImplementedError, RecursionError, RuntimeError, zlib.error)
_WRITE_AGAIN = "write it with numpy.savez(file, x=x, y=y); arrays of Python objects are not read"
LABELS = "y"  # of an .npz, or targets; where an input has this name, the array is the input's
EVENT_PARTS = ("sample", "step", "index", "value", "shape")


@dataclass
class Raw:
    """What a file holds before it is fitted to a network."""

    x: dict[str, np.ndarray]  # by input; what is for a single one by what the file calls it
    y: Optional[np.ndarray] = None
    grey: bool = False  # pixels, which are not spikes yet


def _read_array(stream: BinaryIO, size: int, path) -> np.ndarray:
    """An array in NumPy's own format, whose header is checked before anything is allocated."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise ValueError(f"array format {version[0]}.{version[1]}")
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    check_claim(shape, dtype.itemsize, size - stream.tell(), path)
    stream.seek(0)
    return np.lib.format.read_array(stream, allow_pickle=False)


def open_npz(path) -> dict[str, np.ndarray]:
    """Every array of an .npz. Raises FormatError: unreadable, damaged, pickled content, more than fits."""
    _check_regular(path)
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {}
            for member in archive.infolist():
                with archive.open(member) as stream:
                    name = member.filename
                    name = name[: -len(".npy")] if name.endswith(".npy") else name
                    arrays[name] = _read_array(stream, member.file_size, path)
            return arrays
    except _UNREADABLE as error:
        raise file_error(path, f"not a readable .npz file: {_reason(error)}", _WRITE_AGAIN) from None


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__


def _check_regular(path) -> None:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        raise file_error(path, "there is no such file") from None
    except (OSError, ValueError) as error:
        raise file_error(path, f"cannot be read: {_reason(error)}") from None
    if stat.S_ISDIR(mode):
        raise file_error(path, "is a directory, not a file", "name the file inside it")
    if not stat.S_ISREG(mode):
        raise file_error(path, "is not a regular file", "copy its content to a file first")


def _read_npy(path: Path) -> np.ndarray:
    try:
        with open(path, "rb") as file:
            return _read_array(file, os.fstat(file.fileno()).st_size, path)
    except _UNREADABLE as error:
        raise file_error(path, f"not a readable .npy file: {_reason(error)}", _WRITE_AGAIN) from None


def _read_idx(path: Path) -> np.ndarray:
    """An IDX file of bytes, plain or gzipped (LeCun's MNIST form)."""
    try:
        with open(path, "rb") as probe:
            zipped = probe.read(2) == b"\x1f\x8b"
        with (gzip.open if zipped else open)(path, "rb") as file:
            magic = file.read(4)
            if len(magic) < 4 or magic[:3] != b"\0\0\x08" or not 1 <= magic[3] <= 4:
                raise file_error(
                    path, "not an IDX file of unsigned bytes", "IDX files start with 0 0 8 and the rank"
                )
            header = file.read(4 * magic[3])
            if len(header) < 4 * magic[3]:
                raise file_error(path, "the file ends inside its header", "fetch it again")
            shape = [int(v) for v in np.frombuffer(header, ">u4")]
            if not zipped:
                check_claim(shape, 1, os.fstat(file.fileno()).st_size, path)
            check_memory(shape, 1, path)
            content = file.read(prod(shape) + 1)
    except (OSError, EOFError, zlib.error, MemoryError) as error:
        raise file_error(path, f"cannot be read: {_reason(error)}", "fetch it again") from None
    if len(content) != prod(shape):
        held = "more" if len(content) > prod(shape) else f"{len(content)}"
        raise file_error(
            path,
            f"the header says {shape}, {prod(shape)} bytes; the file holds {held} bytes",
            "the file is damaged: fetch it again",
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


def _labels_beside(path: Path) -> Optional[np.ndarray]:
    beside = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    return _read_idx(beside) if beside != path and beside.exists() else None


def _column(arrays: dict, part: str, count: int, low: int, high: int, path, prefix: str) -> np.ndarray:
    """A list of ``count`` integers from low to high."""
    column, name = arrays[part], prefix + part
    if column.ndim != 1 or len(column) != count or column.dtype.kind not in "iu":
        raise data_error(
            "R0256",
            f"'{name}' is a {column.dtype} array of shape {list(column.shape)}, not a list of {count} integers",
            path,
            name,
            remedy=f"event form has one integer for each event in '{prefix}sample', '{prefix}step', '{prefix}index' and "
            f"'{prefix}value'",
        )
    bad = np.flatnonzero((column < low) | (column > high))
    if len(bad):
        raise data_error(
            "R0256",
            f"event {bad[0]} has {name} {column[bad[0]]}, allowed are {low} to {high}",
            path,
            name,
            value=float(column[bad[0]]),
            limit=float(high),
            remedy=f"'{prefix}shape' is [samples, steps, *input shape], '{prefix}index' counts the elements of the input in "
            "C order",
        )
    return column.astype(np.int64)


def _events(arrays: dict, path, prefix: str = "", held: int = 0) -> np.ndarray:
    """Event form (sample, step, index[, value], shape) as a dense array; events in one place add up. prefix: what stands
    before these names in the file; held: bytes of other such arrays, which are there, too."""
    if "shape" not in arrays:
        raise data_error(
            "R0256",
            f"event form needs '{prefix}shape'",
            path,
            f"{prefix}shape",
            remedy="give [samples, steps, *input shape]",
        )
    given = np.atleast_1d(arrays["shape"])
    missing = [name for name in ("step", "index") if name not in arrays]
    shaped = given.ndim == 1 and len(given) >= 2 and given.dtype.kind in "iu" and given.min() >= 1
    if missing or not shaped:
        raise data_error(
            "R0256",
            f"event form needs '{prefix}{missing[0]}'" if missing else f"'{prefix}shape' is {given.tolist()}",
            path,
            prefix + (missing[0] if missing else "shape"),
            remedy=f"give '{prefix}step', '{prefix}index' and '{prefix}shape' = [samples, steps, *input shape] as integers; "
            f"'{prefix}sample' and '{prefix}value' may be left out",
        )
    shape = tuple(int(v) for v in given)
    if "sample" not in arrays:
        shape = (1, *shape)
    width = prod(shape[2:])
    count = arrays["step"].size
    bounds = {
        "sample": (0, shape[0] - 1),
        "step": (0, shape[1] - 1),
        "index": (0, width - 1),
        "value": (-(1 << 31), (1 << 31) - 1),
    }
    columns = {
        part: _column(arrays, part, count, *bounds[part], path, prefix) for part in bounds if part in arrays
    }
    sample, step, index = columns.get("sample", 0), columns["step"], columns["index"]
    value = columns.get("value", 1)
    places, where = np.unique((sample * shape[1] + step) * width + index, return_inverse=True)
    sums = np.zeros(len(places), np.int64)
    np.add.at(sums, where, value)
    low, high = (int(sums.min()), int(sums.max())) if len(sums) else (0, 0)
    if max(high, -low) > (1 << 31) - 1:
        raise data_error(
            "R0256",
            f"events in one place add up to {high if high > -low else low}",
            path,
            f"{prefix}value",
        )
    kind = np.uint8 if 0 <= low and high < 256 else np.int32
    check_memory(shape, kind().itemsize, path, held)
    dense = np.zeros(prod(shape), kind)
    dense[places] = sums
    return dense.reshape(shape)


def open_arrays(path: Path):
    """What an .npz holds, by name, or the array of an .npy. Raises FormatError."""
    _check_regular(path)
    with open(path, "rb") as file:
        return _read_npy(path) if file.read(6) == b"\x93NUMPY" else open_npz(path)


def _of_one(arrays: dict, name: Optional[str], path) -> dict[str, np.ndarray]:
    """What an .npz holds for a single input, which may be called by its name."""
    if "x" in arrays:
        return {"x": arrays["x"]}
    if "shape" in arrays:
        return {"x": _events(arrays, path)}
    if name is not None and name != LABELS:
        named = _of_several(arrays, [name], path)
        if name in named:
            return {name: named[name]}
    raise file_error(
        path,
        f"holds {', '.join(sorted(arrays)) or 'nothing'}: neither 'x' nor the event form",
        "'x' is [samples, steps, *input shape]; event form is sample, step, index[, value], shape",
    )


def _of_several(arrays: dict, names: list[str], path) -> dict[str, np.ndarray]:
    """What an .npz holds by input, dense or as events ("left.step"); what no input is called is among it."""
    found: dict[str, np.ndarray] = {}
    events: dict[str, dict] = {}
    for key, array in arrays.items():
        name, _, part = key.rpartition(".")
        if key in names or (key != LABELS and not (name and part in EVENT_PARTS)):
            found[key] = array
        elif key != LABELS:
            events.setdefault(name, {})[part] = array
    held = 0
    for name, parts in events.items():
        if name in found:
            raise data_error(
                "R0256",
                f"input '{name}' is there twice, as an array and as events",
                path,
                name,
                remedy=f"leave out '{name}', or '{name}.{next(iter(parts))}' and what belongs to it",
            )
        # Of another name nothing is looked at: it is refused.
        found[name] = _events(parts, path, f"{name}.", held) if name in names else np.zeros(0)
        held += found[name].nbytes
    return found


def _refuse_several(names: list, path, what: str) -> None:
    """Raises DataError R0258 for a form that holds one array where there are several inputs."""
    if len(names) <= 1:
        return
    listed = ", ".join(f"'{name}'" for name in names)
    raise data_error(
        "R0258",
        f"{what} holds one array, there are {len(names)} inputs: {listed}",
        path,
        remedy="write an .npz with an array for each input, by its name, and y: "
        f"numpy.savez(FILE, **{{{', '.join(f'{name!r}: ...' for name in names)}}}, y=y)",
    )


def read_raw(path: Path, names: list, dt: Optional[float] = None) -> Raw:
    """A data file by its content. names: of the inputs, None where a single one's is not known; dt: of the network.

    Raises FormatError, or DataError for events that do not fit (R0256), for forms that do not hold several inputs, and for
    NIRData that is not these inputs' (R0258). That all of them are there, and nothing else is, remains to be looked at.
    """
    _check_regular(path)
    try:
        with open(path, "rb") as file:
            magic = file.read(8)
    except OSError as error:
        raise file_error(path, f"cannot be read: {_reason(error)}", "check its permissions") from None
    if magic[:6] == b"\x93NUMPY":
        _refuse_several(names, path, "an .npy file")
        return Raw({"x": _read_npy(path)})
    if magic[:2] == b"PK":
        arrays = open_npz(path)
        if len(names) == 1:
            return Raw(_of_one(arrays, names[0], path), arrays.get(LABELS))
        return Raw(_of_several(arrays, names, path), None if LABELS in names else arrays.get(LABELS))
    if magic == nirdata.SIGNATURE:
        inputs = nirdata.read_inputs(path, names, dt)
        return Raw(inputs if len(names) > 1 else {"x": inputs[names[0]]})
    if "idx" in path.name or magic[:3] == b"\0\0\x08":
        _refuse_several(names, path, "an IDX file")
        return Raw({"x": _read_idx(path)}, _labels_beside(path), grey=True)
    if not magic:
        raise file_error(path, "the file is empty", "fetch or write it again")
    raise file_error(
        path,
        "not an .npz, .npy, NIRData or IDX file",
        "rheobase reads .npz with 'x' (and 'y') or events, .npy, NIRData and IDX images",
    )
