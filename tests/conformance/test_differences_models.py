"""X17 to X23, X31, X32: other models. The others' rules stand here once more, in a few lines; tests/oracle asks Lava itself."""

import numpy as np
import rheobase as rb
from comparing import run_engines
from differences import results, sent


def toward_zero(x: int, bits: int) -> int:
    return (abs(x) >> bits) * (1 if x >= 0 else -1)


def test_x17_what_a_sigma_delta_neuron_rounds_off():
    bits = 6

    def changes(reference) -> list[int]:
        """reference(the last one, the activation, what is sent): what the next activation is compared with."""
        last, values = 0, []
        for act in (100, 200, 300, 400):
            values.append((act - last) >> bits)
            last = reference(last, act, values[-1])
        return values

    found = {
        "lava": changes(lambda last, act, value: act),
        "lava (corrected)": changes(lambda last, act, value: last + (value << bits)),
        "here": sent("sigma_delta", [100] * 4, payload=100, state_exponent=bits)[:4],
        "here (sigma_delta_corrected)": sent(
            "sigma_delta_corrected", [100] * 4, payload=100, state_exponent=bits
        )[:4],
    }
    assert found == results("X17")
    assert sum(found["lava (corrected)"]) == 400 >> bits > sum(found["lava"])


def convolved(kernel: list, x: list, exponent: int = 0, factor: int = 1) -> list[int]:
    """Sums that arrive from one row of payloads x, ``factor`` times as large, through kernel[taps] 2^exponent."""
    b = rb.Builder()
    b.input("in", (1, 1, len(x)), payload=max(x))
    b.exact("given", (1, 1, len(x)), "graded_vec", threshold=0)
    b.exact(
        "sent", (1, 1, len(x)), "graded_vec", threshold=0
    )  # payloads of neurons may be larger than the host's
    b.exact("n", (1, 1, len(x) - len(kernel) + 1), "sigma")
    b.connect("in", "given")
    b.convolve("given", "sent", [[[[factor]]]])
    b.convolve("sent", "n", np.array(kernel)[None, None, None] * 2.0**exponent, name="w")
    quant = {"schema": "rheobase.quantization/1", "projections": {"w": {"exponent": exponent}}}
    out = run_engines(rb.compile(b.build(), quant=quant), {"in": np.array([x]).reshape(1, 1, 1, -1)})
    return out.spikes["n"][-1].ravel().tolist()


def test_x18_the_exponent_of_a_convolution():
    found = {"lava (Dense)": [3 << 2], "lava (Conv)": [3], "here": convolved([3], [1], exponent=2)}
    assert found == results("X18")


def test_x19_the_overflow_of_a_convolution():
    total, half = 2 * 4194304, 1 << 23
    found = {
        "lava (Dense)": [total],
        "lava (Conv)": [(total + half) % (2 * half) - half],
        "here": convolved([1, 1], [1 << 17] * 2, factor=32),
    }
    assert found == results("X19")


def test_x20_the_direction_of_a_convolution():
    kernel, given = np.array([1, 2, 3]), np.array([1, 0, 0])
    found = {
        "lava": np.convolve(given, kernel, "valid").tolist(),
        "nir": np.correlate(given, kernel, "valid").tolist(),
        "netx": np.convolve(given, kernel[::-1], "valid").tolist(),
        "here": convolved(kernel, given.tolist()),
    }
    assert found == results("X20")


def test_x21_rounding_in_resonators():
    found = {
        "lava (RF)": [toward_zero(-3 * 2048, 12)],
        "lava (RFZero)": [-3 * (1 << 14) // (1 << 15)],
    }
    for model, state in (("resonate_and_fire", "real"), ("resonate_and_fire_zero", "u")):
        given = dict(payload=3, state=state, cosine=1 << 14, sine=0)
        found[f"here ({model})"] = sent(model, [[-3, 0], [0, 0]], **given)[1:2]
    assert found == results("X21")


def test_x22_rounding_a_product_or_their_sum():
    re, im, cos, sin = 1, -1, 2049, 2049
    found = {
        "lava": [toward_zero(cos * re, 12) - toward_zero(sin * im, 12)],
        "slayer": [toward_zero(cos * re - sin * im, 12)],
        "here": sent(
            "resonate_and_fire",
            [[1, -1], [0, 0]],
            payload=1,
            state="real",
            cosine=2049 << 3,
            sine=2049 << 3,
            threshold=1 << 20,
        )[1:2],
    }
    assert found == results("X22")


def test_x23_the_deltas_of_atrlif():
    def step(current: int, delta_i: float) -> int:
        return toward_zero(current * (4096 - int(delta_i * 4096 + 1)), 12)

    found = {
        "lava": [step(8192, 1)],
        "lava (delta_i 4095/4096)": [step(8192, 4095 / 4096)],
        "here": sent("atrlif", [128, 0], payload=128, state="i", decay_u=4096, theta_0=1 << 20)[1:2],
    }
    assert found == results("X23")


def test_x31_the_inverse_square_root():
    first = [2 * int(4096 / (2 ** ((m - 12) / 2) * 1.238982962)) for m in range(24)]

    def kept(x: int, bits: int = 64) -> int:
        return (x + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)

    def root(b: int, factor: int) -> int:
        y = factor // 2
        for _ in range(5):
            b = kept(kept(b * factor) >> 13) * factor
            b = kept(b) >> 13
            factor = kept((3 << 12) - b)
            y = kept(y * factor) >> 13
        return kept(y, 32)

    def lava(a: int) -> int:  # index 23 - m counts leading zeros; from 2^24 on it is below 0
        return 0 if a == 0 else root(a, first[::-1][23 - (a.bit_length() - 1)])

    sums = [4096, 16384, 0, 1 << 24]
    b = rb.Builder()
    b.input("in", 1, payload=1 << 17)
    b.exact("before", 1, "graded_vec", threshold=0)
    b.exact("n", 1, "inv_sqrt")
    b.connect("in", "before")
    b.connect("before", "n", [[128]])  # payloads of neurons may make larger sums than those of the host
    b.output("out", "n")
    out = run_engines(rb.compile(b.build()), {"in": np.array([[a // 128] for a in sums])})
    found = {"lava": [lava(a) for a in sums], "here": out.spikes["n"][2:, 0].tolist()[:4]}
    assert found == results("X31")
    assert found["here"][3] == lava((1 << 24) - 1)


def test_x32_the_delay_of_norm_vec_delay():
    x = [3, 5, 7, 11]
    found = {
        "lava": [0, *x[:3]],
        "lava (text)": [0, 0, *x[:2]],
        "here": sent("norm_vec_delay", [[a, 1] for a in x], payload=11, threshold=1)[:4],
    }
    assert found == results("X32")
