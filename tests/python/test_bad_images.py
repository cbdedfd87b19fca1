"""Damaged, truncated and newer images: refused with the file's name, status 3, nothing written."""

import struct

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from rheobase import compiler

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)


def make_image():
    b = rb.Builder(dt=1e-3, name="small")
    b.input("in", 2)
    b.lif("hidden", 3, tau=0.02, r=20.0)
    b.connect("in", "hidden", np.ones((3, 2)))
    return rb.compile(b.build())


@pytest.fixture(scope="module")
def content():
    return make_image().to_bytes()


def version(content: bytes, major: int, minor: int) -> bytes:
    return content[:8] + struct.pack("<II", major, minor) + content[16:]


CASES = {
    "empty": (lambda c: b"", "R0502"),
    "another file": (lambda c: b"not an image at all", "R0502"),
    "magic alone": (lambda c: c[:8], "R050"),
    "frame alone": (lambda c: c[:48], "R050"),
    "cut in the header": (lambda c: c[:300], "R050"),
    "one byte short": (lambda c: c[:-1], "R050"),
    "one byte long": (lambda c: c + b"\0", "R050"),
    "a flipped bit": (
        lambda c: c[: len(c) // 2] + bytes([c[len(c) // 2] ^ 4]) + c[len(c) // 2 + 1 :],
        "R0504",
    ),
    "a huge header": (lambda c: c[:16] + struct.pack("<Q", 1 << 60) + c[24:], "R050"),
    "a huge bulk": (lambda c: c[:24] + struct.pack("<Q", (1 << 64) - 8) + c[32:], "R050"),
    "a newer major": (lambda c: version(c, 2, 0), "R0503"),
    "an older major": (lambda c: version(c, 0, 9), "R0503"),
    "a newer minor": (lambda c: version(c, 1, 99), "R0503"),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_images(tmp_path, content, name):
    change, code = CASES[name]
    image = tmp_path / "x.rheo"
    image.write_bytes(change(content))
    np.save(tmp_path / "x.npy", np.zeros((3, 2), int))
    for arguments in (
        ("inspect", image),
        ("run", image, "--input", tmp_path / "x.npy", "-o", tmp_path / "o.npz"),
    ):
        result = invoke(*arguments)
        assert result.returncode == 3, result.stderr
        if arguments[0] == "inspect":
            assert f"{image}: error {code}" in result.stderr
        assert result.stderr.count(" error R") == 1 and "Traceback" not in result.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.npy", "x.rheo"]
    with pytest.raises(rb.FormatError):
        rb.Image.load(image)


def test_places_that_are_no_image(tmp_path):
    for place in (tmp_path, tmp_path / "none.rheo"):
        result = invoke("inspect", place)
        assert result.returncode == 3 and str(place) in result.stderr
    for wrong in (3, None, object()):
        with pytest.raises(rb.Error):
            rb.Image.load(wrong)
    with pytest.raises(rb.Error):
        rb.Image.from_bytes("text")
