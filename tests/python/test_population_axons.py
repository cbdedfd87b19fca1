"""Input axons that several sources share: how many there are, and that nothing else changes. SPEC I5, I8."""

import json
import re
from collections import Counter

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from environment import needs_compiler
from recordings import ROOT
from test_check import chip

pytestmark = needs_compiler


def record(folder, base, atoms, **limits):
    """A chip of which that many sources share an axon."""
    mine = json.loads(chip(folder / "mine.json", base=base, atoms_per_axon=atoms, **limits).read_text())
    layouts = json.loads((ROOT / "backends" / base / "chip.json").read_text())["layouts"]
    mine["layouts"] = {
        name: [*layouts[name], {"name": field, "bits": 10}]
        for name, field in (("axon", "atoms"), ("route", "atom"))
        if field not in {entry["name"] for entry in layouts[name]}
    }
    path = folder / f"{base}_{atoms}.json"
    path.write_text(json.dumps(mine))
    return path


def dense(rng):
    return rng.normal(0, 0.1, (20, 300)), {}


def sparse(rng):
    weights = rng.normal(0, 0.4, (20, 300)) * (rng.random((20, 300)) < 0.03)
    return weights, {"delay": rng.integers(0, 6, weights.shape)}


def layered(draw):
    rng = np.random.default_rng(3)
    weights, more = draw(rng)
    b = rb.Builder(dt=1e-3)
    b.input("in", weights.shape[1])
    b.lif("a", weights.shape[0], tau=5e-3, r=8.0)
    b.lif("b", 7, tau=5e-3, r=8.0)
    b.connect("in", "a", weights, **more)
    b.connect("a", "b", rng.normal(0, 0.5, (7, weights.shape[0])))
    b.connect("b", "a", rng.normal(0, 0.5, (weights.shape[0], 7)), delay=1)
    b.output("out", "b")
    return b.build()


def convolved():
    rng = np.random.default_rng(4)
    b = rb.Builder(dt=1e-3)
    b.input("in", (6, 8, 8))
    b.integrate_and_fire("a", (8, 8, 8), v_threshold=0.6)
    b.convolve("in", "a", rng.normal(0, 0.4, (8, 3, 3, 3)), padding=1, groups=2)
    b.output("out", "a")
    return b.build()


def ran(image, rate=0.1):
    """Spikes of every population, alike on three engines."""
    shape = image.info["inputs"][0]["shape"]
    x = (np.random.default_rng(5).random((4, 60, *shape)) < rate).astype(int)
    golden, *others = (image.run(x, engine=engine).spikes for engine in ("golden", "vector", "jit"))
    assert all(raster.any() for raster in golden.values())
    for other in others:
        assert all(np.array_equal(other[name], raster) for name, raster in golden.items())
    return golden


def assert_same(a, b):
    assert a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def axons(image):
    return [image.program.axon_records(core["id"]) for core in image.info["cores"]]


