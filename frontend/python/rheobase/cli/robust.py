"""rheobase robust and rheobase replay."""

from __future__ import annotations

import inspect
import json
import shlex
import sys
from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated

from .. import condition
from ..errors import file_error, option_error, usage_error
from ..image import Image
from ..files import check_folder, check_writable, write_npz, write_text
from ..robustness import Campaign, fault_kinds
from ..robustness import replay as replay_fault
from ..robustness import plan as plans
from ..robustness import robust as run_campaign
from ..robustness.results import FIGURES
from ..plain import as_json
from . import options as o
from .common import Settings, conclude, emit_json, progress, say
from .running import read_data

_KEPT_IMAGE = "image.rheo"
_KEPT_ARGUMENTS = "campaign.json"
_WIDTH, _CONFIDENCE, _INSTANCES = (
    inspect.signature(run_campaign).parameters[name].default for name in ("width", "confidence", "instances")
)


def _list_kinds() -> None:
    kinds = fault_kinds()
    if Settings.json:
        return emit_json("rheobase.faults/1", {"kinds": kinds})
    for kind in kinds:
        amount = f":{kind['amount']} ({kind['usual']:g})" if kind["amount"] else ""
        say(f"{kind['name'] + amount:36} {kind['summary']}")


def _seconds(text: Optional[str]) -> Optional[float]:
    """ "60s", "10m", "2h" or a number of seconds."""
    if text is None:
        return None
    factor = {"s": 1, "m": 60, "h": 3600}.get(text[-1:], 0)
    try:
        value = float(text[:-1]) * factor if factor else float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise option_error(f"--budget cannot be '{text}'", "write for example 90s, 10m or 2h")
    return value


def _client(address: Optional[str]):
    """A Dask client: "local:N" starts N worker processes here."""
    if address is None:
        return None
    try:
        from dask.distributed import Client
    except ImportError:
        raise usage_error("--dask needs the package 'distributed'", "pip install dask distributed") from None
    kind, _, count = address.partition(":")
    if kind == "local":
        if not count.isdecimal() or not 1 <= int(count) <= 256:
            raise option_error(
                f"--dask cannot be '{address}'", "write local:N, N from 1 to 256, or a scheduler's address"
            )
        return Client(n_workers=int(count), threads_per_worker=1, dashboard_address=None)  # closes them, too
    try:
        return Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise option_error(
            f"no Dask scheduler answers at '{address}': {error}", "start one, or use local:N"
        ) from None


