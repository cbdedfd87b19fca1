"""The quantized forward pass in PyTorch: every spike and state is the emulator's; gradients; the way back."""

import json

import environment  # noqa: F401  (skips where PyTorch is missing)
import numpy as np
import pytest
import rheobase as rb
import torch

KINDS = ("lif", "cuba_lif", "if", "mixed", "recurrent", "delays", "conv", "bias", "subtract")


def network(kind, seed):
    """A random network of a kind: `in`, two populations, a readout without spikes."""
    rng = np.random.default_rng(seed)
    b = rb.Builder(dt=1e-3, reset="subtract" if kind == "subtract" else None)
    shape = (2, 6, 6) if kind == "conv" else 12
    b.input("in", shape)
    first = (3, 4, 4) if kind == "conv" else 20
    slow = rng.uniform(4e-3, 3e-2, 15)
    if kind == "if":
        b.integrate_and_fire("a", first, r=1.0, v_threshold=2.0)
    elif kind == "cuba_lif":
        b.cuba_lif("a", first, tau_syn=5e-3, tau_mem=2e-2, r=20, w_in=5)
    else:
        tau = 8e-3 if kind == "conv" else rng.uniform(2e-3, 2e-2, 20)
        b.lif("a", first, tau=tau, r=8, v_leak=0.1 if kind == "bias" else 0.0, v_threshold=1.0)
    b.cuba_lif("b", 15, tau_syn=5e-3, tau_mem=slow, r=20, w_in=5, v_leak=0.2 if kind == "bias" else 0.0)
    b.li("o", 4, tau=1e-2, r=10)
    if kind == "conv":
        b.convolve("in", "a", rng.normal(0.1, 0.5, (3, 2, 3, 3)))
    else:
        b.connect("in", "a", rng.normal(0.2, 1, (20, 12)))
    between = rng.normal(0.2, 1, (15, 48 if kind == "conv" else 20))
    b.connect("a", "b", between, delay=rng.integers(0, 5, between.shape) if kind == "delays" else None)
    if kind in ("recurrent", "mixed"):
        b.connect("b", "b", rng.normal(0, 1, (15, 15)))
    if kind == "mixed":
        b.connect("b", "a", rng.normal(0, 0.5, (20, 15)), delay=2)
    b.connect("b", "o", rng.normal(0, 1, (4, 15)))
    b.output("out", "o")
    return b.build(), (np.random.default_rng(seed + 1).random((3, 40, *np.atleast_1d(shape))) < 0.4).astype(
        np.uint8
    )


def assert_equal(image, x, found):
    out = image.run(x, probes=image.probes())
    for name, spikes in out.spikes.items():
        if name in found.spikes:
            np.testing.assert_array_equal(found.spikes[name].detach().numpy(), spikes, err_msg=name)
    for name, states in out.states.items():
        np.testing.assert_array_equal(found.states[name].detach().numpy(), states, err_msg=name)
    np.testing.assert_array_equal(found.output.detach().numpy().reshape(out.output.shape), out.output)
    return out


@pytest.mark.parametrize("bits", [8, 3])
@pytest.mark.parametrize(
    "kind, chip",
    # A loihi1 resets to zero.
    [
        (kind, chip)
        for kind in KINDS
        for chip in ("loihi2", "loihi1")
        if (kind, chip) != ("subtract", "loihi1")
    ],
)
def test_every_integer_is_the_emulators_before_and_after_training(kind, bits, chip):
    for seed in (1, 2):
        net, x = network(kind, seed)
        assert_trained_alike(net, x, chip=chip, weight_bits=bits)


@pytest.mark.parametrize("kind", KINDS)
def test_w10_formats_of_rows_are_the_emulators_before_and_after_training(kind):
    """Bits and exponents of neurons and channels, negative ones among them; nine bits as two lists."""
    net, x = network(kind, 3)
    assert_trained_alike(net, x, weight_bits=9, exponents="channel")
    settings = rb.quantization(net, weight_bits=4)
    for name, p in settings["projections"].items():
        if name.endswith("a_to_b"):
            p["bits"], p["exponent"] = [9, 4, 2] * 5, [p["exponent"], -2, 0] * 5
        if name == "in_to_a" and kind == "conv":
            p["bits"], p["exponent"] = [9, 3, 9], [-1, -1, 0]
        p["sign_mode"] = "mixed"
    assert_trained_alike(net, x, quant=settings)