@pytest.mark.parametrize("draw", [dense, sparse])
@pytest.mark.parametrize("atoms", [2, 7, 32, 1000])
@pytest.mark.parametrize("base", ["loihi1", "loihi2"])
def test_i5_as_few_axons_as_lists_of_one_length_allow(draw, base, atoms, tmp_path):
    net = layered(draw)
    if base == "loihi1" and atoms == 1000:
        atoms = 30
    alone = rb.compile(net, record(tmp_path, base, 1, neurons_per_core=16))
    shared = rb.compile(net, record(tmp_path, base, atoms, neurons_per_core=16))
    for core, several, single in zip(shared.info["cores"], axons(shared), axons(alone), strict=True):
        assert len(several) == len(single) and {atom for _, atom in single} == {0}
        lists = shared.program.core(core["id"])["axons"]
        alike = Counter((entry["group"], len(entry["synapses"])) for entry in lists)
        expected = sum(-(-number // atoms) for number in alike.values())
        assert len({record for record, _ in several}) == expected
    records = [len({record for record, _ in core}) for core in axons(shared)]
    assert records == [core["input_axons_per_core"] for core in rb.limits.core_uses(shared)]
    if draw is dense and base == "loihi2":
        assert records[0] == -(-300 // atoms) + -(-7 // atoms)
    assert_same(ran(shared), ran(alone))
    assert rb.check(shared) == rb.check(alone)


@pytest.mark.parametrize("atoms", [2, 3, 64])
def test_i5_i10_all_channels_of_a_position_share_an_axon(atoms, tmp_path):
    net = convolved()
    alone = rb.compile(net, record(tmp_path, "loihi2", 1, neurons_per_core=256))
    shared = rb.compile(net, record(tmp_path, "loihi2", atoms, neurons_per_core=256))
    assert len(alone.info["cores"]) == len(shared.info["cores"]) == 2
    for several, single in zip(axons(shared), axons(alone)):
        groups = 2  # of three channels each: a tile reads all of them
        positions = len(single) // 6
        assert len({record for record, _ in several}) == positions * groups * -(-3 // atoms)
    words = [
        sum(m["words"] for m in core["memories"] if m["name"] == "synapse") for core in shared.info["cores"]
    ]
    assert words == [
        sum(m["words"] for m in core["memories"] if m["name"] == "synapse") for core in alone.info["cores"]
    ]
    assert_same(ran(shared), ran(alone))


def wide(sources):
    rng = np.random.default_rng(6)
    b = rb.Builder(dt=1e-3)
    b.input("in", sources)
    b.lif("a", 16, tau=5e-3)
    b.connect("in", "a", rng.normal(0, 0.05, (16, sources)))
    b.output("out", "a")
    return b.build()


def test_i5_loihi1_takes_what_its_axons_alone_would_not(tmp_path):
    """5,000 sources are 157 axons of 32; axons of their own would be more than a core has."""
    image = rb.compile(wide(5000), "loihi1")
    assert [use["input_axons_per_core"] for use in rb.limits.core_uses(image)] == [157]
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(wide(5000), record(tmp_path, "loihi1", 1))
    (found,) = [d for d in refused.value.diagnostics if d.severity == "error"]
    assert found.code == "R0412" and 4096 == found.limit < found.value <= 5000


def test_i5_memory_binds_where_axons_do_not():
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(wide(17_000), "loihi1")
    assert [d.code for d in refused.value.diagnostics if d.severity == "error"] == ["R0413"]


def test_inspect_names_atoms(tmp_path):
    rb.compile(wide(40), "loihi1").save(tmp_path / "a.rheo")
    text = invoke("inspect", tmp_path / "a.rheo", "--core", "0").stdout
    assert re.search(r"^axon 0 atom 31 \(", text, re.M) and re.search(r"^axon 1 atom 7 \(", text, re.M)
    body = json.loads(invoke("inspect", tmp_path / "a.rheo", "--core", "0", "--json").stdout)
    assert body["records"]["axon"]["atoms"] == [32, 8] and body["axons"][39]["record"] == 1
    assert "2 axons," in invoke("inspect", tmp_path / "a.rheo").stdout


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda r: r["layouts"]["axon"].pop(), "record 'axon' lacks the field 'atoms'"),
        (lambda r: r["layouts"]["route"].pop(), "record 'route' lacks the field 'atom'"),
        (lambda r: r["layouts"]["axon"][-1].update(bits=3), "'atoms_per_axon' of 8 needs 4"),
        (lambda r: r["limits"]["atoms_per_axon"].update(value=0), "atoms_per_axon"),
    ],
)
def test_records_that_cannot_hold_their_atoms_are_refused(change, words, tmp_path):
    path = record(tmp_path, "loihi2", 8)
    mine = json.loads(path.read_text())
    change(mine)
    path.write_text(json.dumps(mine))
    with pytest.raises(rb.Error, match=re.escape(words)):
        rb.ChipSpec.load(path)


@pytest.mark.parametrize("lengths", [[20] * 32 + list(range(1, 11)) * 3, list(range(1, 8)) * 12])
def test_i5_lists_are_of_one_length_where_axons_are_short(lengths, tmp_path):
    """What takes the fewest words, lists of many lengths, would take more axons than the chip's one core has."""
    rng = np.random.default_rng(8)
    weights = np.zeros((20, len(lengths)))
    for source, length in enumerate(lengths):
        weights[rng.choice(20, length, replace=False), source] = rng.choice([-1, 1], length)
    b = rb.Builder(dt=1e-3)
    b.input("in", len(lengths))
    b.lif("a", 20, tau=5e-3, r=8.0)
    b.connect("in", "a", weights)
    b.output("out", "a")
    net = b.build()
    images = [
        rb.compile(net, record(tmp_path, "loihi2", 32, cores=1, input_axons_per_core=most))
        for most in (4096, 4)
    ]
    roomy, short = (rb.limits.core_uses(image)[0] for image in images)
    assert roomy["input_axons_per_core"] > 4 and short["input_axons_per_core"] == -(-len(lengths) // 32)
    assert roomy["synapse_words_per_core"] < short["synapse_words_per_core"] == len(lengths) * 3
    assert_same(*map(ran, images))


def test_the_mapper_alone_lets_sources_share_axons():
    for base, atoms in (("loihi1", 32), ("loihi2", 1)):
        spec = rb.ChipSpec.load(base)
        given = rb.partitioning.chip_limits(base)
        assert given["input_axons_per_core"] == atoms * spec.limits["input_axons_per_core"].value
    assert rb.partitioning.chip_limits("loihi1", input_axons_per_core=9)["input_axons_per_core"] == 9


@pytest.mark.parametrize("words", [400, 16384])
def test_e6_relays_share_axons(words, tmp_path):
    """1,000 inputs take 31 axons, their relays few: an axon for each relay would be more than the core has, 16."""
    b = rb.Builder(dt=1e-3)
    b.input("in", 1000)
    b.lif("a", 1, tau=5e-3)
    b.connect("in", "a", np.random.default_rng(0).normal(0, 0.05, (1, 1000)))
    b.output("out", "a")
    short = record(tmp_path, "loihi1", 32, input_axons_per_core=16, synapse_words_per_core=words)
    image = rb.compile(b.build(), short, relay_fan_in=True)
    assert max(use["input_axons_per_core"] for use in rb.limits.core_uses(image)) <= 16
