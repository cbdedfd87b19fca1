"""A network with two inputs of different shapes, its image, and data for it, for the tests of several inputs."""

import functools

import numpy as np
import rheobase as rb

SHAPES = {"left": (4,), "right": (1, 2, 3)}
SAMPLES, STEPS = 7, 20


@functools.lru_cache(None)
def network() -> rb.Network:
    """left [4] and right [1, 2, 3] drive a hidden layer, that and left one neuron for each of 3 classes."""
    rng = np.random.default_rng(3)
    b = rb.Builder(dt=1e-3)
    for name, shape in SHAPES.items():
        b.input(name, shape)
    b.lif("hidden", 8, tau=0.01, v_threshold=1.0)
    b.lif("readout", 3, tau=0.01, v_threshold=1.0)
    b.connect("left", "hidden", rng.normal(1, 3, (8, 4)))
    b.connect("right", "hidden", rng.normal(1, 3, (8, 6)))
    b.connect("hidden", "readout", rng.normal(1, 3, (3, 8)))
    b.connect("left", "readout", rng.normal(0, 2, (3, 4)))
    b.output("out", "readout")
    return b.build()


@functools.lru_cache(None)
def image(bits: int = 8) -> rb.Image:
    return rb.compile(network(), weight_bits=bits)


def data(samples: int = SAMPLES, steps: int = STEPS, seed: int = 5) -> tuple[dict, np.ndarray]:
    """Spikes by input [samples, steps, *shape], and labels: the float network's answers, every third another one."""
    rng = np.random.default_rng(seed)
    x = {name: (rng.random((samples, steps, *s)) < 0.4).astype(np.uint8) for name, s in SHAPES.items()}
    answers = network().run(x).output.sum(axis=1).argmax(axis=1)
    return x, np.where(np.arange(samples) % 3, answers, (answers + 1) % 3)


def files(folder) -> None:
    """net.nir (steps of 1 ms), net.rheo (4-bit weights, so that rounding shows) and data.npz in a folder."""
    rb.export(network(), "nir", folder / "net.nir")
    rb.compile(rb.load(folder / "net.nir", dt=1e-3), weight_bits=4).save(folder / "net.rheo")
    x, y = data()
    np.savez(folder / "data.npz", **x, y=y)


def events(arrays: dict) -> dict:
    """The same arrays in event form, by the names that an .npz gives them."""
    parts = {}
    for name, dense in arrays.items():
        flat = dense.reshape(*dense.shape[:2], -1)
        sample, step, index = np.nonzero(flat)
        value = flat[sample, step, index]
        found = {"sample": sample, "step": step, "index": index, "value": value, "shape": dense.shape}
        parts.update({f"{name}.{part}": np.asarray(values, np.int64) for part, values in found.items()})
    return parts
