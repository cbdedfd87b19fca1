"""How far spike trains are from each other: the measures of the literature, over rasters or lists of times.

Every function of two trains takes, as ``a`` and ``b``,

- rasters: numpy arrays [T, n] or [B, T, n], a spike wherever the value is not 0. A spike of step t is at t * dt, and the
  window runs from 0 to T * dt. The result is [n] or [B, n], float64.
- times: ascending numbers [spikes], or a list of such trains. The result is a float, or [trains].

Times, ``dt``, ``tau`` and ``1 / q`` share one unit; with the default dt of 1 it is the time step. `of_rasters` gives
several measures of the same rasters at once.

    import rheobase as rb
    rb.measures.van_rossum(ref.spikes["hidden"], out.aligned("hidden"), tau=10).max()
"""

from __future__ import annotations

import math
from typing import Optional

import numpy as np

from . import _core
from .arguments import positive_number, thread_count
from .data import check_numbers
from .errors import data_error, option_error, shown, unknown_name

NAMES = tuple(_core.measures_need_apart)

__all__ = [
    "NAMES",
    "coincidence",
    "earth_mover",
    "hamming",
    "isi_distance",
    "of_rasters",
    "rate_distance",
    "spike_distance",
    "spike_synchronisation",
    "van_rossum",
    "victor_purpura",
]


def victor_purpura(a, b, q: float, dt: float = 1.0, threads: Optional[int] = None):
    """The least cost of turning one train into the other: a spike more or less costs 1, moving it by t costs q * |t|.

    a, b: rasters or times, see the module. q: cost per unit of time, 0 (counts alone matter) to infinity (only exact
    coincidences do); spikes further apart than 2 / q are never moved onto each other. A metric; the unit is the spike.
    Work grows with the product of the spikes that lie within 2 / q of each other. Raises DataError, OptionError.

    Source: Victor & Purpura 1996, J. Neurophysiol. 76:1310; 1997, Network 8:127 (D_spike[q]).

    Example: rb.measures.victor_purpura([1.0, 5.0], [1.5], q=1.0)  # 1.5: moved by 0.5, and one spike more
    """
    return _pairs("victor_purpura", a, b, dt, threads, cost=positive_number("q", q, zero=True, infinite=True))


def van_rossum(a, b, tau: float, dt: float = 1.0, threads: Optional[int] = None):
    """The distance of the trains after each spike has become exp(-t / tau): sqrt(2 / tau * integral (f - g)**2 dt).

    a, b: rasters or times, see the module. tau: time constant, 0 (exact coincidences) to infinity (counts). With this
    factor, which elephant has too, one spike more is a distance of 1; van Rossum's own 1 / tau gives it divided by
    sqrt(2). The integral goes on to infinity behind the last spike. A metric. Raises DataError, OptionError.

    Source: van Rossum 2001, Neural Comput. 13:751; factor 2: Houghton & Kreuz 2012, Network 23:48.

    Example: rb.measures.van_rossum([1.0], [3.0], tau=2.0)  # sqrt(2 - 2 / e)
    """
    return _pairs("van_rossum", a, b, dt, threads, tau=positive_number("tau", tau, zero=True, infinite=True))


def isi_distance(a, b, window=None, dt: float = 1.0, threads: Optional[int] = None):
    """The mean over time of |x - y| / max(x, y), x and y the intervals between spikes that hold at that time.

    a, b: rasters or times, see the module. window: (start, end), needed for times alone. Auxiliary spikes at the edges
    stand for what came before and after, as in pyspike; a train without spikes has them alone. 0 (same intervals) to
    below 1, without unit. Raises DataError, OptionError.

    Source: Kreuz, Haas, Morelli, Abarbanel & Politi 2007, J. Neurosci. Methods 165:151.

    Example: rb.measures.isi_distance([0, 10], [0, 5, 10], window=(0, 10))  # 0.5
    """
    return _pairs("isi_distance", a, b, dt, threads, window=window)


def spike_distance(a, b, window=None, dt: float = 1.0, threads: Optional[int] = None):
    """The mean over time of how far the spikes around that time are from the nearest ones of the other train.

    a, b: rasters or times, see the module. window: (start, end), needed for times alone. Edges as in `isi_distance`.
    0 (same trains) to 1, without unit and without a parameter. Raises DataError, OptionError.

    Source: Kreuz, Chicharro, Houghton, Andrzejak & Mormann 2013, J. Neurophysiol. 109:1457.

    Example: rb.measures.spike_distance([4], [6], window=(0, 10))  # 0.3867
    """
    return _pairs("spike_distance", a, b, dt, threads, window=window)


