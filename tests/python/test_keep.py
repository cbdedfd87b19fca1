"""compile --keep: what is said, and which files are refused."""

import json

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from environment import needs_compiler

pytestmark = needs_compiler


def network(readouts: int) -> rb.Network:
    random = np.random.default_rng(2)
    b = rb.Builder(dt=1e-3)
    b.input("in", 12)
    b.lif("hidden", 90, tau=20e-3, v_threshold=1.0)
    b.li("readout", readouts, tau=20e-3)
    b.connect("in", "hidden", random.normal(0, 2, (90, 12)))
    b.connect("hidden", "readout", (np.arange(90) % 8 < 2) * np.ones((readouts, 1)))
    b.output("out", "readout")
    return b.build()


@pytest.fixture
def files(tmp_path):
    for readouts in (3, 4):
        rb.export(network(readouts), "nir", tmp_path / f"{readouts}.nir")
    done = invoke("compile", tmp_path / "3.nir", "-o", tmp_path / "old.rheo", "--chip", "tiny")
    assert done.returncode == 0, done.stderr
    return tmp_path


def again(files, *more, chip="tiny", old="old.rheo"):
    return invoke(
        *("compile", files / "4.nir", "-o", files / "new.rheo", "--chip", chip, "--keep", files / old, *more)
    )


def test_a_stage_without_cores_keeps_none(files):
    done = again(files, "--to", "quant")
    assert done.returncode == 3 and "the stage 'quant' has no cores" in done.stderr


def test_the_command_counts_what_stays(files):
    done = again(files)
    assert done.returncode == 0, done.stderr
    assert "90 neurons kept on their cores, 0 moved, 4 new" in done.stdout
    old, new = (rb.Image.load(files / name) for name in ("old.rheo", "new.rheo"))
    held = [{c["id"]: c["slices"] for c in image.info["cores"]} for image in (old, new)]
    for core, slices in held[0].items():
        if slices[0]["population"] == "hidden":
            assert [s for s in held[1][core] if s["population"] == "hidden"] == [
                s for s in slices if s["population"] == "hidden"
            ]
    shown = invoke("inspect", files / "new.rheo").stdout
    assert "placement = neurons stay on the cores of an earlier image (90 kept, 0 moved, 4 new)" in shown
    body = json.loads(
        invoke(
            "--json",
            *("compile", files / "4.nir", "-o", files / "b.rheo"),
            *("--chip", "tiny", "--keep", files / "new.rheo"),
        ).stdout
    )
    assert body["placement"]["taken"] == "kept"
    assert body["placement"]["kept"] == {"kept": 94, "moved": 0, "added": 0, "refused": ""}
    again_new = rb.compile(network(4), chip="tiny", keep=new)
    assert again_new.placement["kept"]["kept"] == 94


def test_images_that_cannot_be_kept_are_refused(files):
    done = again(files, chip="loihi2")
    assert done.returncode == 3 and "R0441" in done.stderr and "'tiny', not of 'loihi2'" in done.stderr
    content = bytearray((files / "old.rheo").read_bytes())
    content[-5] ^= 1
    (files / "bad.rheo").write_bytes(content)
    done = again(files, old="bad.rheo")
    assert done.returncode == 3 and "R0504" in done.stderr and "bad.rheo" in done.stderr
    done = again(files, old="3.nir")
    assert done.returncode == 3 and "3.nir" in done.stderr
    done = again(files, old="none.rheo")
    assert done.returncode == 3 and "none.rheo" in done.stderr
    done = invoke(
        "compile", files / "4.nir", "-o", files / "old.rheo", "--chip", "tiny", "--keep", files / "old.rheo"
    )
    assert done.returncode == 3 and "overwrite" in done.stderr
    assert not (files / "new.rheo").exists()
    with pytest.raises(rb.OptionError, match="an earlier image"):
        rb.compile(network(4), chip="tiny", keep=3)


def test_an_image_of_other_populations_keeps_nothing_and_says_so(tmp_path):
    def net(name):
        b = rb.Builder(dt=1e-3, name="n")
        b.input("in", 4)
        b.lif(name, 6, tau=0.02)
        b.connect("in", name, np.ones((6, 4)))
        b.output("out", name)
        return b.build()

    old = rb.compile(net("a"), chip="tiny")
    image = rb.compile(net("b"), chip="tiny", keep=old)
    assert image.placement["kept"]["kept"] == 0 and image.placement["kept"]["added"] == 6
    assert "no population of the earlier image" in image.placement["kept"]["refused"]
    with pytest.raises(rb.UsageError, match="the mapper would move its neurons"):
        rb.compile(net("a"), chip="tiny", keep=old, mapper="graph")


def test_an_image_may_be_its_content_and_other_content_is_no_path():
    old = rb.compile(network(3), chip="tiny")
    by_content = rb.compile(network(4), chip="tiny", keep=old.to_bytes())
    assert by_content.to_bytes() == rb.compile(network(4), chip="tiny", keep=old).to_bytes()
    for content in (b"\x7fELF\0\0", b"x" * 5000, "a\0b"):
        with pytest.raises(rb.OptionError, match="R0690.*\n.*give an earlier image, or its file") as refused:
            rb.compile(network(4), chip="tiny", keep=content)
        assert len(str(refused.value)) < 200