@o.command(
    "robust",
    "rheobase robust net.rheo --faults weight-flip,neuron-dead --data test.npz -o faults",
    "rheobase robust net.rheo --faults weight --exhaustive weight-flip --data test.npz -o faults --budget 10m",
    "rheobase robust net.rheo --faults all --data test.npz -o faults --resume",
    "rheobase robust net.rheo --faults message-loss:1e-3,input-jitter:2 --data test.npz -o faults --fail-if 'decision > 0.01'",
    "rheobase robust --list",
    "rheobase robust --schema > report.schema.json",
)
def robust(
    image: Annotated[Optional[Path], typer.Argument(metavar="IMAGE", help="A chip image (.rheo).")] = None,
    faults: Annotated[
        Optional[str],
        typer.Option(
            "--faults",
            metavar="LIST",
            help="Kinds of faults, families ('weight') or 'all'; --list shows them.",
        ),
    ] = None,
    data: Annotated[
        Optional[Path],
        typer.Option("--data", "--input", metavar="DATA", help="As for `rheobase verify`: x, and labels y."),
    ] = None,
    output: Annotated[
        Optional[Path],
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Where reports and the state between blocks go.",
        ),
    ] = None,
    exhaustive: Annotated[
        Optional[str],
        typer.Option(
            "--exhaustive",
            metavar="LIST",
            help="Of these, or 'all', every fault on every sample; the others, and random kinds, are drawn.",
        ),
    ] = None,
    width: Annotated[
        float,
        typer.Option(
            "--width",
            help=f"Draw until every interval is at most so wide, or a group has {plans.MOST_DRAWS:,} draws.",
        ),
    ] = _WIDTH,
    confidence: Annotated[float, typer.Option("--confidence", help="Of the intervals.")] = _CONFIDENCE,
    instances: Annotated[
        int, typer.Option("--instances", help="Realisations of random kinds to draw from.")
    ] = _INSTANCES,
    tolerance: Annotated[
        Optional[float],
        typer.Option(
            "--tolerance",
            help="The answer is the output's values; off by more than this on average is another.",
        ),
    ] = None,
    node: Annotated[
        Optional[str],
        typer.Option("--output-node", metavar="NAME", help="Which Output node answers, of several."),
    ] = None,
    budget: Annotated[
        Optional[str], typer.Option("--budget", metavar="60s", help="Stop after this time; --resume goes on.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the campaign in DIR.")] = False,
    dask: Annotated[
        Optional[str],
        typer.Option(
            "--dask", metavar="ADDRESS", help="Share the work with a Dask scheduler's workers, or local:N."
        ),
    ] = None,
    fail_if: o.FailIf = None,
    listed: Annotated[bool, typer.Option("--list", help="Show all kinds of faults and end.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of report.json and end.")
    ] = False,
    encode: o.Encode = None,
    samples: o.Samples = None,
) -> None:
    """Inject faults into the words, states, messages and inputs of a chip image.

    Each outcome is exact, as if the faulty chip had run from the first step to the last. Tells how often a fault changes
    a spike, an output, the answer; for which kind, layer and bit; and which single faults are worst. Writes report.html,
    report.json, report.txt and report.sarif. A campaign that was interrupted or ran out of --budget goes on with --resume
    and ends with the same bytes. DATA's y is labels [samples], or targets [samples, T, outputs], which take --tolerance.
    Figures for --fail-if: decision, output, raster, undefined and masked (shares, 0 to 1, of the worst group of faults),
    accuracy (with labels), worst_accuracy (with labels, where no kind is drawn but random ones: --exhaustive), faults and
    pairs (counts). What a campaign cannot know is refused before it begins. Exit status 1: --fail-if holds; 4: the budget
    ended first, so that nothing is known of it, or no fault has a place. What each kind of fault does, how faults are
    drawn and what is counted: the rules B1 to B21, as `rheobase explain B4` prints them.
    """
    if listed:
        return _list_kinds()
    if schema:
        return sys.stdout.write(as_json(Campaign.schema()))
    for value, name in ((image, "IMAGE"), (faults, "--faults"), (data, "--data"), (output, "-o DIR")):
        if value is None:
            raise usage_error(f"{name} is missing", "rheobase robust --help shows examples")
    if fail_if is not None:
        condition.check_names(fail_if, FIGURES)
    seconds = _seconds(budget)
    check_folder(output)
    loaded = o.read_image(image)
    dataset = read_data(data, loaded, encode, samples)
    client = _client(dask)
    arguments = {
        "data": str(Path(data).absolute()),
        "encode": o.with_seed(encode),
        "samples": samples,
        "seed": Settings.seed or 0,
    }
    try:
        with progress("faults") as advance:
            found = run_campaign(
                loaded,
                dataset,
                faults=faults,
                seed=Settings.seed or 0,
                exhaustive=exhaustive or (),
                width=width,
                confidence=confidence,
                instances=instances,
                tolerance=tolerance,
                output=node,
                folder=output,
                resume=resume,
                budget=seconds,
                threads=Settings.threads,
                workers=client,
                progress=advance,
                fail_if=fail_if,
            )
    finally:
        if client is not None:
            client.close()
    loaded.save(output / _KEPT_IMAGE)
    write_text(output / _KEPT_ARGUMENTS, as_json(arguments))
    found.data["command"] = _command(
        Path(image).name,
        {
            "--faults": faults,
            "--data": Path(data).name,
            "--exhaustive": exhaustive,
            "--encode": encode,
            "--samples": samples,
            "--seed": Settings.seed,
            "--width": None if width == _WIDTH else width,
            "--confidence": None if confidence == _CONFIDENCE else confidence,
            "--instances": None if instances == _INSTANCES else instances,
            "--tolerance": tolerance,
            "--output-node": node,
            "--fail-if": fail_if,
        },
    )
    here = shlex.quote(f"{output}#1")
    page = output / "report.html"
    conclude(found, fail_if, output, lambda: found.text().replace("'DIR#1'", here) + f"\n\nlook at {page}")
    if not found.finished:
        raise typer.Exit(4)


