"""Maps that the command writes hold before the independent check, and the check finds what is wrong."""

import json

import check_partition
import numpy as np
import pytest
import rheobase as rb
from rheobase.cli import entry
from rheobase.partitioning import chip_limits


def graph_file(folder, vertices=400, fan_out=12, seed=3):
    random = np.random.default_rng(seed)
    lines = [f"{vertices} {vertices} 1"]
    for source in range(vertices):
        near = (source + random.integers(-20, 20, fan_out)) % vertices
        lines.append(f"{random.exponential():.6g} {source + 1} {' '.join(str(t + 1) for t in near)}")
    path = folder / "graph.hgr"
    path.write_text("\n".join(lines) + "\n")
    return path


def partition(graph, output, *arguments):
    return entry.run(["partition", str(graph), "-o", str(output), "-q", *map(str, arguments)])


LIMITS = ("--neurons", 64, "--axons", 120, "--words", 60, "--cores", 40)


def test_a_map_within_all_limits(tmp_path, capsys):
    graph, output = graph_file(tmp_path), tmp_path / "map.json"
    assert partition(graph, output, *LIMITS) == 0
    assert check_partition.main(graph, output) == 0
    found = json.loads(output.read_text())
    assert found["format"] == "rheobase partition" and found["version"] == 1
    assert found["cores"] >= found["bounds"]["cores"]["value"] >= 7
    assert "of 60" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(tmp_path):
    graph = graph_file(tmp_path)
    maps = []
    for number, more in enumerate([("--threads", 1), ("--threads", 3), ("--threads", 1, "--seed", 9)]):
        output = tmp_path / f"{number}.json"
        assert partition(graph, output, *LIMITS, *more) == 0
        maps.append(output.read_bytes())
    assert maps[0] == maps[1] != maps[2]


@pytest.mark.parametrize(
    "broken", ["neurons_per_core", "input_axons_per_core", "synapse_words_per_core", "cores"]
)
def test_the_check_finds_a_violated_limit(tmp_path, broken, capsys):
    graph, output = graph_file(tmp_path), tmp_path / "map.json"
    assert partition(graph, output, *LIMITS) == 0
    found = json.loads(output.read_text())
    found["limits"][broken] = 5
    output.write_text(json.dumps(found))
    assert check_partition.main(graph, output) == 1
    assert "WRONG" in capsys.readouterr().out


def test_the_check_finds_a_wrong_figure_and_a_foreign_map(tmp_path):
    graph, output = graph_file(tmp_path), tmp_path / "map.json"
    assert partition(graph, output, *LIMITS) == 0
    found = json.loads(output.read_text())
    output.write_text(json.dumps({**found, "connectivity": found["connectivity"] * 1.001}))
    assert check_partition.main(graph, output) == 1
    output.write_text(json.dumps({**found, "core": found["core"][:-1]}))
    assert check_partition.main(graph, output) == 2


def test_what_does_not_fit_writes_nothing(tmp_path, capsys):
    graph, output = graph_file(tmp_path), tmp_path / "map.json"
    assert partition(graph, output, "--neurons", 64, "--cores", 6, "--words", 0) == 1
    assert partition(graph, output, "--axons", 3, "--words", 0) == 1
    assert "R0432" in (said := capsys.readouterr().err) and "vertex 1" in said and "a core holds 3" in said
    graph.write_text(graph.read_text().replace(" 17 ", " 1700 "))
    assert partition(graph, output, *LIMITS) == 3
    assert "R0140" in (said := capsys.readouterr().err) and "line " in said
    assert partition(tmp_path / "none.hgr", output) == 3
    assert partition(graph, graph) == 3  # it would overwrite what is read
    assert not output.exists()


def test_a_chips_own_limits():
    limits = chip_limits("loihi2", cores=None)
    assert limits["neurons_per_core"] == rb.chips()["loihi2"].limits["neurons_per_core"].value
    assert limits["cores"] is None
    assert limits["synapse_memory"]["synapse_bits"] == 8 + 12
    assert limits["synapse_memory"]["word_bits"] == 60  # three in a word of 64: none crosses two


@pytest.mark.parametrize("wrong", [{"effort": 0}, {"effort": 11}, {"seed": -1}, {"effort": "2"}])
def test_options_out_of_range(tmp_path, wrong):
    with pytest.raises(rb.OptionError):
        rb.partition(graph_file(tmp_path), **wrong)
