"""What lava-dl recorded of its networks, in the order of ours: steps first, then [channels, rows, columns].

Lava's arrays are [columns, rows, channels, steps], SLAYER's [1, channels, rows, columns, steps]. A chip's register of the
potential shows 128 in the step of a spike, which acts as 0 (SPEC T6).
"""

import numpy as np
from recordings import recorded

WINDOW = 17  # steps after which pilotnet_lif's states are zeroed


def from_lava(name: str) -> np.ndarray:
    """netx/NAME.npy of Lava: [steps, channels, rows, columns], or [channels, rows, columns] without steps."""
    return np.load(recorded(f"netx/{name}.npy")).T


def from_slayer(name: str) -> np.ndarray:
    """netx/NAME.npy of SLAYER: [steps, channels, rows, columns]."""
    return np.moveaxis(np.load(recorded(f"netx/{name}.npy"))[0], -1, 0)


def tinynet() -> dict[str, np.ndarray]:
    """Of tiny.net: "input", what the host sends in every step; "layer0", "layer1", "layer2", spikes.

    Layers do not wait for each other, and the recording's step 0, before anything acts, is left out.
    """
    raster = {
        f"layer{k}": from_slayer(f"tinynet/{name}")[1:]
        for k, name in enumerate(("input", "layer1", "output"))
    }
    steps = len(raster["layer0"])
    return {"input": np.repeat(from_lava("tinynet/input_bias")[None], steps, 0).astype(np.int32), **raster}


def pilotnet_lif() -> dict[str, np.ndarray]:
    """Of pilotnet_lif/network.net, the first window: "input", "layer0" to "layer3", "layer2.v", "layer3.v", "layer3.u"...

    Every layer runs one step behind the one before it, and its window begins so much later: here all begin at 0.
    """
    found = {"input": np.repeat(from_lava("pilotnet_lif/image")[None], WINDOW, 0)}
    names = {"layer0": "input", "layer1": "conv-0", "layer2": "conv-1", "layer3": "conv-2"}
    for lag, (layer, name) in enumerate(names.items()):
        found[layer] = from_lava(f"pilotnet_lif/{name}")[lag : lag + WINDOW]
        if lag < 2:
            continue
        for state in ("u", "v"):
            found[f"{layer}.{state}"] = from_lava(f"pilotnet_lif/{name}-{state}")[lag : lag + WINDOW]
        found[f"{layer}.v"] = np.where(found[layer], 0, found[f"{layer}.v"])
    return found


def pilotnet_sdnn() -> dict[str, np.ndarray]:
    """Of pilotnet_sdnn/network.net: "input" in every step, "layer0", its messages, and "layer1.sigma", one step behind."""
    layer0, sigma = from_lava("pilotnet_sdnn/act0"), from_lava("pilotnet_sdnn/sigma1")[1:]
    steps = len(sigma)
    image = np.moveaxis(np.load(recorded("netx/pilotnet_sdnn/input.npy"))[..., 0], (0, 1, 2), (2, 1, 0))
    return {"input": np.repeat(image[None], steps, 0), "layer0": layer0[:steps], "layer1.sigma": sigma}
