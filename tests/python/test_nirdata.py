"""NIRData: what the nir package writes is read as data and recordings, and it reads what is written here."""

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from nirfiles import write
from rheobase import nirdata
from rheobase.exporting.hdf5 import file_of

nir = pytest.importorskip("nir", minversion="1.0.8")
DT = 1e-3
X = np.random.default_rng(0).random((3, 20, 2)) < 0.3


@pytest.fixture
def net(tmp_path):
    return write(tmp_path / "net.nir")


def grid(x=X, dt=DT):
    return nir.TimeGriddedData(x, dt)


def events(values: bool = False):
    found = grid().to_event(60, time_shift=DT / 2)
    if not values:
        return found
    value = np.where(found.idx >= 0, np.arange(60) % 5 + 0.5, 0.0)
    return nir.ValuedEventData(found.idx, found.time, found.n_neurons, found.t_max, value)


def saved(path, **nodes):
    """nodes: name -> {observable: data}."""
    nir.write_data(path, nir.NIRGraphData({n: nir.NIRNodeData(o) for n, o in nodes.items()}))
    return path


@pytest.mark.parametrize("form", ["grid", "events", "numbers", "valued events"])
def test_data_are_what_the_package_makes_of_them(tmp_path, form):
    data = {
        "grid": grid,
        "events": events,
        "numbers": lambda: grid(X * np.float32(0.25)),
        "valued events": lambda: events(True),
    }[form]()
    path = saved(tmp_path / "x.nirdata", anything={"spikes": data})
    wanted = data if isinstance(data, nir.TimeGriddedData) else data.to_time_gridded(DT)
    found = rb.data.load(path, (2,), name="in", dt=DT)
    assert found.samples == 3 and found.steps == 20
    assert np.array_equal(found.slice(0, 3), wanted.data) and wanted.data.any()


def test_d4_times_that_rounding_put_before_their_step(tmp_path):
    """0.3 / 0.1 is less than 3 in floating point."""
    index, time = np.array([[0, 0, 1]]), np.array([[0.3, 0.3, 0.6]])
    path = saved(tmp_path / "x.h5", n={"spikes": nir.EventData(index, time, 2, 0.7)})
    found = rb.data.load(path, (2,), dt=0.1).slice(0, 1)
    assert found.shape == (1, 7, 2) and np.argwhere(found).tolist() == [[0, 3, 0], [0, 6, 1]]
    assert found[0, 3, 0] == 2  # events in one step add up


def test_which_observable_is_meant(tmp_path):
    both = {"spikes": grid(), "v": grid(X * 2.0)}
    path = saved(tmp_path / "a.h5", **{"in": both, "other": {"spikes": grid(~X)}})
    assert np.array_equal(rb.data.load(path, (2,), name="in").slice(0, 3), X)
    path = saved(tmp_path / "b.h5", **{"in": {"v": grid(X * 2.0)}, "other": {"spikes": grid()}})
    assert np.array_equal(rb.data.load(path, (2,), name="in").slice(0, 3), X * 2.0)
    for nodes in ({"a": both}, {"a": {"spikes": grid()}, "b": {"spikes": grid()}}):
        with pytest.raises(rb.DataError, match="'a.spikes'.*is not clear") as caught:
            rb.data.load(saved(tmp_path / "c.h5", **nodes), (2,), name="in")
        assert caught.value.code == "R0258"


def test_nested_graphs_have_dotted_names(tmp_path):
    """Written by hand: the package's own writer does not come to an end of them."""
    data = nirdata.Group("TimeGriddedData", {"data": X}, dt=np.array(DT))
    node = nirdata.Group("NIRNodeData", {"observables": {"spikes": data}})
    inner = nirdata.Group("NIRGraphData", {"nodes": {"deep": node}})
    path = tmp_path / "x.h5"
    path.write_bytes(file_of(nirdata.Group("NIRGraphData", {"nodes": {"G": inner}})))
    assert isinstance(nir.read_data(path).nodes["G"], nir.NIRGraphData)
    assert list(rb.Recording.load(path).spikes) == ["G.deep"]


