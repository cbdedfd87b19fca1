"""rheobase compile, quant and check."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated

from .. import compiler, fixing
from ..arithmetic import MOST_SIGNED_BITS
from ..chipspec import ChipSpec
from ..errors import usage_error
from ..files import check_writable, write_bytes, write_text
from ..image import Image
from ..limits import utilisation
from ..report_text import placement_lines, utilisation_lines
from . import options as o
from .common import Settings, emit_json, progress, report, say
from .running import read_data

Calibrate = Annotated[
    Optional[Path],
    typer.Option(
        "--calibrate", metavar="DATA", help="Data that show how large the states become; forms as for --data."
    ),
]
Quant = Annotated[
    Optional[Path],
    typer.Option("--quant", metavar="FILE", help="Settings that `rheobase quant` wrote, edited."),
]
Bits = Annotated[
    Optional[int],
    typer.Option(
        "--weight-bits",
        metavar="N",
        min=1,
        max=MOST_SIGNED_BITS,
        help="Bits of every weight that --quant does not pin, sign included; the chip's by default. 9: a list per sign.",
    ),
]
SplitFanIn = Annotated[
    bool,
    typer.Option(
        "--split-fan-in",
        help="Sum what exceeds a core's inputs in parts, by hidden neurons that send graded spikes, a step later.",
    ),
]
CloneFanOut = Annotated[
    bool,
    typer.Option(
        "--clone-fan-out",
        help="Hold neurons whose spikes need more routes than a core has several times, each for some of the targets.",
    ),
]

RelayFanIn = Annotated[
    bool,
    typer.Option(
        "--relay-fan-in",
        help="Send what exceeds a core's inputs in quanta, by hidden neurons, a step later: it rounds (no partial sums).",
    ),
]
Scales = Annotated[
    str,
    typer.Option(
        "--scales",
        metavar="HOW",
        help="How scales are chosen: auto, max, percentile:P, mse, or spikes (fitted on --calibrate DATA).",
    ),
]
Exponents = Annotated[
    str,
    typer.Option(
        "--exponents",
        metavar="PER",
        help="Exponents of weights: one per projection, or per channel (target neuron, output channel).",
    ),
]
ShareProfiles = Annotated[
    bool,
    typer.Option(
        "--share-profiles",
        help="Give neurons common time constants where the chip's table of profiles is too small: it says by how much.",
    ),
]


def _calibration(path: Optional[Path], net, encode, samples):
    if path is not None:
        return read_data(path, net, encode, samples)
    for name, value in (("--encode", encode), ("--samples", samples)):
        if value is not None:
            raise usage_error(
                f"{name} belongs to --calibrate DATA, which is not there", "add --calibrate DATA"
            )
    return None


@o.command(
    "compile",
    "rheobase compile net.nir -o net.rheo --chip loihi2",
    "rheobase compile net.nir -o net.rheo --calibrate train.npz --weight-bits 6",
    "rheobase compile net.nir -o net.rheo --calibrate train.npz --weight-bits 4 --scales spikes",
    "rheobase compile net.nir -o net.rheo --dump-stages stages",
    "rheobase compile net.nir -o net.rheo --chip mychip.json --split-fan-in",
    "rheobase compile net.nir -o net.rheo --from stages/3-legal.mlir",
    "rheobase compile net.nir -o quant.mlir --to quant",
    "rheobase compile net.nir -o net.rheo --witness net.rheow",
    "rheobase compile changed.nir -o changed.rheo --keep net.rheo",
)
def compile_command(
    net: o.NetArgument,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT", help="The image (or stage) to write.")
    ],
    chip: o.Chip = "loihi2",
    profile: o.Profile = None,
    calibrate: Calibrate = None,
    quant: Quant = None,
    weight_bits: Bits = None,
    to: Annotated[
        str, typer.Option("--to", metavar="STAGE", help=f"Stop at one of {', '.join(compiler.STAGES)}.")
    ] = "image",
    from_: Annotated[
        Optional[Path],
        typer.Option("--from", metavar="STAGEFILE", help="Go on from a dumped stage, edited or not."),
    ] = None,
    dump_stages: Annotated[
        Optional[Path],
        typer.Option("--dump-stages", metavar="DIR", help="Write every stage that is reached here."),
    ] = None,
    witness: Annotated[
        Optional[Path],
        typer.Option(
            "--witness",
            metavar="FILE.rheow",
            help="Write the quantized network too, from which rheo-witness checks the image again.",
        ),
    ] = None,
    reset_interval: Annotated[
        Optional[int],
        typer.Option(
            "--reset-interval",
            metavar="N",
            min=1,
            max=compiler.LONGEST_INTERVAL,
            help="Every population forgets all every N steps, when the next sample reaches it.",
        ),
    ] = None,
    reset_offset: Annotated[
        int,
        typer.Option(
            "--reset-offset",
            metavar="N",
            min=0,
            max=compiler.LONGEST_INTERVAL,
            help="Steps by which those resets come later.",
        ),
    ] = 0,
    split_fan_in: SplitFanIn = False,
    clone_fan_out: CloneFanOut = False,
    relay_fan_in: RelayFanIn = False,
    scales: Scales = "auto",
    exponents: Exponents = "projection",
    share_profiles: ShareProfiles = False,
    mapper: Annotated[
        str,
        typer.Option(
            "--mapper",
            metavar="NAME",
            help="What neurons share a core: order (of populations), graph (who spikes to whom), auto (the better).",
        ),
    ] = "auto",
    keep: Annotated[
        Optional[Path],
        typer.Option(
            "--keep",
            metavar="OLD.rheo",
            help="The image before a change: what did not change stays on its cores.",
        ),
    ] = None,
    encode: o.Encode = None,
    samples: o.Samples = None,
    conventions: o.Conventions = o.NONE,
) -> None:
    """Compile a network for a chip.

    Weights, thresholds, decays and biases become the chip's integers, populations are spread over its cores.
    Every violated limit is reported at once, with place, number and remedy (exit status 1, nothing written).
    Equal input and --seed give equal bytes. What cannot be proven to stay inside its register is a warning. Every
    image is checked against the quantized network, its witness (SPEC V1 to V6).
    """
    if from_ is not None:
        o.refuse_conventions(conventions, f"'{from_}' is a stage: it goes on with those it was made with")
    compiler.check_scales(scales, calibrate)
    network = o.read_net(net, remarks=from_ is None, **conventions)
    check_writable(output, net, calibrate, quant, from_, keep)
    if witness is not None:
        check_writable(witness, net, calibrate, quant, from_, keep, output)
    with progress("compiling"):
        data = _calibration(calibrate, network, encode, samples)
        result = compiler.run_compiler(
            network,
            chip,
            profile,
            data,
            quant,
            weight_bits,
            to,
            from_,
            dump_stages,
            reset_interval=reset_interval,
            reset_offset=reset_offset,
            seed=Settings.seed or 0,
            split_fan_in=split_fan_in,
            clone_fan_out=clone_fan_out,
            relay_fan_in=relay_fan_in,
            mapper=mapper,
            keep=keep,
            scales=scales,
            exponents=exponents,
            share_profiles=share_profiles,
        )
    report(result["notes"])
    if witness is not None:
        compiler.write_witness(witness, result)
    if result["image"] is None:
        write_bytes(output, result["stage"])
        body = {"output": str(output), "stage": to}
        line = f"{output}: stage '{to}'"
    else:
        image = Image.from_bytes(result["image"], str(output))
        image.save(output)
        proven = sum(r["proven"] for r in image.info["ranges"])
        body = {
            "output": str(output),
            "stage": "image",
            "bytes": len(result["image"]),
            "chip": image.chip,
            "cores": len(image.info["cores"]),
            "lag": image.lag,
            "ranges": image.info["ranges"],
            "placement": result["placement"],
        }
        line = (
            f"{output}: {body['cores']} cores of {image.chip}, lag {image.lag}, {body['bytes']:,} bytes; "
            f"{proven} of {len(image.info['ranges'])} ranges proven"
        )
    if Settings.json:
        emit_json("rheobase.compile/1", {**body, "notes": result["notes"]})
    else:
        say(line)
        for told in placement_lines(result["placement"]):
            say(told)


@o.command(
    "quant",
    "rheobase quant net.nir -o quant.json",
    "rheobase compile net.nir -o net.rheo --quant quant.json",
    "rheobase quant net.nir -o quant.json --chip loihi1 --calibrate train.npz",
)
def quant_command(
    net: o.NetArgument,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.json", help="The settings to write.")
    ],
    chip: o.Chip = "loihi2",
    profile: o.Profile = None,
    calibrate: Calibrate = None,
    quant: Quant = None,
    weight_bits: Bits = None,
    weights: Annotated[
        bool, typer.Option("--weights", help="Write every weight's integer too, not only pinned ones.")
    ] = False,
    scales: Scales = "auto",
    exponents: Exponents = "projection",
    share_profiles: ShareProfiles = False,
    encode: o.Encode = None,
    samples: o.Samples = None,
    conventions: o.Conventions = o.NONE,
) -> None:
    """Write the quantization settings, to edit them.

    They are those that compile would choose; edited, they are given back with --quant. Per population: scale_v
    (integer units of v for one float unit), spread_v (multiples of it, one per neuron), vth, du, dv, reset; per
    projection: bits, exponent, sign mode and, with --weights, weights [targets][sources] (or for each target
    {"SOURCE": WEIGHT}, as sparse matrices of more than 4 million pairs are written). A register is one integer
    or one per neuron; bits and exponent are one, or one per target neuron or output channel. Biases are
    projections too, from a neuron that fires in every step. What stands in the file is pinned; what is deleted
    from it is chosen anew.
    """
    compiler.check_scales(scales, calibrate)
    network = o.read_net(net, **conventions)
    check_writable(output, net, calibrate)
    with progress("quantizing"):
        data = _calibration(calibrate, network, encode, samples)
        result = compiler.run_compiler(
            network,
            chip,
            profile,
            data,
            quant,
            weight_bits,
            "quant",
            keep_weights=weights,
            scales=scales,
            exponents=exponents,
            share_profiles=share_profiles,
        )
    report(result["notes"])
    write_text(output, result["quantization"])
    settings = json_text.loads(result["quantization"])
    if Settings.json:
        body = {"output": str(output), "settings": settings, "notes": result["notes"]}
        emit_json("rheobase.quant/1", body)
        return
    populations, projections = settings.get("populations", {}), settings.get("projections", {})
    say(f"{output}: {len(populations)} populations, {len(projections)} projections")


@o.command(
    "check",
    "rheobase check net.nir --chip tiny",
    "rheobase check net.nir --chip tiny --fix -o fixed.json",
    "rheobase check net.rheo",
    "rheobase check net.rheo --chip mychip.json --json",
)
def check(
    path: Annotated[Path, typer.Argument(metavar="NET|IMAGE", help="A NIR file or a chip image.")],
    chip: Annotated[
        Optional[str],
        typer.Option(
            "--chip", metavar="NAME|FILE", help="loihi2 for a network, the limits it carries for an image."
        ),
    ] = None,
    profile: o.Profile = None,
    quant: Quant = None,
    split_fan_in: SplitFanIn = False,
    clone_fan_out: CloneFanOut = False,
    relay_fan_in: RelayFanIn = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Put the remedies that worked together, and write them with -o.")
    ] = False,
    output: Annotated[
        Optional[Path],
        typer.Option(
            "-o", "--output", metavar="FILE.json", help="The settings that --fix writes, for --quant."
        ),
    ] = None,
    try_: Annotated[
        bool,
        typer.Option("--try/--no-try", help="Try remedies against what is violated (the default), or not."),
    ] = True,
    effort: Annotated[
        int, typer.Option("--effort", metavar="N", min=1, help="Compilations that trials may take.")
    ] = fixing.Effort.trials,
    conventions: o.Conventions = o.NONE,
) -> None:
    """Report every violated limit and design rule of a chip at once, and which remedies help.

    Each violation has its rule, place, number, limit and remedy; remedies are tried, each by a compilation, and the note says
    which one worked and what it costs. A network is compiled and nothing is written, but with --fix the settings; of an image
    every word is decoded and counted. Exit status 1 if something is violated, with --fix if something still is.
    """
    target = o.read_any(path, **conventions)
    image = target if isinstance(target, Image) else None
    for name, value in (
        ("--profile", profile),
        ("--quant", quant),
        ("--split-fan-in", split_fan_in or None),
        ("--clone-fan-out", clone_fan_out or None),
        ("--relay-fan-in", relay_fan_in or None),
        ("--fix", fix or None),
    ):
        if image and value is not None:
            raise usage_error(
                f"{name} belongs to networks, '{path}' is an image", "an image is checked as it is"
            )
    if fix != (output is not None):
        raise usage_error("--fix and -o FILE belong together", "FILE takes the settings, for compile --quant")
    if fix and not try_:
        raise usage_error("--fix and --no-try exclude each other", "leave one out")
    if fix:
        check_writable(output, path, quant)
    spent = fixing.Effort(trials=effort) if try_ else None
    with progress("checking"):
        findings, placed, fixed = compiler.checked(
            target,
            chip,
            profile,
            quant,
            spent,
            conventions,
            {"split_fan_in": split_fan_in, "clone_fan_out": clone_fan_out, "relay_fan_in": relay_fan_in},
        )
    violated = fixing.violations(findings)
    other = None if chip is None else ChipSpec.load(chip)
    use = None if placed is None else utilisation(placed, other)
    words = fixed.write(str(path), output) if fix and fixed and fixed.changed else []
    left = fixing.violations(fixed.left) if words else violated
    if Settings.json:
        body = {"passed": not left, "diagnostics": findings, "utilisation": use}
        if fix:
            body["fix"] = {"command": words, "left": fixed.left if words else findings}
        emit_json("rheobase.check/1", body)
    else:
        report(findings)
        for line in utilisation_lines(use) if use else []:
            say(line)
        name = chip or (image.chip if image else "loihi2")
        say(f"{path} on {name}: " + (_count(violated) if violated else "fits"))
        if words:
            if str(output) not in words:
                say(f"no settings are needed: {output} is not written")
                say(f"{_count(left)} left with" if left else "fits with")
            elif left:
                say(f"{output}: settings with {_count(left)} left; compile with them:")
            else:
                say(f"{output}: fits with")
            say(fixing.command_line(words))
        elif fix:
            why = "nothing that was tried helped" if violated else "nothing to fix"
            say(f"{why}: {output} is not written")
    if left:
        raise typer.Exit(1)


def _count(violated: list) -> str:
    return f"{len(violated)} violation{'s' if len(violated) > 1 else ''}"
