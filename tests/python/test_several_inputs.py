"""Networks with two inputs: data files, Python functions and commands; all equal what a dictionary by name gives."""

import json

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from rheobase import compiler, nirdata, spikefit, verification
from rheobase.exporting.hdf5 import file_of
from rheobase.plain import as_json

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)

from faultnets import reports
from twoinputs import SAMPLES, SHAPES, STEPS, data, events, files, image, network

DT = ("--dt", "1e-3")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files(tmp_path)
    return tmp_path


def ran(*arguments, status: int = 0):
    result = invoke(*arguments)
    assert result.returncode == status, result.stderr
    return result


def plain(value):
    """As a report's JSON holds it."""
    return json.loads(as_json(value))


def equal(left, right) -> bool:
    return left.keys() == right.keys() and all(np.array_equal(left[n], right[n]) for n in left)


# -- Files -----------------------------------------------------------------------------------------------------------


def write_nirdata(path, nodes: dict) -> None:
    """nodes: name -> {observable: [samples, steps, n]}"""
    groups = {}
    for name, observables in nodes.items():
        grids = {
            o: nirdata.Group(
                "TimeGriddedData", {"data": a.reshape(*a.shape[:2], -1).astype(bool)}, dt=np.array(1e-3)
            )
            for o, a in observables.items()
        }
        groups[name] = nirdata.Group("NIRNodeData", {"observables": grids})
    path.write_bytes(file_of(nirdata.Group("NIRGraphData", {"nodes": groups})))


@pytest.mark.parametrize("form", ["dense", "flat", "events", "one of each", "counts"])
def test_npz_forms_give_the_dictionary(tmp_path, form):
    x, y = data()
    if form == "counts":
        x = {name: array * np.uint8(3) for name, array in x.items()}
    stored = {
        "dense": x,
        "flat": {name: array.reshape(SAMPLES, STEPS, -1) for name, array in x.items()},
        "events": events(x),
        "one of each": {"left": x["left"], **events({"right": x["right"]})},
        "counts": events(x),
    }[form]
    np.savez(tmp_path / "d.npz", y=y, **stored)
    for shapes in (SHAPES, dict(reversed(SHAPES.items()))):
        found = rb.data.load(tmp_path / "d.npz", shapes)
        assert (found.samples, found.steps, found.batched) == (SAMPLES, STEPS, True)
        assert equal(found.whole(), x) and np.array_equal(found.y, y)
        assert equal(found.slice(2, 3), {name: array[2:5] for name, array in x.items()})
    few = found.limited(2)
    assert equal(few.whole(), {name: array[:2] for name, array in x.items()}) and len(few.y) == 2


def test_nirdata_by_nodes(tmp_path):
    x, _ = data()
    nodes = {name: {"spikes": array} for name, array in x.items()}
    write_nirdata(tmp_path / "d.nirdata", {**nodes, "hidden": {"spikes": x["left"]}})  # recorded besides
    assert equal(rb.data.load(tmp_path / "d.nirdata", SHAPES, dt=1e-3).whole(), x)
    write_nirdata(tmp_path / "v.h5", {**nodes, "left": {"spikes": x["left"], "v": 1 - x["left"]}})
    assert equal(rb.data.load(tmp_path / "v.h5", SHAPES, dt=1e-3).whole(), x)
    write_nirdata(tmp_path / "bad.h5", {"left": nodes["left"], "rihgt": nodes["right"]})
    with pytest.raises(rb.DataError, match="no data for input 'right'.*'rihgt.spikes'") as caught:
        rb.data.load(tmp_path / "bad.h5", SHAPES, dt=1e-3)
    assert caught.value.code == "R0258"
    assert caught.value.diagnostics[0].remedy == "did you mean 'rihgt'?"
    write_nirdata(tmp_path / "one.h5", {"left": nodes["left"]})  # the only one, which is not for both
    with pytest.raises(rb.DataError, match="input 'right'"):
        rb.data.load(tmp_path / "one.h5", SHAPES, dt=1e-3)
    with pytest.raises(rb.DataError, match="the network of 0.002 s"):
        rb.data.load(tmp_path / "d.nirdata", SHAPES, dt=2e-3)


