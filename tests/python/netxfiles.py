"""Small .net files of any layers, as lava-dl's blocks export them."""

import numpy as np
import pytest
import rheobase as rb
from hdf5 import File

MEMBRANE = {"type": "LOIHI", "iDecay": 4096, "vDecay": 1024, "vThMant": 25, "refDelay": 1}
RECURRENT = {"type": np.array(["dense_rec"])}  # beside what `dense` gives
CHANGES = {"type": "SDNN", "vThMant": 2, "activation": "relu"}


def window(
    kind: str, weight, shape=None, stride=1, padding=0, dilation=1, groups=1, neuron=None, **more
) -> dict:
    """A layer of type conv, convT, pool or unpool. weight: as stored, [outputs, inputs / groups, rows, columns]."""
    weight = np.asarray(weight)
    layer = {
        "type": np.array([kind]),
        "weight": weight.astype(np.float32),
        "kernelSize": np.array(weight.shape[2:4]),
    }
    layer |= {
        k: np.broadcast_to(v, 2)
        for k, v in {"stride": stride, "padding": padding, "dilation": dilation}.items()
    }
    if kind in ("conv", "convT"):
        first, second = weight.shape[0], weight.shape[1] * groups
        layer["inChannels"], layer["outChannels"] = (second, first) if kind == "conv" else (first, second)
        layer["groups"] = groups
    if shape is not None:
        layer["shape"] = np.array(shape)
    return {**layer, "neuron": MEMBRANE if neuron is None else neuron, **more}


def dense(weight, neuron=None, **more) -> dict:
    weight = np.asarray(weight)
    return {
        "type": np.array(["dense"]),
        "shape": np.array([weight.shape[0], 1, 1]),
        "outFeatures": weight.shape[0],
        "inFeatures": weight.shape[1],
        "weight": weight.astype(np.float32),
        "neuron": MEMBRANE if neuron is None else neuron,
        **more,
    }


def source(shape, neuron=None, **more) -> dict:
    """An input layer; without neurons it says a shape only."""
    layer = {"type": np.array(["input"]), "shape": np.array(shape), **more}
    return layer if neuron is None else {**layer, "neuron": neuron}


def flatten(size: int) -> dict:
    return {"type": np.array(["flatten"]), "shape": np.array([size, 1, 1])}


def write_layers(path, *layers: dict):
    """The file, whose name it returns. Values of None are left out."""
    with File(path) as file:
        for i, layer in enumerate(layers):
            for name, value in layer.items():
                fields = (
                    {f"{name}/{k}": v for k, v in value.items()} if isinstance(value, dict) else {name: value}
                )
                for field, number in fields.items():
                    if number is not None:
                        file[f"/layer/{i}/{field}"] = (
                            number if isinstance(number, str) else np.asarray(number)
                        )
    return path


def concat(shape, *layers: int) -> dict:
    return {"type": np.array(["concat"]), "shape": np.array(shape), "layers": np.array(layers)}


def refusal(file) -> tuple:
    """Number and place of the one error that a file gets."""
    with pytest.raises(rb.FormatError) as refused:
        rb.load(file)
    (found,) = refused.value.diagnostics
    assert found.file == str(file) and found.remedy
    return found.code, found.where
