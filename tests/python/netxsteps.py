"""What the layers of lava-dl compute, once more in NumPy over real numbers."""

import numpy as np


def correlate(x, weight, stride=(1, 1), padding=(0, 0), groups=1):
    """y[o, r, c] of x [channels, rows, columns] and weight [outputs, inputs / groups, rows, columns]."""
    x = np.pad(x, ((0, 0), (padding[0],) * 2, (padding[1],) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], (1, 2))[
        :, :: stride[0], :: stride[1]
    ]
    parts, inputs = np.split(np.arange(len(weight)), groups), np.split(windows, groups)
    return np.concatenate([np.einsum("irckl,oikl->orc", w, weight[p]) for w, p in zip(inputs, parts)])


class Membrane:
    """LOIHI without rounding: all of the current is lost, a quarter of the potential."""

    def __init__(self, shape, bias=0):
        self.v, self.bias = np.zeros(shape), bias

    def step(self, total):
        self.v = 0.75 * self.v + 64 * (total + self.bias)
        spikes = self.v > 64 * 25
        self.v[spikes] = 0
        return spikes.astype(float)