def test_unbatched_data_have_no_axis_of_samples(tmp_path):
    x, _ = data()
    one = {name: array[0] for name, array in x.items()}
    np.savez(tmp_path / "d.npz", **one)
    found = rb.data.load(tmp_path / "d.npz", SHAPES)
    assert (found.samples, found.steps, found.batched) == (1, STEPS, False)
    assert equal(found.whole(), one)
    alone = events({name: array[None] for name, array in one.items()})
    short = {key: v for key, v in alone.items() if not key.endswith(".sample")}
    np.savez(tmp_path / "e.npz", **{k: v[1:] if k.endswith("shape") else v for k, v in short.items()})
    assert equal(rb.data.load(tmp_path / "e.npz", SHAPES).slice(0, 1), found.slice(0, 1))


def test_a_single_input_may_have_its_name(tmp_path):
    x, y = data()
    np.savez(tmp_path / "d.npz", left=x["left"], y=y, other=x["right"])
    found = rb.data.load(tmp_path / "d.npz", {"left": (4,)})
    assert np.array_equal(found.whole(), x["left"]) and np.array_equal(found.y, y)
    np.savez(tmp_path / "e.npz", **events({"left": x["left"]}))
    assert np.array_equal(rb.data.load(tmp_path / "e.npz", (4,), name="left").whole(), x["left"])
    np.savez(tmp_path / "x.npz", left=1 - x["left"], x=x["left"])
    assert np.array_equal(rb.data.load(tmp_path / "x.npz", {"left": (4,)}).whole(), x["left"])
    with pytest.raises(rb.FormatError, match="neither 'x' nor"):
        rb.data.load(tmp_path / "d.npz", {"y": (4,)})


def test_an_input_called_y_has_the_array_and_labels_are_given_in_python(tmp_path):
    x, labels = data()
    np.savez(tmp_path / "d.npz", x=x["left"], y=x["right"])
    found = rb.data.load(tmp_path / "d.npz", {"x": (4,), "y": (1, 2, 3)})
    assert equal(found.whole(), {"x": x["left"], "y": x["right"]}) and found.y is None


def wrong(change: str) -> dict:
    """Arrays that two inputs do not take."""
    x, y = data()
    left, right = x["left"], x["right"]
    apart = events(x)
    return {
        "nothing for one": {"left": left, "y": y},
        "x alone": {"x": left, "y": y},
        "nearly right": {"left": left, "rihgt": right, "y": y},
        "one too many": {**x, "rear": left},
        "labels misspelt": {**x, "labels": y},
        "fewer samples": {"left": left, "right": right[:5]},
        "fewer steps": {"left": left, "right": right[:, :9]},
        "steps of events": {"left": left[:, :9], **events({"right": right})},
        "one without samples": {"left": left[:1], "right": right[0]},
        "another shape": {"left": left, "right": right[..., :2]},
        "shapes exchanged": {"left": right, "right": left},
        "not a number": {"left": left, "right": np.where(right, np.nan, 0)},
        "text": {"left": left, "right": right.astype(str)},
        "twice": {**x, **events({"right": right})},
        "an event outside": {**apart, "right.index": apart["right.index"] + 1},
        "no steps of events": {k: v for k, v in apart.items() if k != "right.step"},
        "no shape of events": {k: v for k, v in apart.items() if k != "right.shape"},
        "event names misspelt": {k.replace("right", "rigth"): v for k, v in apart.items()},
        "too few labels": {**x, "y": y[:3]},
    }[change]


def lengths(right: str, left: str) -> tuple:
    return "R0251", f"input 'right' has {right}, input 'left' has {left}", ""


REFUSED = {
    "nothing for one": ("R0258", "no data for input 'right'", "there are 'left'"),
    "x alone": ("R0258", "there is no input 'x'", "there are 'left', 'right'"),
    "nearly right": ("R0258", "there is no input 'rihgt'", "did you mean 'right'?"),
    "one too many": ("R0258", "there is no input 'rear'", "'left'"),
    "labels misspelt": ("R0258", "there is no input 'labels'", "'left'"),
    "fewer samples": lengths("5 samples of 20 steps", "7 samples of 20"),
    "fewer steps": lengths("7 samples of 9 steps", "7 samples of 20"),
    "steps of events": lengths("7 samples of 20 steps", "7 samples of 9"),
    "one without samples": ("R0251", "'right' has no axis of samples, input 'left' has an axis", ""),
    "another shape": (
        "R0251",
        "'right' has shape [7, 20, 1, 2, 2], the network's input needs [T, 1, 2, 3]",
        "",
    ),
    "shapes exchanged": ("R0251", "'left' has shape [7, 20, 1, 2, 3], the network's input needs [T, 4]", ""),
    "not a number": ("R0253", "at 'right'", "finite"),
    "text": ("R0252", "at 'right'", "convert it"),
    "twice": ("R0256", "input 'right' is there twice", "leave out 'right', or 'right.sample'"),
    "an event outside": ("R0256", "at 'right.index'", "allowed are 0 to 5"),
    "no steps of events": ("R0256", "event form needs 'right.step'", ""),
    "no shape of events": ("R0256", "event form needs 'right.shape'", ""),
    "event names misspelt": ("R0258", "there is no input 'rigth'", "did you mean 'right'?"),
    "too few labels": ("R0255", "'y' has shape [3] for 7 samples", ""),
}


