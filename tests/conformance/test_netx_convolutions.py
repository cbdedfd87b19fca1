"""Convolutional networks of lava-dl as float networks of exact nodes (SPEC F14), against what Lava and Loihi 2 recorded.

Real numbers are not rounded, the recorded integers are: where a decay leaves a rest, potentials differ by less than what
the rests add up to, and a spike can differ only beside the threshold.
"""

import netx_traces
import numpy as np
import pytest
import rheobase as rb
from recordings import recorded


def wrong(run: rb.Recording, traces: dict) -> dict[str, int]:
    """How many spikes of each recorded layer are there in only one of the two."""
    layers = [layer for layer in traces if layer in run.spikes]
    return {
        layer: int((run.spikes[layer].reshape(traces[layer].shape) != traces[layer]).sum())
        for layer in layers
    }


def test_f14_f15_tinynet():
    traces = netx_traces.tinynet()
    run = rb.load(recorded("netx/tiny.net")).run(traces["input"], dtype="float64")
    assert [int(traces[f"layer{k}"].sum()) for k in (1, 2)] == [1633, 92]
    assert wrong(run, traces) == {"layer0": 0, "layer1": 0, "layer2": 0}


def test_f14_f15_pilotnet_of_spikes():
    """The few that differ, of 598,248, 106,355, 47,466 and 17,398 spikes, begin beside the threshold in layer 1."""
    traces = netx_traces.pilotnet_lif()
    net = rb.load(recorded("netx/pilotnet_lif/network.net"))
    run = net.run(traces["input"], dtype="float64")
    assert wrong(run, traces) == {"layer0": 0, "layer1": 7, "layer2": 76, "layer3": 248}
    assert wrong(net.run(traces["input"][:4]), {k: v[:4] for k, v in traces.items()}) == {
        f"layer{k}": 0 for k in range(4)
    }


@pytest.mark.parametrize("layer", [2, 3])
def test_f14_f15_currents_of_pilotnet(layer):
    """Of one layer that receives the recorded spikes of the one before: no decay, no rest."""
    traces = netx_traces.pilotnet_lif()
    node = rb.load(recorded("netx/pilotnet_lif/network.net")).nodes[f"layer{layer}.weight"]
    received, current = traces[f"layer{layer - 1}"], traces[f"layer{layer}.u"]
    b = rb.Builder()
    b.input("in", received.shape[1:])
    b.exact("out", current.shape[1:], "cuba_lif")
    b.convolve("in", "out", node.parameters["weight"], stride=node.parameters["stride"])
    found = b.build().run(received, probes=["out.u"]).states["out.u"].reshape(current.shape)
    # A spike takes one step from layer to layer, of which both windows leave out the same.
    assert np.array_equal(found, current) and current.any()


def test_f14_n25_pilotnet_of_changes():
    traces = netx_traces.pilotnet_sdnn()
    net = rb.load(recorded("netx/pilotnet_sdnn/network.net"))
    assert [n.kind for n in net.populations] == ["delta"] + 7 * ["sigma_delta"] + ["sigma"]
    run = net.run(traces["input"], probes=["layer1.sigma"])
    assert np.array_equal(run.spikes["layer0"].reshape(traces["layer0"].shape), traces["layer0"])
    assert np.array_equal(
        run.states["layer1.sigma"].reshape(traces["layer1.sigma"].shape), traces["layer1.sigma"]
    )


def test_n25_n26_tinynet_of_changes():
    """Each layer by itself. Those behind the first took what they received for spikes of 1, whatever its payload."""
    bias, sent = netx_traces.from_lava("tinynet_sdnn/input_bias"), netx_traces.from_lava("tinynet_sdnn/input")
    change = dict(threshold=20 << 12, state_exponent=6)
    b = rb.Builder()
    b.input("in", bias.shape)
    b.exact("changes", bias.shape, "delta", input_shift=12, **change)
    b.connect("in", "changes")
    x = np.trunc(bias * np.sin(2 * np.pi * np.arange(15) / 15)[:, None, None, None])
    assert np.array_equal(b.build().run(x).spikes["changes"].reshape(sent.shape), sent)

    kernel = np.load(recorded("netx/tinynet_sdnn/layer1_kernel.npy")).transpose(0, 3, 2, 1)[:, :, ::-1, ::-1]
    hidden = netx_traces.from_lava("tinynet_sdnn/layer1")
    b = rb.Builder()
    b.input("in", bias.shape)
    offsets = np.load(recorded("netx/tinynet_sdnn/layer1_bias.npy"))[:, None, None] << 12
    b.exact("hidden", (24, 6, 6), "sigma_delta", bias=offsets, rectified=1, **change)
    b.convolve("in", "hidden", kernel, stride=2)
    spikes = np.concatenate([sent != 0, np.zeros((1, *bias.shape), bool)])
    found = b.build().run(spikes).spikes["hidden"].reshape(hidden.shape)
    assert np.array_equal(found, hidden) and hidden.any()

    b = rb.Builder()
    b.input("in", 864)
    b.exact("out", 100, "sigma")
    b.connect("in", "out", np.load(recorded("netx/tinynet_sdnn/layer2_weight.npy")))
    out, in_lavas_order = (
        netx_traces.from_lava("tinynet_sdnn/layer2"),
        hidden.transpose(0, 3, 2, 1).reshape(-1, 864),
    )
    assert np.array_equal(b.build().run(in_lavas_order != 0).spikes["out"][:-1], out[1:])


@pytest.mark.parametrize("case", range(5))
def test_f15_convolutions_of_lava(case):
    """Real inputs, integer kernels with strides, dilations and groups: equal within float32, in which Lava summed.

    Lava's order is [columns, rows, channels], and its kernels are turned (X20).
    """
    given = np.load(recorded(f"lava/conv/gt_conv_paris_{case}.npz"))
    x, expected = given["input"].T, given["out_gt"].T
    kernel = given["weights"].transpose(0, 3, 2, 1)[:, :, ::-1, ::-1]
    b = rb.Builder(dt=1e-3)
    b.input("in", x.shape)
    b.integrator("out", expected.shape)
    along = {name: given[name][::-1] for name in ("stride", "padding", "dilation")}
    b.convolve("in", "out", kernel, groups=int(given["groups"]), **along)
    found = b.build().run(x[None], dtype="float64").output[0]
    assert np.abs(found - expected).max() < 1e-6 * np.abs(expected).max()
