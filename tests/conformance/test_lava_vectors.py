"""Random populations and networks, as Lava's own fixed-point processes ran them: 0 differing bits in messages and states.

tests/oracle/record_vectors.py made the files, with Lava 0.10. Where Lava is installed, tests/oracle/test_models.py asks it
about many more.
"""

from pathlib import Path

import lava_vectors
import pytest
import rheobase as rb
from comparing import run_engines
from rheobase.arithmetic import MODELS

RECORDED = Path(__file__).parent / "lava"
NETWORKS = lava_vectors.read(RECORDED / "networks.npz")
POPULATIONS = [
    vector
    for path in sorted(RECORDED.glob("*.npz"))
    if path.stem != "networks"
    for vector in lava_vectors.read(path)
]
# cuba_lif with fixed decays or without a threshold (SPEC N12 to N16), for which Lava has no processes of their own.
PARTS_OF_CUBA_LIF = {"lif", "li", "cuba_li", "integrate_and_fire", "integrator"}
# SLAYER has them, Lava has not: test_slayer.py.
SLAYERS = {"adaptive_resonate_and_fire", "adaptive_resonate_and_fire_izhikevich"}


def named(vectors: list) -> list:
    return [pytest.param(vector, id=vector.name) for vector in vectors]


def check(vector: lava_vectors.LavaVector) -> None:
    image = rb.compile(vector.build(), chip="loihi2")
    difference = vector.difference(run_engines(image, {"in": vector.x}))
    assert difference is None, difference


@pytest.mark.parametrize("vector", named(POPULATIONS))
def test_n11_n20_to_n35_recorded_populations_equal_lava(vector):
    check(vector)


@pytest.mark.parametrize("vector", named(NETWORKS))
def test_n18_w5_w7_t2_t7_f14_recorded_networks_equal_lava(vector):
    check(vector)


def test_n11_n20_to_n35_every_model_that_lava_has_is_recorded_and_sends_something():
    sending = {
        population["model"]
        for vector in POPULATIONS
        for population in vector.populations
        if vector.said[f"{population['name']}.spikes"].any()
    }
    assert sending == MODELS.keys() - PARTS_OF_CUBA_LIF - SLAYERS


@pytest.mark.parametrize("model", sorted({vector.populations[0]["model"] for vector in POPULATIONS}))
def test_n11_n20_to_n35_a_recording_tells_when_an_integer_is_wrong_by_one(model):
    vectors = [vector for vector in POPULATIONS if vector.populations[0]["model"] == model]
    untold = {
        change
        for change in lava_vectors.slight_changes(vectors[0])
        if not any(lava_vectors.tells(vector, *change) for vector in vectors)
    }
    assert not untold


def test_n18_w5_w7_t2_t7_f14_recorded_networks_are_deep_and_have_loops_delays_and_payloads():
    connections = [connection for vector in NETWORKS for connection in vector.connections]
    assert {len(vector.populations) for vector in NETWORKS} == {1, 2, 3, 4}
    assert any(connection["source"] == connection["target"] for connection in connections)
    assert any(connection["delay"] is not None for connection in connections)
    assert {vector.payload is None for vector in NETWORKS} == {True, False}
    models = {population["model"] for vector in NETWORKS for population in vector.populations}
    assert any(MODELS[model]["graded"] for model in models)
