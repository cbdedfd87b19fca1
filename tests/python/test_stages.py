"""compile --to, --from, --dump-stages: every stage, stopped at and gone on from, gives the same image."""

import json
import re

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from nirfiles import write
from rheobase import compiler

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)

FILES = ["0-import.json", "1-float.mlir", "2-quant.mlir", "3-legal.mlir", "4-placed.mlir", "5-image.rheo"]
STAGES = ["import", "float", "quant", "legal", "placed", "image"]


@pytest.fixture
def dumped(tmp_path):
    """(net, folder of the dumps, the image's bytes)"""
    net = write(tmp_path / "net.nir")
    folder = tmp_path / "stages"
    result = invoke("compile", net, "-o", tmp_path / "net.rheo", "--dump-stages", folder)
    assert result.returncode == 0, result.stderr
    return net, folder, (tmp_path / "net.rheo").read_bytes()


def test_every_stage_is_dumped(dumped):
    _, folder, image = dumped
    assert sorted(p.name for p in folder.iterdir()) == sorted([*FILES, "2-quant.rheow"])
    assert (folder / "5-image.rheo").read_bytes() == image


@pytest.mark.parametrize("stage", range(5))
def test_a_dump_goes_on_to_the_same_image(dumped, tmp_path, stage):
    net, folder, image = dumped
    out = tmp_path / "again.rheo"
    result = invoke("compile", net, "-o", out, "--from", folder / FILES[stage])
    assert result.returncode == 0, result.stderr
    assert out.read_bytes() == image


def test_convolutions_and_delays_go_on_to_the_same_image(tmp_path):
    rng = np.random.default_rng(3)
    net = write(tmp_path / "net.nir")  # the stages say all that is needed
    b = rb.Builder(dt=1e-3, name="net")
    b.input("in", (2, 8, 9))
    b.lif("map", (6, 6, 7), tau=0.02, v_threshold=1)
    b.lif("readout", 4, tau=0.02, v_threshold=1)
    b.convolve("in", "map", rng.normal(size=(6, 2, 3, 3)), bias=rng.normal(size=6))
    b.connect("map", "readout", rng.normal(size=(4, 252)), delay=rng.integers(0, 9, (4, 252)))
    b.output("out", "readout")
    whole = rb.compile(b.build(), chip="loihi2", dump_stages=tmp_path)
    assert "#spk.convolution<[2, 8, 9] -> [6, 6, 7]" in (tmp_path / FILES[4]).read_text()
    for stage in range(5):
        out = tmp_path / "again.rheo"
        result = invoke("compile", net, "-o", out, "--from", tmp_path / FILES[stage])
        assert result.returncode == 0, result.stderr
        assert out.read_bytes() == whole.to_bytes()


