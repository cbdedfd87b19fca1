"""A quantized network as a PyTorch module: this file asks for PyTorch and gathers the integers, torchsteps.py steps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Optional

import numpy as np

from . import compiler
from .arguments import positive_number
from .errors import CompileError, Diagnostic, option_error, usage_error
from .image import Image
from .network import Network
from .trainedweights import Quantized, TrainedProjection, trained_projections
from .witnessfile import WitnessNode, read_witness

STEPPED = ("lif", "li", "cuba_lif", "cuba_li", "integrate_and_fire", "integrator")
MOST_CELLS = 1 << 26  # of a matrix from population to population
TORCH = "torch==2.13.0"
_WITHIN = 0.49  # steps within which a real weight is rounded to the stored one


def torch_module(
    net: Network,
    chip="loihi2",
    profile: Optional[str] = None,
    calibrate=None,
    quant=None,
    weight_bits: Optional[int] = None,
    scales: str = "auto",
    slope: float = 10.0,
    **options,
):
    """The network as the chip computes it, as a `torch.nn.Module` whose weights can be trained.

    Its forward pass is that of the image of ``rb.compile(net, chip, ...)`` with the same options: every spike and every
    state is the emulator's integer. Backwards, rounding is taken for no rounding (straight-through, Bengio et al. 2013,
    arXiv:1308.3432) and a spike for a fast sigmoid of the distance to the threshold, in thresholds, times ``slope``
    (Zenke & Ganguli 2018, Neural Comput. 30:1514). Weights are ``module.weights``, real numbers in steps of one stored
    unit, which start at the network's own; thresholds, decays and scales stay.

    ``module(x)``: x [B, T, *input_shape], a dictionary by name for several inputs; gives a record with ``spikes`` and
    ``states`` [B, T + lag, n] by name, ``aligned(name)`` in the network's time, ``output``. ``module.settings()``: what
    `rb.compile` takes as ``quant`` to make the image of the weights as they are now.

    ``module(x)`` raises what `Image.run` raises for data that the image does not take (DataError R0251 to R0254, R0258), and
    DataError R0253, with the layer's name, where weights are no longer finite numbers; so does ``module.settings()``.
    slope: above 0.

    Stepped are LIF, LI, CubaLIF, CubaLI, IF and I with any synapses and delays, convolutions as matrices of at most
    67,108,864 cells. Raises UsageError without PyTorch, CompileError (R0670) for what has no such step, and what
    `rb.compile` raises.

    Example: m = rb.torch_module(net, weight_bits=4); m(x).aligned("readout.v").sum(1); rb.compile(net, quant=m.settings())
    """
    if not isinstance(net, Network):
        raise option_error(
            f"a network is needed, not {type(net).__name__}", "rb.load and rb.Builder make networks"
        )
    slope = positive_number("slope", slope)
    compiler.check_further("torch_module", options, compiler.known_options("dump_stages", "witness"))
    try:
        from .torchsteps import QuantizedNetwork
    except ImportError as error:
        raise usage_error(
            f"this needs PyTorch: {error}", f"install it in this environment: pip install {TORCH}", "R0692"
        ) from None
    plan = plan_of(net, chip, profile, calibrate, quant, weight_bits, scales, options)
    return QuantizedNetwork(plan, slope)


@dataclass
class Plan:
    """What the module steps. real: for each projection its weights before rounding, in stored units [values]."""

    settings: dict
    profile: str
    nodes: list[WitnessNode]
    projections: list[TrainedProjection]
    real: list[np.ndarray]
    lags: list[int]  # of nodes, as in the image; 0 of inputs
    lag: int
    inputs: list[dict]  # as the image tells them: name, shape, encoding
    outputs: list[dict]
    scale: dict


def plan_of(net, chip, profile, calibrate, quant, weight_bits, scales, options: dict) -> Plan:
    """The integers of the image, and the real weights behind them. Raises CompileError."""
    result = compiler.run_compiler(
        net, chip, profile, calibrate, quant, weight_bits, keep_weights=True, scales=scales, **options
    )
    image = Image.from_bytes(result["image"], net.name)
    settings = json.loads(result["quantization"])
    arithmetic, nodes, parts = read_witness(result["witness"])
    quantized = Quantized.of(settings, parts)
    _check(net, nodes, quantized)
    stored = image.info["limits"]["weight_bits"]["value"]
    finest = _finest(net, chip, profile, settings, quant, stored)
    projections = trained_projections(quantized, finest, nodes, stored)
    placed = {p["name"]: p["lag"] for p in image.info["populations"]}
    return Plan(
        settings,
        arithmetic,
        nodes,
        projections,
        [_real(p, finest.settings["projections"].get(p.name)) for p in projections],
        [placed.get(n.name, 0) for n in nodes],
        image.lag,
        image.info["inputs"],
        image.info["outputs"],
        image.scale,
    )


def _check(net: Network, nodes: list[WitnessNode], quantized: Quantized) -> None:
    refused = []

    def refuse(where: str, message: str, remedy: str) -> None:
        refused.append(Diagnostic("R0670", "error", message, net.file, where, remedy=remedy))

    for node in nodes:
        if node.model and node.model not in STEPPED:
            refuse(
                node.name,
                f"'{node.name}' is of the model {node.model}, which has no PyTorch step",
                f"there are {', '.join(STEPPED)}",
            )
    for name in sorted(quantized.parts.keys() - quantized.settings["projections"].keys()):
        refuse(
            name,
            f"'{name}' leads to or from a relay, and training has no relays",
            "train without relay_fan_in, and compile what comes out with it",
        )
    for p in (part for parts in quantized.parts.values() for part in parts):
        cells = int(p.rows.max(initial=0) + 1) * nodes[p.source].size
        if cells > MOST_CELLS:
            remedy = "train the layers behind it alone, with this layer's spikes as their input"
            refuse(
                p.name,
                f"'{p.name}' as a matrix would have {cells:,} cells; {MOST_CELLS:,} are stepped",
                remedy,
            )
    if refused:
        raise CompileError(refused)


def _finest(net, chip, profile, settings: dict, quant, stored_bits: int) -> Quantized:
    """The same scales at the finest precision, without what ``quant`` pins: those weights are integers already."""
    given = json.loads(compiler._settings(quant)[0] or "{}")
    pinned = {n: p for n, p in given.get("projections", {}).items() if "weights" in p}
    finer = {
        "schema": settings["schema"],
        "populations": settings["populations"],
        "projections": {
            n: pinned.get(n, {"sign_mode": p["sign_mode"], "bits": stored_bits + 1})
            for n, p in settings["projections"].items()
        },
    }
    result = compiler.run_compiler(net, chip, profile, quant=finer, to_stage="quant", keep_weights=True)
    found = json.loads(result["quantization"])
    found["projections"] = {n: p for n, p in found["projections"].items() if n not in pinned}
    return Quantized.of(found, read_witness(result["witness"])[2])


def _real(projection: TrainedProjection, finest: Optional[dict]) -> np.ndarray:
    """Weights before rounding, in stored units."""
    if finest is None:
        return projection.weights.astype(np.float64)
    fine = projection.held(finest["weights"])
    if fine.shape != projection.weights.shape:
        return projection.weights.astype(np.float64)
    # The finest precision has rounded, too: what it moved across a border goes back behind it.
    step = projection.of_each(lambda f: f.step)
    off = fine * 2.0 ** (finest["exponent"] - projection.of_each(lambda f: f.exponent)) - projection.weights
    least, most = projection.bounds()
    return np.clip(projection.weights + np.clip(off, -_WITHIN * step, _WITHIN * step), least, most)
