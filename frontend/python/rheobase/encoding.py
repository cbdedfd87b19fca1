"""Grey levels to spikes, the same for the float network and the chip."""

from __future__ import annotations

from math import prod

import numpy as np

from . import _core
from .data import DataSet, Samples, check_alike, lone
from .errors import data_error, option_error, shown


def encode(levels, how: str, first_sample: int = 0):
    """Spikes [B, T, *shape] (uint8, 0 or 1) of grey levels 0..255, [B, *shape].

    levels: of several inputs a dictionary by name, and so is the result: they are encoded as one input whose channels are
    theirs, in order of names, so that no two of them share their chance. how: "rate:T,seed" (a spike with probability x/255
    in each of T steps), "current:T" (v += x; above 255 a spike and v = 0), "latency:T" (one spike, earlier when brighter).
    ``first_sample`` numbers the first sample, so that a data set encoded in pieces gives the same spikes as at once. Raises
    DataError.

    Example: x = rb.encode(images, "rate:20,0")
    """
    encoder_steps(how)
    given = levels if isinstance(levels, dict) else {"x": levels}
    try:
        given = {name: np.asarray(array) for name, array in given.items()}
    except ValueError:
        raise data_error("R0252", "is not a rectangular array of numbers", where="levels") from None
    for array in given.values():
        if array.ndim < 2 or array.size == 0:
            raise data_error(
                "R0251", f"grey levels have shape {list(array.shape)}, needed is [samples, *shape]"
            )
    if (
        isinstance(first_sample, bool)
        or not isinstance(first_sample, (int, np.integer))
        or not 0 <= first_sample < 2**62
    ):
        raise option_error(f"first_sample is {shown(first_sample)}, needed is a whole number from 0 on")
    if not given or not all(isinstance(name, str) for name in given):
        message = f"a dictionary of grey levels has the keys {shown(list(given))}, needed are names of inputs"
        raise option_error(message)
    made = _Encoder({name: array.shape[1:] for name, array in given.items()}, how)(
        _alike(given), first_sample
    )
    return made if isinstance(levels, dict) else made["x"]


def encoder_steps(how: str) -> int:
    """T of an encoding such as "rate:20,0". Raises OptionError R0606."""
    if not isinstance(how, str):
        raise option_error(f"an encoding is a text such as 'rate:20,0', not {shown(how)}", code="R0606")
    return _core.encoder_steps(how.encode("utf-8", "surrogateescape"))


def grey(levels: np.ndarray, file: str = "", where: str = "x") -> np.ndarray:
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
            where,
            remedy="scale the pixels to 0 to 255, or leave --encode out where the data are spikes",
        )
    return levels.astype(np.uint8)


class _Encoder:
    """Grey levels of the inputs of these shapes to spikes: {input: [B, T, *shape]}. SPEC D1."""

    def __init__(self, shapes: dict[str, tuple], how: str):
        self.shapes, self.how, self.steps = shapes, how.encode(), encoder_steps(how)
        self.sizes = {name: prod(int(v) for v in shapes[name]) for name in sorted(shapes)}

    def __call__(self, levels: dict[str, np.ndarray], first_sample: int) -> dict[str, np.ndarray]:
        flat = [levels[name].reshape(len(levels[name]), size) for name, size in self.sizes.items()]
        joined = np.ascontiguousarray(flat[0] if len(flat) == 1 else np.concatenate(flat, axis=1))
        spikes = _core.encode(self.how, joined, first_sample)
        ends = np.cumsum(list(self.sizes.values()))[:-1]
        parts = dict(zip(self.sizes, np.split(spikes, ends, axis=2)))
        return {
            name: parts[name].reshape(len(joined), self.steps, *shape) for name, shape in self.shapes.items()
        }


def _alike(levels: dict[str, np.ndarray], file: str = "") -> dict[str, np.ndarray]:
    """uint8 levels, as many samples of each input, or a DataError."""
    checked = {name: grey(array, file, name) for name, array in levels.items()}
    check_alike({name: (len(array),) for name, array in checked.items()}, dict.fromkeys(checked, True), file)
    return checked


def data_set(levels: dict, shapes: dict, how: str, file: str = "") -> DataSet:
    """Samples that are encoded when they are needed. levels: for each input [B, *any shape of the input's size]."""
    encoder = _Encoder(shapes, how)
    for name, array in levels.items():
        size = encoder.sizes[name]
        if array.ndim < 2 or array.shape[0] == 0 or prod(array.shape[1:]) != size:
            raise data_error(
                "R0251",
                f"grey levels have shape {list(array.shape)}, needed is [samples, {size}]",
                file,
                name,
                remedy="each sample is encoded to T steps; a time axis is not expected here",
            )
    checked = _alike(levels, file)

    def pick(first: int, count: int) -> Samples:
        return lone(encoder({name: array[first : first + count] for name, array in checked.items()}, first))

    return DataSet(len(next(iter(checked.values()))), encoder.steps, pick, None, True, file)
