"""From networks to chip images. The compiler's library is loaded by the first call."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import json
import os
from pathlib import Path
from typing import Iterator, Optional, Union

import numpy as np

from . import data as data_files
from . import fixing, pinning
from .arguments import option_name, whole_number
from .arithmetic import most
from .chipspec import ChipSpec, chip_name
from .errors import (
    CompileError,
    Diagnostic,
    Error,
    file_error,
    in_file,
    nearest,
    option_error,
    path_of,
    shown,
    unknown_name,
    usage_error,
)
from .files import IMAGE_MAGIC, LONGEST_PATH, filling, is_image, write_bytes
from .image import Image
from .limits import Held, check_image
from .network import Network
from .precisions import check_weight_bits

LONGEST_INTERVAL = most("cuba_lif_reset", "reset_interval")  # steps
STAGES = ("import", "float", "quant", "legal", "placed", "image")
MAPPERS = ("auto", "order", "graph")
SCALES = ("auto", "max", "mse", "spikes")  # and percentile:P
EXPONENTS = ("projection", "channel")
CALIBRATION_CHUNK = 256  # samples that run at a time


def available() -> bool:
    """Whether this installation has the compiler."""
    return importlib.util.find_spec("rheobase._compiler") is not None


def _library():
    if not available():
        raise usage_error(
            "this installation was built without the compiler",
            "images can be run and inspected; building with RHEO_COMPILER=ON needs MLIR/LLVM 19",
            "R0692",
        )
    try:
        return importlib.import_module("rheobase._compiler")
    except ImportError as error:
        raise usage_error(
            f"the compiler cannot be loaded: {error}", "'rheobase doctor' examines the installation", "R0692"
        ) from None


def _calibration(net: Network, data) -> tuple[dict[str, float], dict[str, list]]:
    """Largest |v| of every population on the data, in float units; spikes per step of its neurons, and of every input."""
    largest: dict[str, float] = {}
    spikes: dict[str, np.ndarray] = {}
    steps: dict[str, int] = {}
    if data is None:  # nor are the nodes asked for, which are large
        return largest, spikes
    probes = [f"{node.name}.v" for node in net.populations]
    sizes = {node.name: int(np.prod(node.shape)) for node in (*net.inputs, *net.populations)}
    for chunk in _chunks(net, data):
        out = net.run(chunk, probes=probes)
        for probe in probes:
            name = probe[: -len(".v")]
            largest[name] = max(largest.get(name, 0.0), float(np.abs(out.states[probe]).max()))
        given = chunk if isinstance(chunk, dict) else {net.inputs[0].name: chunk}
        for name, sent in (*given.items(), *out.spikes.items()):
            flat = (np.asarray(sent) != 0).reshape(-1, sizes.get(name, sent.shape[-1]))
            spikes[name] = spikes.get(name, 0) + flat.sum(axis=0)
            steps[name] = steps.get(name, 0) + len(flat)
    return largest, {name: (count / steps[name]).tolist() for name, count in spikes.items()}


def _chunks(net: Network, data) -> Iterator:
    """What the network runs on, so many samples at a time; nothing where there are no data."""
    if data is None:
        return
    if isinstance(data, (str, bytes, os.PathLike)):
        data = data_files.load(os.fsdecode(data), net.input_shapes, dt=net.dt)
    if not isinstance(data, data_files.DataSet):
        data = data_files.of_arrays(data, None, net.input_shapes)
    for _, chunk in data.chunks(CALIBRATION_CHUNK):
        yield chunk


def _answers(net: Network, image: Image, data) -> Iterator[Diagnostic]:
    """For each output, how often float network and chip give the same answer on the data: the largest sum over time."""
    counts: dict[str, np.ndarray] = {}
    for chunk in _chunks(net, data):
        ref, out = net.run(chunk), image.run(chunk)
        for name in (o.name for o in net.outputs):
            there, here = (run.aligned(name) for run in (ref, out))
            same = [a.sum(axis=1).reshape(len(a), -1).argmax(axis=1) for a in (there, here)]
            told = np.array([len(there), (same[0] == same[1]).sum(), there.size, (there == here).sum()])
            counts[name] = counts.get(name, 0) + told
    for name, (samples, answers, cells, equal) in counts.items():
        yield Diagnostic(
            "R0347",
            "warning",
            f"'{name}' gives the float network's answer on {answers} of {samples} samples of the calibration data; "
            f"{100 * equal / cells:.3g} % of its values are equal",
            image.file,
            name,
            remedy="`rheobase verify` compares everything, spike by spike",
        )


def read_text(path) -> str:
    """A settings or stage file. Raises FormatError."""
    try:
        return Path(path_of(path)).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or "it is not text (UTF-8)"
        raise file_error(os.fsdecode(path), f"cannot be read: {what}") from None


def _stage_text(path) -> str:
    """A dumped stage. Raises FormatError R0704 for a file that is of another kind altogether."""
    if is_image(Path(path_of(path))):
        raise file_error(
            os.fsdecode(path),
            "this is a finished image: no stage is left",
            "run it; stages to go on from are texts that --dump-stages or --to wrote",
            "R0704",
        )
    text = read_text(path)
    if not text.lstrip().startswith("{") and "spk.network" not in text and "chip.module" not in text:
        raise file_error(
            os.fsdecode(path),
            "this is not a stage of a compilation: it holds no network",
            "give a file that --dump-stages or --to wrote",
            "R0704",
        )
    return text


def _image_to_keep(keep) -> Optional[Image]:
    """An image, or its file's. Raises what `Image.load` does."""
    if keep is None or isinstance(keep, Image):
        return keep
    if isinstance(keep, (bytes, bytearray)) and keep.startswith(IMAGE_MAGIC):
        return Image.from_bytes(keep, "keep")
    sane = isinstance(keep, (str, bytes, os.PathLike)) and len(text := os.fspath(keep)) <= LONGEST_PATH
    if not sane or (b"\0" if isinstance(text, bytes) else "\0") in text:
        raise option_error(f"keep cannot be {shown(keep)}", "give an earlier image, or its file")
    return Image.load(keep)


