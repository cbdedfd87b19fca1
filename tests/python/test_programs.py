"""Neurons that run as programs of the chip: constants in the image, graded messages, chips that cannot."""

import json
from pathlib import Path

import numpy as np
import pytest
import rheobase as rb
from rheobase import _core

ROOT = Path(__file__).resolve().parents[2]
MODELS = {m["name"]: m for m in _core.models()}
PROGRAMS = [name for name, m in MODELS.items() if not m["nir"]]


def network(model: str, neurons: int = 5, **integers):
    b = rb.Builder(dt=1e-3)
    b.input("in", neurons, payload=500)
    b.exact("first", neurons, model, **integers)
    b.exact("second", neurons, "sigma_delta", threshold=3, rectified=0)
    b.connect("in", "first", np.repeat(np.eye(neurons), len(MODELS[model]["ports"]), axis=0) * 2)
    b.connect("first", "second", np.eye(neurons)[::-1] * 2)
    b.output("out", "second")
    return b.build()


def some_integers(model: str, rng, neurons: int = 5) -> dict:
    about = MODELS[model]["parameters"]
    return {
        p["name"]: rng.integers(max(p["least"], -50), min(p["most"], 50), neurons, endpoint=True)
        for p in about
    }


@pytest.mark.parametrize("chip", ["loihi2", "tiny"])
@pytest.mark.parametrize("model", PROGRAMS)
def test_i9_n18_every_program_gives_the_same_bits_on_every_engine(model, chip):
    rng = np.random.default_rng(5)
    image = rb.compile(network(model, **some_integers(model, rng)), chip=chip)
    x = rng.integers(-500, 500, (40, 5))
    golden = image.run(x, engine="golden")
    assert golden.spikes["first"].any()
    for engine in ("vector", "jit"):
        run = image.run(x, engine=engine)
        for name in ("first", "second"):
            assert np.array_equal(run.spikes[name], golden.spikes[name]), (model, engine)


def test_i9_neurons_of_equal_constants_share_them():
    def constants(theta):
        image = rb.compile(network("atrlif", theta_0=theta))
        return sum(
            m["records"] for c in image.info["cores"] for m in c["memories"] if m["name"] == "constant"
        )

    assert constants(np.full(5, 7)) + 4 * 7 == constants(np.arange(5))


def test_e3_a_chip_of_fixed_function_refuses_programs():
    with pytest.raises(rb.CompileError, match="microcode") as refused:
        rb.compile(network("atrlif"), chip="loihi1")
    assert {d.code for d in refused.value.diagnostics} == {"R0411"}


def test_e3_check_says_which_chip_could_not_run_an_image():
    image = rb.compile(network("atrlif", theta_0=64), chip="tiny")
    assert not [d for d in rb.check(image) if d.severity == "error"]
    assert "microcode" in " ".join(d.message for d in rb.check(image, chip="loihi1") if d.code == "R0411")


def test_i9_a_chip_may_hold_the_model_in_the_neuron_s_record(tmp_path):
    record = json.loads((ROOT / "backends/tiny/chip.json").read_text())
    record["name"] = "mine"
    record["layouts"]["neuron"].append({"name": "model", "bits": 8})
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(record))
    net, x = network("atrlif", theta_0=64), np.full((20, 5), 300)
    mine, tiny = (rb.compile(net, chip=chip).run(x) for chip in (path, "tiny"))
    assert np.array_equal(mine.spikes["second"], tiny.spikes["second"]) and mine.spikes["second"].any()


def test_i9_constants_beyond_one_core_take_another():
    b = rb.Builder(dt=1e-3)
    b.input("in", 40)
    b.exact("a", 40, "atrlif", theta_0=np.arange(40))
    b.connect("in", "a")
    b.output("out", "a")
    image = rb.compile(b.build(), chip="tiny")  # 64 constants a core: 9 different neurons of 7
    assert len(image.info["cores"]) >= 5


def test_a_payload_has_to_be_a_whole_number():
    b = rb.Builder()
    for wrong in (0, -3, 1.5, True, "many"):
        with pytest.raises(rb.OptionError):
            b.input("in", 4, payload=wrong)


