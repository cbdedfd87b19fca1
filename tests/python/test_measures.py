"""rb.measures: rasters, times, lists of trains; what is refused; the same values whichever way trains are given."""

import math

import numpy as np
import pytest
import rheobase as rb

M = rb.measures
ARGUMENTS = {"victor_purpura": dict(q=0.3), "van_rossum": dict(tau=4.0), "coincidence": dict(within=1.0)}
INTERVALS = ("isi_distance", "spike_distance", "spike_synchronisation")


def rasters(shape=(4, 30, 7)):
    rng = np.random.default_rng(1)
    a = rng.random(shape) < 0.15
    return a, a ^ (rng.random(shape) < 0.05)


def test_the_examples_of_the_docstrings():
    assert M.victor_purpura([1.0, 5.0], [1.5], q=1.0) == 1.5
    assert M.van_rossum([1.0], [3.0], tau=2.0) == pytest.approx(math.sqrt(2 - 2 / math.e), abs=1e-15)
    assert M.isi_distance([0, 10], [0, 5, 10], window=(0, 10)) == 0.5
    assert M.spike_distance([4], [6], window=(0, 10)) == pytest.approx(0.38667, abs=1e-5)
    assert M.spike_synchronisation([1, 5], [1.5, 9], window=(0, 10)) == 0.5
    assert M.coincidence([1, 2], [2, 3]) == 0.5
    assert M.earth_mover([0, 1], [3, 2]) == 2.0


@pytest.mark.parametrize("name", M.NAMES)
def test_rasters_are_their_trains(name):
    a, b = rasters()
    measure, more = getattr(M, name), ARGUMENTS.get(name, {})
    found = measure(a, b, **more)
    assert found.shape == (4, 7) and found.dtype == np.float64
    assert np.array_equal(measure(a[2], b[2].astype(np.float32), threads=1, **more), found[2])
    window = dict(window=(0, 30)) if name in INTERVALS else {}
    for sample in range(4):
        x, y = ([np.flatnonzero(side[sample, :, k]) for k in range(7)] for side in (a, b))
        assert np.array_equal(measure(x, y, **more, **window), found[sample])
        assert measure(x[3], y[3], **more, **window) == found[sample, 3]


def test_a_step_in_seconds_scales_times_alone():
    a, b = rasters()
    assert np.allclose(M.van_rossum(a, b, tau=0.02, dt=1e-3), M.van_rossum(a, b, tau=20))
    assert np.allclose(M.victor_purpura(a, b, q=300, dt=1e-3), M.victor_purpura(a, b, q=0.3))
    assert np.allclose(M.spike_distance(a, b, dt=1e-3), M.spike_distance(a, b))
    assert M.rate_distance(a, b, dt=1e-3) == pytest.approx(1000 * M.rate_distance(a, b))


def test_rates_are_compared_as_distributions():
    a, b = rasters()
    assert M.rate_distance(a, a[:, :, ::-1]) == 0
    wanted = np.abs(np.sort(a.mean(axis=(0, 1))) - np.sort(b.mean(axis=(0, 1)))).mean()
    assert M.rate_distance(a, b) == pytest.approx(wanted)


@pytest.mark.parametrize(
    "call, code",
    [
        (lambda: M.victor_purpura([2, 1], [], q=1), "R0270"),
        (lambda: M.isi_distance([1, 1], [2], window=(0, 3)), "R0270"),
        (lambda: M.spike_distance([1, 4], [2], window=(0, 3)), "R0270"),
        (lambda: M.spike_distance([1], [2]), "R0690"),
        (lambda: M.spike_distance([1], [2], window=(3, 3)), "R0690"),
        (lambda: M.spike_distance([1], [2], window="ab"), "R0690"),
        (lambda: M.spike_distance(*rasters(), window=(0, 30)), "R0690"),
        (lambda: M.victor_purpura([1], [2], q=-1), "R0690"),
        (lambda: M.van_rossum([1], [2], tau=float("nan")), "R0690"),
        (lambda: M.van_rossum([1], [2], tau="x"), "R0690"),
        (lambda: M.hamming(*rasters(), dt=0), "R0690"),
        (lambda: M.hamming(*rasters(), threads=0), "R0690"),
        (lambda: M.hamming([1, float("inf")], [2]), "R0253"),
        (lambda: M.hamming(["a"], [2]), "R0252"),
        (lambda: M.hamming(3, [2]), "R0252"),
        (lambda: M.hamming([[1], [2]], [[1]]), "R0251"),
        (lambda: M.hamming([[1], [2]], [1, 2]), "R0251"),
        (lambda: M.hamming(np.zeros((3, 2)), np.zeros((4, 2))), "R0251"),
        (lambda: M.hamming(np.zeros((3, 2)), [1, 2]), "R0251"),
        (lambda: M.hamming(np.zeros((1, 3, 2)), np.zeros((3, 2))), "R0251"),
        (lambda: M.hamming(np.zeros((0, 2)), np.zeros((0, 2))), "R0251"),
        (lambda: M.earth_mover([], [1]), "R0251"),
        (lambda: M.of_rasters("spike_distanz", *rasters()), "R0690"),
    ],
)
def test_what_is_no_train_is_refused(call, code):
    with pytest.raises(rb.Error, match=code) as caught:
        call()
    assert caught.value.exit_status == 3


@pytest.mark.parametrize("names", [3, None, [3], [["hamming"]], "haming"])
def test_what_is_no_measure_is_refused(names):
    with pytest.raises(rb.OptionError, match="there is no measure"):
        M.of_rasters(names, np.zeros((3, 2)), np.zeros((3, 2)))
