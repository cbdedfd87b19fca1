"""The catalogue of design rules: every rule has its page, a network that violates it and one that does not."""

import re

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from defects import DEFECTS, chip, draw, matrix, network, one, settings
from environment import needs_compiler
from nirfiles import LEAVE_OUT, good, write
from rheobase import rules
from test_bad_networks import CASES

pytestmark = needs_compiler

RNG = np.random.default_rng(0)


def image_of(folder, lowered, name="loihi2", **more):
    """What a good image violates on another chip."""
    return rb.check(rb.compile(network(RNG), name, **more), chip(folder, **lowered))


def loaded(folder, changes):
    try:
        rb.load(write(folder / "net.nir", changes))
    except rb.Error as refused:
        return refused.diagnostics
    return []


def scaled(weight, name="a", **population):
    return rb.check(
        one(RNG, lambda b: b.lif("a", len(weight), tau=0.02, r=20.0), weight=np.array(weight)), **population
    )


def two(first, second):
    """in -> a by two matrices."""
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.input("other", 2)
    b.lif("a", 2, tau=0.02, r=20.0)
    b.connect("in", "a", first, name="w1")
    b.connect("other", "a", second, name="w2")
    return b.build()


def aside(outputs):
    """in -> a and in -> b, of which the outputs are read."""
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    for name in ("a", "b"):
        b.lif(name, 2, tau=0.02, r=20.0)
        b.connect("in", name, np.eye(2) + 1)
    for name in outputs:
        b.output(f"out_{name}", name)
    return b.build()


def undriven():
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    for name in ("a", "b"):
        b.lif(name, 2, tau=0.02, r=20.0)
    b.connect("in", "a", np.eye(2) + 1)
    b.connect("a", "b", np.zeros((2, 2)))
    return b.build()


def leaking(ratio, **more):
    """Neurons that lose that share in a step."""
    return one(RNG, lambda b: b.lif("a", 3, tau=1e-3 / ratio, r=1 / ratio, **more))


def restless():
    return one(RNG, lambda b: b.cuba_lif("a", 3, tau_syn=0.01, tau_mem=0.02, r=20.0, v_leak=100.0))


def kernel():
    b = rb.Builder(dt=1e-3)
    b.input("in", (1, 4, 4))
    b.lif("a", (1, 3, 3), tau=np.linspace(0.01, 0.05, 9).reshape(1, 3, 3), r=20.0)
    b.convolve("in", "a", np.ones((1, 1, 2, 2)))
    return b.build()


def huge():
    return one(RNG, lambda b: b.lif("a", 3, tau=0.02, r=1e80), weight=np.full((3, 4), 1e30))


