"""The workload of the benchmarks: the Fashion-MNIST example, compiled as a user would, and its test images."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import rheobase as rb
from rheobase import data

NETWORK = Path(__file__).resolve().parent.parent / "examples" / "fashion_mnist" / "fashion_mnist.nir"
IMAGES = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
DT = 1e-4  # seconds; the file's dt, see the example's README
ENCODING = "rate:20,0"
CHIP, BITS = "loihi2", 8


def network() -> rb.Network:
    return rb.load(NETWORK, dt=DT)


def compiled(net: rb.Network) -> rb.Image:
    return rb.compile(net, chip=CHIP, weight_bits=BITS)


def spikes(net: rb.Network, images: Path, samples: int | None) -> tuple[np.ndarray, np.ndarray]:
    """(uint8 [B, T, 784] of 0 and 1, labels [B])."""
    test = data.load(images, net.inputs[0].shape, ENCODING).limited(samples)
    return test.slice(0, test.samples), test.y


def answers(output: np.ndarray) -> np.ndarray:
    """The class of each sample: the readout with the largest sum over the steps of output [B, T, 10]."""
    return output.reshape(*output.shape[:2], -1).sum(1).argmax(1)


def first_image(images: Path) -> bytes:
    """The grey levels of the first image of an IDX file, which has a header of 16 bytes."""
    with gzip.open(images) as file:
        return file.read(16 + 28 * 28)[16:]