def _settings(quant) -> tuple[Optional[str], str]:
    """(JSON text, file name) of quantization settings: None, a dictionary, or a path."""
    if quant is None:
        return None, ""
    if isinstance(quant, dict):
        try:
            return json.dumps(quant, default=_plain, allow_nan=False), "quant"
        except (TypeError, ValueError) as error:
            raise option_error(f"the quantization settings cannot be written as JSON: {error}") from None
    if not isinstance(quant, (str, bytes, os.PathLike)):
        raise option_error(f"quant cannot be {shown(quant)}", "give settings as a dictionary, or their file")
    return read_text(quant), os.fsdecode(quant)


def _plain(value):
    """NumPy's numbers and arrays, which users put into settings."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"it holds {shown(value)}")


def run_compiler(
    net: Network,
    chip="loihi2",
    profile: Optional[str] = None,
    calibrate=None,
    quant=None,
    weight_bits: Optional[int] = None,
    to_stage: str = "image",
    from_stage=None,
    dump_stages=None,
    keep_weights: bool = False,
    examine: bool = False,
    witness: bool = True,
    emit: bool = True,
    reset_interval: Optional[int] = None,
    reset_offset: int = 0,
    seed: int = 0,
    split_fan_in: bool = False,
    clone_fan_out: bool = False,
    relay_fan_in: bool = False,
    mapper: str = "auto",
    keep=None,
    scales: str = "auto",
    exponents: str = "projection",
    share_profiles: bool = False,
) -> dict:
    """Everything compilation gives: {image and witness: bytes or None, stage: bytes, notes, quantization: JSON text,
    fidelity: of each projection with ``examine``, placement: which one was taken, and the figures of those that were tried, or None,
    held: [(core, {limit: what it holds})] where cores were chosen}.

    from_stage: the file of a dumped stage to go on from. dump_stages: a folder for every stage's text; the
    dumps of stages that were reached are also left where the network does not fit the chip. examine: note what is
    lost or unused although nothing is violated, too, also where the network is refused. emit=False: an image is made only
    where its words may have more to say than ``held``, and quantization is told only where settings were given. Errors
    are those of `compile`.
    """
    if not isinstance(net, Network):
        raise option_error(
            f"a network is needed, not {type(net).__name__}", "rb.load and rb.Builder make networks"
        )
    if profile is not None and not isinstance(profile, str):
        raise option_error(
            f"profile cannot be {shown(profile)}", "it is the name of an arithmetic: lava or loihi1"
        )
    if not isinstance(to_stage, str) or to_stage not in STAGES:
        raise unknown_name("stage", to_stage, STAGES)
    if not isinstance(mapper, str) or mapper not in MAPPERS:
        raise unknown_name("mapper", mapper, MAPPERS)
    if weight_bits is not None:
        weight_bits = check_weight_bits(weight_bits)
    periodic_reset = None
    if reset_interval is not None:
        interval = whole_number("reset_interval", reset_interval, 1, LONGEST_INTERVAL)
        periodic_reset = interval, whole_number("reset_offset", reset_offset, 0, LONGEST_INTERVAL)
    elif reset_offset != 0:
        raise option_error("reset_offset needs a reset_interval", "give both")
    kept = _image_to_keep(keep)
    scales = check_scales(scales, calibrate)
    exponents = option_name("exponents", exponents, EXPONENTS)
    if scales == "spikes":
        from .spikefit import fit_scales

        rewrites = {
            "exponents": exponents,
            "split_fan_in": split_fan_in,
            "clone_fan_out": clone_fan_out,
            "relay_fan_in": relay_fan_in,
            "share_profiles": share_profiles,
        }
        quant = fit_scales(net, chip, profile, calibrate, quant, weight_bits, rewrites)
        scales = "auto"
    settings, file = _settings(quant)
    largest, rates = _calibration(net, calibrate)
    request = dict(
        chip=chip_name(chip),
        profile=(profile or "").encode("utf-8", "surrogateescape"),
        quant_settings=settings,
        quant_file=os.fsencode(file),
        weight_bits=weight_bits,
        keep_weights=keep_weights,
        examine=examine,
        witness=witness,
        emit=emit,
        calibration=largest,
        rates=rates,
        seed=whole_number("seed", seed, 0, 2**63 - 1),
        to_stage=to_stage,
        periodic_reset=periodic_reset,
        split_fan_in=bool(split_fan_in),
        clone_fan_out=bool(clone_fan_out),
        relay_fan_in=bool(relay_fan_in),
        share_profiles=bool(share_profiles),
        scales=scales,
        exponent_per_row=exponents == "channel",
        mapper=mapper,
        keep=None if keep is None else kept.to_bytes(),
        keep_file=b"" if keep is None else os.fsencode(kept.file),
        from_stage=None if from_stage is None else _stage_text(from_stage),
        from_file=b"" if from_stage is None else os.fsencode(from_stage),
    )
    refused: Optional[CompileError] = None
    try:
        with contextlib.nullcontext() if dump_stages is None else filling(dump_stages) as folder:
            try:
                result = _placed(
                    _library().compile(
                        net._core, dump_dir=b"" if folder is None else os.fsencode(folder), **request
                    ),
                    net,
                )
                pinning.check_options(settings, file, result["quantization"], weight_bits, scales)
                if any(d.code == "R0346" for d in result["notes"]) and result["image"] is not None:
                    result["notes"] += _answers(net, Image.from_bytes(result["image"], net.name), calibrate)
                return result
            except CompileError as error:
                refused = error
        raise refused
    except CompileError as error:
        raise in_file(error, net.file) from None


def check_scales(scales, calibrate=None) -> str:
    """The way to choose scales, or an OptionError."""
    if not isinstance(scales, str) or not (scales in SCALES or _percentile(scales)):
        remedy = "it is one of: " + ", ".join(SCALES) + ", percentile:P with P above 0 and at most 100"
        raise option_error(f"scales cannot be {shown(scales)}", remedy)
    if scales == "spikes" and calibrate is None:
        raise option_error(
            "scales fitted to spikes need data",
            "give calibrate (--calibrate DATA), or another way, such as mse",
        )
    return scales


def _percentile(text: str) -> bool:
    head, _, share = text.partition(":")
    try:
        return head == "percentile" and 0 < float(share) <= 100
    except ValueError:
        return False


def known_options(*without: str) -> list[str]:
    """Names of what `compile` takes, ``without`` some."""
    others = ("net", "unknown", *without)
    return [name for name in inspect.signature(compile).parameters if name not in others]


def check_further(who: str, given: dict, known) -> None:
    """Raises OptionError for an option of the function ``who`` that is not known."""
    for name in given:
        if name not in known:
            raise option_error(f"{who} has no option '{name}'", nearest(name, known))


def write_witness(path, result: dict) -> None:
    """The quantized network that the image was checked against, as a file. Raises UsageError where there is none."""
    if result["witness"] is None:
        raise usage_error(
            "there is no witness: this compilation begins behind the quant stage, or ends before it",
            "go on from the quant stage or an earlier one, and stop there or later",
        )
    write_bytes(path, result["witness"])


def _placed(result: dict, net: Network) -> dict:
    """The result, with the network's file in the notes."""
    result["notes"] = in_file(Error(result["notes"]), net.file).diagnostics if result["notes"] else []
    return result