@pytest.mark.parametrize("stage", range(6))
def test_stopping_at_a_stage_writes_its_dump(dumped, tmp_path, stage):
    net, folder, _ = dumped
    out = tmp_path / "stage"
    result = invoke("compile", net, "-o", out, "--to", STAGES[stage], "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["stage"] == STAGES[stage]
    assert out.read_bytes() == (folder / FILES[stage]).read_bytes()


def test_an_edited_stage_is_compiled(dumped, tmp_path):
    net, folder, image = dumped
    text = (folder / FILES[0]).read_text()
    assert '"tau"' in text
    edited = tmp_path / "edited.json"
    edited.write_text(text.replace("0.0199999995529651", "0.0399999991059303").replace("0.02", "0.04"))
    assert edited.read_text() != text
    out = tmp_path / "again.rheo"
    assert invoke("compile", net, "-o", out, "--from", edited).returncode == 0
    assert out.read_bytes() != image


def test_stage_files_that_do_not_serve(dumped, tmp_path):
    net, folder, _ = dumped
    cut = tmp_path / "cut.mlir"
    cut.write_bytes((folder / FILES[2]).read_bytes()[:-40])
    other = tmp_path / "other.txt"
    other.write_text("nothing of the kind\n")
    bad_json = tmp_path / "bad.json"
    bad_json.write_text('{"name": "x"}')
    out = tmp_path / "x.rheo"
    for file, options, status in (
        (cut, [], 3),
        (other, [], 3),
        (bad_json, [], 3),
        (net, [], 3),
        (tmp_path / "none", [], 3),
        (folder / FILES[5], [], 3),
        (tmp_path, [], 3),
        (folder / FILES[4], ["--to", "quant"], 3),
        (folder / FILES[4], ["--chip", "tiny"], 3),
        (folder / FILES[3], ["--profile", "loihi1", "--chip", "loihi1"], 3),
    ):
        result = invoke("compile", net, "-o", out, "--from", file, *options)
        assert result.returncode == status, (file, result.stderr)
        errors = [line for line in result.stderr.splitlines() if "error R" in line]
        assert errors and all(str(file) in line for line in errors), result.stderr
        assert "Traceback" not in result.stderr and not out.exists()
        assert file != folder / FILES[5] or "this is a finished image" in result.stderr
        assert file != other or "this is not a stage of a compilation" in result.stderr


def test_a_network_that_does_not_fit_keeps_the_stages_it_reached(tmp_path):
    from test_commands import REACHING

    folder = tmp_path / "stages"
    result = invoke("compile", REACHING, "-o", tmp_path / "x.rheo", "--chip", "tiny", "--dump-stages", folder)
    assert result.returncode == 1
    assert (folder / "2-quant.rheow").exists()
    reached = sorted(p.name for p in folder.iterdir() if p.suffix != ".rheow")
    assert reached == FILES[: len(reached)] and reached[:3] == FILES[:3]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["stages"]


def test_dumping_from_python(tmp_path):
    net = rb.load(write(tmp_path / "net.nir"))
    image = rb.compile(net, dump_stages=tmp_path / "stages")
    assert (tmp_path / "stages" / "5-image.rheo").read_bytes() == image.to_bytes()


def edited(file, tmp_path, change) -> object:
    """A copy of a dump with its lines changed."""
    copy = tmp_path / "edited.mlir"
    copy.write_text("\n".join(change(file.read_text().splitlines())) + "\n")
    return copy


def without(attribute, operation):
    """Leaves out an attribute of every line that holds ``operation``."""
    pattern = re.compile(rf"{attribute} = [0-9]+ : i32, |, {attribute} = [0-9]+ : i32")
    return lambda lines: [pattern.sub("", line) if operation in line else line for line in lines]


def output_above(lines):
    """The output moved out of its network, and something that does not parse where it stood."""
    at = next(i for i, line in enumerate(lines) if "spk.output" in line)
    top = next(i for i, line in enumerate(lines) if line.startswith("module"))
    moved = lines[at]
    lines[at] = "    garbage"
    return [*lines[: top + 1], moved, *lines[top + 1 :]]


def doubled(lines):
    return [copy for line in lines for copy in ([line, line] if "spk.output" in line else [line])]


@pytest.mark.parametrize(
    "stage, change, words",
    [
        *((4, without(a, "chip.slice"), f"attribute '{a}'") for a in ("first_neuron", "count")),
        *((4, without(a, "chip.axon"), f"attribute '{a}'") for a in ("delay", "first_axon", "group")),
        *((4, without(a, "chip.group"), f"attribute '{a}'") for a in ("index", "slice")),
        (3, output_above, "error R0704"),
        (3, doubled, "error R0703: two inputs, populations or outputs are called"),
        (
            2,
            lambda lines: ["module attributes {a = " + "[" * 99999, "]" * 99999 + "} { spk.network }"],
            "nested too deeply",
        ),
    ],
)
def test_edits_that_break_a_stage_are_named(dumped, tmp_path, stage, change, words):
    net, folder, _ = dumped
    out = tmp_path / "x.rheo"
    result = invoke("compile", net, "-o", out, "--from", edited(folder / FILES[stage], tmp_path, change))
    assert result.returncode == 3, result.stderr
    assert words in result.stderr
    assert not out.exists()


def test_p1_ranges_of_edited_numbers_are_proven_again(dumped, tmp_path):
    net, folder, _ = dumped
    narrower = lambda lines: [re.sub(r"maximum = \d+", "maximum = 3", line) for line in lines]  # noqa: E731
    out = tmp_path / "x.rheo"
    result = invoke("compile", net, "-o", out, "--from", edited(folder / FILES[3], tmp_path, narrower))
    assert result.returncode == 0 and out.read_bytes() == dumped[2]
    out.unlink()
    result = invoke("compile", net, "-o", out, "--from", edited(folder / FILES[4], tmp_path, narrower))
    assert result.returncode == 1 and "is said to be proven within" in result.stderr
    assert not out.exists()


def test_conventions_have_no_say_about_a_stage(dumped, tmp_path):
    net, folder, _ = dumped
    for option, value in (("--dt", "2e-3"), ("--reset", "subtract"), ("--as", "norse")):
        result = invoke("compile", net, "-o", tmp_path / "x.rheo", "--from", folder / FILES[1], option, value)
        assert result.returncode == 2 and f"{option} belongs to networks" in result.stderr
    assert not (tmp_path / "x.rheo").exists()


def test_a_stage_of_another_network_is_refused(dumped, tmp_path):
    from test_commands import REACHING

    _, folder, _ = dumped
    result = invoke("compile", REACHING, "-o", tmp_path / "x.rheo", "--from", folder / FILES[3])
    assert result.returncode == 3 and "the stage was made from the network" in result.stderr