def test_w8_a_payload_beyond_the_bound_is_refused():
    b = rb.Builder(dt=1e-3)
    b.input("in", 4, payload=1 << 30)
    b.exact("n", 4, "sigma")
    b.connect("in", "n")
    b.output("out", "n")
    with pytest.raises(rb.FormatError, match="payload"):
        b.build()


def layers(model: str = "cuba_lif", bias: int = 0, **more):
    rng = np.random.default_rng(3)
    b = rb.Builder(dt=1e-3)
    b.input("in", 12)
    for name, before, sources in (("one", "in", 12), ("two", "one", 9)):
        b.exact(name, 9, model, decay_u=700, decay_v=300, threshold=64 * 250, bias=bias, **more)
        b.connect(before, name, 2 * rng.integers(-30, 36, (9, sources)))
    b.output("out", "two")
    return b.build(), rng.integers(0, 2, (3, 20, 12))


def test_n20_samples_in_a_row_give_what_each_gives_alone():
    net, samples = layers()
    alone = rb.compile(net).run(samples)
    image = rb.compile(net, reset_interval=20)
    assert {p["model"] for p in image.info["populations"]} == {"cuba_lif_reset"}
    row = image.run(samples.reshape(60, 12), engine="golden")
    for name, lag in (("one", 1), ("two", 2)):
        for k in range(3):
            at = 20 * k + lag
            assert np.array_equal(row.spikes[name][at : at + 20], alone.spikes[name][k, lag : lag + 20]), (
                name,
                k,
            )
    assert alone.spikes["two"].sum() > 20
    unaware = rb.compile(net).run(samples.reshape(60, 12))
    assert not np.array_equal(unaware.spikes["two"], row.spikes["two"])  # the test can fail


def test_n20_an_offset_moves_every_reset():
    net, samples = layers()
    x = np.concatenate([np.zeros((5, 12), int), *samples[:2]])
    row = rb.compile(net, reset_interval=20, reset_offset=5).run(x)
    straight = rb.compile(net, reset_interval=20).run(samples[:2].reshape(40, 12))
    assert np.array_equal(row.spikes["two"][5:], straight.spikes["two"])


def test_r0315_what_cannot_be_reset_in_intervals_is_named():
    net, _ = layers(reset_keep=-1, reset_amount=64 * 250)
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(net, reset_interval=20)
    assert [(d.code, d.where) for d in refused.value.diagnostics] == [("R0315", "one"), ("R0315", "two")]
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(layers()[0], chip="loihi1", reset_interval=20)
    assert {d.code for d in refused.value.diagnostics} == {"R0411"}
    for wrong in (dict(reset_interval=0), dict(reset_interval=2.5), dict(reset_offset=3)):
        with pytest.raises(rb.OptionError):
            rb.compile(layers()[0], **wrong)


def test_what_other_files_cannot_say_of_programs_and_payloads_is_named(tmp_path):
    program = network("ternary_lif", threshold_high=64)
    for to in ("net", "nir"):
        with pytest.raises(rb.CompileError) as refused:
            rb.export(program, to, tmp_path / f"program.{to}")
        assert any("'ternary_lif'" in d.message for d in refused.value.diagnostics), to
    b = rb.Builder(dt=1e-3)
    b.input("in", 3, payload=9)
    b.exact("n", 3, decay_u=700, decay_v=300, threshold=6400)
    b.connect("in", "n", 2 * np.ones((3, 3), int))
    b.output("out", "n")
    with pytest.raises(rb.CompileError, match="graded"):
        rb.export(b.build(), "net", tmp_path / "payloads.net")
    lost = rb.export(b.build(), "nir", tmp_path / "payloads.nir")
    assert [d.message for d in lost if d.severity == "warning"] == [
        "the payloads of 'in' are not kept: a reader of the file takes its messages for spikes"
    ]
    assert not [p for p in tmp_path.iterdir() if p.name != "payloads.nir"]
