"""The conventions as Python and the command line take them."""

import typing

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from environment import needs_compiler
from nirfiles import write
from rheobase.conventions import CHOICES, FLAGS, FRAMEWORKS, Conventions


def loop_of_two(**conventions) -> rb.Network:
    b = rb.Builder(dt=1e-3, **conventions)
    b.input("in", 3)
    for name in ("first", "second"):
        b.cuba_lif(name, 3, tau_mem=5e-3, tau_syn=2e-3, r=5, w_in=2, v_threshold=1)
    b.connect("in", "first", 2 * np.eye(3))
    b.connect("first", "second", 1.5 * np.eye(3))
    b.connect("second", "first", -0.5 * np.roll(np.eye(3), 1, axis=0))
    b.output("out", "second")
    return b.build()


def test_the_parameters_are_those_of_the_table():
    hints = typing.get_type_hints(Conventions)
    assert set(hints) == set(FLAGS)
    for name, choice in CHOICES.items():
        literal = next(part for part in typing.get_args(hints[name]) if part is not type(None))
        assert typing.get_args(literal) == choice.values
        assert choice.default in choice.values


def test_every_command_that_reads_a_network_offers_them(tmp_path):
    for command in ("show", "compile", "quant", "check", "run", "verify", "diff", "export"):
        said = invoke(command, "--help").stdout
        for flag in FLAGS.values():
            assert flag in said, (command, flag)


def test_f5_a_feed_forward_delay_makes_the_network_as_late_as_the_chip():
    x = np.random.default_rng(3).integers(0, 2, (80, 3)).astype(np.uint8)
    net = loop_of_two(feedforward_delay=1)
    assert net.conventions["feedforward_delay"] == 1
    assert {a: delay for a, _, delay in net.edges}["in"] == 1
    image = rb.compile(net)
    assert image.lag == 0
    chip, ours = image.run(x), net.run(x)
    first = int(np.argmax(x.any(axis=1)))
    assert not ours.spikes["first"][: first + 1].any()
    agree = [(chip.spikes[name] == ours.spikes[name]).mean() for name in ("first", "second")]
    assert min(agree) > 0.97 and all(ours.spikes[name].any() for name in ours.spikes)


def test_t5_a_loop_that_the_chip_cannot_keep_names_the_option():
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(loop_of_two())
    (found,) = refused.value.diagnostics
    assert found.code == "R0750" and "--feedforward-delay 1" in found.remedy


def test_f5_without_loops_it_is_a_shift():
    def chain(delay):
        b = rb.Builder(dt=1e-3, feedforward_delay=delay)
        b.input("in", 3)
        b.lif("first", 3, tau=4e-3)
        b.li("second", 3, tau=4e-3)
        b.connect("in", "first", 3 * np.eye(3))
        b.connect("first", "second", np.eye(3))
        b.output("out", "second")
        return b.build().run(np.random.default_rng(3).integers(0, 2, (50, 3))).output

    assert np.array_equal(chain(1)[2:], chain(0)[:-2]) and chain(0).any()


@pytest.mark.parametrize("value", ["one", 2, 0.5, True, "01"])
def test_values_that_do_not_exist(value):
    with pytest.raises(rb.OptionError, match="feedforward_delay cannot be"):
        rb.Builder(feedforward_delay=value)


def test_a_dt_beyond_all_numbers_is_refused():
    with pytest.raises(rb.OptionError, match="dt cannot be"):
        rb.Builder(dt=10**400)


def test_names_that_do_not_exist(tmp_path):
    with pytest.raises(rb.OptionError, match="convention cannot be 'rest'"):
        rb.load(write(tmp_path / "net.nir"), rest="zero")


def test_an_image_made_under_another_delay_is_told(tmp_path):
    net, image = write(tmp_path / "net.nir"), tmp_path / "net.rheo"
    assert invoke("compile", net, "--feedforward-delay", 1, "-o", image).returncode == 0
    x = tmp_path / "x.npy"
    np.save(x, np.ones((1, 20, *rb.load(net).inputs[0].shape), np.uint8))
    said = invoke("verify", net, image, "--data", x, "--json")
    assert "feedforward_delay" in said.stdout and "R0665" in said.stdout