def compile(
    net: Network,
    chip="loihi2",
    profile: Optional[str] = None,
    calibrate=None,
    quant=None,  # noqa: A001
    weight_bits: Optional[int] = None,
    dump_stages=None,
    reset_interval: Optional[int] = None,
    reset_offset: int = 0,
    seed: int = 0,
    witness=None,
    split_fan_in: bool = False,
    clone_fan_out: bool = False,
    relay_fan_in: bool = False,
    mapper: str = "auto",
    keep=None,
    scales: str = "auto",
    exponents: str = "projection",
    share_profiles: bool = False,
    **unknown,
) -> Image:
    """A chip image of a network.

    chip: a name, a ChipSpec or a chip's JSON file. profile: "lava" or "loihi1"; the chip's first where None. calibrate:
    spikes [B, T, *input_shape], a dictionary by name for several inputs, that show how large the states become and how
    often neurons fire, which decides what neurons share a core and what cores are near each other; or their file. seed:
    of the search for both. mapper: "order" puts populations on cores in order, "graph" groups neurons outside feature
    maps by whom they spike to, "auto" takes the better of both where the network is small enough to try;
    ``image.placement`` has the figures. keep: an image of the network before a change, or its file: neurons of
    populations that it holds with the same name, size and model stay on their cores where they still fit, what is left
    goes to free cores first. quant: settings as `rb.quantization` gives them, or their file. weight_bits: of every
    projection that the settings do not name, the sign included; one more than the chip stores is held in lists of one
    sign (SPEC W10). dump_stages: a folder for every stage as text. reset_interval: steps after which every population
    forgets all, each as many steps later as it lags behind the input (plus reset_offset), so that samples can follow one
    another in one run (SPEC N20). split_fan_in: neurons with more inputs than a core takes get their sums in parts, as
    graded spikes of hidden helper populations: nothing changes but that they, and what they reach, run a step later (SPEC
    E4); ``image.assumptions`` says which. clone_fan_out: neurons whose spikes need more routes than a core has are held
    several times and share them; nothing changes (SPEC E5). relay_fan_in: on chips without partial sums, neurons with
    more inputs than a core takes receive them through relays, which round: that changes what the network does, a warning
    says by how much, and with ``calibrate`` what it does to that data (SPEC E6). scales: how scales and exponents are
    chosen that ``quant`` does not pin: "auto" weighs ranges that are proven against weights that are exact; "max" by the
    largest weight, "percentile:P" by that percentile of the weights (what is larger is clipped), "mse" by the squared
    error of the weights, "spikes" by which spikes of the ``calibrate`` data come out, layer by layer (it compiles and
    runs several times). exponents: "projection" gives the weights of a projection one, "channel" each target neuron or
    output channel its own, which rounds less and takes lists, axons and messages for each exponent that occurs (R0349,
    SPEC W10). share_profiles: on chips whose table of profiles holds decays, neurons get common ones where there are more
    than the table has rows: that changes what they do, and the image's assumptions say by how much (R0348). witness: a
    file for the quantized network, with the relays where there are some, which every image is checked against;
    rheo-witness checks it again (SPEC V1).

    ``image.notes`` says what the compiler found worth knowing. Raises CompileError, whose ``diagnostics``
    hold every violated limit; OptionError and FormatError for wrong names and files. Runs without the GIL;
    Ctrl-C ends it.

    Example: rb.compile(net, chip="loihi2").save("net.rheo")
    """
    check_further("compile", unknown, known_options())
    result = run_compiler(
        net,
        chip,
        profile,
        calibrate,
        quant,
        weight_bits,
        dump_stages=dump_stages,
        reset_interval=reset_interval,
        reset_offset=reset_offset,
        seed=seed,
        split_fan_in=split_fan_in,
        clone_fan_out=clone_fan_out,
        relay_fan_in=relay_fan_in,
        mapper=mapper,
        keep=keep,
        scales=scales,
        exponents=exponents,
        share_profiles=share_profiles,
    )
    if witness is not None:
        write_witness(witness, result)
    image = Image.from_bytes(result["image"], net.name)
    image.notes = result["notes"]
    image.placement = result["placement"]
    return image


