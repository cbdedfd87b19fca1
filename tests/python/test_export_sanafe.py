"""The texts that are written for SANA-FE: what they say is the image; what SANA-FE lacks is refused or told."""

import json
import re

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke as rheobase
from environment import needs_compiler
from exactnets import chain
from rheobase.exporting.sums import sums_of

pytestmark = needs_compiler
LIF = {"first": {"decay_u": 4096}}  # a current that keeps nothing: followed bit for bit


@pytest.fixture
def image() -> rb.Image:
    return rb.compile(chain(changes=LIF, readout=True))


def export(image: rb.Image, folder, **more) -> tuple[dict[str, str], list]:
    lost = rb.export(image, "sanafe", folder / "out", **more)
    return {file.name: file.read_text() for file in (folder / "out").iterdir()}, lost


def edges(net: str) -> dict:
    """(source group, target group, delay) -> {(source, target): summed weight}."""
    found: dict = {}
    for source, target, pairs, weights, delays in re.findall(
        r"- (\w+) -> (\w+): \[type: sparse, source_target_pairs: (\[.*?\]\]), weight: (\[.*?\])(?:, delay: (\[.*?\]))?\]",
        net,
    ):
        delays = json.loads(delays) if delays else [0] * len(json.loads(weights))
        for pair, weight, delay in zip(json.loads(pairs), json.loads(weights), delays, strict=True):
            cells = found.setdefault((source, target, delay), {})
            cells[tuple(pair)] = cells.get(tuple(pair), 0) + weight
    return found


def test_the_edges_are_the_words_of_the_image(tmp_path, image):
    texts, lost = export(image, tmp_path)
    expected: dict = {}
    for s in sums_of(image):
        cells = expected.setdefault((f"g_{s.source}", f"g_{s.target}", s.delay), {})
        for row, column, value in zip(s.rows.tolist(), s.columns.tolist(), s.values.tolist()):
            cells[column, row] = cells.get((column, row), 0) + value * 2.0**s.exponent
    assert edges(texts["net.yaml"]) == expected
    assert [d.where for d in lost] == ["readout"]  # a cuba_li
    assert sorted(texts) == ["README.md", "arch.yaml", "net.yaml", "run.py", "spikes.json"]
    assert json.loads(texts["spikes.json"])["samples"] == []