@pytest.mark.parametrize("batched", [True, False])
def test_a_recording_comes_back_and_the_package_reads_it(tmp_path, net, batched):
    network = rb.load(net, dt=DT)
    made = network.run(X if batched else X[0], probes=["lif.v"])
    made.save(tmp_path / "out.nirdata")
    again = rb.Recording.load(tmp_path / "out.nirdata")
    assert rb.first_difference(made, again) is None
    for name, array in made.series().items():
        assert again.series()[name].shape == array.shape and again.series()[name].dtype == array.dtype, name
    assert (again.lag, again.steps, again.batched, again.dt) == (made.lag, 20, batched, DT)
    read = nir.read_data(tmp_path / "out.nirdata")
    assert read.nodes.keys() == {"lif", "out"}
    lif = read.nodes["lif"].observables
    assert lif.keys() == {"spikes", "v"} and lif["spikes"].dt == DT and lif["spikes"].data.dtype == bool
    spikes = made.spikes["lif"] if batched else made.spikes["lif"][None]
    assert np.array_equal(lif["spikes"].data, spikes) and spikes.any()
    # The package writes it again, without what is ours, and the series stay.
    nir.write_data(tmp_path / "theirs.h5", read)
    theirs = rb.Recording.load(tmp_path / "theirs.h5")
    assert np.array_equal(theirs.spikes["lif"], spikes) and theirs.lag == {} and theirs.batched


def test_lags_scales_and_overflows_are_kept(tmp_path):
    b = rb.Builder(dt=DT)
    b.input("in", (1, 2, 2))
    b.exact("n", (1, 2, 2), decay_u=4096, decay_v=5, threshold=64 * 500)
    b.connect("in", "n", 250.0 * np.eye(4))
    made = rb.compile(b.build()).run(np.ones((2, 30, 1, 2, 2), int), probes=["n.v"])
    made.overflows, made.scale = {"n": {"wraps": np.arange(4), "saturations": np.ones(4, int)}}, {"n.v": 2.5}
    made.save(tmp_path / "out.h5")
    again = rb.Recording.load(tmp_path / "out.h5")
    assert rb.first_difference(made, again) is None and again.lag == made.lag and made.lag["n"] == 1
    assert again.scale == {"n.v": 2.5} and again.overflows["n"]["wraps"].tolist() == [0, 1, 2, 3]
    assert again.output.shape == made.output.shape == (2, 31, 1, 2, 2)


def test_commands_take_and_write_it(tmp_path, net):
    data = saved(tmp_path / "x.nirdata", **{"in": {"spikes": grid()}})
    np.savez(tmp_path / "x.npz", x=X)
    for name, source in (("a.npz", data), ("b.nirdata", data), ("c.nirdata", tmp_path / "x.npz")):
        result = invoke("run", net, "--input", source, "-o", tmp_path / name, "--dt", DT, "--probe", "lif.v")
        assert result.returncode == 0, result.stderr
    assert invoke("diff", tmp_path / "a.npz", tmp_path / "b.nirdata").stdout == "no difference\n"
    assert (tmp_path / "b.nirdata").read_bytes() == (tmp_path / "c.nirdata").read_bytes()
    other = saved(tmp_path / "y.nirdata", **{"in": {"spikes": grid(~X)}})
    assert invoke("run", net, "--input", other, "-o", tmp_path / "d.h5", "--dt", DT).returncode == 0
    found = invoke("diff", tmp_path / "a.npz", tmp_path / "d.h5")
    assert found.returncode == 1 and "first difference: 'lif.spikes'" in found.stdout
    # Of another tool: events, on the grid of what lies beside them.
    run = nir.read_data(tmp_path / "b.nirdata")
    seen = run.nodes["lif"].observables
    seen["spikes"] = seen["spikes"].to_event(200, time_shift=DT / 2)
    nir.write_data(tmp_path / "e.h5", run)
    assert "no difference" in invoke("diff", tmp_path / "a.npz", tmp_path / "e.h5").stdout


