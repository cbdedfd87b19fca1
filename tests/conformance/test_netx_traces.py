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


def test_n30_a_complex_dense_layer_is_two_real_ones_into_the_ports_of_resonators():
    """200 inputs, 256 resonators of period 11 that lose a twentieth of their state in a step, 2000 steps."""
    names = ("in", "weight_r", "weight_img", "out")
    x, real, imag, spikes = (np.load(recorded(f"netx/complex_dense/{name}.npy")) for name in names)
    bits, state_exp = 12, 6  # NetX's
    angle = 2 * np.pi / 11
    cosine, sine = (np.int32((1 - 0.05) * f(angle) * (1 << bits)) << (15 - bits) for f in (np.cos, np.sin))
    b = rb.Builder(dt=1e-3)
    b.input("in", 200)
    turn = dict(cosine=cosine, sine=sine, input_shift=state_exp, threshold=25 << state_exp)
    b.exact("layer", 256, "resonate_and_fire", **turn)
    b.connect("in", "layer", real.astype(int), port="real", name="real")
    b.connect("in", "layer", imag.astype(int), port="imag", name="imag")
    b.output("out", "layer")
    image = rb.compile(b.build())
    for engine in ("golden", "vector"):
        run = image.run(x.T.astype(int), engine=engine)
        # The recording, too, has a step between what is sent and what the neurons do with it.
        assert np.array_equal(run.spikes["layer"][: spikes.shape[-1]].T, spikes)
    assert spikes.sum() == 41512
