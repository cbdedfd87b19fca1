"""Every neuron model against Lava's own, driven directly: 0 differing bits in messages and states."""

import pytest
from environment import ROOT, needs_lava, under_lava

MODELS = "lif lif_reset ternary_lif atrlif sigma delta sigma_delta sigma_delta_corrected graded_vec graded_relu_vec prod_neuron rf rf_iz rf_zero norm_vec_delay inv_sqrt refractory".split()
NETWORKS = 640


@needs_lava
def test_n18_w5_f14_random_networks_of_every_model_equal_lava():
    """1 to 4 layers, recurrent, graded, all exponents and sign modes; 100 steps; messages and states."""
    told = under_lava(ROOT / "tests/oracle/network_case.py", 1, NETWORKS, package=True).split()
    assert int(told[1]) >= 500 and int(told[3]) > 100_000


@needs_lava
@pytest.mark.parametrize("model", MODELS)
def test_n11_to_n35_every_neuron_step_equals_lava(model):
    name, steps = under_lava(ROOT / "tests/oracle/model_case.py", 1, model, package=True).split()
    assert name == model and int(steps) >= 100_000