DOWN = -np.ones((3, 4))
IF = lambda b: b.integrate_and_fire("a", 3)  # noqa: E731
# rule -> what is found where it is violated; those that a generator of defects draws are below
VIOLATED = {
    "file.opens": lambda f: refusal(f / "nothing.nir"),
    "file.hdf5": lambda f: refusal(text(f / "net.nir", "no network")),
    "file.graph": lambda f: loaded(f, CASES["missing edges"][0]),
    "file.shape_form": lambda f: loaded(f, {"/node/edges": [["in", "fc", "lif"]]}),
    "file.cycle": lambda f: loaded(f, CASES["a cycle without state"][0]),
    "file.ends": lambda f: loaded(f, without("out")),
    "quantization.form": lambda f: rb.check(network(RNG), quant={"schema": "other"}),
    "neuron.decay_vanishes": lambda f: rb.check(leaking(1e-5)),
    "neuron.overflow": lambda f: rb.check(one(RNG, IF, weight=DOWN)),
    "neuron.decay_error": lambda f: rb.check(leaking(1.45 / 4096)),
    "neuron.decay_forgets": lambda f: rb.check(leaking(0.99995)),
    "neuron.bias_vanishes": lambda f: rb.check(
        one(RNG, IF, weight=np.ones((3, 4)), bias=np.array([1.0, 1e-9, 1.0]))
    ),
    "neuron.threshold_error": lambda f: rb.check(
        network(RNG), quant=settings(populations={"a": {"scale_v": 64 * 1.4}})
    ),
    "neuron.never_fires": lambda f: scaled([[1.0, 1.0], [-1.0, -0.5]]),
    "neuron.always_fires": lambda f: rb.check(restless()),
    "neuron.unreached": lambda f: rb.check(undriven()),
    "neuron.unread": lambda f: rb.check(aside("a")),
    "synapse.clipped": lambda f: rb.check(
        network(RNG),
        quant=settings(populations={"a": {"scale_v": 64e3}}, projections={"w1": {"exponent": 0}}),
    ),
    "synapse.kernel_gain": lambda f: rb.check(kernel()),
    "synapse.scale": lambda f: rb.check(huge()),
    "synapse.all_vanish": lambda f: rb.check(two(np.eye(2) + 1, 1e-9 * np.eye(2))),
    "synapse.vanish": lambda f: scaled([[1.0, 1e-5, 1e-5], [1.0, 1.0, 1.0]]),
    "synapse.unused_source": lambda f: scaled([[1.0, 0.0], [0.5, 0.0]]),
    "synapse.duplicate_source": lambda f: scaled([[1.0, 1.0], [0.5, 0.5]]),
    "synapse.weight_bits": lambda f: image_of(f, dict(weight_bits=4)),
    "synapse.exponent": lambda f: image_of(f, dict(weight_exponent_max=-8)),
    "core.profiles": lambda f: profiles(f),
    "chip.profile": lambda f: image_of(f, dict(profiles=["loihi1"]), profile="lava"),
    "chip.layout": lambda f: image_of(f, dict(base="tiny")),
    "route.link_load": lambda f: rb.check(network(RNG, first=8), tiles(f, messages_per_link=3)),
    "chip.working_core": lambda f: image_of(f, dict(dead_cores=[0])),
}


def refusal(path):
    try:
        rb.load(path)
    except rb.Error as refused:
        return refused.diagnostics
    return []


def text(path, words):
    path.write_text(words)
    return path


def without(name):
    nodes = {key: LEAVE_OUT for key in good() if key.startswith(f"/node/nodes/{name}/")}
    return {**nodes, "/node/edges": [edge for edge in good()["/node/edges"] if name not in edge]}


def tiles(folder, **limits):
    """Cores of four neurons, each a tile of its own."""
    return chip(folder, cores=32, neurons_per_core=4, cores_per_tile=1, **limits)


def test_links_are_looked_at_where_a_record_states_their_room(tmp_path):
    net = network(np.random.default_rng(3), first=8)
    image = rb.compile(net, tiles(tmp_path))
    most = int(image.traffic()["largest_load"])
    assert most == 4  # each of the cores of 'a' sends to that of 'b'
    for room, said in ((None, 0), (most, 0), (most - 1, 1)):
        mine = tiles(tmp_path, **({} if room is None else {"messages_per_link": room}))
        for found in (rb.check(net, mine), rb.check(image, mine), rb.check(rb.compile(net, mine))):
            busy = [d for d in found if d.rule == "route.link_load"]
            assert len(busy) == said
            if said:
                assert (busy[0].severity, busy[0].value, busy[0].limit) == ("warning", most, room)
                assert busy[0].limit_source == "my board" and busy[0].where.startswith("the link ")
                assert "compile with --calibrate DATA" in busy[0].remedy


def profiles(folder):
    """Two kinds of neurons in one core, and a chip that holds one."""
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.lif("a", 2, tau=0.02, r=20.0)
    b.integrate_and_fire("b", 2)
    for name in ("a", "b"):
        b.connect("in", name, np.eye(2) + 1)
    return rb.check(rb.compile(b.build()), chip(folder, profiles_per_core=1))


def drawn() -> dict:
    """Rule -> a seed whose defect violates it; a file's defects take a few seeds."""
    found = {}
    for seed in range(20 * len(DEFECTS)):
        if seed < len(DEFECTS) or DEFECTS[seed % len(DEFECTS)].__name__ == "file_defect":
            found.setdefault(seed_rule(seed), seed)
    return found


def seed_rule(seed: int) -> str:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        return draw(seed, Path(folder)).rule


