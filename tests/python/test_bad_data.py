"""Data of wrong form, width, type or range: one clear error with the place and what would be right."""

import gzip
import io
import zipfile

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke
from hdf5 import File
from nirfiles import write
from rheobase import data
from test_bad_images import make_image


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    path = tmp_path_factory.mktemp("image") / "small.rheo"
    make_image().save(path)
    return path


def npy(array, **more) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **more)
    return file.getvalue()


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def claiming(shape) -> bytes:
    """An .npy whose header says more than there is."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return file.getvalue() + b"\1\0"


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def events(**changes) -> bytes:
    columns = dict(sample=[0, 1], step=[2, 0], index=[1, 0], shape=[2, 5, 2])
    return npz(**{k: np.asarray(v) for k, v in {**columns, **changes}.items() if v is not None})


# name: (content, code, words)
CASES = {
    "empty": (b"", "R0250", "empty"),
    "text": (b"1 0 1\n", "R0250", "not an .npz, .npy, NIRData or IDX file"),
    "cut .npz": (npz(x=np.zeros((3, 2)))[:-30], "R0250", "not a readable .npz"),
    "cut .npy": (npy(np.zeros((30, 2)))[:-8], "R0250", "the file holds"),
    "a claim of 10^12 in .npy": (claiming((10**12, 2)), "R0250", "claims an array [1000000000000, 2]"),
    "a claim of 10^12 in .npz": (zipped("x.npy", claiming((10**12, 2))), "R0250", "claims an array"),
    "objects": (npy(np.array([{}, []], object), allow_pickle=True), "R0250", "objects"),
    "no array in the zip": (zipped("x.npy", b"hello"), "R0250", "not a readable .npz"),
    "no x": (npz(y=np.zeros(3)), "R0250", "neither 'x' nor the event form"),
    "wrong width": (npz(x=np.zeros((3, 5, 7), int)), "R0251", "needs [T, 2] or [samples, T, 2]"),
    "wrong rank": (npy(np.zeros(2, int)), "R0251", "shape [2]"),
    "no steps": (npy(np.zeros((3, 0, 2), int)), "R0251", "no samples or no steps"),
    "text in the array": (npy(np.array([["a", "b"]])), "R0252", "not real numbers"),
    "complex": (npy(np.zeros((3, 2), complex)), "R0252", "complex128"),
    "dates": (npy(np.zeros((3, 2), "M8[s]")), "R0252", "datetime64"),
    "nan": (npy(np.array([[0.0, np.nan]])), "R0253", "nan at [0, 1]"),
    "infinity": (npy(np.array([[0.0, 0.0], [-np.inf, 0.0]])), "R0253", "-inf at [1, 0]"),
    "a count": (npy(np.array([[0, 2]])), "R0254", "takes spikes, 0 or 1; there is 2 at [0, 0, 1]"),
    "a negative": (npy(np.array([[0, -1]])), "R0254", "there is -1"),
    "a fraction": (npy(np.array([[0, 0.5]])), "R0254", "takes integers, there is 0.5"),
    "a giant": (npy(np.array([[0, 1e300]])), "R0254", "1e+300"),
    "labels of another length": (npz(x=np.zeros((3, 5, 2), int), y=np.zeros(4, int)), "R0255", "3 samples"),
    "labels of no type": (npz(x=np.zeros((1, 5, 2), int), y=np.array(["cat"])), "R0252", "'y'"),
    "events beyond the input": (events(index=[1, 2]), "R0256", "event 1 has index 2, allowed are 0 to 1"),
    "events beyond the end": (events(step=[5, 0]), "R0256", "event 0 has step 5"),
    "events before the start": (events(sample=[0, -1]), "R0256", "event 1 has sample -1"),
    "events of unequal length": (events(step=[1]), "R0256", "not a list of 1 integers"),
    "events in fractions": (events(index=[0.0, 1.0]), "R0256", "float64"),
    "events without steps": (events(step=None), "R0256", "needs 'step'"),
    "an event shape of no use": (events(shape=[2]), "R0256", "'shape' is [2]"),
    "an event shape of 10^12": (events(shape=[10**6, 10**6, 2]), "R0250", "GiB"),
    "IDX that ends early": (b"\0\0\x08\x03\0\0", "R0250", "ends inside its header"),
    "IDX of 2^96 pixels": (b"\0\0\x08\x03" + b"\xff" * 12, "R0250", "claims an array"),
    "zipped IDX of 2^96 pixels": (gzip.compress(b"\0\0\x08\x03" + b"\xff" * 12), "R0250", "GiB"),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_data(tmp_path, image, name):
    content, code, words = CASES[name]
    path = tmp_path / ("x-idx3-ubyte" if "IDX" in name else "x")
    path.write_bytes(content)
    result = invoke("run", image, "--input", path, "-o", tmp_path / "o.npz")
    assert result.returncode == 3, result.stderr + result.stdout
    headlines = [line for line in result.stderr.splitlines() if " error R" in line]
    assert len(headlines) == 1 and headlines[0].startswith(f"{path}: error {code}: "), result.stderr
    assert words in result.stderr and "note: " in result.stderr and "Traceback" not in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_files_that_are_no_data(tmp_path, image):
    with File(tmp_path / "x.h5") as file:
        file["/x"] = np.zeros((3, 2))
    for path, words in (
        (tmp_path / "x.h5", "NIRData"),
        (tmp_path, "directory"),
        (tmp_path / "none", "no such file"),
        ("/dev/zero", "not a regular file"),
    ):
        result = invoke("run", image, "--input", path, "-o", tmp_path / "o.npz")
        assert result.returncode == 3 and words in result.stderr
        assert f"{path}: error R0250" in result.stderr


def test_encodings_that_do_not_fit(tmp_path):
    net = write(tmp_path / "net.nir")
    np.save(tmp_path / "grey.npy", np.array([[0, 255], [7, 8]]))
    np.save(tmp_path / "real.npy", np.array([[0, 0.5]]))
    np.save(tmp_path / "wide.npy", np.zeros((2, 3)))
    for file, encode, code in (
        ("grey", "rat:5", "R0606"),
        ("grey", "rate:0", "R0606"),
        ("grey", "rate:x,1", "R0606"),
        ("grey", "latency", "R0606"),
        ("real", "current:5", "R0254"),
        ("wide", "latency:5", "R0251"),
    ):
        arguments = ["--input", tmp_path / f"{file}.npy", "--encode", encode, "-o", tmp_path / "o.npz"]
        result = invoke("run", net, *arguments)
        assert result.returncode == 3 and f"error {code}" in result.stderr
    assert not (tmp_path / "o.npz").exists()


@pytest.mark.parametrize("encode", ["rate:8,3", "current:8", "latency:8"])
def test_every_encoding_reaches_network_and_image_alike(tmp_path, image, encode):
    grey = np.random.default_rng(0).integers(0, 256, (6, 2))
    np.savez(tmp_path / "grey.npz", x=grey, y=np.arange(6) % 3)
    loaded = data.load(tmp_path / "grey.npz", (2,), encode)
    assert loaded.steps == 8 and loaded.y.tolist() == [0, 1, 2, 0, 1, 2]
    out = tmp_path / "o.npz"
    assert (
        invoke("run", image, "--input", tmp_path / "grey.npz", "--encode", encode, "-o", out).returncode == 0
    )
    spikes = rb.encode(grey, encode)
    assert np.array_equal(loaded.slice(0, 6), spikes) and spikes.any()
    expected = rb.Image.load(image).run(spikes)
    assert rb.first_difference(rb.Recording.load(out), expected) is None


def test_events_in_one_place_add_up():
    raw = {"step": [0, 0, 1], "index": [1, 1, 0], "value": [200, 200, -3], "shape": [2, 2]}
    from rheobase.datafiles import _events

    dense = _events({k: np.array(v) for k, v in raw.items()}, "x")
    assert dense.tolist() == [[[0, 400], [-3, 0]]]
