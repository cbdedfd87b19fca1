"""Which conventions a recording was made with: `rb.fit_conventions` and `rheobase conventions`."""

import json

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from nirfiles import write
from rheobase import causes
from rheobase.conventions import FRAMEWORKS

KINDS = ("lif", "cuba_lif", "integrate_and_fire")


def random_network(seed: int, **conventions) -> rb.Network:
    """Two populations of random models, the second one recurrent or not, with an active middle."""
    random = np.random.default_rng(seed)
    sizes = random.integers(2, 7, 3)
    b = rb.Builder(dt=1e-3, **conventions)
    b.input("in", sizes[0])
    previous = "in"
    for index, name in enumerate(("first", "second")):
        kind, n = KINDS[random.integers(len(KINDS))], int(sizes[index + 1])
        shared = {"v_threshold": random.choice([0.5, 1.0], n)}
        if random.random() < 0.3:
            shared["v_reset"] = np.full(n, -0.25)
        if kind == "integrate_and_fire":
            b.integrate_and_fire(name, n, r=random.choice([1.0, 50.0]), **shared)
        elif kind == "lif":
            b.lif(name, n, tau=random.uniform(2e-3, 2e-2, n), r=5.0, **shared)
        else:
            b.cuba_lif(
                name, n, tau_mem=random.uniform(2e-3, 2e-2, n), tau_syn=4e-3, r=5.0, w_in=2.0, **shared
            )
        b.connect(previous, name, random.normal(0.3, 0.6, (n, sizes[index])).round(3))
        if random.random() < 0.5:
            b.connect(name, name, random.normal(-0.1, 0.4, (n, n)).round(3))
        previous = name
    b.output("out", "second")
    return b.build()


def random_truth(net: rb.Network, x, random) -> rb.Network:
    """The network under conventions drawn at random, under which it does not run away."""
    while True:
        drawn = {
            name: values[random.integers(len(values))] for name, values in net.distinct_conventions().items()
        }
        truth = net.under(**drawn)
        if all(np.isfinite(spikes).all() and spikes.max() < 1e6 for spikes in truth.run(x).spikes.values()):
            return truth


def same_run(net: rb.Network, a: dict, b: dict, x) -> bool:
    left, right = (net.under(**c).run(x) for c in (a, b))
    return all(np.array_equal(left.spikes[name], right.spikes[name]) for name in left.spikes)


@pytest.mark.parametrize("block", range(10))
def test_never_fooled_by_random_networks(block):
    """The set a recording was made with is among the answers, and every answer gives the recording."""
    told_apart = 0
    for seed in range(block * 20, block * 20 + 20):
        random = np.random.default_rng([seed, 1])
        net = random_network(seed)
        x = random.integers(0, 2, (40, *net.inputs[0].shape)).astype(np.uint8)
        truth = random_truth(net, x, random)
        found = rb.fit_conventions(net, x, truth.run(x), dt=1e-3)
        assert found.exact, seed
        values = net.distinct_conventions()
        canonical = {
            name: value if value in values[name] else values[name][0]
            for name, value in truth.conventions.items()
            if len(values.get(name, ())) > 1
        }
        assert any(
            all(fit.conventions[name] == value for name, value in canonical.items()) and fit.offset == 0
            for fit in found.fits
        ), seed
        for fit in found.fits[:4]:
            if fit.offset == 0:
                assert same_run(net, fit.conventions, truth.conventions, x)
        told_apart += len(found.fits) == 1
    assert told_apart < 20  # or nothing would try the next test


def test_what_tells_sets_apart_does_so():
    net = random_network(5)
    x = np.zeros((20, *net.inputs[0].shape), np.uint8)
    x[3] = 1
    found = rb.fit_conventions(net, x, net.run(x), dt=1e-3)
    assert found.exact and len(found.fits) > 1 and found.open
    stimulus = found.stimulus()
    again = rb.fit_conventions(net, stimulus.x, net.run(stimulus.x), dt=1e-3)
    assert again.exact and len(again.fits) < len(found.fits)


