"""The convolutional network of the NIR paper on recordings of an event camera."""

import numpy as np
import rheobase as rb
from recordings import recorded

SAMPLES, STEPS = 100, 300


def events(identifier: int) -> np.ndarray:
    """[steps, polarity, y, x], 1 in every millisecond with an event: x, y, then 1 bit of polarity and 23 of time in µs."""
    raw = np.fromfile(recorded(f"nmnist/train/{identifier}.bs2"), np.uint8).reshape(-1, 5).astype(int)
    step = (((raw[:, 2] & 127) << 16) | (raw[:, 3] << 8) | raw[:, 4]) // 1000
    kept = step < STEPS
    frames = np.zeros((STEPS, 2, 34, 34), np.uint8)
    frames[step[kept], raw[kept, 2] >> 7, raw[kept, 1], raw[kept, 0]] = 1
    return frames


def test_f15_f16_digits_of_an_event_camera():
    net = rb.load(recorded("nir/cnn_sinabs.nir"))
    lines = recorded("nmnist/train1K.txt").read_text().split("\n")
    labels = [
        tuple(map(int, line.split()[:2])) for line in lines if line.strip() and line.strip()[0].isdigit()
    ]
    x = np.stack([events(identifier) for identifier, _ in labels[:SAMPLES]])
    counts = net.run(x, spikes=False).output.sum(1)
    right = int((counts.argmax(1) == [label for _, label in labels[:SAMPLES]]).sum())
    assert right == 98