DRAWN = drawn()


def test_every_rule_has_a_network_that_violates_it():
    assert set(rules.catalogue()) == {*VIOLATED, *DRAWN}
    assert len(rules.catalogue()) >= 40
    assert not VIOLATED.keys() & DRAWN.keys()


@pytest.mark.parametrize("name", rules.catalogue())
def test_what_violates_a_rule_is_found(name, tmp_path):
    found = VIOLATED[name](tmp_path) if name in VIOLATED else draw(DRAWN[name], tmp_path).check(tmp_path)
    assert name in {d.rule for d in found}, [str(d) for d in found]


def test_a_good_network_violates_no_rule(tmp_path):
    net = network(np.random.default_rng(1), first=4, second=3)
    assert rb.check(net) == []
    assert rb.check(rb.compile(net)) == []
    assert rb.check(rb.compile(net), chip(tmp_path)) == []
    assert rb.load(write(tmp_path / "net.nir")).nodes


@pytest.mark.parametrize("name", rules.catalogue())
def test_a_rule_is_quiet_where_it_holds(name, tmp_path):
    """The nearest that is right: each network of another rule violates that one alone, among the errors."""
    others = [seed for rule, seed in DRAWN.items() if rule != name][:6]
    for seed in others:
        assert name not in {d.rule for d in draw(seed, tmp_path).check(tmp_path) if d.severity == "error"}
    assert name not in {d.rule for d in rb.check(network(np.random.default_rng(1), first=4, second=3))}


@pytest.mark.parametrize("rule", rules.catalogue().values(), ids=lambda rule: rule.name)
def test_every_rule_has_its_page(rule):
    assert rule.category in rules.CATEGORIES and rule.statement and rule.limit
    page = invoke("explain", rule.name)
    assert page.returncode == 0 and page.stdout.startswith(f"# {rule.code}: {rule.title}\n")
    assert page.stdout == invoke("explain", rule.code).stdout
    assert re.search(r"(?i)what to do|compile the network|declare|correct", page.stdout), "says no way out"


def test_explain_prints_the_catalogue():
    listing = invoke("explain", "rules").stdout
    for rule in rules.catalogue().values():
        assert re.search(rf"^  {re.escape(rule.name)} +{rule.code}  ", listing, re.MULTILINE)
    assert "did you mean core.input_axons" in invoke("explain", "core.input_axon").stderr


def test_several_stages_fail_at_once(tmp_path):
    """A step too long, a core too small, a delay too long and a threshold too large are four findings of one run."""
    b = rb.Builder(dt=1e-3)
    b.input("in", 40)
    b.lif("a", 5, tau=0.02, r=20.0)
    b.lif("b", 4, tau=0.0005, r=20.0)
    b.lif("c", 4, tau=0.02, r=20.0)
    b.connect("in", "a", matrix(RNG, 5, 40), name="w1")
    b.connect("a", "b", matrix(RNG, 4, 5), delay=30, name="w2")
    b.connect("b", "c", matrix(RNG, 4, 4), name="w3")
    mine = chip(tmp_path, input_axons_per_core=20, max_delay=15)
    quant = settings(populations={"c": {"scale_v": 64.0 * 200000}}, projections={"w9": {}})
    found = [(d.rule, d.where) for d in rb.check(b.build(), mine, quant=quant) if d.severity == "error"]
    assert sorted(found) == [
        ("core.input_axons", "a"),
        ("neuron.step", "b"),
        ("neuron.threshold", "c"),
        ("quantization.names", "w9"),
        ("route.delay", "w2"),
    ]


def test_every_delay_that_is_too_long_is_found():
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    previous = "in"
    for k in range(66):
        b.lif(f"p{k}", 2, tau=0.02, r=20.0)
        b.connect(previous, f"p{k}", np.eye(2))
        previous = f"p{k}"
    for name in ("first", "second"):
        b.connect("in", previous, np.eye(2), name=name)
    found = [(d.rule, d.where, d.value) for d in rb.check(b.build()) if d.rule == "route.delay"]
    assert [f for f in found if f[2] > 63] == [("route.delay", "first", 65), ("route.delay", "second", 65)]