def quantization(
    net: Network,
    chip="loihi2",
    profile: Optional[str] = None,
    calibrate=None,
    quant=None,
    weight_bits: Optional[int] = None,
    weights: bool = False,
    scales: str = "auto",
    exponents: str = "projection",
    share_profiles: bool = False,
) -> dict:
    """The quantization settings as `compile` would choose them: a dictionary to edit and give back as
    ``quant``.

    "populations": {name: {"scale_v": integer units of one float unit, "spread_v": multiples of it, where neurons count in
    units of their own, "vth", "du", "dv", ...}}, "projections": {name: {"bits", "exponent", "sign_mode", "weights"}};
    registers are one integer or one per neuron, bits and exponents one or one per target neuron (of kernels, per output
    channel); weights, integers [targets][sources], are there if asked for or pinned (for each target, and of sparse
    matrices with more than 4,194,304 pairs always, {"SOURCE": WEIGHT} may stand instead). Arguments and errors are those
    of `compile`.

    Example: q = rb.quantization(net); q["projections"]["fc1"]["bits"] = 4; rb.compile(net, quant=q)
    """
    result = run_compiler(
        net,
        chip,
        profile,
        calibrate,
        quant,
        weight_bits,
        "quant",
        keep_weights=bool(weights),
        scales=scales,
        exponents=exponents,
        share_profiles=share_profiles,
    )
    return json.loads(result["quantization"])


