"""Networks of neurons that Lava lacks, of delays behind loops, of parameters for each channel: what lava-dl's SLAYER computed.

record_slayer.py made the files, with lava-dl 0.6.0 itself.
"""

from pathlib import Path

import numpy as np
import pytest
import rheobase as rb
from comparing import run_engines

RECORDED = Path(__file__).parent / "slayer"


@pytest.mark.parametrize(
    "name, models",
    [
        ("alif", ["atrlif", "atrlif"]),
        ("adrf", ["adaptive_resonate_and_fire"]),
        ("adrf_iz", ["adaptive_resonate_and_fire_izhikevich"]),
        ("recurrent", ["cuba_lif", "atrlif", "cuba_lif"]),
    ],
)
def test_n23_n36_n37_t7_compiled_networks_spike_as_slayer_has_it(name, models):
    net = rb.load(RECORDED / f"{name}.net")
    recorded = np.load(RECORDED / f"{name}.npz")
    layers = [node for node in net.nodes.values() if node.stateful]
    assert [layer.kind for layer in layers] == models
    image = rb.compile(net, chip="loihi2")
    out = run_engines(image, {"in": recorded["x"].astype(np.int64)})
    for number, layer in enumerate(layers):
        theirs, ours = recorded[f"layer{number}"], out.aligned(layer.name)
        for neuron, delay in enumerate(spike_delays(net, number, layer.size)):
            sent = theirs[:, delay:, neuron]
            assert np.array_equal(ours[:, : sent.shape[1], neuron], sent), (layer.name, neuron)
        assert theirs.sum() > 350


def spike_delays(net, layer: int, size: int) -> np.ndarray:
    """What the next layer's weights wait for the spikes of this one."""
    following = net.nodes.get(f"layer{layer + 1}.weight")
    delay = 0 if following is None else following.parameters.get("delay", 0)
    return np.broadcast_to(np.asarray(delay, np.int64).reshape(-1), size)