def bad(**changes):
    """A file with one observable, changed."""
    values = {"data": X, "dt": np.array(DT), "kind": "TimeGriddedData", **changes}
    marks = {k: values.pop(k) for k in ("dt", "n_neurons", "t_max") if k in values and values[k] is not None}
    data = nirdata.Group(values.pop("kind"), {k: v for k, v in values.items() if v is not None}, **marks)
    return {"nodes": {"in": nirdata.Group("NIRNodeData", {"observables": {"spikes": data}})}}


EVENTS = dict(
    kind="EventData", data=None, dt=None, idx=np.array([[0, 1]]), time=np.array([[0.0, 0.001]]),
    n_neurons=np.array(2), t_max=np.array(0.01),
)  # fmt: skip
PLACE = "/nodes/in/observables/spikes"
CASES = {
    "no data": (bad(data=None), "R0250", PLACE + "/data"),
    "two axes": (bad(data=X[0]), "R0250", PLACE + "/data"),
    "texts": (bad(data="x"), "R0250", PLACE + "/data"),
    "no dt": (bad(dt=None), "R0250", PLACE + "@dt"),
    "dt 0": (bad(dt=np.array(0.0)), "R0250", PLACE + "@dt"),
    "dt nan": (bad(dt=np.array(np.nan)), "R0250", PLACE + "@dt"),
    "dt a text": (bad(dt="1 ms"), "R0250", PLACE + "@dt"),
    "another dt": (bad(dt=np.array(2e-3)), "R0262", "in.spikes"),
    "another kind": (bad(kind="Pictures"), "R0250", PLACE),
    "nan": (bad(data=np.full((1, 2, 2), np.nan)), "R0253", "x"),
    "neurons": (bad(data=X[..., :1]), "R0251", "x"),
    "unequal": (bad(**{**EVENTS, "time": np.zeros((1, 3))}), "R0250", PLACE + "/time"),
    "halves": (bad(**{**EVENTS, "idx": np.array([[0.5, 1]])}), "R0250", PLACE + "/idx"),
    "no neurons": (bad(**{**EVENTS, "n_neurons": None}), "R0250", PLACE + "@n_neurons"),
    "a neuron outside": (bad(**{**EVENTS, "idx": np.array([[0, 2]])}), "R0256", "in.spikes"),
    "a time outside": (bad(**{**EVENTS, "time": np.array([[0, 0.01]])}), "R0256", "in.spikes"),
    "a time before": (bad(**{**EVENTS, "time": np.array([[0, -1.0]])}), "R0256", "in.spikes"),
    "a time that is none": (bad(**{**EVENTS, "time": np.array([[0, np.nan]])}), "R0256", "in.spikes"),
    "endless": (bad(**{**EVENTS, "t_max": np.array(1e200)}), "R0256", "in.spikes"),
    "no step": (bad(**{**EVENTS, "t_max": np.array(1e-9)}), "R0256", "in.spikes"),
    "no values": (bad(**{**EVENTS, "kind": "ValuedEventData"}), "R0250", PLACE + "/value"),
    "no nodes": ({}, "R0250", "/"),
    "a node that is none": ({"nodes": {"in": np.array(3)}}, "R0250", "/nodes/in"),
    "a node of no type": ({"nodes": {"in": {}}}, "R0250", "/nodes/in"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_has_a_place(tmp_path, net, name):
    children, code, place = CASES[name]
    path = tmp_path / "x.h5"
    path.write_bytes(file_of(nirdata.Group("NIRGraphData", children)))
    result = invoke("run", net, "--input", path, "-o", tmp_path / "out.h5", "--dt", DT)
    assert result.returncode in (3, 4) and f"{path}: error {code}: " in result.stderr, result.stderr
    assert place in result.stderr, result.stderr
    assert not (tmp_path / "out.h5").exists()


def test_networks_and_recordings_are_told_apart(tmp_path, net):
    data = saved(tmp_path / "x.nirdata", **{"in": {"spikes": grid()}})
    with pytest.raises(rb.FormatError, match="this file holds recordings .'NIRGraphData'., not a network"):
        rb.load(data)
    with pytest.raises(rb.FormatError, match="is a network, not a recording"):
        rb.data.load(net, (2,))
    (tmp_path / "e.h5").write_bytes(file_of({"x": np.zeros(3)}))
    with pytest.raises(rb.FormatError, match="no NIRData"):
        rb.data.load(tmp_path / "e.h5", (2,))
    whole = data.read_bytes()
    for length in (9, 600, len(whole) // 2):
        (tmp_path / "cut.h5").write_bytes(whole[:length])
        with pytest.raises(rb.FormatError):
            rb.data.load(tmp_path / "cut.h5", (2,))


@pytest.mark.parametrize("seed", range(60))
def test_damaged_files_are_read_or_refused(tmp_path, seed):
    """A few bytes changed: data of the right shape, or an error with the file's name."""
    rng = np.random.default_rng(seed)
    form = grid() if seed % 2 else events(True)
    content = bytearray(saved(tmp_path / "x.h5", **{"in": {"spikes": form}}).read_bytes())
    for _ in range(rng.integers(1, 6)):
        content[rng.integers(len(content) if rng.random() < 0.5 else 4000)] = rng.integers(256)
    (tmp_path / "y.h5").write_bytes(content)
    try:
        found = rb.data.load(tmp_path / "y.h5", (2,), name="in", dt=DT)
    except (rb.FormatError, rb.DataError) as error:
        assert all(d.file == str(tmp_path / "y.h5") and d.code for d in error.diagnostics)
    else:
        assert found.slice(0, found.samples).shape == (found.samples, found.steps, 2)


def test_d4_times_of_32_bits_lie_in_their_steps(tmp_path):
    times = (np.arange(1000) * 1e-3).astype(np.float32)[None]
    grid = nirdata.Events(np.zeros((1, 1000), int), times, None, 1, 1.0, {}).on_grid(1e-3, "file", "here")
    assert (grid.data == 1).all()


@pytest.mark.parametrize(
    "node, key, value",
    [
        ("", "steps", "many"),
        ("", "batched", np.array([1, 1])),
        ("hidden", "lag", "x"),
        ("hidden", "lag", np.array([1, 2, 3])),
        ("hidden", "lag", np.array(-1)),
        ("hidden", "wraps", "z"),
    ],
)
def test_r0250_what_we_said_beside_the_packages_own_is_checked(tmp_path, node, key, value, monkeypatch):
    file = tmp_path / "run.nirdata"
    rb.Recording({"hidden": np.ones((2, 5, 3), np.int32)}, {}, {}, {"hidden": 1}, 4, dt=DT).save(file)
    found, extra = nirdata.read(file)
    extra[node] = {**extra[node], key: value}
    monkeypatch.setattr(nirdata, "read", lambda path: (found, extra))
    with pytest.raises(rb.FormatError) as refused:
        rb.Recording.load(file)
    assert refused.value.diagnostics[0].code == "R0250" and key in refused.value.diagnostics[0].where


def test_the_scale_of_a_readout_stays(tmp_path):
    run = rb.Recording(
        {},
        {},
        {"out": np.ones((1, 5, 2), np.int32)},
        {"out": 1},
        4,
        scale={"v.v": np.array([2.0, 4.0])},
        dt=DT,
    )
    run.save(tmp_path / "run.nirdata")
    again = rb.Recording.load(tmp_path / "run.nirdata")
    assert np.array_equal(again.scale["v.v"], [2.0, 4.0])


def test_recordings_of_other_steps_differ(tmp_path):
    for name, dt in (("a", 1e-3), ("b", 2e-3)):
        rb.Recording({"n": np.ones((1, 5, 2), np.int32)}, {}, {}, {"n": 0}, 5, dt=dt).save(
            tmp_path / f"{name}.nirdata"
        )
    said = invoke("diff", tmp_path / "a.nirdata", tmp_path / "b.nirdata")
    assert said.returncode == 1 and "dt in seconds" in said.stdout