def spike_synchronisation(a, b, window=None, dt: float = 1.0, threads: Optional[int] = None):
    """The share of spikes with a partner in the other train nearer than half of the intervals around the two.

    a, b: rasters or times, see the module. window: (start, end), needed for times alone; its length stands for an
    interval that is not there. 0 to 1; 1 also where there is no spike. Raises DataError, OptionError.

    Source: Kreuz, Mulansky & Bozanic 2015, J. Neurophysiol. 113:3432.

    Example: rb.measures.spike_synchronisation([1, 5], [1.5, 9], window=(0, 10))  # 0.5
    """
    return _pairs("spike_synchronisation", a, b, dt, threads, window=window)


def coincidence(a, b, within: float = 0.0, dt: float = 1.0, threads: Optional[int] = None):
    """The share of spikes that have a partner of their own in the other train, at most ``within`` away.

    a, b: rasters or times, see the module. within: in the unit of the times. 2 * pairs / spikes of both, with as many
    pairs as can be made; 1 where there is no spike. Raises DataError, OptionError.

    Source: without the correction for chance, Jolivet et al. 2008, J. Neurosci. Methods 169:417.

    Example: rb.measures.coincidence([1, 2], [2, 3])  # 0.5
    """
    return _pairs("coincidence", a, b, dt, threads, within=positive_number("within", within, zero=True))


def hamming(a, b, dt: float = 1.0, threads: Optional[int] = None):
    """How many spikes of one train are not in the other: the unequal cells of rasters, for each neuron.

    a, b: rasters or times, see the module. Raises DataError. Source: Hamming 1950, Bell Syst. Tech. J. 29:147.

    Example: rb.measures.hamming(ref.spikes["hidden"], out.aligned("hidden") != 0).sum()
    """
    return _pairs("hamming", a, b, dt, threads)


def earth_mover(a, b) -> float:
    """W1 of two sets of numbers: the integral of |F - G| over their distribution functions, in their unit.

    a, b: finite numbers of any shape, at least one each; the sets may differ in size. Raises DataError.

    Source: Vallender 1974, Theory Probab. Appl. 18:784.

    Example: rb.measures.earth_mover([0, 1], [3, 2])  # 2.0
    """
    sets = [check_numbers(side, "", where).astype(np.float64).ravel() for side, where in ((a, "a"), (b, "b"))]
    for values, where in zip(sets, "ab"):
        if not values.size:
            raise data_error("R0251", f"'{where}' is empty", where=where, remedy="give at least one number")
    return _core.earth_mover(*sets)


def rate_distance(a, b, dt: float = 1.0) -> float:
    """The earth mover's distance of the firing rates of two layers: of the distributions of their neurons' rates.

    a, b: rasters [T, n] or [B, T, n]; n and B may differ. The rate of a neuron is its spikes in a sample by T * dt and
    averaged over samples. The result is in spikes per unit of dt: per step, unless dt is given. Raises DataError.

    Source: `earth_mover`, of rates.

    Example: rb.measures.rate_distance(ref.spikes["hidden"], out.aligned("hidden"), dt=net.dt)  # Hz
    """
    step = positive_number("dt", dt)
    rates = [_raster(side, where).mean(axis=(0, 1)) / step for side, where in ((a, "a"), (b, "b"))]
    return earth_mover(*rates)


def of_rasters(
    names,
    a,
    b,
    q: float = 1.0,
    tau: float = 1.0,
    within: float = 0.0,
    dt: float = 1.0,
    threads: Optional[int] = None,
) -> dict[str, np.ndarray]:
    """Several measures of the trains of two rasters at once: {name: float64 [n] or [B, n]}.

    names: of `NAMES`; a, b: rasters [T, n] or [B, T, n]; q, tau, within, dt: as in the measures that take them. Trains
    that are equal cost next to nothing. Runs without the GIL; the result does not depend on ``threads``. Raises
    OptionError, DataError.

    Example: rb.measures.of_rasters(["spike_distance", "hamming"], a, b)["hamming"].max()
    """
    try:
        names = [names] if isinstance(names, str) else list(names)
    except TypeError:
        names = [names]
    for name in names:
        if not isinstance(name, str) or name not in NAMES:
            raise unknown_name("measure", name, NAMES)
    options = _options(
        cost=positive_number("q", q, zero=True, infinite=True),
        tau=positive_number("tau", tau, zero=True, infinite=True),
        within=positive_number("within", within, zero=True),
    )
    left, right = _raster(a, "a"), _raster(b, "b")
    if left.shape != right.shape or np.ndim(a) != np.ndim(b):
        raise data_error(
            "R0251",
            f"the rasters have the shapes {list(np.shape(a))} and {list(np.shape(b))}",
            where="b",
            remedy="compare recordings of one length and as many neurons, e.g. Recording.aligned(NODE)",
        )
    found = _core.measure_rasters(
        names, left, right, positive_number("dt", dt), options, thread_count(threads)
    )
    return found if np.ndim(a) == 3 else {name: values[0] for name, values in found.items()}