@pytest.mark.parametrize("change", REFUSED)
def test_what_does_not_fit_is_refused_with_the_place(here, change):
    np.savez(here / "bad.npz", **wrong(change))
    code, words, way = REFUSED[change]
    for command in (["run", "net.rheo", "-o", "o.npz"], ["verify", "net.nir", "net.rheo", *DT]):
        result = ran(*command, "--data", "bad.npz", status=3)
        assert f"error {code}" in result.stderr and "bad.npz" in result.stderr
        assert words in result.stderr.replace("bad.npz:", "") and way in result.stderr
    assert not (here / "o.npz").exists()


@pytest.mark.parametrize(
    "change", ["nothing for one", "nearly right", "one too many", "fewer samples", "text"]
)
def test_every_function_refuses_the_same(change):
    given = {name: array for name, array in wrong(change).items() if name != "y"}
    code, words, _ = REFUSED[change]
    net, made = network(), image()
    for call in (
        lambda: net.run(given),
        lambda: made.run(given),
        lambda: rb.verify(net, made, given),
        lambda: rb.sweep(net, [8], given),
        lambda: rb.robust(made, given, faults="channel-dead"),
        lambda: rb.replay(made, "channel-dead@input=0,channel=0", given),
        lambda: rb.compile(net, calibrate=given),
    ):
        with pytest.raises(rb.DataError) as caught:
            call()
        assert caught.value.code == code and words in str(caught.value)


def test_one_array_for_two_inputs(here):
    x, y = data()
    for call in (rb.verify, lambda n, i, x: rb.sweep(n, [8], x), lambda n, i, x: rb.robust(i, x)):
        with pytest.raises(rb.DataError, match="2 inputs and one array") as caught:
            call(network(), image(), x["left"])
        assert caught.value.code == "R0258" and "'left', 'right'" in str(caught.value)
    np.save(here / "x.npy", x["left"])
    header = b"\0\0\x08\x02" + np.array([7, 4], ">u4").tobytes()
    (here / "t-images-idx3-ubyte").write_bytes(header + bytes(28))
    for file, more in (("x.npy", ()), ("t-images-idx3-ubyte", ("--encode", "latency:9"))):
        result = ran("run", "net.nir", *DT, "--data", file, *more, "-o", "o.npz", status=3)
        assert (
            "R0258" in result.stderr
            and "holds one array, there are 2 inputs: 'left', 'right'" in result.stderr
        )
        assert "write an .npz with an array for each" in result.stderr


def test_all_names_are_told_at_once_and_not_without_end(here):
    x, _ = data()
    np.savez(here / "bad.npz", **{f"array{k}": x["left"] for k in range(500)})
    told = ran("run", "net.rheo", "--input", "bad.npz", "-o", "o.npz", status=3).stderr
    assert "input 'left'" in told and "input 'right'" in told and "and 492 more" in told
    assert len(told) < 10_000


def test_inputs_fit_into_memory_together(tmp_path, monkeypatch):
    """The zeros of event form take no room before they are used."""
    x, _ = data(steps=200)
    for array in x.values():
        array[1:] = array[:, 3:] = 0
    np.savez(tmp_path / "d.npz", **events(x))
    room_for = x["left"].nbytes + x["right"].nbytes
    monkeypatch.setattr("rheobase.room._free_memory", lambda: room_for)
    assert equal(rb.data.load(tmp_path / "d.npz", SHAPES).whole(), x)
    monkeypatch.setattr("rheobase.room._free_memory", lambda: room_for - 1)
    with pytest.raises(rb.FormatError, match="and those before it take"):
        rb.data.load(tmp_path / "d.npz", SHAPES)


