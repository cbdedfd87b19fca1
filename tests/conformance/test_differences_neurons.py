"""X1 to X10: currents, potentials and spikes. The others' rules stand here once more, in a few lines each."""

import numpy as np
from differences import PROFILES, compiled, ours, refusal, results, run, same_in_both, sent

HALF = 1 << 23


def toward_zero(x: int, share: int) -> int:
    """Lava: the magnitude is shifted."""
    return (abs(x) * (4096 - share) >> 12) * (1 if x >= 0 else -1)


def less_the_ceiling(x: int, share: int) -> int:
    """brian2_loihi: the magnitude of what is lost is rounded up."""
    return x + (1 if x < 0 else -1) * -(-abs(x) * share // 4096)


def wrapped_once(x: int) -> int:
    return x - 2 * HALF if x > HALF else x + 2 * HALF if x <= -HALF else x


def twos_complement(x: int, bits: int) -> int:
    """``bits`` beside the sign, as nengo-loihi counts them."""
    return (x + (1 << bits)) % (2 << bits) - (1 << bits)


def test_x1_decay_of_the_current():
    registers = [1024, 0]
    found = {
        "lava": [toward_zero(4096, r + 1) for r in registers],
        "nengo": [toward_zero(4096, r + 1) for r in registers],
        "brian2": [less_the_ceiling(4096, r) for r in registers],
    }
    shares = np.array(registers) + 1
    weights, x = [[64], [64]], [[1], [0]]
    found["here"] = same_in_both(lambda p: ours(weights, p, x, "cuba_li", "u", decay_u=shares)[1])
    assert found == results("X1")
    image = compiled(weights, "loihi1", "cuba_li", decay_u=shares)
    assert '"du":[1024,0]' in image.info["quantization"].replace(" ", "")


def test_x1_both_roundings_are_one():
    """The forms differ, the numbers do not."""
    for x in [*range(-70000, 70000, 331), -HALF, HALF]:
        for share in (1, 128, 1024, 4095, 4096):
            assert toward_zero(x, share) == less_the_ceiling(x, share)


def test_x2_overflow_of_the_current():
    sums = [131072, 131328, -131072]
    # Two inputs would do, but for the 9 bits of a weight.
    weights = [[16384] * 8, [16384] * 7 + [16640], [-16384] * 8]
    found = {
        "lava": [wrapped_once(64 * a) for a in sums],
        "brian2": [64 * a for a in sums],
        **{f"here ({p})": ours(weights, p, [[1] * 8], "cuba_li", "u")[0].tolist() for p in PROFILES},
    }
    assert found == results("X2")
    assert found["here (loihi1)"] == [twos_complement(64 * a, 23) for a in sums]


def test_x3_a_current_beyond_one_period():
    weights = [[16384] * 23 + [16512]]
    (found,) = {refusal(lambda p=p: compiled(weights, p, "cuba_li")) for p in PROFILES}
    given = 64 * 393344
    assert {"lava": [wrapped_once(given)], "brian2": [given], "here": found} == results("X3")
    assert wrapped_once(given) > HALF and twos_complement(given, 23) < HALF


def test_x4_the_sum_of_one_step():
    given = 64 * 32768
    found = {
        "lava": [wrapped_once(given)],
        "nengo": [twos_complement(twos_complement(given, 21), 23)],
        "brian2": [given],
        "here": same_in_both(lambda p: ours([[16384] * 2], p, [[1, 1]], "cuba_li", "u")),
    }
    assert found == results("X4")


def test_x5_the_ends_of_the_potential():
    def each(stop):
        return [stop(-6400), stop(stop(4194304) + 4194304)]

    found = {
        "lava": each(lambda v: min(max(v, 1 - HALF), HALF - 1)),
        "nengo": each(lambda v: min(max(v, 0), 2 ** (9 + 2 * 7) - 1)),  # the largest vmax, exponent 7
        "brian2": each(lambda v: v),
    }

    def here(profile):
        below = ours([[-100]], profile, [[1]], "integrator", "v")
        above = ours([[16384] * 4], profile, [[1] * 4] * 2, "integrator", "v")
        return below[-1].tolist() + above[-1].tolist()

    assert {**found, "here": same_in_both(here)} == results("X5")


def test_x6_bias():
    bias = 3 << 2
    found = {"lava": [bias, 2 * bias], "nengo": [bias, 2 * bias], "brian2": [0, 0]}
    # It acts from the first step on, before anything can arrive.
    found["here"] = same_in_both(lambda p: run([[2]], p, [[0]], "li", bias=bias).states["n.v"][:2])
    assert found == results("X6")


def spikes_of_six(held) -> list[int]:
    """A neuron that spikes whenever its potential is not held; held(steps since its last spike)."""
    spikes, last = [], -100
    for t in range(6):
        spikes.append(int(not held(t - last)))
        last = t if spikes[-1] else last
    return spikes


def test_x7_refractory_period():
    found = {"lava": spikes_of_six(lambda since: False)}
    # The end of the period is the step of the spike + the period, and is itself in it.
    found["lava (LIFRefractory, period 1)"] = spikes_of_six(lambda since: since <= 1)
    for who in ("nengo", "brian2"):  # a counter that ends before the step; a time that has to pass
        for period in (1, 3):
            found[f"{who} (period {period})"] = spikes_of_six(lambda since: since < period)
    weights, x = [[128]], [[1]] * 6
    found["here"] = same_in_both(lambda p: ours(weights, p, x, "lif", "spikes", threshold=128))
    for steps in (1, 2):
        spikes = sent("cuba_lif_refractory", [1] * 6, 128, threshold=128, refractory_steps=steps)
        found[f"here (refractory_steps {steps})"] = spikes
    assert found == results("X7")


def test_x8_the_potential_in_the_step_of_a_spike():
    """The chip's 128 is checked where its recording is: test_silicon.py."""

    def here(profile):
        out = run([[2]], profile, [[1]] * 2, "lif", decay_v=0, threshold=192)
        assert out.spikes["n"].ravel().tolist() == [0, 0, 1] and out.states["n.v"].ravel()[1] == 128
        return out.states["n.v"][-1]

    found = {"silicon": [128 * 1], "lava": [0], "nengo": [0], "brian2": [0], "here": same_in_both(here)}
    assert found == results("X8")


def test_x9_at_the_threshold():
    state = threshold = 128
    more, not_less = [int(state > threshold)], [int(state >= threshold)]
    found = {who: more for who in ("lava (LIF)", "lava (RFZero)", "nengo", "brian2")}
    found |= {f"lava ({model})": not_less for model in ("ATRLIF", "RF", "Delta")}
    found["here (lif)"] = same_in_both(lambda p: ours([[2]], p, [[1]], "lif", "spikes", threshold=threshold))
    found["here (atrlif)"] = sent("atrlif", [1], 2, theta_0=threshold)
    found["here (delta)"] = [int(s != 0) for s in sent("delta", [2], payload=2, threshold=2)]
    # A turn by a quarter makes 2 of -2i; u meets its threshold of 2 as v leaves the negative numbers.
    quarter = sent("resonate_and_fire", [[0, -2], [0, 0]], payload=2, cosine=0, sine=1 << 15, threshold=2)
    still = sent("resonate_and_fire_zero", [[0, -1], [2, 1]], payload=2, threshold=2)
    found["here (resonate_and_fire)"], found["here (resonate_and_fire_zero)"] = [sum(quarter)], [sum(still)]
    assert found == results("X9")


def spikes_counting_up(fresh_before) -> list[int]:
    """A bias of 1 without a leak, threshold 3, cleared before the steps that fresh_before names."""
    v, steps = 0, []
    for t in range(1, 16):
        v = (0 if fresh_before(t) else v) + 1
        if v > 3:
            v, _ = 0, steps.append(t)
    return steps


def test_x10_resets_by_the_clock():
    clocked = dict(bias=1, threshold=3, reset_interval=4, reset_phase=0)
    here = sent("cuba_lif_reset", [0] * 15, 2, **clocked)  # from the second step on
    found = {
        "lava (LIFReset)": spikes_counting_up(lambda t: t % 4 == 1),
        "lava (Reset)": spikes_counting_up(lambda t: t > 1 and (t - 1 - 1) % 4 == 1),  # after the step before
        "here": [step for step, spike in enumerate(here[:14], 2) if spike],
    }
    assert found == results("X10")
    assert refusal(lambda: compiled([[2]], "lava", "lif", reset_interval=4)).startswith("refused")
