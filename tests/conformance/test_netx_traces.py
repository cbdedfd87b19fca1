"""Layers that lava-dl recorded beside their weights: what Lava's own fixed-point models did."""

import numpy as np
import rheobase as rb
from recordings import recorded


def test_n3_w5_the_current_of_a_dense_layer():
    """200 inputs, 256 neurons that keep nothing of their current, 2000 steps."""
    spikes, weights, current = (
        np.load(recorded(f"netx/dense/{name}.npy")) for name in ("in", "weight", "current")
    )
    b = rb.Builder(dt=1e-3)
    b.input("in", 200)
    b.exact("layer", 256, "cuba_lif", decay_u=4096, decay_v=415, threshold=64 * 6)
    b.connect("in", "layer", weights.astype(int))
    b.output("out", "layer")
    image = rb.compile(b.build())
    for engine in ("golden", "vector"):
        run = image.run(spikes.T.astype(int), engine=engine, probes=["layer.u"])
        assert np.array_equal(run.states["layer.u"][: current.shape[-1]].T, 64 * current)
    assert np.abs(current).max() > 0
