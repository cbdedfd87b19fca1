"""The graphs of the mapper's benchmark are those of their definitions."""

import microcircuit
import numpy as np
import pytest
import reservoirs


@pytest.mark.parametrize(("neurons", "mean_targets"), [(600, 9), (1200, 40), (300, 80), (50, 45), (20, 30)])
def test_targets_are_those_of_the_definition(neurons, mean_targets):
    near = list(reservoirs.targets(reservoirs.Reservoir(neurons, mean_targets, 5)))
    all_pairs = list(reservoirs.targets_by_definition(reservoirs.Reservoir(neurons, mean_targets, 5)))
    assert len(near) == len(all_pairs) == neurons
    for mine, defined in zip(near, all_pairs):
        assert np.array_equal(mine, defined)


def test_the_published_graph():
    reservoir = reservoirs.Reservoir(*reservoirs.LADDER["16k"])
    assert round(reservoir.rates.sum(), 1) == 30791.1
    assert sum(map(len, reservoirs.targets(reservoir))) == 2095505


def test_the_microcircuit_has_as_many_synapses_as_its_probabilities_say(tmp_path):
    scale = 0.02
    pins = microcircuit.generate(scale, tmp_path / "cortex.hgr")
    p, n = np.array(microcircuit.PROBABILITIES), np.array(microcircuit.NEURONS)
    pairs = n[:, None] * n[None, :]
    drawn = np.log1p(-p) / np.log1p(-1 / pairs) * scale**2
    small = pairs * scale**2
    distinct = small * (1 - np.exp(-drawn / small))  # several synapses of a pair are one pin
    assert pins == pytest.approx(distinct.sum(), rel=0.01)
    assert (tmp_path / "cortex.hgr").read_text().split("\n", 1)[0] == "1544 1544 1"