@pytest.mark.parametrize("how", ["rate:12,3", "current:12", "latency:12"])
def test_d3_several_inputs_are_encoded_as_one(here, how):
    rng = np.random.default_rng(8)
    grey = {name: rng.integers(0, 256, (SAMPLES, *shape)) for name, shape in SHAPES.items()}
    np.savez(here / "grey.npz", right=grey["right"], left=grey["left"])
    joined = rb.encode(np.hstack([grey[name].reshape(SAMPLES, -1) for name in SHAPES]), how)
    wanted = {"left": joined[..., :4], "right": joined[..., 4:].reshape(SAMPLES, 12, 1, 2, 3)}
    assert joined.any() and equal(rb.encode(grey, how), wanted)
    loaded = rb.data.load(here / "grey.npz", SHAPES, how)
    assert equal(loaded.whole(), wanted)
    pieces = [part for _, part in loaded.chunks(2)]
    assert equal({n: np.concatenate([p[n] for p in pieces]) for n in SHAPES}, wanted)
    for source in ("net.rheo", "net.nir"):
        options = DT if source.endswith("nir") else ()
        ran("run", source, *options, "--input", "grey.npz", "--encode", how, "-o", "o.npz")
        runner = rb.Image.load(source) if source.endswith("rheo") else rb.load(source, dt=1e-3)
        assert rb.first_difference(rb.Recording.load("o.npz"), runner.run(wanted)) is None
    same = {"left": grey["left"], "right": grey["left"]}  # equal pixels do not share their chance
    spikes = rb.encode(same, "rate:40,0")
    assert not np.array_equal(spikes["left"], spikes["right"])


def test_grey_levels_that_do_not_fit(here):
    rng = np.random.default_rng(8)
    grey = {name: rng.integers(0, 256, (SAMPLES, *shape)) for name, shape in SHAPES.items()}
    for change, words in (
        ({"right": grey["right"][:3]}, "input 'right' has 3 samples, input 'left' has 7 samples"),
        ({"right": grey["right"] * 2}, "at 'right'"),
        ({"right": grey["right"][..., 1:]}, "grey levels have shape [7, 1, 2, 2], needed is [samples, 6]"),
        ({"rear": grey["left"]}, "there is no input 'rear'"),
    ):
        np.savez(here / "bad.npz", **{**grey, **change})
        result = ran("run", "net.rheo", "--input", "bad.npz", "--encode", "rate:5", "-o", "o.npz", status=3)
        assert words in result.stderr


# -- Functions and commands ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batched", [True, False])
def test_run(here, batched):
    x, _ = data()
    if not batched:
        x = {name: array[0] for name, array in x.items()}
        np.savez("data.npz", **x)
    made, net = rb.Image.load("net.rheo"), rb.load("net.nir", dt=1e-3)
    probes = ("--probe", "hidden.v")
    ran("run", "net.rheo", "--input", "data.npz", "-o", "chip.npz", *probes)
    ran("run", "net.nir", *DT, "--input", "data.npz", "-o", "float.nirdata", *probes)
    wanted = made.run(x, probes=["hidden.v"])
    assert (
        rb.first_difference(rb.Recording.load("chip.npz"), wanted) is None and wanted.spikes["readout"].any()
    )
    assert rb.first_difference(rb.Recording.load("float.nirdata"), net.run(x, probes=["hidden.v"])) is None
    body = json.loads(
        ran(
            "run", "net.rheo", "--input", "data.npz", "-o", "c.npz", "--samples", 1, "--energy", "--json"
        ).stdout
    )
    first = {name: array[:1] for name, array in x.items()} if batched else x
    assert body["samples"] == 1 and body["energy"] == rb.estimate(made, first).as_dict()


def test_verify_compares_what_the_runs_show(here):
    """Against both sides, run as a whole."""
    x, y = data()
    net, made = network(), image(4)
    found = rb.verify(net, made, x, y).data
    ref, out = net.run(x), made.run(x)
    for name in ("hidden", "readout"):
        a, b = ref.spikes[name] != 0, out.aligned(name) != 0
        counted = [int(a.sum()), int(b.sum()), int((a & b).sum()), int((a == b).sum())]
        assert [found["spikes"][name][k] for k in ("float", "chip", "both", "equal")] == counted
    right = [(run.aligned("out").sum(axis=1).argmax(axis=1) == y).mean() for run in (ref, out)]
    accuracy = found["accuracy"]
    assert [accuracy["float"]["value"], accuracy["chip"]["value"]] == pytest.approx(right)
    assert 0 < right[0] < 1
    first = found["first_difference"]
    assert first["population"] == "hidden" and first["counterfactual"] is not None
    assert first["counterfactual"][
        "alone"
    ]  # up to the difference; nothing would explain what comes after it, too
    heaviest = first["counterfactual"]["weight"]
    columns = net.nodes[f"{heaviest['source']}_to_hidden"].parameters["weight"]
    assert heaviest["network"] == pytest.approx(columns[first["neuron"], heaviest["neuron"]])


