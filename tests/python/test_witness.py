"""compile --witness, rheo-witness, and what is said where there is no witness."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from environment import needs_compiler
from nirfiles import write

pytestmark = needs_compiler

PROGRAM = (
    Path(rb.__file__).absolute().parents[2] / "bin/rheo-witness"
)  # beside the package of the build folder


def judged(*files):
    """(exit status, output) of the checker."""
    done = subprocess.run([PROGRAM, *files], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def compiled(tmp_path):
    """(net, witness, image, folder of the stages)"""
    net, witness, image = write(tmp_path / "net.nir"), tmp_path / "net.rheow", tmp_path / "net.rheo"
    done = invoke("compile", net, "-o", image, "--witness", witness, "--dump-stages", tmp_path / "stages")
    assert done.returncode == 0, done.stderr
    return net, witness, image, tmp_path / "stages"


def test_v1_the_witness_is_one_file_however_it_is_asked_for(compiled, tmp_path):
    net, witness, _, stages = compiled
    assert witness.read_bytes()[:8] == b"RHEOWIT\2"
    assert (stages / "2-quant.rheow").read_bytes() == witness.read_bytes()
    again = tmp_path / "again.rheow"
    rb.compile(rb.load(net), witness=again)
    assert again.read_bytes() == witness.read_bytes()
    done = invoke(
        "compile", net, "-o", tmp_path / "x.rheo", "--from", stages / "2-quant.mlir", "--witness", again
    )
    assert done.returncode == 0 and again.read_bytes() == witness.read_bytes()


def test_v2_v3_the_program_tells_an_image_of_the_network_from_another(compiled, tmp_path):
    net, witness, image, _ = compiled
    assert judged(witness, image) == (0, f"{image}: the network of {witness}\n")
    other = tmp_path / "other.rheo"
    assert invoke("compile", net, "-o", other, "--weight-bits", "3").returncode == 0
    status, text = judged(witness, other)
    assert status == 1 and "error R0430: lif: neuron " in text
    assert judged(image, witness)[0] == 3 and judged(witness, tmp_path / "none")[0] == 3 and judged()[0] == 2
    cut = tmp_path / "cut.rheow"
    cut.write_bytes(witness.read_bytes()[:-1])
    assert "R0521" in judged(cut, image)[1]


@pytest.mark.parametrize("stage", ["3-legal.mlir", "4-placed.mlir"])
def test_r0431_behind_the_quant_stage_there_is_no_witness(compiled, tmp_path, stage):
    net, _, _, stages = compiled
    out, witness = tmp_path / "x.rheo", tmp_path / "x.rheow"
    done = invoke("-v", "compile", net, "-o", out, "--from", stages / stage)
    assert done.returncode == 0 and done.stderr.count("R0431") == 1
    done = invoke("compile", net, "-o", out, "--from", stages / stage, "--witness", witness)
    assert done.returncode == 2 and "there is no witness" in done.stderr and not witness.exists()


def test_v4_periodic_resets_and_delays_have_a_witness(tmp_path):
    rng = np.random.default_rng(1)
    b = rb.Builder(dt=1e-3, name="net")
    b.input("in", 6)
    b.lif("a", 12, tau=0.02, v_threshold=1)
    b.lif("b", 5, tau=0.02, v_threshold=1)
    b.connect("in", "a", rng.normal(size=(12, 6)))
    b.connect("a", "b", rng.normal(size=(5, 12)), delay=rng.integers(0, 5, (5, 12)))
    b.output("out", "b")
    witness = tmp_path / "net.rheow"
    rb.compile(b.build(), chip="loihi2", reset_interval=20, witness=witness).save(tmp_path / "net.rheo")
    assert judged(witness, tmp_path / "net.rheo")[0] == 0


def test_the_witness_has_a_file_of_its_own(tmp_path):
    net, both = write(tmp_path / "net.nir"), tmp_path / "both.rheo"
    done = invoke("compile", net, "-o", both, "--witness", both)
    assert done.returncode == 3 and "R0260" in done.stderr and "written, too" in done.stderr
    assert not both.exists()
