"""What placement counts of random networks is what their images hold, core by core."""

import numpy as np
import pytest
import random_networks
import rheobase as rb
from partial_sums import chip as record
from rheobase import fixing
from rheobase.limits import core_uses, utilisation


def decoded(image) -> list:
    return [(core["id"], use) for core, use in zip(image.info["cores"], core_uses(image))]


def test_a_core_waits_for_what_ends_in_it(tmp_path):
    """Of a projection whose long delays end in one of two cores, the other has no slots for them."""
    rng = np.random.default_rng(1)
    delays = np.zeros((20, 30), int)
    delays[10:] = rng.integers(0, 40, (10, 30))
    b = rb.Builder(dt=1e-3)
    b.input("in", 30)
    b.lif("a", 20, tau=5e-3)
    b.connect("in", "a", rng.normal(0, 0.3, (20, 30)), delay=delays)
    b.output("out", "a")
    two = record(tmp_path, "two", neurons_per_core=10)
    placed = fixing.look(fixing.Plan(b.build(), two, {}))[1]
    image = rb.compile(b.build(), two)
    assert placed.cores == decoded(image)
    assert [use["delay_slots_per_core"] for _, use in placed.cores] == [80, 640]


@pytest.mark.parametrize("seed", range(40))
def test_what_is_counted_is_what_the_image_holds(seed, tmp_path):
    drawn = random_networks.draw(seed, tmp_path)
    for chip in (drawn.chip, "loihi2", "tiny"):
        for more in ({}, {"clone_fan_out": True}, {"split_fan_in": True}):
            options = {"profile": drawn.profile, "quant": drawn.settings, **more}
            try:
                image = rb.compile(drawn.net, chip, **options)
            except rb.Error:
                continue
            placed = fixing.look(fixing.Plan(drawn.net, chip, options))[1]
            assert placed.cores == decoded(image)
            assert utilisation(placed) == utilisation(image)
            tiny = rb.ChipSpec.load("tiny")
            assert utilisation(placed, tiny) == utilisation(image, tiny)
