"""The two example networks on every chip that takes them: engines and rules agree on real data, every state of it."""

import gzip

import numpy as np
import pytest
import rheobase as rb
from chips import CHIPS, compile_or_listed
from debian import data_of_debian
from comparing import compare_with_rules, run_engines
from recordings import EXAMPLES
from stage_text import StageText

IMAGES = 300
STEPS = 20


def reaching():
    with np.load(EXAMPLES / "reaching" / "test_data.npz") as data:
        return rb.load(EXAMPLES / "reaching" / "reaching.nir"), data["x"]


def fashion():
    with gzip.open(data_of_debian("t10k-images-idx3-ubyte.gz")) as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)[:IMAGES]
    return rb.load(EXAMPLES / "fashion_mnist" / "fashion_mnist.nir"), rb.encode(pixels, f"rate:{STEPS},0")


@pytest.mark.parametrize("chip, profile", CHIPS)
@pytest.mark.parametrize("example", [reaching, fashion])
def test_w9_engines_agree_and_follow_the_rules(example, chip, profile, tmp_path):
    net, x = example()
    image = compile_or_listed(net, chip, profile, tmp_path)
    if image is None:
        return
    assert max(len(image.info["cores"]), 1) <= 128
    out = run_engines(image, {"input": x})
    compare_with_rules(out, StageText((tmp_path / "3-legal.mlir").read_text()).chip_net(), {"input": x})
    assert not out.overflows
    assert out.spikes["hidden"].any()
    for r in image.info["ranges"]:
        seen = out.states.get(f"{r['population']}.{r['state']}")
        if seen is not None:
            assert r["minimum"] <= seen.min() and seen.max() <= r["maximum"]