def assert_trained_alike(net, x, chip="loihi2", quant=None, **options):
    """Every integer is the emulator's, and again after steps that change them."""
    module = rb.torch_module(net, chip=chip, quant=quant, **options)
    out = assert_equal(rb.compile(net, chip=chip, quant=quant, **options), x, module(x))
    assert out.spikes["a"].sum() > 20 and out.spikes["b"].sum() > 20
    before = module.integers()
    optimizer = torch.optim.Adam(module.parameters(), lr=40.0)
    for _ in range(2):
        found = module(x)
        optimizer.zero_grad()
        (found.aligned("o.v") / module.scale["o.v"]).square().mean().backward()
        optimizer.step()
    after = module.integers()
    assert all((before[name] != after[name]).any() for name in before if not name.endswith(".leak"))
    with torch.no_grad():
        assert_equal(rb.compile(net, chip=chip, quant=module.settings()), x, module(x))


def test_overflows_wrap_and_saturate_as_on_the_chip():
    b = rb.Builder(dt=1e-3)
    b.input("in", 8)
    b.exact("a", 6, "cuba_lif", decay_u=41, decay_v=41, threshold=64 * 131071)
    b.exact("b", 6, "li", decay_v=2)
    for target in "ab":
        b.connect("in", target, 2 * np.random.default_rng(3).integers(80, 120, (6, 8)))
        b.output(f"out_{target}", target)
    net = b.build()
    x = np.ones((2, 400, 8), np.uint8)
    image = rb.compile(net)
    found = rb.torch_module(net)(x)
    out = image.run(x, probes=image.probes())
    for name, states in out.states.items():
        np.testing.assert_array_equal(found.states[name].detach().numpy(), states, err_msg=name)
    assert out.overflows["a"]["wraps"].sum() > 0 and out.overflows["b"]["saturations"].sum() > 0