def _options(cost: float = 1.0, tau: float = 1.0, within: float = 0.0, window=None) -> dict:
    start, end = (0.0, 1.0) if window is None else window
    return {"cost": cost, "tau": tau, "within": within, "start": start, "end": end}


def _pairs(name: str, a, b, dt: float, threads: Optional[int], window=None, **options):
    """A measure of rasters, or of times."""
    if any(isinstance(side, np.ndarray) and side.ndim > 1 for side in (a, b)):
        if window is not None:
            raise option_error("rasters have their window already", "leave 'window' out")
        options["q"] = options.pop("cost", 1.0)
        return of_rasters([name], a, b, dt=dt, threads=threads, **options)[name]
    apart = _core.measures_need_apart[name]
    if apart and window is None:
        raise option_error("the window of the recording is not given", "give window=(start, end)")
    window = None if window is None else _window(window)
    left, right = (_trains(side, where, window, apart) for side, where in ((a, "a"), (b, "b")))
    if len(left[1]) != len(right[1]) or left[2] != right[2]:
        sides = [f"{len(side[1]) - 1} trains" if side[2] else "one train" for side in (left, right)]
        raise data_error("R0251", f"'a' is {sides[0]}, 'b' is {sides[1]}", where="b")
    many = left[2]
    values = _core.measure_trains(
        name, *left[:2], *right[:2], _options(window=window, **options), thread_count(threads)
    )
    return values if many else float(values[0])


def _raster(values, where: str) -> np.ndarray:
    """uint8 [B, T, n] of 0 and 1."""
    array = check_numbers(values, "", where)
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise data_error(
            "R0251",
            f"'{where}' has shape {list(array.shape)}, a raster has [T, n] or [B, T, n]",
            where=where,
            remedy="time before neurons, at least one of each",
        )
    cells = np.ascontiguousarray(array != 0).view(np.uint8)
    return cells if cells.ndim == 3 else cells[None]


def _trains(side, where: str, window, apart: bool) -> tuple[np.ndarray, np.ndarray, bool]:
    """(times of all trains, offsets [trains + 1], whether there are several)."""
    try:
        side = list(side)
    except TypeError:
        raise data_error("R0252", f"{shown(side)} is no list of times", where=where) from None
    many = any(np.ndim(item) > 0 for item in side)
    trains = [_train(item, where, window, apart) for item in (side if many else [side])]
    offsets = np.cumsum([0, *map(len, trains)], dtype=np.int64)
    return np.concatenate(trains), offsets, many


def _train(times, where: str, window, apart: bool) -> np.ndarray:
    array = check_numbers(times, "", where).astype(np.float64)
    if array.ndim != 1:
        raise data_error("R0251", f"a train has shape {list(array.shape)}, needed is [spikes]", where=where)
    gaps = np.diff(array)
    wrong = gaps <= 0 if apart else gaps < 0
    if wrong.any():
        at = int(np.argmax(wrong))
        message = f"after {array[at]:.9g} comes {array[at + 1]:.9g}"
        raise data_error(
            "R0270", f"{message}: spike {at + 1} is not later", where=where, remedy="sort the times"
        )
    if window is not None and array.size and not window[0] <= array[0] <= array[-1] <= window[1]:
        outside = array[0] if array[0] < window[0] else array[-1]
        raise data_error(
            "R0270",
            f"a spike at {outside:.9g} lies outside the window from {window[0]:.9g} to {window[1]:.9g}",
            where=where,
            remedy="give the window in which the trains were recorded",
        )
    return array


def _window(window) -> tuple[float, float]:
    try:
        start, end = (float(v) for v in window)
    except (TypeError, ValueError):
        raise option_error(f"window is {shown(window)}, needed is (start, end)") from None
    if not (math.isfinite(start) and math.isfinite(end) and start < end):
        raise option_error(f"window is {shown(window)}, needed is a start before its end")
    return start, end