def test_neurons_are_64ths_and_lie_where_the_image_places_them(tmp_path, image):
    net = export(image, tmp_path)[0]["net.yaml"]
    assert "0..8: [log_spikes: true, soma: {input_decay: 0, leak_decay: 1, threshold: 200, " in net
    registers = chain(changes=LIF).nodes["first"].parameters
    for n, bias in enumerate(registers["bias"].tolist()):
        line = next(
            text
            for first, last, text in re.findall(r"(\d+)(?:\.\.(\d+))?: \[log_spikes: true, soma: (.*)\]", net)
            if int(first) <= n <= int(last or first)
        )
        assert "leak_decay: 0.89990234375, threshold: 60" in line  # (4096 - 410) / 4096
        assert re.findall("bias: (-?[0-9.]+)", line) == ([str(int(bias) // 64)] if bias else [])
    (core,) = image.info["cores"]
    for part in core["slices"]:
        assert f"  - g_{part['population']}.0..{part['count'] - 1}: [core: 0.0, " in net
    assert net.count(": [core: 0.4, ") == 20  # the host's inputs, each a spike train


def test_tiles_are_numbered_column_by_column(tmp_path):
    chip = tmp_path / "narrow.json"
    chip.write_text('{"base": "loihi1", "name": "narrow", "limits": {"neurons_per_core": 1}}')
    image = rb.compile(chain(changes=LIF), chip=chip)
    net = export(image, tmp_path, chip=chip)[0]["net.yaml"]
    for core in image.info["cores"]:
        (part,) = core["slices"]
        column, row = core["id"] // 4 % 8, core["id"] // 32
        place = f"core: {column * 4 + row}.{core['id'] % 4},"
        assert f"  - g_{part['population']}.{part['first_neuron']}: [{place}" in net
    assert len(image.info["cores"]) == 39


def test_costs_are_those_of_the_record_each_with_its_source(tmp_path, image):
    chip = tmp_path / "mine.json"
    figure = {"value": 12.5, "unit": "pJ", "source": "my own board"}
    chip.write_text(
        json.dumps({"base": "loihi1", "name": "mine", "costs": {"synaptic_operation_energy": figure}})
    )
    arch = export(image, tmp_path, chip=chip)[0]["arch.yaml"]
    assert "my own board" in arch and arch.count("energy_process_spike: 1.25e-11") == len(
        re.findall("- name: synapse", arch)
    )
    assert "energy_north_hop: 4e-12" in arch and "energy_east_hop: 3e-12" in arch
    assert "energy_access_neuron: 5.2e-11" in arch and "energy_update_neuron: 2.9e-11" in arch
    loihi2 = export(image, tmp_path, chip="loihi2")[0]["arch.yaml"]
    assert "unpublished; the figure of Loihi 1 is used" in loihi2 and "unpublished" not in arch


def test_spikes_are_those_of_the_inputs_and_in_a_replay_of_all(tmp_path, image):
    x = np.random.default_rng(0).integers(0, 2, (3, 15, 20))
    run = image.run(x, hidden=True)
    for replay in (False, True):
        texts, lost = export(image, tmp_path, x=x, replay=replay)
        said = json.loads(texts["spikes.json"])
        assert said["steps"] == 15 + image.lag and len(said["samples"]) == 3
        series = {"in": x, **(run.spikes if replay else {})}
        for b, sample in enumerate(said["samples"]):
            assert sample.keys() == {f"g_{name}" for name in series}
            for name, spikes in series.items():
                told = {(t, int(n)) for n, when in sample[f"g_{name}"].items() for t in when}
                assert told == set(map(tuple, np.argwhere(spikes[b]).tolist()))
        assert [d.code for d in lost] == ["R0671"]
        if not replay:
            (size,) = [p["size"] for p in image.info["populations"] if p["name"] == lost[0].where]
            assert lost[0].severity == "warning" and lost[0].value == size
            assert (
                f"the currents of {size} of {size} neurons" in lost[0].message
                and "--replay" in lost[0].remedy
            )
    assert {w for cells in edges(texts["net.yaml"]).values() for w in cells.values()} == {0}


def test_a_folder_is_the_same_whenever_it_is_written(tmp_path, image):
    x = np.ones((4, 20), int)
    assert export(image, tmp_path, x=x) == export(image, tmp_path / "again", x=x)


def test_names_cannot_be_mistaken(tmp_path):
    b = rb.Builder(dt=1e-3, name="'{x}' # \"y\": \\")
    b.input("a.0..9 -> b", 2)
    b.lif("a_0__9 -> b", 3, tau=1e-2)
    b.lif("été '{}' \"\\", 2, tau=1e-2)
    b.connect("a.0..9 -> b", "a_0__9 -> b", np.ones((3, 2)))
    b.connect("a_0__9 -> b", "été '{}' \"\\", np.ones((2, 3)))
    texts, _ = export(rb.compile(b.build()), tmp_path)
    groups = re.findall("- name: (.*)", texts["net.yaml"])
    assert len(set(groups)) == 3 and all(re.fullmatch("[A-Za-z0-9_]+", g) for g in groups)
    space: dict = {"__name__": "run", "__file__": "run.py"}
    program = texts["run.py"].replace("import sanafe\n", "")
    exec(compile(program, "run.py", "exec"), space)
    assert set(space["POPULATIONS"].values()) == {"a.0..9 -> b", "a_0__9 -> b", "été '{}' \"\\"}


def test_everything_that_sanafe_lacks_is_refused_at_once(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("in", 2, payload=100)
    b.exact("vectors", 2, "graded_vec", threshold=3)
    b.exact("waits", 2, "cuba_lif_refractory", decay_u=100, decay_v=1, threshold=64, refractory_steps=2)
    b.exact("late", 2, "integrate_and_fire", threshold=64)
    b.connect("in", "vectors", 2 * np.eye(2))
    b.connect("vectors", "waits", 2 * np.eye(2))
    b.connect("waits", "late", 2 * np.eye(2), delay=9)
    image = rb.compile(b.build())
    with pytest.raises(rb.CompileError) as refused:
        export(image, tmp_path)
    assert sorted(d.where for d in refused.value.diagnostics) == ["in", "late", "vectors", "waits"]
    assert all(d.code == "R0670" and "--replay" in d.remedy for d in refused.value.diagnostics)
    assert "take 9 steps more" in str(refused.value) and not (tmp_path / "out").exists()
    export(image, tmp_path, x=np.full((5, 2), 7), replay=True)


def test_floored_sums_and_overflows_are_told(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("in", 8)
    b.exact("floors", 2, "integrate_and_fire", threshold=64 * 50)
    b.exact("wraps", 2, "cuba_lif", decay_u=1, decay_v=4096, threshold=64 * 131071)
    b.connect("in", "floors", np.tile([0.5, 3.5], (2, 4)))
    b.connect("in", "wraps", np.full((2, 8), 254 << 6))
    image = rb.compile(b.build())
    quiet, loud = np.zeros((3, 8), int), np.ones((30, 8), int)
    assert [d.where for d in export(image, tmp_path, x=quiet)[1]] == ["wraps", "floors"]
    told = export(image, tmp_path, x=loud)[1]
    assert image.run(loud).overflows["wraps"]["wraps"].any()
    assert [d.where for d in told] == ["wraps", "floors", "wraps"] and "overflow" in told[-1].message


def test_images_without_spikes_or_synapses(tmp_path):
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.li("readout", 1, tau=1e-2)
    b.connect("in", "readout", np.zeros((1, 2)))
    image = rb.compile(b.build())
    texts, _ = export(image, tmp_path, x=np.zeros((3, 2), int))
    assert sum(map(len, edges(texts["net.yaml"]).values())) == sum(len(s.rows) for s in sums_of(image))
    assert json.loads(texts["spikes.json"])["samples"] == [{"g_in": {}}]


def test_the_command_line_says_what_belongs_together(tmp_path, image):
    file, net, data = tmp_path / "i.rheo", tmp_path / "n.nir", tmp_path / "x.npz"
    image.save(file)
    np.savez(data, x=np.ones((2, 4, 20), int))
    rb.export(image, "nir", net)
    out = ["-o", tmp_path / "out"]
    done = rheobase("export", file, "--to", "sanafe", *out, "--input", data, "--samples", 1, "--json")
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert body["format"] == "sanafe" and [d["code"] for d in body["lost"]] == ["R0671"]
    assert len(json.loads((tmp_path / "out/spikes.json").read_text())["samples"]) == 1
    for arguments, status, message in (
        ([net, "--to", "sanafe", *out], 2, "is no image"),
        ([file, "--to", "lava", *out, "--replay"], 2, "--replay belongs to --to sanafe"),
        ([file, "--to", "nir", *out, "--chip", "loihi1"], 2, "--chip belongs to --to sanafe"),
        ([file, "--to", "sanafe", *out, "--replay"], 2, "--replay is about data"),
        ([file, "--to", "sanafe", *out, "--samples", 1], 2, "--samples is about data"),
        ([file, "--to", "sanafe", "-o", data / "x"], 3, "cannot be written"),
        ([file, "--to", "sanafe", *out, "--chip", "tiny"], 1, "states no costs"),
        ([file, "--to", "sanafe", *out, "--chip", "lohi"], 3, "loihi1"),
        ([file, "--to", "sanafe", *out, "--nir-version", "1.0.4"], 2, "belongs to --to nir"),
    ):
        done = rheobase("export", *arguments)
        assert done.returncode == status and message in done.stderr, (arguments, done.stderr)


def test_options_in_python(tmp_path, image):
    with pytest.raises(rb.OptionError, match="a replay needs"):
        rb.export(image, "sanafe", tmp_path / "a", replay=True)
    with pytest.raises(rb.OptionError, match="belong to SANA-FE"):
        rb.export(image, "lava", tmp_path / "a", x=np.ones((4, 20), int))
    with pytest.raises(rb.OptionError, match="a network cannot be exported to 'sanafe'"):
        rb.export(chain(), "sanafe", tmp_path / "a")
    with pytest.raises(rb.DataError):
        rb.export(image, "sanafe", tmp_path / "a", x=np.ones((4, 3), int))
    assert not (tmp_path / "a").exists()