def test_training_lowers_the_loss():
    net, x = network("recurrent", 4)
    wanted = torch.as_tensor(network("recurrent", 5)[0].run(x).output)
    module = rb.torch_module(net, weight_bits=4)
    optimizer = torch.optim.Adam(module.parameters(), lr=3.0)
    losses = []
    for _ in range(30):
        loss = (module(x).aligned("o.v") / module.scale["o.v"] - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert min(losses[-5:]) < 0.7 * losses[0]


def test_a_state_dict_carries_the_training():
    net, x = network("lif", 1)
    one, two = rb.torch_module(net, weight_bits=4), rb.torch_module(net, weight_bits=4)
    with torch.no_grad():
        for parameter in one.parameters():
            parameter.add_(30.0)
    two.load_state_dict(one.state_dict())
    assert two.settings() == one.settings()


def test_refusals():
    net, x = network("lif", 1)
    module = rb.torch_module(net)
    with pytest.raises(rb.DataError, match=r"shape \[3, 40, 5\], the network's input needs \[T, 12\]"):
        module(x[..., :5])
    with pytest.raises(rb.OptionError, match="there is no series 'c'"):
        module(x).aligned("c")
    with pytest.raises(rb.OptionError, match="a network is needed"):
        rb.torch_module("net.nir")
    b = rb.Builder(dt=1e-3)
    b.input("in", 3)
    b.exact("s", 3, "sigma_delta", threshold=4)
    b.connect("in", "s", np.eye(3))
    b.output("out", "s")
    with pytest.raises(rb.CompileError, match="sigma_delta, which has no PyTorch step"):
        rb.torch_module(b.build())


def refused(call) -> str:
    with pytest.raises(rb.Error) as error:
        call()
    return error.value.code


def two_inputs():
    b = rb.Builder(dt=1e-3)
    b.input("g", 4, payload=20)
    b.input("s", 3)
    b.lif("a", 5, tau=5e-3, r=8)
    b.connect("g", "a", np.random.default_rng(0).normal(0, 1, (5, 4)))
    b.connect("s", "a", np.random.default_rng(1).normal(0, 1, (5, 3)))
    b.output("o", "a")
    return b.build()


@pytest.mark.parametrize("kind", ["array", "tensor", "half"])
@pytest.mark.parametrize("value", [2, -1, 0.5, float("nan"), float("inf"), -float("inf")])
def test_values_that_the_image_refuses_are_refused(value, kind):
    net, x = network("lif", 1)
    module, image = rb.torch_module(net), rb.compile(net)
    wrong = x.astype(np.float64)
    wrong[1, 5, 7] = value
    as_kind = {"array": lambda v: v, "tensor": torch.tensor, "half": lambda v: torch.tensor(v).bfloat16()}[
        kind
    ]
    assert refused(lambda: module(as_kind(wrong))) == refused(lambda: image.run(wrong))
    assert_equal(image, x, module(as_kind(x.astype(np.float64))))


def test_arrays_that_the_image_refuses_are_refused():
    net, x = network("lif", 1)
    module, image = rb.torch_module(net), rb.compile(net)
    for wrong in (x[:0], x[:, :0], x[:, :, :3], x[0, 0], None, "x", x.astype(complex), {"zz": x}, {}, {3: x}):
        assert refused(lambda: module(wrong)) == refused(lambda: image.run(wrong)), wrong
    assert refused(lambda: module(torch.tensor(x).to(torch.complex64))) == "R0252"
    assert refused(lambda: module(x[0])) == "R0251"
    for right in (
        x.astype(bool),
        x.astype(np.uint16),
        x.astype(np.longdouble),
        x[:, ::-1][:, ::-1],
        x.tolist(),
    ):
        assert_equal(image, x, module(right))

    net = two_inputs()
    module, image = rb.torch_module(net), rb.compile(net)
    g = np.random.default_rng(2).integers(-20, 21, (3, 9, 4))
    s = np.ones((3, 9, 3), np.uint8)
    np.testing.assert_array_equal(
        module({"g": g, "s": s}).states["a.v"].detach().numpy(),
        image.run({"g": g, "s": s}, probes=["a.v"]).states["a.v"],
    )
    for wrong in (
        {"g": g},
        g,
        {"g": g, "s": s[:2]},
        {"g": g, "s": s[:, :5]},
        {"g": g + 1, "s": s},
        {"g": g, "s": s + 1},
    ):
        assert refused(lambda: module(wrong)) == refused(lambda: image.run(wrong))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused_with_their_layer(value):
    net, x = network("lif", 1)
    module = rb.torch_module(net)
    with torch.no_grad():
        module.projections["a_to_b"][7] = value
    for call in (lambda: module(x), module.settings, module.integers):
        with pytest.raises(rb.DataError, match=r"the weights of 'a_to_b' hold (nan|inf) at \[7\]") as error:
            call()
        assert error.value.code == "R0253" and error.value.diagnostics[0].where == "a_to_b"


def waiting(weights, delays):
    b = rb.Builder(dt=1e-3)
    b.input("in", weights.shape[1])
    b.lif("h", len(weights), tau=5e-3, r=8, v_threshold=2.0)
    b.delay("d", weights.shape[1], 1e-3 * delays)
    b.connect("in", "d")
    b.connect("d", "h", weights, name="w")
    b.output("o", "h")
    return b.build()


def test_t7_weights_that_begin_at_0_wait_as_the_network_says():
    """At 3 bits the last one is 0; 9 bits know that it is there, and what it waits for."""
    net = waiting(np.array([[1.0, 0.5, 0.02]]), np.array([0, 3, 5]))
    module = rb.torch_module(net, weight_bits=3)
    (integers,) = module.integers().values()
    assert integers.tolist()[-1] == 0
    with torch.no_grad():
        module.weights["w0"][2] = 128.0
    x = np.zeros((1, 10, 3), np.uint8)
    x[0, 0, 2] = 1
    assert_equal(rb.compile(net, quant=module.settings()), x, module(x))


@pytest.mark.parametrize("bits", [2, 4, 8, 9])
def test_rows_and_weights_that_become_0_are_still_there(bits):
    rng = np.random.default_rng(3)
    weights = rng.laplace(0, 0.1, (10, 40))
    weights[-1] *= 1e-3
    b = rb.Builder(dt=1e-3)
    b.input("in", 40)
    b.lif("h", 10, tau=5e-3, r=8)
    b.connect("in", "h", weights, name="w")
    b.output("o", "h")
    net = b.build()
    module = rb.torch_module(net, weight_bits=bits)
    assert module.weights["w0"].numel() == 400
    with torch.no_grad():
        module.weights["w0"].add_(torch.as_tensor(rng.normal(0, 40, 400), dtype=torch.float32))
    x = (rng.random((3, 30, 40)) < 0.3).astype(np.uint8)
    assert_equal(rb.compile(net, quant=module.settings()), x, module(x))


def test_chips_of_fewer_bits_and_weights_that_are_pinned(tmp_path):
    record = {
        "base": "loihi2",
        "name": "six",
        "limits": {"weight_bits": {"value": 6, "unit": "bits", "source": "test"}},
    }
    chip = tmp_path / "six.json"
    chip.write_text(json.dumps(record))
    net, x = network("lif", 1)
    for bits in (4, 6, 7, None):
        assert_trained_alike(net, x, chip=chip, weight_bits=bits)
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.exact("n", 2, "cuba_lif", decay_u=4096, decay_v=40, threshold=64 * 300)
    b.connect("in", "n", np.array([[3.5, 1000], [-2, 4]]), name="w")
    b.output("o", "n")
    pinned = {"bits": [8, 9], "exponent": [1, 0], "weights": [[2, 4], [3, -7]]}
    settings = {"schema": "rheobase.quantization/1", "projections": {"w": pinned}}
    x = np.ones((1, 30, 2), np.uint8)
    assert_equal(rb.compile(b.build(), quant=settings), x, rb.torch_module(b.build(), quant=settings)(x))
