"""From networks to chip images. The compiler's library is loaded by the first call."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
from typing import Optional, Union

import numpy as np

from .chipspec import ChipSpec
from .data import DataSet, check_numbers, with_batch
from .errors import CompileError, Diagnostic, FormatError, UsageError
from .image import Image
from .network import Network


def available() -> bool:
    """Whether this installation has the compiler."""
    return importlib.util.find_spec("rheobase._compiler") is not None


def _library():
    if not available():
        raise UsageError(
            [
                Diagnostic(
                    "R0692",
                    "error",
                    "this installation was built without the compiler",
                    remedy="build it with RHEO_COMPILER=ON, which needs MLIR/LLVM 19",
                )
            ]
        )
    return importlib.import_module("rheobase._compiler")


def _chip_name(chip: Union[str, ChipSpec]) -> str:
    return (chip.path or chip.name) if isinstance(chip, ChipSpec) else os.fspath(chip)


def _calibration(net: Network, data) -> dict[str, float]:
    """Largest |v| of every population on the data, in float units."""
    if data is None:
        return {}
    if isinstance(data, DataSet):
        chunks = (chunk for _, chunk in data.chunks(256))
    else:
        x, _ = with_batch(check_numbers(data), net.inputs[0].shape)
        chunks = (x[first : first + 256] for first in range(0, len(x), 256))
    largest: dict[str, float] = {}
    probes = [f"{node.name}.v" for node in net.populations]
    for chunk in chunks:
        states = net.run(chunk, probes=probes, spikes=False).states
        for probe in probes:
            name = probe[: -len(".v")]
            largest[name] = max(largest.get(name, 0.0), float(np.abs(states[probe]).max()))
    return largest


def _settings(quant) -> tuple[Optional[str], str]:
    """(JSON text, file name) of quantization settings: None, a dictionary, or a path."""
    if quant is None:
        return None, ""
    if isinstance(quant, dict):
        return json.dumps(quant), ""
    try:
        with open(quant, encoding="utf-8") as file:
            return file.read(), os.fspath(quant)
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(
            [Diagnostic("R0250", "error", f"cannot be read: {error}", os.fspath(quant))]
        ) from None


def run_compiler(
    net: Network,
    chip="loihi2",
    profile: Optional[str] = None,
    calibrate=None,
    quant=None,
    weight_bits: Optional[int] = None,
    to_stage: str = "image",
    from_stage: Optional[str] = None,
    from_file: str = "",
    dump_stages=None,
) -> dict:
    """Everything compilation gives: {image: bytes or None, stage: text, notes, quantization: JSON text}."""
    settings, file = _settings(quant)
    return _library().compile(
        net._core,
        chip=_chip_name(chip),
        profile=profile or "",
        quant_settings=settings,
        quant_file=file,
        weight_bits=weight_bits,
        calibration=_calibration(net, calibrate),
        to_stage=to_stage,
        from_stage=from_stage,
        from_file=from_file,
        dump_dir="" if dump_stages is None else os.fspath(dump_stages),
    )


def compile(
    net: Network,
    chip="loihi2",
    profile: Optional[str] = None,
    calibrate=None,
    quant=None,  # noqa: A001
    **options,
) -> Image:
    """A chip image of a network.

    chip: a name, a ChipSpec or a chip's JSON file. profile: "lava" or "loihi1"; the chip's first where None.
    calibrate: spikes [B, T, *input_shape] that show how large the states become. quant: settings as
    `rb.quantization` gives them, or their file. options: weight_bits (2 to 8), dump_stages (a folder).
    Raises CompileError, whose ``diagnostics`` hold every violated limit.

    Example: rb.compile(net, chip="loihi2").save("net.rheo")
    """
    result = run_compiler(net, chip, profile, calibrate, quant, **options)
    image = Image.from_bytes(result["image"], net.name)
    image.notes = result["notes"]
    return image


def quantization(
    net: Network, chip="loihi2", profile: Optional[str] = None, calibrate=None, quant=None, **options
) -> dict:
    """The quantization settings as `compile` would choose them: a dictionary to edit and give back as ``quant``.

    Example: q = rb.quantization(net); q["projections"]["fc1"]["bits"] = 4; rb.compile(net, quant=q)
    """
    return json.loads(
        run_compiler(net, chip, profile, calibrate, quant, to_stage="quant", **options)["quantization"]
    )


def check(net: Network, chip="loihi2", profile: Optional[str] = None, quant=None) -> list[Diagnostic]:
    """Every violated limit and rule of a chip, and what else is worth knowing; empty if there is nothing.

    Example: [str(d) for d in rb.check(net, chip="tiny")]
    """
    try:
        return list(run_compiler(net, chip, profile, None, quant)["notes"])
    except CompileError as error:
        return error.diagnostics