def check(
    net: Union[Network, Image],
    chip=None,
    profile: Optional[str] = None,
    quant=None,
    tries: int = 0,
    split_fan_in: bool = False,
    clone_fan_out: bool = False,
    relay_fan_in: bool = False,
) -> list[Diagnostic]:
    """Every violated limit and rule of a chip, and what else is worth knowing; empty if there is nothing.

    net: a network, or an image, whose decoded words are compared with the limits it carries (or with those of
    another ``chip``). chip: "loihi2" where None. split_fan_in, clone_fan_out, relay_fan_in: as `compile` takes them.
    tries: compilations that may be spent on remedies, whose results stand in .tried of each violation, or of each warning
    where the network fits; `rb.fix` returns what came out. The list holds
    Diagnostics: .code .rule .severity .message .where .value .limit .remedy; severity "error" is a violation.

    Example: [str(d) for d in rb.check(net, chip="tiny")]
    """
    tries = whole_number("tries", tries, 0, 10**6)
    rewrites = {"split_fan_in": split_fan_in, "clone_fan_out": clone_fan_out, "relay_fan_in": relay_fan_in}
    return checked(
        net, chip, profile, quant, fixing.Effort(trials=tries) if tries else None, rewrites=rewrites
    )[0]


def checked(
    net: Union[Network, Image],
    chip=None,
    profile: Optional[str] = None,
    quant=None,
    effort: Optional[fixing.Effort] = None,
    conventions: Optional[dict] = None,
    rewrites: Optional[dict] = None,
) -> tuple[list[Diagnostic], Union[Image, Held, None], Optional[fixing.Fixed]]:
    """What `check` gives, what `limits.utilisation` takes (the image, of a network what its cores hold, None where it does
    not fit), and what became of a network that does not, if there is an effort to spend on it. rewrites: options of
    `compile`."""
    if isinstance(net, Image):
        return (
            check_image(net, None if chip is None else ChipSpec.load(os.fsdecode(chip_name(chip)))),
            net,
            None,
        )
    options = {"profile": profile, "quant": quant, **(rewrites or {})}
    plan = fixing.Plan(net, "loihi2" if chip is None else chip, options, conventions or {})
    findings, placed = fixing.look(plan, examine=True)
    if effort is None:
        return findings, placed, None
    plan = plan.with_option("quant", fixing.as_settings(quant))
    if not fixing.violations(findings):
        return fixing.advise(plan, findings, effort), placed, None
    fixed = fixing.fix_plan(plan, findings, effort)
    return fixed.diagnostics, placed, fixed
