"""Grey levels to spikes, the same for the float network and the chip."""

from __future__ import annotations

import numpy as np

from . import _core
from .data import DataSet
from .errors import data_error, option_error, shown


def encode(levels, how: str, first_sample: int = 0) -> np.ndarray:
    """Spikes [B, T, *shape] (uint8, 0 or 1) of grey levels 0..255, [B, *shape].

    how: "rate:T,seed" (a spike with probability x/255 in each of T steps), "current:T" (v += x; above 255 a
    spike and v = 0), "latency:T" (one spike, earlier when brighter). ``first_sample`` numbers the first
    sample, so that a data set encoded in pieces gives the same spikes as at once. Raises DataError.

    Example: x = rb.encode(images, "rate:20,0")
    """
    steps = encoder_steps(how)
    try:
        levels = grey(np.asarray(levels))
    except ValueError:
        raise data_error("R0252", "is not a rectangular array of numbers", where="levels") from None
    if levels.ndim < 2 or levels.size == 0:
        raise data_error("R0251", f"grey levels have shape {list(levels.shape)}, needed is [samples, *shape]")
    if (
        isinstance(first_sample, bool)
        or not isinstance(first_sample, (int, np.integer))
        or not 0 <= first_sample < 2**62
    ):
        raise option_error(f"first_sample is {shown(first_sample)}, needed is a whole number from 0 on")
    flat = np.ascontiguousarray(levels.reshape(levels.shape[0], -1))
    return _core.encode(how.encode(), flat, first_sample).reshape(levels.shape[0], steps, *levels.shape[1:])


def encoder_steps(how: str) -> int:
    """T of an encoding such as "rate:20,0". Raises OptionError R0606."""
    if not isinstance(how, str):
        raise option_error(f"an encoding is a text such as 'rate:20,0', not {shown(how)}", code="R0606")
    return _core.encoder_steps(how.encode("utf-8", "surrogateescape"))


def grey(levels: np.ndarray, file: str = "") -> np.ndarray:
    """uint8 levels, or a DataError where a value is not an integer from 0 to 255."""
    if levels.dtype == np.uint8:
        return levels
    if (
        levels.dtype.kind not in "iuf"
        or not np.array_equal(levels, np.rint(levels))
        or (levels.size and not 0 <= levels.min() <= levels.max() <= 255)
    ):
        raise data_error(
            "R0254",
            "an encoder takes grey levels, integers from 0 to 255",
            file,
            "x",
            remedy="scale the pixels to 0 to 255, or leave --encode out where the data are spikes",
        )
    return levels.astype(np.uint8)


def data_set(levels: np.ndarray, shape, how: str, file: str = "") -> DataSet:
    """Samples that are encoded when they are needed. levels [B, *any shape of the input's size]."""
    steps = encoder_steps(how)
    size = int(np.prod(shape))
    if levels.ndim < 2 or levels.shape[0] == 0 or int(np.prod(levels.shape[1:])) != size:
        raise data_error(
            "R0251",
            f"grey levels have shape {list(levels.shape)}, needed is [samples, {size}]",
            file,
            "x",
            remedy="each sample is encoded to T steps; a time axis is not expected here",
        )
    flat = grey(levels, file).reshape(levels.shape[0], size)

    def pick(first: int, count: int) -> np.ndarray:
        spikes = _core.encode(how.encode(), np.ascontiguousarray(flat[first : first + count]), first)
        return spikes.reshape(count, steps, *shape)

    return DataSet(levels.shape[0], steps, pick, None, True, file)
