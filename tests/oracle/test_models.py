"""Every neuron model against Lava's own, driven directly: 0 differing bits in messages and states."""

import pytest
from environment import ROOT, needs_lava, under_lava

MODELS = (
    "lif lif_reset ternary_lif atrlif sigma delta sigma_delta graded_vec graded_relu_vec refractory".split()
)


@needs_lava
@pytest.mark.parametrize("model", MODELS)
def test_n11_to_n28_every_neuron_step_equals_lava(model):
    name, steps = under_lava(ROOT / "tests/oracle/model_case.py", 1, model, package=True).split()
    assert name == model and int(steps) >= 100_000
