"""The float reference from Python, recordings and their files, data sets."""

import numpy as np
import pytest
import rheobase as rb
from rheobase import data
from test_build import small


def test_run_gives_a_recording(tmp_path):
    net = small().build()
    x = (np.arange(60).reshape(20, 3) % 2).astype(np.uint8)
    one = net.run(x, probes=["hidden.v"])
    assert one.spikes["hidden"].shape == (20, 4)
    assert one.states["hidden.v"].dtype == np.float32
    assert one.output.shape == (20, 2)
    many = net.run(np.stack([x, 1 - x]), probes=["hidden.v"])
    assert many.output.shape == (2, 20, 2)
    assert np.array_equal(many.spikes["hidden"][0], one.spikes["hidden"])
    assert np.array_equal(many.aligned("hidden"), many.spikes["hidden"])
    many.save(tmp_path / "out.npz")
    again = rb.Recording.load(tmp_path / "out.npz")
    assert rb.first_difference(many, again) is None
    again.spikes["hidden"][1, 7, 2] += 1
    found = rb.first_difference(many, again)
    assert (found["series"], found["sample"], found["step"], found["neuron"]) == ("hidden.spikes", 1, 7, 2)
    assert [p.name for p in tmp_path.iterdir()] == ["out.npz"]


def test_threads_and_types_agree():
    net = small().build()
    x = np.random.default_rng(0).integers(0, 2, (7, 30, 3))
    a = net.run(x, threads=1)
    b = net.run(x.astype(np.float32), threads=2)
    assert rb.first_difference(a, b) is None
    assert net.run(x, dtype="float64").output.dtype == np.float64


@pytest.mark.parametrize(
    "x, words",
    [
        (np.zeros((5, 4)), "needs [T, 3]"),
        (np.zeros((0, 3)), "no samples or no steps"),
        (np.full((5, 3), np.inf), "inf at [0, 0]"),
        (np.array([["a"] * 3]), "not real numbers"),
        ({"inn": np.zeros((5, 3))}, "did you mean 'in'"),
    ],
)
def test_wrong_data_is_one_clear_error(x, words):
    with pytest.raises(rb.Error) as caught:
        small().build().run(x)
    assert words in str(caught.value)


def test_event_form_equals_dense(tmp_path):
    dense = np.random.default_rng(1).integers(0, 2, (3, 8, 2, 2)).astype(np.uint8)
    sample, step, *where = np.nonzero(dense)
    index = np.ravel_multi_index(where, (2, 2))
    np.savez(tmp_path / "e.npz", sample=sample, step=step, index=index, shape=dense.shape, y=np.arange(3))
    loaded = data.load(tmp_path / "e.npz", (2, 2))
    assert np.array_equal(loaded.slice(0, 3), dense)
    assert np.array_equal(loaded.y, np.arange(3))
    np.savez(tmp_path / "bad.npz", sample=sample, step=step, index=index + 3, shape=dense.shape)
    with pytest.raises(rb.DataError, match="allowed are 0 to 3"):
        data.load(tmp_path / "bad.npz", (2, 2))


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04damaged", b"\x93NUMPY\x01\x00\xff\xff", b"text", b"\0\0\x08\x03\0\0"]
)
def test_unreadable_data_files(tmp_path, content):
    path = tmp_path / "x.bin"
    path.write_bytes(content)
    with pytest.raises(rb.FormatError) as caught:
        data.load(path, (2,))
    assert str(path) in str(caught.value)
    with pytest.raises(rb.FormatError):
        data.load(tmp_path, (2,))


def test_labels_have_to_fit(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.zeros((3, 5, 2)), y=np.zeros(4, int))
    with pytest.raises(rb.DataError, match="3 samples"):
        data.load(tmp_path / "x.npz", (2,))


def test_d1_encoded_in_pieces_as_at_once(tmp_path):
    levels = np.random.default_rng(5).integers(0, 256, (9, 4, 3)).astype(np.uint8)
    levels[0] = 0
    levels[1] = 255
    whole = rb.encode(levels, "rate:40,7")
    assert whole.shape == (9, 40, 4, 3) and not whole[0].any() and whole[1].all()
    np.save(tmp_path / "x.npy", levels)
    dataset = data.load(tmp_path / "x.npy", (4, 3), "rate:40,7")
    pieces = np.concatenate([chunk for _, chunk in dataset.chunks(2)])
    assert np.array_equal(pieces, whole)
    assert not np.array_equal(whole, rb.encode(levels, "rate:40,8"))
    for wrong in ("rate", "rate:0,1", "rate:x", "speed:3"):
        with pytest.raises(rb.Error):
            rb.encode(levels, wrong)
    with pytest.raises(rb.DataError, match="0 to 255"):
        rb.encode(levels + 0.5, "rate:5,0")


def test_idx_images_bring_their_labels(tmp_path):
    images = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    header = b"\0\0\x08\x03" + np.array(images.shape, ">u4").tobytes()
    (tmp_path / "t-images-idx3-ubyte").write_bytes(header + images.tobytes())
    (tmp_path / "t-labels-idx1-ubyte").write_bytes(
        b"\0\0\x08\x01" + np.array([2], ">u4").tobytes() + b"\x07\x09"
    )
    dataset = data.load(tmp_path / "t-images-idx3-ubyte", (9,), "latency:16")
    assert dataset.samples == 2 and dataset.y.tolist() == [7, 9]
    with pytest.raises(rb.DataError, match="--encode rate"):
        data.load(tmp_path / "t-images-idx3-ubyte", (9,))
    (tmp_path / "t-images-idx3-ubyte").write_bytes(header + images.tobytes()[:-1])
    with pytest.raises(rb.FormatError, match="17 bytes"):
        data.load(tmp_path / "t-images-idx3-ubyte", (9,), "latency:16")
