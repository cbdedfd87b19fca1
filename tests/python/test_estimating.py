"""Energy and latency: every operation counted by hand from the image's words, every figure from the chip's record."""

import json

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke as rheobase
from environment import needs_compiler
from exactnets import chain

pytestmark = needs_compiler


def narrow(folder) -> rb.ChipSpec:
    """A chip with so few neurons in a core that messages go over columns and rows."""
    file = folder / "narrow.json"
    file.write_text('{"base": "loihi1", "name": "narrow", "limits": {"neurons_per_core": 1}}')
    return rb.ChipSpec.load(file)


def by_hand(image: rb.Image, x: np.ndarray) -> dict:
    """The counts of one sample [T, n] and the seconds of its steps, one message at a time."""
    run = image.run(x, hidden=True, probes=image.probes(hidden=True))
    place = {core["id"]: (core["id"] // 4 % 8, core["id"] // 32) for core in image.info["cores"]}
    steps = len(x) + image.lag
    counts = dict.fromkeys(("messages", "columns", "rows", "synaptic_operations", "active", "neurons"), 0)
    seconds = 0.0
    tiles = {(0, 0), *place.values()}
    for t in range(steps):
        sent = [("in", n, (0, 0)) for n in np.flatnonzero(x[t] if t < len(x) else 0)]
        updating, delivering, longest = dict.fromkeys(place, 0.0), dict.fromkeys(place, 0.0), 0.0
        routes_of = dict(enumerate(image.program.input_routes("in")))
        routes = {("in", n): r for n, r in routes_of.items()}
        for core in image.info["cores"]:
            for part in image.program.core(core["id"])["slices"]:
                for k in range(part["count"]):
                    name, n = part["population"], part["first_neuron"] + k
                    states = [run.states[f"{name}.{s}"] for s in image.program.states()[name]]
                    now = any(s[t, n] or (t and s[t - 1, n]) for s in states)
                    spiked = name in run.spikes and bool(run.spikes[name][t, n])
                    active = now or spiked or bool(part["registers"].get("bias", np.zeros(k + 1, int))[k])
                    counts["active"] += active
                    counts["neurons"] += 1
                    updating[core["id"]] += 8.4e-9 if active else 5.3e-9
                    routes[name, n] = part["routes"][k]
                    if spiked:
                        sent.append((name, n, place[core["id"]]))
        for name, n, (column, row) in sent:
            for core, axon in routes[name, n]:
                words = len(image.program.core(core)["axons"][axon]["synapses"])
                columns, rows = abs(place[core][0] - column), abs(place[core][1] - row)
                counts["messages"] += 1
                counts["columns"] += columns
                counts["rows"] += rows
                counts["synaptic_operations"] += words
                delivering[core] += 2.1e-9 + 3.5e-9 * words
                longest = max(longest, 4.1e-9 * columns + 6.5e-9 * rows)
        barrier = (113 + (465 - 113) * (len(tiles) - 1) / 31) * 1e-9
        seconds += max(updating.values()) + longest + max(delivering.values()) + barrier
    return {**counts, "seconds": seconds, "tiles": len(tiles)}


def test_operations_are_counted_one_by_one(tmp_path):
    chip = narrow(tmp_path)
    image = rb.compile(chain(seed=3, readout=True), chip=chip)
    x = np.random.default_rng(0).integers(0, 2, (12, 20))
    hand, e = by_hand(image, x), rb.estimate(image, x, chip)
    c = e.counts
    for name in ("messages", "columns", "rows", "synaptic_operations"):
        assert c[name] == hand[name] > 0, name
    assert c["active_neurons"] == hand["active"] > 0
    assert c["active_neurons"] + c["inactive_neurons"] == hand["neurons"]
    assert c["inactive_neurons"] > 0 and c["input_spikes"] == np.count_nonzero(x)
    assert e.latency == pytest.approx(hand["seconds"]) and e.tiles == hand["tiles"]
    assert e.latency_overlapped < e.latency
    dynamic = 1.7 * c["messages"] + 3 * c["columns"] + 4 * c["rows"] + 23.6 * c["synaptic_operations"]
    dynamic += 81 * c["active_neurons"] + 52 * c["inactive_neurons"]
    assert e.energy["dynamic"] == pytest.approx(1e-12 * dynamic)
    assert e.energy["static"] == pytest.approx(0.104 * e.latency)
    assert e.energy["total"] == e.energy["dynamic"] + e.energy["static"]
    assert "Davies" in e.figures["synaptic_operation_energy"]["source"]


def test_an_inference_is_the_mean_of_samples_however_many_run_at_once(tmp_path, monkeypatch):
    image = rb.compile(chain())
    x = np.random.default_rng(1).integers(0, 2, (5, 9, 20))
    whole = rb.estimate(image, x, threads=1)
    each = [rb.estimate(image, one).energy["total"] for one in x]
    assert whole.samples == 5 and whole.energy["total"] == pytest.approx(np.mean(each))
    monkeypatch.setattr("rheobase.estimating.MOST_BYTES", 1)
    parts = rb.estimate(image, x)
    assert parts.counts == whole.counts and parts.energy == pytest.approx(whole.energy)


def test_silence_costs_barriers_and_updates():
    e = rb.estimate(rb.compile(chain(changes={"first": {"bias": 0}})), np.zeros((7, 20), int))
    assert e.counts["active_neurons"] == e.counts["messages"] == 0
    assert e.energy["dynamic"] == pytest.approx(52e-12 * e.counts["inactive_neurons"])
    assert e.latency == pytest.approx(e.counts["steps"] * (113e-9 + 39 * 5.3e-9))


def test_a_neuron_is_active_in_the_step_that_ends_its_state_too():
    b = rb.Builder(dt=1e-3)
    b.input("in", 1)
    b.exact("n", 3, "lif", decay_v=4096, threshold=64 * 1000)
    b.connect("in", "n", np.full((3, 1), 2.0))
    x = np.zeros((6, 1), int)
    x[1] = 1
    counts = rb.estimate(rb.compile(b.build()), x).counts
    assert (counts["active_neurons"], counts["inactive_neurons"]) == (3 * 2, 3 * 5)
    assert (counts["spikes"], counts["input_spikes"], counts["synaptic_operations"]) == (0, 1, 3)


def test_figures_of_loihi2_say_that_they_are_loihi1s():
    two, one = (rb.chips()[name].costs for name in ("loihi2", "loihi1"))
    assert two.keys() == one.keys() and len(one) == 15
    for name, cost in two.items():
        assert (cost.value, cost.unit) == (one[name].value, one[name].unit)
        assert cost.inferred and "unpublished" in cost.source
    assert not rb.chips()["tiny"].costs


def test_what_cannot_be_estimated_is_refused(tmp_path):
    x = np.zeros((3, 20), int)
    with pytest.raises(rb.CompileError, match="R0672.*states no costs"):
        rb.estimate(rb.compile(chain(), chip="loihi2"), x, "tiny")
    with pytest.raises(rb.CompileError, match="uses core [0-9]+, 'small' has 30"):
        small = tmp_path / "small.json"
        small.write_text('{"base": "loihi1", "name": "small", "limits": {"cores": 30}}')
        rb.estimate(rb.compile(chain(), chip=narrow(tmp_path)), x, small)
    with pytest.raises(rb.OptionError, match="'narrow', which is not built in"):
        rb.estimate(rb.compile(chain(), chip=narrow(tmp_path)), x)
    with pytest.raises(rb.DataError):
        rb.estimate(rb.compile(chain()), np.zeros((3, 4), int))


def test_the_command_line(tmp_path):
    image, net, data, out = (tmp_path / name for name in ("i.rheo", "n.nir", "x.npz", "o.npz"))
    compiled = rb.compile(chain())
    compiled.save(image)
    rb.export(compiled, "nir", net)
    x = np.random.default_rng(2).integers(0, 2, (4, 6, 20))
    np.savez(data, x=x)
    done = rheobase("run", image, "--input", data, "-o", out, "--energy", "--json")
    assert json.loads(done.stdout)["energy"] == json.loads(json.dumps(rb.estimate(compiled, x).as_dict()))
    done = rheobase("run", image, "--input", data, "-o", out, "--energy")
    assert done.returncode == 0 and "uJ dynamic (synapses " in done.stdout and "latency: " in done.stdout
    assert "every cost of 'loihi2' is inferred" in done.stderr
    done = rheobase("run", image, "--input", data, "-o", out, "--energy", "--chip", "loihi1")
    assert done.returncode == 0 and "inferred" not in done.stderr
    for arguments, status in (
        ([net, "--energy"], 2),
        ([image, "--chip", "loihi1"], 2),
        ([image, "--energy", "--chip", "tiny"], 1),
    ):
        out.unlink(missing_ok=True)
        done = rheobase("run", *arguments, "--input", data, "-o", out)
        assert done.returncode == status and not out.exists(), done.stderr
    assert rheobase("run", image, "--input", data, "-o", out, "--json").stdout.count("energy") == 0


def test_a_record_states_all_costs_or_none(tmp_path):
    file = tmp_path / "c.json"
    known = rb.chips()["loihi1"].costs
    costs = {name: {"value": c.value, "unit": c.unit, "source": "me"} for name, c in known.items()}
    for change, message in (
        ({"active_neuron_energy": {"value": 1, "unit": "nJ", "source": "me"}}, "in pJ, not in nJ"),
        ({"active_neuron_energy": {"value": 1}}, None),
        ({"active_neuron_energy": 7}, None),
        ({"active_neuron_energy": {"value": -1}}, "outside 0 to"),
        ({"active_neuron_energy": {"value": "x"}}, "expected a number of pJ"),
        ({"active_neuron_enrgy": 1}, "active_neuron_energy"),
    ):
        file.write_text(json.dumps({"base": "loihi1", "name": "c", "costs": change}))
        if message is None:
            cost = rb.ChipSpec.load(file).costs["active_neuron_energy"]
            assert cost.source == str(file) and cost.unit == "pJ"
            continue
        with pytest.raises(rb.FormatError, match=message):
            rb.ChipSpec.load(file)
    file.write_text(json.dumps({"base": "tiny", "name": "c", "costs": {**costs, "static_power": 1}}))
    with pytest.raises(rb.FormatError, match="'static_power' does not say who states it"):
        rb.ChipSpec.load(file)
    del costs["static_power"]
    file.write_text(json.dumps({"base": "tiny", "name": "c", "costs": costs}))
    with pytest.raises(rb.FormatError, match="cost 'static_power' is missing"):
        rb.ChipSpec.load(file)
