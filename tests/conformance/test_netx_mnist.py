"""A network of lava-dl on MNIST: the accuracy that its own runtime reaches, and the rules written down once more."""

import gzip

import numpy as np
import pytest
import rheobase as rb
from chips import CHIPS, compile_or_listed
from comparing import compare_with_rules, run_engines
from recordings import recorded
from stage_text import StageText

STEPS = 20


@pytest.fixture(scope="module")
def net():
    return rb.load(recorded("netx/trained_mnist_network.net"))


@pytest.fixture(scope="module")
def mnist():
    def read(name, header):
        return np.frombuffer(
            gzip.open(recorded(f"mnist/first5000-{name}-ubyte.gz")).read()[header:], np.uint8
        )

    return rb.encode(read("images-idx3", 16).reshape(5000, 784), f"current:{STEPS}"), read("labels-idx1", 8)


def percent(spikes, labels) -> float:
    return round(100 * float((spikes.sum(1).argmax(1) == labels).mean()), 2)


def test_t2_f14_mnist_as_netx_counts_it(net, mnist):
    x, y = mnist
    out = rb.compile(net).run(x)
    assert out.lag["layer2"] == 3
    assert percent(out.spikes["layer2"][:, :STEPS], y) == 93.92  # every hop costs a step
    assert percent(out.aligned("layer2"), y) == 93.96  # none does
    assert not out.overflows


@pytest.mark.parametrize("chip, profile", CHIPS)
def test_f14_the_integers_reach_the_chip(net, mnist, chip, profile, tmp_path):
    image = compile_or_listed(net, chip, profile, tmp_path)
    if image is None:
        return
    x = {net.inputs[0].name: mnist[0][:20]}
    stage = StageText((tmp_path / "3-legal.mlir").read_text()).chip_net()
    compare_with_rules(run_engines(image, x), stage, x)
