"""Convolutional layers of well-known shapes on cores of 1,024 neurons and 4,096 axons: how many cores each takes, beside the
fewest that hold its neurons, without a limit on synaptic memory and with that of Loihi 1.

    python benchmarks/feature_maps.py [vgg11 ...]      prints one JSON object for each network

Each layer is compiled by itself with random kernels, what no core's axons take is split into partial sums, and the checker of
witnesses follows every spike of the image. Shapes: mapping VGG on CIFAR (Simonyan and Zisserman 2015; a pooling of 2 halves the
sides), ResNet-18 on CIFAR (He et al. 2016), MobileNet-v1 at 128 x 128 (Howard et al. 2017, alpha 1).
"""

from __future__ import annotations

import argparse
import json
import time
from typing import NamedTuple

import numpy as np

CHIPS = {"without words": "loihi64", "with words": "loihi64_words"}


class Layer(NamedTuple):
    """From [channels_in, side, side] to [channels_out, side / stride, side / stride], padded by half the kernel."""

    channels_in: int
    side: int
    channels_out: int
    kernel: int = 3
    stride: int = 1
    groups: int = 1

    @property
    def neurons(self) -> int:
        return self.channels_out * (self.side // self.stride) ** 2


def vgg(*stages: tuple[int, ...]) -> list[Layer]:
    """Channels of the layers of each stage; behind a stage the sides are halved."""
    layers, channels, side = [], 3, 32
    for stage in stages:
        for wider in stage:
            layers.append(Layer(channels, side, wider))
            channels = wider
        side //= 2
    return layers


def resnet18() -> list[Layer]:
    layers = [Layer(3, 32, 64)] + [Layer(64, 32, 64)] * 4
    for channels, side in ((128, 32), (256, 16), (512, 8)):
        layers += [
            Layer(channels // 2, side, channels, stride=2),
            Layer(channels, side // 2, channels),
            Layer(channels // 2, side, channels, kernel=1, stride=2),  # of the skip
            *[Layer(channels, side // 2, channels)] * 2,
        ]
    return layers


def mobilenet() -> list[Layer]:
    layers, channels, side = [Layer(3, 128, 32, stride=2)], 32, 64
    pairs = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))
    for wider, stride in pairs:
        layers.append(Layer(channels, side, channels, stride=stride, groups=channels))
        side //= stride
        layers.append(Layer(channels, side, wider, kernel=1))
        channels = wider
    return layers


NETWORKS = {
    "vgg11": vgg((64,), (128,), (256, 256), (512, 512), (512, 512)),
    "vgg16": vgg((64, 64), (128, 128), *[(n,) * 3 for n in (256, 512, 512)]),
    "resnet18": resnet18(),
    "mobilenet": mobilenet(),
}


def network(layer: Layer, seed: int = 0):
    import rheobase as rb

    weights = np.random.default_rng(seed).integers(
        -12, 13, (layer.channels_out, layer.channels_in // layer.groups, layer.kernel, layer.kernel)
    )
    side = layer.side // layer.stride
    b = rb.Builder(dt=1e-3, name="layer")
    b.input("in", (layer.channels_in, layer.side, layer.side))
    b.exact("map", (layer.channels_out, side, side), decay_u=4096, decay_v=0, threshold=64 * 300)
    b.convolve("in", "map", 2 * weights, stride=layer.stride, padding=layer.kernel // 2, groups=layer.groups)
    b.output("out", "map")
    return b.build()


def cores_of(layer: Layer, chip: str) -> int:
    """With those of the partial sums, where a neuron has more sources than a core has axons."""
    import rheobase as rb

    return len(rb.compile(network(layer), chip, split_fan_in=True).info["cores"])


def measure(name: str) -> dict:
    """The figures of one network; layers of one shape are compiled once."""
    import rheobase as rb

    layers, known, begin = NETWORKS[name], {}, time.perf_counter()
    for chip in CHIPS.values():
        for layer in dict.fromkeys(layers):
            known[layer, chip] = cores_of(layer, chip)
    found = {"network": name, "neurons": sum(layer.neurons for layer in layers)}
    for what, chip in CHIPS.items():
        room = rb.ChipSpec.load(chip).limits["neurons_per_core"].value
        found["fewest"] = [-(-layer.neurons // room) for layer in layers]
        cores = [known[layer, chip] for layer in layers]
        used = found["neurons"] / (sum(cores) * room)
        found[what] = {"cores": cores, "all": sum(cores), "utilisation": round(used, 4)}
    return {**found, "seconds": time.perf_counter() - begin}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("networks", nargs="*", metavar="network", help=", ".join(NETWORKS))
    chosen = parser.parse_args().networks or list(NETWORKS)
    if unknown := [name for name in chosen if name not in NETWORKS]:
        parser.error(f"there is no '{unknown[0]}': choose from {', '.join(NETWORKS)}")
    for name in chosen:
        print(json.dumps(measure(name)), flush=True)


if __name__ == "__main__":
    main()
