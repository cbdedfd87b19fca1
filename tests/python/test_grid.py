"""Several chips, dead cores and dead links: where cores lie changes no spike, and every message finds its way."""

import json

import numpy as np
import pytest
import rheobase as rb
from rheobase.holding import held_texts, neurons_held
from commandline import invoke
from environment import needs_compiler

pytestmark = needs_compiler

BOARD = {
    "base": "tiny",
    "name": "board",
    "limits": {"cores": 4, "chips": 4, "neurons_per_core": 12},
    "dead_cores": [1, 6],
    "dead_links": [[[1, 0], [2, 0]]],
}
STEPS = {"east": (1, 0), "west": (-1, 0), "south": (0, 1), "north": (0, -1)}


def record(path, **changes):
    path.write_text(json.dumps({**BOARD, **changes}))
    return path


def network(seed):
    """Two populations behind an input, the second recurrent: ten cores of twelve neurons at least."""
    random = np.random.default_rng(seed)
    b = rb.Builder(dt=1e-3)
    b.input("in", 20)
    for name in "ab":
        b.lif(name, 60, tau=5e-3, v_threshold=1.0)

    def near(sources):
        """Weights from the eight sources that lie nearest, in a ring."""
        weights = np.zeros((60, sources))
        for target in range(60):
            for k in range(8):
                weights[target, (target * sources // 60 + k) % sources] = random.normal(0.3, 0.6)
        return weights

    b.connect("in", "a", near(20) * 4)
    b.connect("a", "b", near(60) * 3)
    b.connect("b", "b", near(60))
    b.output("out", "b")
    return b.build(), (random.random((3, 60, 20)) < 0.3).astype(np.int32)


def walk(grid, start, end):
    """Follows the rule and the detours of SPEC I12, tile by tile."""
    detours = {(tuple(at), tuple(to)): direction for at, to, direction in grid["detours"]}
    at, way = tuple(start), []
    while at != tuple(end):
        straight = (
            ("east" if end[0] > at[0] else "west")
            if at[0] != end[0]
            else ("south" if end[1] > at[1] else "north")
        )
        dx, dy = STEPS[detours.get((at, tuple(end)), straight)]
        way.append((at, (at[0] + dx, at[1] + dy)))
        at = way[-1][1]
        assert len(way) < 100, "a message goes round in circles"
    return way


@pytest.mark.parametrize("seed", range(4))
def test_four_chips_with_dead_parts_send_the_spikes_of_one_chip(tmp_path, seed):
    net, x = network(seed)
    board = rb.compile(net, chip=record(tmp_path / "board.json"), seed=seed)
    whole = {"limits": {"cores": 16, "neurons_per_core": 32}, "dead_cores": [], "dead_links": []}
    single = rb.compile(net, chip=record(tmp_path / "single.json", **whole))
    grid = board.grid
    assert len({core["chip"] for core in board.info["cores"]}) > 1
    assert not {1, 6} & set(grid["places"])
    dead = {tuple(map(tuple, link)) for link in grid["dead_links"]}
    assert dead == {((1, 0), (2, 0))}
    for core in grid["places"]:
        for part in board.program.core(core)["slices"]:
            for routes in part["routes"]:
                for target, _ in routes:
                    for link in walk(grid, grid["places"][core], grid["places"][target]):
                        assert link not in dead and link[::-1] not in dead
    for engine in ("golden", "vector"):
        there, here = board.run(x, engine=engine, hidden=True), single.run(x, engine="golden", hidden=True)
        assert here.spikes["b"].sum() > 50
        for name, spikes in here.spikes.items():
            assert np.array_equal(there.spikes[name], spikes), name


def test_the_seed_alone_decides_where_cores_lie(tmp_path):
    net, _ = network(0)
    chip = record(tmp_path / "board.json")
    first = rb.compile(net, chip=chip, seed=3).to_bytes()
    assert rb.compile(net, chip=chip, seed=3).to_bytes() == first
    assert any(rb.compile(net, chip=chip, seed=seed).to_bytes() != first for seed in range(4, 10))


def test_traffic_is_what_routes_say(tmp_path):
    net, x = network(1)
    image = rb.compile(net, chip=record(tmp_path / "board.json"))
    rates = {name: spikes.mean(axis=(0, 1)) for name, spikes in image.run(x).spikes.items()}
    grid, links = image.grid, {}
    for core, place in grid["places"].items():
        for part in image.program.core(core)["slices"]:
            for neuron, routes in enumerate(part["routes"], part["first_neuron"]):
                ways = {link for target, _ in routes for link in walk(grid, place, grid["places"][target])}
                for link in ways:
                    links[link] = links.get(link, 0) + rates[part["population"]][neuron]
    traffic = image.traffic(rates)
    for place, direction, load in traffic["links"]:
        dx, dy = STEPS[direction]
        assert load == pytest.approx(links.pop((place, (place[0] + dx, place[1] + dy))))
    assert not any(links.values())
    assert traffic["hops_at_least"] <= traffic["hops"]


def test_calibration_brings_together_what_talks(tmp_path):
    net, x = network(2)
    chip = record(tmp_path / "board.json")
    quiet = rb.compile(net, chip=chip)
    rates = {name: spikes.mean(axis=(0, 1)) for name, spikes in net.run(x).spikes.items()}
    heard = rb.compile(net, chip=chip, calibrate=x)
    assert heard.traffic(rates)["hops"] <= 1.02 * quiet.traffic(rates)["hops"]


def test_rates_that_are_none_are_refused(tmp_path):
    image = rb.compile(network(0)[0], chip=record(tmp_path / "board.json"))
    for rates in ({"nowhere": 1}, 3, {"a": [1, 2]}, {"a": -1}, {"a": np.nan}, {"a": "often"}):
        with pytest.raises(rb.Error):
            image.traffic(rates)


def test_a_board_that_is_too_small_says_how_many_cores_work(tmp_path):
    net, _ = network(0)
    chip = record(tmp_path / "board.json", dead_cores=list(range(2, 15)))
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(net, chip=chip)
    found = next(d for d in refused.value.diagnostics if d.code == "R0417")
    assert "'board' has 3" in found.message and found.limit == 3


def test_pictures_show_cores_dead_parts_and_links(tmp_path):
    net, _ = network(0)
    rb.compile(net, chip=record(tmp_path / "board.json")).save(tmp_path / "n.rheo")
    for name in ("p.svg", "p.html"):
        result = invoke("inspect", tmp_path / "n.rheo", "--picture", tmp_path / name)
        assert result.returncode == 0, result.stderr
        text = (tmp_path / name).read_text()
        assert "core 1 is dead" in text and "dead link" in text and 'class="chip"' in text
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "nearest to its limit" in result.stdout and "links crossed in a step" in result.stdout
    assert invoke("inspect", tmp_path / "n.rheo", "--picture", tmp_path / "p.png").returncode == 3


def test_what_a_core_holds_is_said_in_a_line():
    def run(name, first, count):
        return {"population": name, "first_neuron": first, "count": count}

    assert held_texts([run("fc", 0, 10), run("lif", 4, 2)]) == ["fc[0:10]", "lif[4:6]"]
    tile = [run("conv", 16 * row, 15) for row in range(256)]
    assert held_texts(tile) == ["conv: 3,840 neurons in 256 runs, 0:15 to 4080:4095"]
    assert neurons_held([*tile, run("fc", 0, 10)]) == {"conv": 3840, "fc": 10}
