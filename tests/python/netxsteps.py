"""What the layers of lava-dl compute, once more in NumPy over real numbers."""

import numpy as np


def drawing(seed):
    """Functions of shapes: weights that a file holds, and spikes of some steps."""
    rng = np.random.default_rng(seed)

    def even(*shape) -> np.ndarray:
        return 2 * rng.integers(-8, 9, shape)

    def spikes_in(steps, *shape) -> np.ndarray:
        return rng.integers(0, 2, (steps, *shape))

    return even, spikes_in


def correlate(x, weight, stride=(1, 1), padding=(0, 0), groups=1):
    """y[o, r, c] of x [channels, rows, columns] and weight [outputs, inputs / groups, rows, columns]."""
    x = np.pad(x, ((0, 0), (padding[0],) * 2, (padding[1],) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], (1, 2))[
        :, :: stride[0], :: stride[1]
    ]
    parts, inputs = np.split(np.arange(len(weight)), groups), np.split(windows, groups)
    return np.concatenate([np.einsum("irckl,oikl->orc", w, weight[p]) for w, p in zip(inputs, parts)])


class Membrane:
    """LOIHI without rounding: all of the current is lost, and a quarter of the potential or another share."""

    def __init__(self, shape, bias=0, keeps=0.75):
        self.v, self.bias, self.keeps = np.zeros(shape), bias, keeps

    def step(self, total):
        self.v = self.keeps * self.v + 64 * (total + self.bias)
        spikes = self.v > 64 * 25
        self.v[spikes] = 0
        return spikes.astype(float)