def test_the_answer_does_not_depend_on_threads():
    net = random_network(3)
    x = np.random.default_rng(0).integers(0, 2, (3, 30, *net.inputs[0].shape)).astype(np.uint8)
    wrong = {"second": np.roll(net.run(x).spikes["second"], 2, axis=1)}
    one, four = (rb.fit_conventions(net, x, wrong, threads=count) for count in (1, 4))
    assert not one.exact and one.fits == four.fits
    assert [fit.wrong for fit in one.fits] == sorted(fit.wrong for fit in one.fits)


@pytest.mark.parametrize("offset", [1, -1])
def test_a_recording_may_be_a_step_late_or_early(offset):
    net = random_network(8)
    x = np.random.default_rng(0).integers(0, 2, (60, *net.inputs[0].shape)).astype(np.uint8)
    x[-1] = 0
    spikes = net.run(x).spikes["second"]
    moved = np.roll(spikes, offset, axis=0)
    moved[0 if offset > 0 else -1] = 0
    found = rb.fit_conventions(net, x, {"second": moved}, dt=1e-3)
    assert found.exact and spikes.any()
    assert any(fit.offset == offset or fit.conventions["feedforward_delay"] for fit in found.fits)


def test_the_first_difference_is_where_it_is():
    net = random_network(8)
    x = np.random.default_rng(0).integers(0, 2, (60, *net.inputs[0].shape)).astype(np.uint8)
    spikes = net.run(x).spikes["second"].copy()
    spikes[17, 1] = 1 - spikes[17, 1]
    found = rb.fit_conventions(net, x, {"second": spikes}, dt=1e-3)
    assert not found.exact and found.best.wrong == 1
    first = found.best.first
    assert (first["series"], first["step"], first["neuron"]) == ("second", 17, 1)
    assert first["recorded"] == spikes[17, 1] and "1 of" in str(found)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_every_framework_is_found_under_its_name(name):
    net = random_network(14)
    x = np.random.default_rng(1).integers(0, 2, (80, *net.inputs[0].shape)).astype(np.uint8)
    truth = net.under(as_=name)
    found = rb.fit_conventions(net, x, truth.run(x), dt=truth.dt)
    assert found.exact
    assert any(name in fit.frameworks for fit in found.fits)


def test_recordings_that_fit_no_node():
    net = random_network(8)
    x = np.zeros((10, *net.inputs[0].shape), np.uint8)
    spikes = net.run(x).spikes
    for recorded, code in (
        ({"third": spikes["second"]}, "R0661"),
        ({"second": spikes["second"][:-1]}, "R0660"),
        (np.zeros((10, 99)), "R0660"),
        ({"second.w": spikes["second"]}, "R0661"),
    ):
        with pytest.raises(rb.DataError) as refused:
            rb.fit_conventions(net, x, recorded)
        assert refused.value.diagnostics[0].code == code


def test_the_command(tmp_path):
    path = write(tmp_path / "net.nir")
    net = rb.load(path, dt=1e-3, reset="subtract")
    x = np.random.default_rng(0).integers(0, 2, (1, 50, *net.inputs[0].shape)).astype(np.uint8)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "run.npz", **net.run(x).series())
    given = ("--input", tmp_path / "x.npy", "--recorded", tmp_path / "run.npz", "--dt", 1e-3)
    said = invoke("conventions", path, *given)
    assert said.returncode == 0, said.stderr
    assert "0 of" in said.stdout and "reset" in said.stdout
    body = json.loads(invoke("conventions", path, *given, "--json").stdout)
    assert body["exact"] and body["schema"].startswith("rheobase.conventions/")
    x[0, 10:] = 0
    np.save(tmp_path / "x.npy", x)
    said = invoke("conventions", path, *given)
    assert said.returncode == 1 and "first difference" in said.stdout