def test_verify_says_the_same_in_chunks_and_as_a_command(here, monkeypatch):
    x, y = data()
    made, net = rb.Image.load("net.rheo"), rb.load("net.nir", dt=1e-3)
    whole = rb.verify(net, made, x, y)
    seen = []
    monkeypatch.setattr(verification, "CHUNK_BYTES", 1)
    chunked = rb.verify(net, made, x, y, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(k + 1, SAMPLES) for k in range(SAMPLES)]
    assert chunked.data == whole.data and chunked.text() == whole.text()
    arguments = ("verify", "net.nir", "net.rheo", "--data", "data.npz", *DT)
    ran(*arguments, "-o", "report")
    body = json.loads((here / "report/report.json").read_text())
    assert body.pop("data") == "data.npz"
    assert body.pop("fail_if") is None
    wanted = plain(whole.data)
    del wanted["data"]
    assert body == wanted
    ran("verify", "net.nir", "--data", "data.npz", *DT, "--fail-if", "accuracy_float < 2", status=1)


def test_sweep(here):
    x, y = data()
    net = rb.load("net.nir", dt=1e-3)
    command = ("sweep", "net.nir", "--bits", "3,8", "--data", "data.npz", "--budget", "40words", *DT)
    ran(*command, "-o", "out")
    ran(*command, "-o", "out")  # from what is finished
    (here / "again").mkdir()
    found = rb.sweep(net, [3, 8], x, y, budget="40 words", folder="again")
    found.save("again")
    made = json.loads((here / "out/sweep.json").read_text())
    assert (made.pop("data"), made.pop("fail_if")) == ("data.npz", None)
    wanted = plain(found.data)
    del wanted["data"]
    assert made == wanted
    (kept,) = (here / "out/finished").iterdir()  # of both commands
    assert len(list(kept.iterdir())) > 3
    swapped = {**x, "right": x["right"][::-1]}  # of other data nothing is taken
    for given in (x, swapped, x):
        rb.sweep(net, [3, 8], given, y, budget="40 words", folder="again")
    assert len(list((here / "again/finished").iterdir())) == 2
    # The coarsest setting, judged by hand.
    coarse = next(s for s in found.data["uniform"] if s["name"] == "3")
    ref, out = net.run(x), rb.compile(net, weight_bits=3).run(x)
    for name in ("hidden", "readout"):
        same = ((ref.spikes[name] != 0) == (out.aligned(name) != 0)).mean()
        assert coarse["spikes"][name]["agreement"] == pytest.approx(same)
    answers = out.aligned("out").sum(axis=1).argmax(axis=1)
    assert coarse["accuracy"]["value"] == pytest.approx((answers == y).mean())


def test_robust_resumed_and_replayed(here):
    x, y = data()
    command = (
        "robust",
        "net.rheo",
        "--faults",
        "weight-flip,channel-dead,message-loss:0.05",
        "--data",
        "data.npz",
        "--width",
        0.2,
    )
    ran(*command, "-o", "out")
    ran(*command, "-o", "half", "--budget", "0.000001s", status=4)
    ran(*command, "-o", "half", "--resume")
    assert reports(here / "half") == reports(here / "out")
    made = rb.Image.load("net.rheo")
    wanted = rb.robust(made, x, y, faults="weight-flip,channel-dead,message-loss:0.05", width=0.2)
    body = json.loads((here / "out/report.json").read_text())
    assert body["data"]["hash"] == wanted.data["data"]["hash"]
    assert body["strata"] == plain(wanted.data["strata"])
    assert {"left", "right"} <= {s["node"] for s in body["strata"]}
    shown = json.loads(ran("replay", "out#1", "--json").stdout)
    again = rb.replay(made, body["critical"][0]["fault"], x)
    assert plain(again.as_dict()).items() <= shown.items() and again.damage == "decision"
    np.savez("data.npz", left=x["left"], right=1 - x["right"], y=y)
    assert "R0806" in ran("replay", "out#1", status=3).stderr


