"""Layers of type concat, which lava-dl's documentation names: {shape, type, layers}."""

import numpy as np
import pytest
import rheobase as rb
from netxfiles import MEMBRANE, RECURRENT, concat, dense, flatten, refusal, source, window, write_layers
from netxsteps import Membrane, correlate, drawing

even, spikes_in = drawing(17)


LEAKLESS = MEMBRANE | {"vDecay": 0}  # a chip rounds nothing


def on_a_chip(net: rb.Network, x, biased: str = "") -> rb.Recording:
    """The chip's run in the network's own time, equal to the network's but where a bias acts before the input comes (X35)."""
    chip, ours = rb.compile(net).run(x), net.run(x)
    for name in ours.spikes.keys() - {biased}:
        spikes = ours.spikes[name]
        assert np.array_equal(chip.aligned(f"{name}.spikes"), spikes), name
    return ours


@pytest.mark.parametrize("listed", [(0, 1), (0,)])
def test_flat_layers_one_after_the_other(tmp_path, listed):
    """The layer before may be listed or not: the shape tells."""
    first, second = even(6, 5), even(4, 11)
    net = rb.load(
        write_layers(
            tmp_path / "flat.net",
            source((5,)),
            dense(first, LEAKLESS),
            concat((11, 1, 1), *listed),
            dense(second, LEAKLESS, delay=np.arange(11)),
        )
    )
    (said,) = (a for a in net.assumptions if a["what"] == "layer2")
    assert ("'input', 'layer1'" if len(listed) == 2 else "'layer1', 'input'") in said["value"]
    assert sorted(n for n in net.nodes if n.startswith("layer3")) == [
        "layer3",
        "layer3.weight.0",
        "layer3.weight.1",
    ]
    x = spikes_in(60, 5)
    found = on_a_chip(net, x).spikes
    hidden, out = Membrane(6, keeps=1), Membrane(4, keeps=1)
    gathered = np.zeros((60, 11))
    for t, given in enumerate(x):
        parts = [given, hidden.step(first @ given)]
        gathered[t] = np.concatenate(parts if len(listed) == 2 else parts[::-1])
        late = [gathered[t - d, d] if t >= d else 0 for d in range(11)]
        assert np.array_equal(found["layer3"][t], out.step(second @ late))
    assert found["layer3"].any()


def test_maps_one_after_the_other(tmp_path):
    """Channels of one size, convolved, then two concats in a row of flat ones, with a loop whose spikes wait."""
    kernels = [even(2, 3, 3, 3), even(4, 5, 2, 2)]
    loop, loop_in = even(3, 3), even(3, 4 * 9)
    last = even(3, 36 + 3)
    net = rb.load(
        write_layers(
            tmp_path / "maps.net",
            source((3, 4, 4)),
            window("conv", kernels[0], (2, 4, 4), padding=1, neuron=LEAKLESS),
            concat((5, 4, 4), 1, 0),
            window("conv", kernels[1], (4, 3, 3), neuron=LEAKLESS),
            flatten(36),
            dense(loop_in, LEAKLESS, weight_rec=loop.astype(np.float32), delay=np.array(2)) | RECURRENT,
            concat((39, 1, 1), 5, 4),
            dense(last, LEAKLESS, bias=np.full(3, 4.0)),
        )
    )
    x = spikes_in(60, 3, 4, 4)
    found = on_a_chip(net, x, biased="layer7").spikes
    first, second, third = (Membrane(shape, keeps=1) for shape in ((2, 4, 4), (4, 3, 3), 3))
    fourth = Membrane(3, 4, keeps=1)
    before, waiting = np.zeros(3), [np.zeros(3)] * 2
    for t, given in enumerate(x):
        one = first.step(correlate(given, kernels[0], padding=(1, 1)))
        two = second.step(correlate(np.concatenate([one, given]), kernels[1])).ravel()
        before = third.step(loop_in @ two + loop @ before)
        waiting.append(before)
        assert np.array_equal(found["layer5"][t], before)
        assert np.array_equal(found["layer7"][t], fourth.step(last @ np.concatenate([waiting[t], two])))
    assert found["layer7"].any() and found["layer5"].any()


def test_a_concat_is_flattened_part_by_part(tmp_path):
    kernel, last = even(2, 3, 1, 1), even(2, 20)
    layers = [
        source((3, 2, 2)),
        window("conv", kernel, (2, 2, 2), neuron=LEAKLESS),
        concat((5, 2, 2), 0),
        flatten(20),
        dense(last, LEAKLESS),
    ]
    net = rb.load(write_layers(tmp_path / "flat.net", *layers))
    x = spikes_in(30, 3, 2, 2)
    found = on_a_chip(net, x).spikes["layer4"]
    first, second = Membrane((2, 2, 2), keeps=1), Membrane(2, keeps=1)
    for t, given in enumerate(x):
        both = np.concatenate([first.step(correlate(given, kernel)), given])
        assert np.array_equal(found[t], second.step(last @ both.ravel()))


BAD = {
    "no list": (concat((11, 1, 1)) | {"layers": None}, "R0105", "/layer/2/layers"),
    "a later layer": (concat((11, 1, 1), 2), "R0113", "/layer/2/layers"),
    "a half": (concat((11, 1, 1), 0) | {"layers": np.array([0.5])}, "R0113", "/layer/2/layers"),
    "too many": (concat((11, 1, 1), 0, 0, 0), "R0113", "/layer/2/shape"),
    "no size": (concat((-11, -1, 1), 0), "R0113", "/layer/2/shape"),
    "a delay": (concat((11, 1, 1), 0) | {"delay": np.array(3)}, "R0112", "/layer/2/delay"),
    "another size": (concat((12, 1, 1), 0), "R0113", "/layer/2/shape"),
    "no shape": (concat((11, 1, 1), 0) | {"shape": None}, "R0105", "/layer/2/shape"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_concats_get_one_error(tmp_path, what):
    layer, code, place = BAD[what]
    layers = source((5,)), dense(even(6, 5)), layer, dense(even(4, 11))
    assert refusal(write_layers(tmp_path / "bad.net", *layers)) == (code, place)


def test_what_cannot_follow_a_concat(tmp_path):
    def found(*layers):
        return refusal(write_layers(tmp_path / "bad.net", *layers))

    first = source((2, 4, 4)), window("conv", even(2, 2, 1, 1), (2, 4, 4)), concat((4, 4, 4), 0)
    assert found(*first, window("pool", np.full((1, 1, 2, 2), 2), stride=2)) == ("R0112", "/layer/3/type")
    assert found(*first, window("conv", even(4, 1, 1, 1), groups=4)) == ("R0112", "/layer/3/type")
    assert found(*first) == ("R0112", "/layer")
    mean = {"type": np.array(["average"]), "shape": np.array([2, 1, 1])}
    assert found(*first, mean) == ("R0112", "/layer/3/type")
    smaller = window("conv", even(2, 2, 2, 2), (2, 3, 3))
    assert found(first[0], smaller, concat((4, 4, 4), 0)) == ("R0113", "/layer/2/shape")
