"""Records what lava-dl's SLAYER computes, and the .net files that it exports: python record_slayer.py LAVA_DL

Needs torch, h5py and an unpacked lava-dl 0.6.0 (a wheel of pure Python) in the folder LAVA_DL. Random networks of the
neurons that Lava lacks, of recurrent layers with delays, and of parameters for each channel are written beside this file:
slayer/NAME.net as SLAYER exports it, slayer/NAME.npz with x [samples, steps, inputs] and the spikes of every layer as
they leave it, after its delays.
"""

import sys
import types
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "slayer"
SAMPLES, STEPS = 2, 120


def import_slayer(folder: str):
    """lava-dl imports plots and image tools that nothing here needs."""
    sys.path.insert(0, folder)
    for name in (
        "matplotlib",
        "matplotlib.pyplot",
        "matplotlib.animation",
        "lava.lib.dl.slayer.object_detection",
    ):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["matplotlib"].pyplot = sys.modules["matplotlib.pyplot"]
    from lava.lib.dl import slayer

    return slayer


def spread(layer, rng, share: float) -> None:
    """Weights anew, some of both signs and some strong, in float: SLAYER rounds them to steps of 2/64."""
    import torch

    for parameter in layer.parameters():
        if parameter.dim() == 5:
            drawn = rng.normal(0.3 * share, share, tuple(parameter.shape))
            parameter.data = torch.tensor(drawn, dtype=torch.float32)


def record(name: str, layers: list, x: np.ndarray, forward) -> None:
    import h5py
    import torch

    given = torch.tensor(x.transpose(0, 2, 1), dtype=torch.float32)
    arrays = {"x": x.astype(np.uint8)}
    with torch.no_grad():
        for number, layer in enumerate(layers):
            given = forward(layer, given)
            arrays[f"layer{number}"] = given.numpy().transpose(0, 2, 1).astype(np.uint8)
    with h5py.File(HERE / f"{name}.net", "w") as file:
        for number, layer in enumerate(layers):
            layer.export_hdf5(file.create_group(f"layer/{number}"))
    np.savez_compressed(HERE / f"{name}.npz", **arrays)
    print(name, {key: int(value.sum()) for key, value in arrays.items()})


def plain(layer, given):
    return layer(given)


def resonators(layer, given):
    """What forward() does; that of ADRF_IZ forgets an argument and fails."""
    real, imag, threshold, refractory = layer.neuron.dynamics(layer.synapse(given))
    return layer.neuron.spike(real, imag, threshold, refractory)


def main(folder: str) -> None:
    import torch

    slayer = import_slayer(folder)
    block = slayer.block
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    adapting = dict(threshold=0.4, threshold_step=0.3, shared_param=False)
    decays = dict(threshold_decay=(0.02, 0.2), refractory_decay=(0.05, 0.5))
    membrane = dict(current_decay=(0.1, 0.9), voltage_decay=(0.01, 0.3))
    alif = {**adapting, **decays, **membrane}
    turning = {**adapting, **decays, "period": (4, 40), "decay": (0.005, 0.1)}
    cuba = dict(threshold=0.5, shared_param=False, **membrane)
    x = (rng.random((SAMPLES, STEPS, 16)) < 0.3).astype(np.float32)

    layers = [
        block.alif.Dense(alif, 16, 24, delay_shift=False),
        block.alif.Dense({**alif, "norm": slayer.neuron.norm.MeanOnlyBatchNorm}, 24, 12, delay_shift=False),
    ]
    for layer in layers:
        spread(layer, rng, 0.25)
    layers[1].neuron.norm.running_mean = torch.tensor(rng.integers(-9, 9, 12) / 32, dtype=torch.float32)
    layers[1].eval()
    record("alif", layers, x, plain)

    for kind in ("adrf", "adrf_iz"):
        layers = [getattr(block, kind).Dense(turning, 16, 24, delay_shift=False)]
        spread(layers[0], rng, 0.5)
        record(kind, layers, x, resonators)

    layers = [
        block.cuba.Recurrent(cuba, 16, 20, delay=True, delay_shift=False),
        block.alif.Recurrent(alif, 20, 18, delay=True, delay_shift=False),
        block.cuba.Dense(cuba, 18, 10, delay_shift=False),
    ]
    for layer in layers:
        spread(layer, rng, 0.2)
    for layer in layers[:2]:
        layer.delay.delay.data = torch.tensor(rng.integers(0, 9, layer.num_neurons), dtype=torch.float32)
        layer.delay.init = True
    record("recurrent", layers, x, plain)


if __name__ == "__main__":
    main(sys.argv[1])
