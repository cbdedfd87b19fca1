"""The convolutional network of the NIR paper and recordings of the digits that it knows."""

from __future__ import annotations

import sys

import numpy as np
import rheobase as rb
from recordings import EXAMPLES, recorded

sys.path.insert(0, str(EXAMPLES))
import nmnist  # noqa: E402

RECORDINGS = 100


def network() -> rb.Network:
    return rb.load(recorded("nir/cnn_sinabs.nir"))


def digits() -> tuple[np.ndarray, np.ndarray]:
    """The first recordings [samples, T, 2, 34, 34] and what they show [samples]."""
    files, y = nmnist.listed(recorded("nmnist/train"), recorded("nmnist/train1K.txt"))
    assert len(files) == 1000
    return nmnist.frames(files[:RECORDINGS]), y[:RECORDINGS]
