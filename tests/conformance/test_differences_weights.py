"""X11 to X16: weights, their exponents, delays. The others' rules stand here once more, in a few lines each."""

import numpy as np
import pytest
import rheobase as rb
from differences import PROFILES, compiled, ours, refusal, results, same_in_both, sent

ACTIVE = [[1, 1]]


def pinned(weights, exponent: int = 0, sign_mode: str = "mixed") -> dict:
    return {"weights": weights, "exponent": exponent, "bits": 8, "sign_mode": sign_mode}


def test_x11_truncation_of_mixed_weights():
    weights = [-3, -1, 1, 3, 5]
    floored, toward_zero = ([cut(w / 2) * 2 for w in weights] for cut in (lambda x: int(np.floor(x)), int))
    found = {
        "lava": floored,
        "nengo": [round(w / 2) * 2 for w in weights],  # Python rounds half to even, too
        "brian2": toward_zero,
        # What packs words does so: tests/unit/chip/DifferencesTest.cpp. It is never left to do here.
        "here (lava)": floored,
        "here (loihi1)": toward_zero,
    }
    assert found == results("X11")
    for profile in PROFILES:
        odd = [[float(w)] for w in weights]
        assert (
            refusal(lambda: compiled(odd, profile, "li", pinned([[w] for w in weights]))) == "refused R0303"
        )
        # Left free, integers keep their value: twice as large with the exponent -1.
        sums = ours(odd, profile, [[1]], "cuba_li", "u")[0] // 64
        assert sums.tolist() == weights


def test_x12_the_exponent_of_the_sum_or_of_each_weight():
    weights, exponent = [1, 1], -1
    per_weight = [sum(int(np.floor(w * 2.0 ** (6 + exponent) / 64)) for w in weights)]
    found = {"lava": [sum(weights) >> -exponent], "nengo": per_weight, "brian2": per_weight}
    settings = pinned([weights], exponent, "excitatory")
    for p in PROFILES:
        found[f"here ({p})"] = (ours([[0.5, 0.5]], p, ACTIVE, "cuba_li", "u", settings)[0] // 64).tolist()
    assert found == results("X12")


def test_x13_the_largest_weight():
    given = 64 * (-256 << 7)
    found = {"lava": [given], "brian2": [max(given, -(2**21 - 64))]}
    found["here"] = same_in_both(lambda p: ours([[-256 << 7]], p, [[1]], "cuba_li", "u", pinned([[-256]], 7)))
    assert found == results("X13")
    assert 64 * (254 << 7) < 2**21 - 64 > 64 * (255 << 7)  # no other weight reaches the clip


def test_x14_the_end_of_inhibitory_weights():
    settings = pinned([[-256]], sign_mode="inhibitory")
    (found,) = {refusal(lambda p=p: compiled([[-256]], p, "li", settings)) for p in PROFILES}
    assert {"lava": [max(-256, -255)], "brian2": [-256], "here": found} == results("X14")


def chain(length: int) -> rb.Network:
    """A way of ``length`` hops, and beside it one that makes up for all of them but one by its delay."""
    b = rb.Builder()
    b.input("in", 1)
    before = "in"
    for k in range(length):
        b.exact(f"p{k}", 1, model="lif", threshold=64)
        b.connect(before, f"p{k}", np.array([[4.0]]))
        before = f"p{k}"
    b.connect("in", before, np.array([[4.0]]), name="beside")
    return b.build()


def test_x15_t7_the_longest_delay():
    delay = 63
    found = {"lava": [delay + 1], "netx": [min(delay, 62) + 1]}
    assert rb.compile(chain(delay), chip="loihi1").lag == delay  # 62 steps of delay beside it
    found["here"] = refusal(lambda: rb.compile(chain(delay + 1), chip="loihi1"))
    assert found == results("X15")


def test_x16_negative_spikes():
    weight, spike = 4, -1
    image = compiled([[weight]], "lava", "cuba_li")
    found = {
        "lava (0 message bits)": [weight * bool(spike)],
        "lava (8 message bits)": [weight * spike],
        "here": sent("graded_vec", [spike], weight, payload=1),
        "here (input of spikes)": refusal(lambda: image.run(np.array([[spike]]))),
    }
    assert found == results("X16")
    with pytest.raises(rb.DataError, match="takes spikes, 0 or 1"):
        image.run(np.array([[spike]]))
