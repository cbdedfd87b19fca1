"""Lava's synapse processes as weights, kernels and delays. SPEC W1 to W7, F15, F18.

Only attributes of the processes are read; Lava itself is not imported. Lava's feature maps are [columns, rows, channels] in C
order, ours [channels, rows, columns].
"""

from __future__ import annotations

from typing import Optional

import numpy as np

from .lava_models import value_of

MATRICES = ("Dense", "Sparse", "DelayDense", "DelaySparse")
CONVOLUTIONS = ("Conv",)


def is_convolution(synapse) -> bool:
    return type(synapse).__name__ in CONVOLUTIONS


def weights_name(synapse) -> str:
    """The variable that holds its weights."""
    return "weight" if is_convolution(synapse) else "weights"


def takes_payloads(synapse) -> bool:
    """Without message bits Lava turns every message into one of 1."""
    return hasattr(synapse, "num_message_bits") and bool(np.any(value_of(synapse, "num_message_bits")))


def matrix_of(synapse) -> np.ndarray:
    """[targets, sources], clipped and truncated (SPEC W2, W3), times the exponent of their sum (W5)."""
    weights = value_of(synapse, "weights").astype(np.int64)
    options = synapse.proc_params
    mode = options.get("sign_mode")
    kind = mode.name if mode is not None else _sign_mode(weights)
    bits, exponent = int(options.get("num_weight_bits", 8)), int(options.get("weight_exp", 0))
    if kind == "MIXED":
        return _truncated(np.clip(weights, -256, 255), 9 - bits) * 2.0**exponent
    if kind == "INHIBITORY":
        return -_truncated(np.clip(-weights, 0, 255), 8 - bits) * 2.0**exponent
    # EXCITATORY, and NULL, which Lava treats alike.
    return _truncated(np.clip(weights, 0, 255), 8 - bits) * 2.0**exponent


def delays_of(synapse) -> Optional[np.ndarray]:
    """[targets, sources] in steps, beside the hop's one; None where the process knows none."""
    if not type(synapse).__name__.startswith("Delay"):
        return None
    return np.broadcast_to(value_of(synapse, "delays").astype(np.int64), value_of(synapse, "weights").shape)


def kernel_of(synapse) -> dict:
    """What `Builder.convolve` takes. Lava turns its kernels and uses no exponent (X18, X20)."""
    turned = value_of(synapse, "weight")[:, ::-1, ::-1, :]
    sizes = {name: value_of(synapse, name).ravel() for name in ("stride", "padding", "dilation")}
    return {
        "weight": turned.transpose(0, 3, 2, 1).astype(np.float64),
        "groups": int(value_of(synapse, "groups").ravel()[0]),
        **{name: tuple(int(n) for n in np.broadcast_to(size, 2)[::-1]) for name, size in sizes.items()},
    }


def map_shapes(synapse) -> tuple[tuple, tuple]:
    """[channels, rows, columns] of what a convolution reads and of what it makes."""
    return tuple(synapse.input_shape)[::-1], tuple(synapse.output_shape)[::-1]


def lavas_order(shape: tuple) -> np.ndarray:
    """For each element of a feature map of ours, its number in Lava's order; of anything flat, its own."""
    return np.arange(int(np.prod(shape))).reshape(shape[::-1]).T.ravel()


def _truncated(weights: np.ndarray, bits: int) -> np.ndarray:
    return (weights >> bits) << bits


def _sign_mode(weights: np.ndarray) -> str:
    return "EXCITATORY" if weights.min() >= 0 else "INHIBITORY" if weights.max() <= 0 else "MIXED"
