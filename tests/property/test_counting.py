"""What placement counts of random networks is what their images hold, core by core."""

import pytest
import random_networks
import rheobase as rb
from rheobase import fixing
from rheobase.limits import core_uses, utilisation


def decoded(image) -> list:
    return [(core["id"], use) for core, use in zip(image.info["cores"], core_uses(image))]


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
