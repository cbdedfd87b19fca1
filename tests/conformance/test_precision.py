"""How few bits will do for the NIR paper's convolutional network, on recordings: what is lost, what is foretold."""

import event_digits
import pytest
import rheobase as rb


@pytest.fixture(scope="module")
def net() -> rb.Network:
    return event_digits.network()


@pytest.fixture(scope="module")
def digits():
    return event_digits.digits()


def test_eight_bits_lose_a_point_at_most_and_four_bits_three(net, digits):
    found = rb.sweep(net, [4, 8], *digits, sensitivity=False)
    figures = found.figures()
    assert figures["accuracy_drop_8"] <= 0.01 and figures["accuracy_drop_4"] <= 0.03
    assert figures["flagged_8"] == figures["flagged_4"] == 0
    assert figures["memory_4"] < 0.6 * figures["memory_8"]


def test_three_bits_by_the_largest_weight_collapse_as_foretold(net, digits):
    """The first kernel's largest weight is so far from the others that 84 % of them become 0."""
    said = []
    x, y = digits
    found = rb.sweep(net, [3, 8], x[:40], y[:40], scales="max", sensitivity=False, tell=said.append)
    assert said and said[0].startswith("3 bits: expected to collapse, before any data: weights of '0'")
    eight, three = found.data["uniform"]
    assert not eight["flags"] and three["confirmed"] and three["accuracy"]["value"] < 0.6
    assert any("neurons of '1' can no longer fire" in flag for flag in three["flags"])