@pytest.mark.parametrize("scales", ["auto", "spikes"])
def test_calibration(here, scales):
    x, _ = data()
    net = rb.load("net.nir", dt=1e-3)
    options = ("--calibrate", "data.npz", "--scales", scales, *DT)
    ran("compile", "net.nir", "-o", "made.rheo", *options)
    wanted = rb.compile(net, calibrate=x, scales=scales)
    assert (here / "made.rheo").read_bytes() == wanted.to_bytes()
    assert rb.compile(net, calibrate="data.npz", scales=scales).to_bytes() == wanted.to_bytes()
    ran("quant", "net.nir", "-o", "quant.json", *options)
    assert json.loads((here / "quant.json").read_text()) == rb.quantization(net, calibrate=x, scales=scales)


def test_calibration_counts_every_input(here):
    x, _ = data()
    _, rates = compiler._calibration(network(), x)
    for name, array in x.items():
        assert rates[name] == pytest.approx(array.reshape(SAMPLES * STEPS, -1).mean(axis=0))


def test_scales_are_fitted_to_the_first_samples_of_every_input():
    x, _ = data()
    chunks = (part for _, part in rb.data.of_arrays(x, None, SHAPES).chunks(3))
    taken = list(spikefit._first(chunks, 5))
    assert [rb.data.samples_in(part) for part in taken] == [3, 2]
    joined = {name: np.concatenate([part[name] for part in taken]) for name in SHAPES}
    assert equal(joined, {name: array[:5] for name, array in x.items()})


def test_diff(here):
    x, _ = data()
    image().save("fine.rheo")
    for engines in ("golden,vector", "golden,jit"):
        said = ran("diff", "net.rheo", "--engines", engines, "--input", "data.npz").stdout
        assert said == "no difference\n"
    found = json.loads(
        ran("diff", "net.nir", "net.rheo", "--input", "data.npz", *DT, "--json", status=1).stdout
    )
    wanted = rb.verify(rb.load("net.nir", dt=1e-3), rb.Image.load("net.rheo"), x).data["first_difference"]
    first = found["first"]
    assert [first[k] for k in ("sample", "step", "neuron")] == [
        wanted[k] for k in ("sample", "step", "neuron")
    ]
    assert ran("diff", "net.rheo", "fine.rheo", "--input", "data.npz", status=1).stdout
    ran("run", "net.nir", *DT, "--input", "data.npz", "-o", "float.npz")
    ran("run", "net.nir", "--dt", "2e-3", "--input", "data.npz", "-o", "slow.npz")
    assert ran("diff", "net.nir", "float.npz", "--input", "data.npz", *DT).stdout.startswith("no difference")
    said = ran("diff", "net.nir", "slow.npz", "--input", "data.npz", *DT, status=1).stdout
    assert "first difference" in said


def test_conventions(here):
    x, _ = data()
    net = rb.load("net.nir", dt=1e-3, reset="subtract")
    np.savez("recorded.npz", hidden=net.run(x).spikes["hidden"])
    result = ran("conventions", "net.nir", *DT, "--input", "data.npz", "--recorded", "recorded.npz", "--json")
    found = json.loads(result.stdout)
    assert found["exact"] and found["decided"]["reset"] == "subtract"
    silent = {name: np.zeros((1, 5, *shape), np.uint8) for name, shape in SHAPES.items()}
    np.savez("silent.npz", **silent)
    np.savez("recorded.npz", hidden=net.run(silent).spikes["hidden"])
    arguments = ("conventions", "net.nir", *DT, "--input", "silent.npz", "--recorded", "recorded.npz")
    assert "--propose next.npz" in ran(*arguments, "--propose", "next.npy", status=2).stderr
    ran(*arguments, "--propose", "next.npz")
    proposed = rb.data.load("next.npz", SHAPES)
    runs = [rb.load("net.nir", dt=1e-3, reset=r).run(proposed.whole()) for r in ("zero", "subtract")]
    assert rb.first_difference(*runs) is not None


def test_sanafe_takes_the_same_spikes(here):
    x, _ = data()
    ran("export", "net.rheo", "--to", "sanafe", "-o", "out", "--input", "data.npz", "--samples", 2)
    first = {name: array[:2] for name, array in x.items()}
    rb.export(rb.Image.load("net.rheo"), "sanafe", here / "wanted", x=first)
    made, wanted = ({p.name: p.read_bytes() for p in (here / d).iterdir()} for d in ("out", "wanted"))
    assert made == wanted