def test_a_recording_in_nirs_own_form(tmp_path):
    path = write(tmp_path / "net.nir")
    x = np.random.default_rng(0).integers(0, 2, (1, 50, *rb.load(path).inputs[0].shape)).astype(np.uint8)
    np.save(tmp_path / "x.npy", x)
    rb.load(path, dt=1e-3, discretization="exponential").run(x).save(tmp_path / "run.nirdata")
    given = ("--input", tmp_path / "x.npy", "--recorded", tmp_path / "run.nirdata", "--dt", 1e-3)
    said = invoke("conventions", path, *given)
    assert said.returncode == 0 and "give the recording: 0 of 300 cells wrong" in said.stdout, said.stderr


def test_a_framework_that_reads_the_file_otherwise():
    """Norse takes r for 1: no set of conventions gives its run of other values."""
    b = rb.Builder(dt=1e-3)
    b.input("in", 3)
    b.lif("n", 4, tau=1e-2, r=[3.0, 2.0, 4.0, 5.0], v_threshold=0.05)
    b.connect("in", "n", np.random.default_rng(2).normal(0.4, 0.5, (4, 3)))
    net = b.build()
    x = np.random.default_rng(1).integers(0, 2, (80, 3)).astype(np.uint8)
    norse = net.under(as_="norse", dt=1e-3)
    assert any("'r' of 'n' is taken for 1" in a["value"] for a in norse.assumptions)
    found = rb.fit_conventions(net, x, norse.run(x), dt=1e-3)
    assert found.exact and found.best.frameworks == ("norse",) and found.best.conventions["as_"] == "norse"
    assert np.array_equal(net.under(**found.best.conventions).run(x).output, norse.run(x).output)
    assert "--as norse" in str(found) and "'r' of 'n' is taken for 1" in str(found)
    assert causes.of_recording(net, x, norse.run(x)).startswith(
        "cause: norse reads the file otherwise: 'r' of 'n'"
    )


def test_nothing_recorded_and_names_that_are_none():
    net = random_network(8)
    x = np.zeros((10, *net.inputs[0].shape), np.uint8)
    spikes = net.run(x).spikes["second"]
    for recorded in ({}, {3: spikes}, {"second": spikes.T}, {"second": spikes.reshape(-1)}):
        with pytest.raises(rb.DataError):
            rb.fit_conventions(net, x, recorded)
    with pytest.raises(rb.OptionError, match="as_ names one set"):
        rb.fit_conventions(net, x, {"second": spikes}, as_="norse")


def test_a_framework_that_reads_the_file_otherwise_is_not_named_for_its_conventions_alone():
    b = rb.Builder(dt=1e-4, reset="zero")
    b.input("in", 3)
    b.integrate_and_fire("n", 3)
    b.connect("in", "n", 0.4 * np.eye(3))
    net = b.build()
    x = np.random.default_rng(3).integers(0, 2, (60, 3)).astype(np.uint8)
    found = rb.fit_conventions(net, x, net.run(x), dt=1e-4)
    assert found.exact and all("snntorch" not in fit.frameworks for fit in found.fits)


def test_other_conventions_start_from_what_was_given():
    b = rb.Builder(dt=1e-3, reset="subtract")
    b.input("in", 2)
    b.lif("n", 2, tau=2e-3, r=3, v_threshold=1)
    b.connect("in", "n")
    net = b.build()
    twice = net.under(as_="sinabs").under(as_="sinabs")
    assert np.array_equal(
        twice.nodes["n"].parameters["tau"], net.under(as_="sinabs").nodes["n"].parameters["tau"]
    )
    assert np.array_equal(
        net.under(as_="sinabs").under(as_="norse").nodes["n"].parameters["tau"],
        net.nodes["n"].parameters["tau"],
    )
    other = net.under(discretization="exponential")
    assert other.conventions["reset"] == "subtract" and other.dt == 1e-3
    told = {a["what"]: a for a in other.assumptions}
    assert told["spikes"]["why"].startswith("default") and told["reset"]["why"] == "given"
