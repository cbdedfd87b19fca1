"""Arguments that several functions take, checked once: inputs, probes, threads, whole numbers."""

from __future__ import annotations

import math
from math import prod
from typing import Callable, Iterable, Optional

import numpy as np

from .data import by_input, check_numbers
from .errors import data_error, option_error, shown, unknown_name


def whole_number(what: str, value, low: int, high: int) -> int:
    """An int from low to high, or an OptionError."""
    if (
        isinstance(value, (bool, np.bool_))
        or not isinstance(value, (int, np.integer))
        or not low <= value <= high
    ):
        raise option_error(f"{what} is {shown(value)}, needed is a whole number from {low} to {high}")
    return int(value)


def positive_number(what: str, value, zero: bool = False, infinite: bool = False) -> float:
    """A number above 0 (or 0 with ``zero``, infinity with ``infinite``), or an OptionError."""
    try:
        number = math.nan if isinstance(value, (bool, np.bool_)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if (
        math.isnan(number)
        or number < 0
        or (number == 0 and not zero)
        or (number == math.inf and not infinite)
    ):
        least = "0 or more" if zero else "above 0"
        raise option_error(f"{what} is {shown(value)}, needed is a number {least}")
    return number


def thread_count(threads: Optional[int]) -> int:
    """What `_core` takes: 0 for all cores."""
    return 0 if threads is None else whole_number("threads", threads, 1, 4096)


def probe_names(probes, known: list[str]) -> list[str]:
    """A list of states from None, one name or several."""
    try:
        names = [probes] if isinstance(probes, str) else [] if probes is None else list(probes)
    except TypeError:
        names = [probes]
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise unknown_name("state", name, known)
    return names


def neuron_rates(name: str, rates, size: int) -> list[float]:
    """Spikes per step of every neuron of a population, from one number or one per neuron."""
    values = check_numbers(rates, "", name).astype(np.float64)
    if values.shape not in ((), (1,), (size,)) or not np.isfinite(values).all() or (values < 0).any():
        raise data_error(
            "R0251",
            f"the rates of '{name}' are not {size} numbers from 0 on",
            where=name,
            remedy="give spikes per step, one number or one per neuron",
        )
    return np.broadcast_to(values, (size,)).tolist()


def callback(
    function: Optional[Callable], what: str = "progress", of: str = "(done, total)"
) -> Optional[Callable]:
    """The function, or an OptionError for what cannot be called."""
    if function is not None and not callable(function):
        raise option_error(f"{what} is {shown(function)}, needed is a function of {of}")
    return function


def gather(
    x, shapes: dict[str, tuple], convert: Callable[[np.ndarray, str], np.ndarray], file: str = ""
) -> tuple[list[np.ndarray], int, int, bool]:
    """(arrays [B, T, size] in the order of ``shapes``, samples, steps, whether there was a batch axis).

    x: an array, or a dictionary by name where there are several inputs. ``convert`` fits an array [B, T,
    *shape] to its input. Raises DataError with the input's name.
    """
    given, batched = by_input(x, shapes, file)
    lead = next(iter(given.values())).shape[:2]
    arrays = []
    for name, array in given.items():
        width = prod(int(v) for v in shapes[name])
        arrays.append(np.ascontiguousarray(convert(array, name).reshape(*lead, width)))
    return arrays, lead[0], lead[1], batched


def option_name(what: str, value, allowed: Iterable[str]) -> str:
    """The value if it is one of the allowed texts, else an OptionError."""
    allowed = list(allowed)
    if not isinstance(value, str) or value not in allowed:
        raise option_error(f"{what} cannot be {shown(value)}", f"it is one of {', '.join(allowed)}")
    return value