def _command(image: str, options: dict) -> str:
    """The line that makes the same report: by what decides it, without what does not. None: an option not given."""
    words = ["rheobase", "robust", image]
    for name, value in options.items():
        words += [] if value is None else [name, str(value)]
    return " ".join(shlex.quote(word) for word in [*words, "-o", "DIR"])


def _hash_of_data(image: Image, data, output: str) -> str:
    """As a campaign makes it, for its report."""
    arrays = image._inputs(data.slice(0, data.samples), data.file)[0]
    return plans.hash_of_data(
        arrays, plans.check_labels(image, data, plans.deciding_output(image, data, output))
    )


def _check_hash(file, wanted: str, found: str) -> None:
    """Raises OptionError R0806 where a file is not the one that a report was made of."""
    if found != wanted:
        raise option_error(
            "this is not what the report was made of: what it would show is no outcome of that campaign",
            "put back the file as it was, or run the campaign again",
            "R0806",
            file=str(file),
        )


@o.command(
    "replay",
    "rheobase replay 'faults#1'",
    "rheobase replay 'faults#weight-flip@core=0,memory=synapse,word=3,bit=12' --sample 7 -o traces.npz",
)
def replay(
    fault: Annotated[
        str,
        typer.Argument(
            metavar="DIR#FAULT",
            help="A campaign's folder and a fault: its name, or its rank in the report from 1.",
        ),
    ],
    sample: Annotated[
        Optional[int],
        typer.Option(
            "--sample", metavar="N", min=0, help="Of the data; the first that it harms most if left out."
        ),
    ] = None,
    output: Annotated[
        Optional[Path],
        typer.Option(
            "-o", "--output", metavar="OUT.npz", help="Where both rasters and outputs go, intact and faulty."
        ),
    ] = None,
) -> None:
    """Run one fault of a campaign again, from the first step to the last, beside the intact chip.

    Shows what the fault changes, the first spike that differs and both answers; refused where image.rheo in DIR or the data
    are not those of the report any more. OUT.npz holds NODE.intact and NODE.faulty,
    [T + L, n], of every population and output.
    """
    folder, _, name = fault.partition("#")
    if not name:
        raise usage_error(f"'{fault}' names no fault", "write DIR#FAULT, for example faults#1")
    kept = Path(folder)
    try:
        arguments = json.loads((kept / _KEPT_ARGUMENTS).read_text())
        report = json.loads((kept / "report.json").read_text())
        known = [entry["fault"] for entry in report["critical"]]
        hashes = report["image"], report["data"]["hash"]
        decision = {"output": report["decision"]["output"], "tolerance": report["decision"]["tolerance"]}
        source, encode, samples, seed = (arguments[k] for k in ("data", "encode", "samples", "seed"))
        if not (
            isinstance(source, str)
            and isinstance(encode, (str, type(None)))
            and (samples is None or (type(samples) is int and samples > 0))
        ):
            raise ValueError(_KEPT_ARGUMENTS)
    except (OSError, ValueError, KeyError, TypeError):
        raise file_error(
            kept, "this is no folder of a finished campaign", "give what `rheobase robust -o` made"
        ) from None
    if name.isdecimal():
        if not 1 <= int(name) <= len(known):
            raise option_error(
                f"there is no fault {name} in the report, it lists {len(known)}", "give its name instead"
            )
        name = known[int(name) - 1]
    if Settings.seed is not None and Settings.seed != seed:
        raise option_error(
            f"the campaign's seed is {seed}: another one has other faults",
            "leave --seed out; it is kept with the report",
        )
    if output is not None:
        check_writable(output)
    loaded = o.read_image(kept / _KEPT_IMAGE)
    _check_hash(kept / _KEPT_IMAGE, hashes[0], plans.hash_of(loaded.to_bytes()))
    dataset = read_data(Path(source), loaded, encode, samples)
    _check_hash(source, hashes[1], _hash_of_data(loaded, dataset, decision["output"]))
    found = replay_fault(loaded, name, dataset, sample, seed=seed, threads=Settings.threads, **decision)
    if output is not None:
        pairs = {**found.spikes, **{f"{k}.output": v for k, v in found.outputs.items()}}
        write_npz(
            output,
            {f"{k}.{side}": v for k, pair in pairs.items() for side, v in zip(("intact", "faulty"), pair)},
        )
    if Settings.json:
        emit_json("rheobase.replay/1", found.as_dict())
    else:
        say(found.text())
