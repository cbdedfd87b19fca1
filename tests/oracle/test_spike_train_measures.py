"""Measures of spike trains against pyspike, elephant and scipy on random trains."""

import numpy as np
import pytest
import rheobase as rb
from environment import ROOT, needs_measures, under_measures

PAIRS = 1000
WINDOW = (0.0, 2.0)
TOLERANCE = 1e-9

pytestmark = needs_measures


def random_train(rng) -> np.ndarray:
    """Empty, sparse or dense, on a grid (so that spikes coincide) or not, sometimes with spikes at the edges."""
    size = rng.choice([0, 1, 2, rng.integers(3, 40)], p=[0.04, 0.08, 0.08, 0.8])
    train = rng.uniform(*WINDOW, size)
    if rng.random() < 0.5:
        train = np.round(train * 500) / 500
    if rng.random() < 0.15:
        train = np.append(train, rng.choice(WINDOW))
    return np.unique(train)


def jittered(rng, train) -> np.ndarray:
    """The train with spikes moved, lost and new, some of them kept as they are."""
    moved = train + rng.choice([0.0, 0.002, rng.normal(0, 0.02)], train.size)
    kept = moved[rng.random(train.size) < 0.9]
    return np.unique(np.clip(np.concatenate([kept, rng.uniform(*WINDOW, rng.integers(0, 3))]), *WINDOW))


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """(pairs, q, tau, what the others say)."""
    rng = np.random.default_rng(20)
    pairs = []
    for i in range(PAIRS):
        first = random_train(rng)
        pairs.append((first, jittered(rng, first) if i % 2 else random_train(rng)))
    q, tau = rng.choice([0, 0.5, 5, 50, 1000], PAIRS).astype(float), 10 ** rng.uniform(-3, 1, PAIRS)
    sides = {}
    for side, trains in zip("ab", zip(*pairs)):
        sides[f"{side}_times"] = np.concatenate(trains)
        sides[f"{side}_offsets"] = np.cumsum([0, *map(len, trains)])
    folder = tmp_path_factory.mktemp("measures")
    np.savez(folder / "trains.npz", window=WINDOW, q=q, tau=tau, **sides)
    under_measures(ROOT / "tests/oracle/measures_case.py", folder / "trains.npz", folder / "values.npz")
    with np.load(folder / "values.npz") as values:
        return pairs, q, tau, dict(values)


def worst(found, wanted) -> float:
    assert len(found) == len(wanted) == PAIRS and np.isfinite(wanted).all()
    return float(np.abs(np.asarray(found) - wanted).max())


def test_victor_purpura_is_elephants(judged):
    pairs, q, _, others = judged
    found = [rb.measures.victor_purpura(a, b, q=cost) for (a, b), cost in zip(pairs, q)]
    assert worst(found, others["victor_purpura"]) < TOLERANCE


def test_van_rossum_is_elephants(judged):
    pairs, _, tau, others = judged
    found = np.array([rb.measures.van_rossum(a, b, tau=t) for (a, b), t in zip(pairs, tau)])
    # Squares are compared: elephant's are a difference of sums, whose rounding the root of a number near 0 enlarges.
    assert worst(found**2, np.nan_to_num(others["van_rossum"]) ** 2) < TOLERANCE
    apart = found > 1e-3
    assert apart.sum() > PAIRS // 2
    assert np.abs(found - others["van_rossum"])[apart].max() < TOLERANCE


@pytest.mark.parametrize("name", ["isi_distance", "spike_distance", "spike_synchronisation"])
def test_the_measures_of_intervals_are_pyspikes(judged, name):
    pairs, _, _, others = judged
    found = getattr(rb.measures, name)(*zip(*pairs), window=WINDOW)
    assert np.isfinite(found).all() and np.unique(np.round(found, 6)).size > 100
    # Where both trains are one spike at the end, pyspike divides the last interval's length of 0 by 0.
    lone = np.array([a.tolist() == b.tolist() == [WINDOW[1]] for a, b in pairs])
    assert (
        (np.isfinite(others[name]) | lone).all()
        and lone.sum() < 10
        and not found[lone & (name != "spike_synchronisation")].any()
    )
    assert worst(found, np.where(lone & np.isnan(others[name]), found, others[name])) < TOLERANCE


def test_the_earth_movers_distance_is_scipys(judged):
    pairs, _, _, others = judged
    both = [i for i, pair in enumerate(pairs) if all(train.size for train in pair)]
    found = [rb.measures.earth_mover(*pairs[i]) for i in both]
    assert len(both) > 900
    assert np.abs(found - others["earth_mover"][both]).max() < TOLERANCE