def test_a_nir_file_does_not_hold_it(tmp_path):
    net, out = write(tmp_path / "net.nir"), tmp_path / "out.nir"
    said = invoke("export", net, "--feedforward-delay", 1, "--to", "nir", "-o", out)
    assert said.returncode == 0 and "--feedforward-delay 1" in said.stderr


def test_they_are_explained():
    said = invoke("explain", "conventions").stdout
    for word in (*FLAGS.values(), *FRAMEWORKS):
        assert word == "--dt" or word in said
    assert "conventions" in invoke("explain").stdout


def sums(**conventions) -> rb.Network:
    """Integrate-and-fire neurons of whole weights and thresholds, which a chip holds as they are."""
    random = np.random.default_rng(4)
    b = rb.Builder(dt=1e-3, reset="zero", **conventions)
    r = 1000 if conventions.get("integration") == "second" else 1
    b.input("in", 4)
    b.integrate_and_fire("first", 6, r=r, v_threshold=3)
    b.integrate_and_fire("second", 5, r=r, v_threshold=4)
    b.connect("in", "first", random.integers(-2, 4, (6, 4)))
    b.connect("first", "first", random.integers(-1, 2, (6, 6)))
    b.connect("first", "second", random.integers(-2, 4, (5, 6)))
    b.output("out", "second")
    return b.build()


@needs_compiler
@pytest.mark.parametrize(
    "conventions",
    [{}, {"firing": "reached"}, {"recurrent_delay": 2}, {"integration": "second"}, {"feedforward_delay": 1}],
)
def test_f5_f19_f22_the_chip_follows_bit_for_bit(conventions):
    net = sums(**conventions)
    x = np.random.default_rng(5).integers(0, 2, (120, 4)).astype(np.uint8)
    whole = {
        "schema": "rheobase.quantization/1",
        "populations": {n: {"scale_v": 64} for n in ("first", "second")},
    }
    chip, ours = rb.compile(net, chip="loihi2", quant=whole).run(x), net.run(x)
    plain = sums().run(x)
    for name in ("first", "second"):
        assert np.array_equal(chip.aligned(name), ours.spikes[name]) and ours.spikes[name].any()
        assert (
            not conventions
            or not np.array_equal(ours.spikes[name], plain.spikes[name])
            or "integration" in conventions
        )


@needs_compiler
def test_f21_the_chip_waits_for_the_old_current():
    b = rb.Builder(dt=1e-3, reset="zero", current="old")
    b.input("in", 3)
    b.cuba_lif("n", 3, tau_mem=5e-3, tau_syn=2e-3, r=5, w_in=2, v_threshold=1)
    b.connect("in", "n", 2 * np.eye(3), [0.05, 0.1, 0.15])
    b.connect("n", "n", 0.5 * np.roll(np.eye(3), 1, axis=0))
    net = b.build()
    x = np.random.default_rng(5).integers(0, 2, (80, 3)).astype(np.uint8)
    image = rb.compile(net, chip="loihi2")
    out, ours = image.run(x, probes=["n.v"]), net.run(x, probes=["n.v"])
    early = out.aligned("n.v")[:2] / out.scale["n.v"]  # a bias waits as the spikes do
    assert np.abs(early - ours.states["n.v"][:2]).max() < 0.02 and not early[0].any()
    assert (out.aligned("n") == net.run(x).spikes["n"]).mean() > 0.97


@needs_compiler
@pytest.mark.parametrize(
    "conventions",
    [
        {"reset": "subtract-late"},
        {"reset": "subtract-next"},
        {"reset": "zero-next"},
        {"reset": "none"},
        {"spikes_per_step": "many"},
        {"clamp": "threshold"},
    ],
)
def test_r0309_what_no_chip_does(conventions):
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(sums().under(**conventions), chip="loihi2")
    (found,) = refused.value.diagnostics
    name = next(iter(conventions))
    assert found.code == "R0309" and FLAGS[name] in found.remedy
