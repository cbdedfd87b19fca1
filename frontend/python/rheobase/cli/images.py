"""rheobase inspect and rheobase diff."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated

from ..errors import Diagnostic, UsageError
from ..image import Image
from ..recording import Recording, first_difference
from ..verification import utilisation
from . import options as o
from .common import app, emit_json, say
from .network import read_data, run_whole


@app.command()
def inspect(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="A chip image.")],
    core: Annotated[
        Optional[int], typer.Option("--core", help="Every register and synapse of this core.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Print an image decoded: populations, cores, axons, synapse words, registers, routes, utilisation.

    Example: rheobase inspect net.rheo --core 0
    """
    loaded = Image.load(image)
    counts = loaded.program.counts()
    if core is not None:
        if core not in {c["id"] for c in counts}:
            raise UsageError(
                [
                    Diagnostic(
                        "R0690",
                        "error",
                        f"the image has no core {core}",
                        str(image),
                        remedy=f"its cores are {', '.join(str(c['id']) for c in counts)}",
                    )
                ]
            )
        _print_core(loaded.program.core(core), json)
        return
    use = utilisation(loaded)
    if json:
        emit_json("rheobase.image/1", {**loaded.info, "decoded": counts, "utilisation": use})
        return
    info = loaded.info
    say(
        f"{info['network']} for {info['chip']}, arithmetic '{info['profile']}', {info['generator']}, dt {info['dt']:g} s"
    )
    for p in info["populations"]:
        hidden = ", made by the compiler" if p["hidden"] else ""
        say(f"population {p['name']}: {p['size']:,} {p['model']}, lag {p['lag']}{hidden}")
    for i in info["inputs"]:
        say(f"input {i['name']}: {i['size']:,} channels, {i['encoding'].lower()}")
    for out in info["outputs"]:
        parts = ", ".join(f"{p['population']}.{p['state'] or 'spikes'}" for p in out["parts"])
        say(f"output {out['name']}: {parts}")
    for described, decoded in zip(info["cores"], counts):
        slices = ", ".join(
            f"{s['population']}[{s['first_neuron']}:{s['first_neuron'] + s['count']}]"
            for s in described["slices"]
        )
        words = sum(m["words"] for m in described["memories"] if m["name"] == "synapse")
        say(
            f"core {described['id']}: {slices}; {decoded['axons']:,} axons, {decoded['synapses']:,} synapses in "
            f"{words:,} words, {decoded['routes']:,} routes"
        )
    for name, figure in use.items():
        if name != "cores" and figure["limit"]:
            say(f"{name}: fullest {figure['largest']:,} of {figure['limit']:,}")
    for r in info["ranges"]:
        say(
            f"range {r['population']}.{r['state']}: {r['minimum']:,} to {r['maximum']:,} "
            f"({'proven' if r['proven'] else 'not proven'})"
        )


def _print_core(core: dict, json: bool) -> None:
    if json:
        emit_json("rheobase.core/1", core)
        return
    for part in core["slices"]:
        for name, values in part["registers"].items():
            text = f"all {values[0]}" if len(set(values)) == 1 else " ".join(map(str, values))
            say(f"{part['population']} from {part['first_neuron']}: {name} {text}")
    for index, axon in enumerate(core["axons"]):
        synapses = " ".join(f"{c}:{w}" + (f"@{d}" if d else "") for c, w, d in axon["synapses"])
        say(f"axon {index} ({axon['group']}, exponent {axon['exponent']}): {synapses}")


def _side(path: Path, data: Optional[Path], encode, samples, threads):
    """A recording, from a file or by running an image or a network."""
    with open(path, "rb") if path.is_file() else open("/dev/null", "rb") as file:
        if file.read(2) == b"PK":
            return Recording.load(path)
    target = o.read_any(path)
    if data is None:
        return target
    return run_whole(target, read_data(data, target, encode, samples), "auto", [], threads, path.name)


def _first_unequal(a, b, place: str = "") -> Optional[dict]:
    """The first place at which two decoded images differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in [*a, *(k for k in b if k not in a)]:
            found = _first_unequal(a.get(key), b.get(key), f"{place}.{key}" if place else str(key))
            if found:
                return found
        return None
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and len(a) == len(b):
        return next(
            (f for k, (x, y) in enumerate(zip(a, b)) if (f := _first_unequal(x, y, f"{place}[{k}]"))), None
        )
    a, b = (v.tolist() if hasattr(v, "tolist") else v for v in (a, b))
    return None if a == b else {"place": place, "left": a, "right": b}


def _diff_images(a: Image, b: Image) -> Optional[dict]:
    if a.to_bytes() == b.to_bytes():
        return None
    found = _first_unequal(a.info, b.info)
    for left, right in zip(a.info["cores"], b.info["cores"]):
        found = found or _first_unequal(
            a.program.core(left["id"]), b.program.core(right["id"]), f"core {left['id']}"
        )
    return found or {
        "place": "bytes that no decoded field shows",
        "left": len(a.to_bytes()),
        "right": len(b.to_bytes()),
    }


@app.command()
def diff(
    a: Annotated[Path, typer.Argument(metavar="A", help="A recording (.npz), an image or a network.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="The other one.")],
    data: Annotated[
        Optional[Path], typer.Option("--data", "--input", help="Run images and networks on this.")
    ] = None,
    encode: o.Encode = None,
    samples: o.Samples = None,
    threads: o.Threads = None,
    json: o.Json = False,
) -> None:
    """Find the first difference: neuron and step between recordings, or the field between two images.

    Exit status 0 if there is none, 1 if there is one. With --input, images and networks are run and compared in the
    network's own time. Example: rheobase diff out1.npz out2.npz
    """
    left, right = (_side(path, data, encode, samples, threads) for path in (a, b))
    if isinstance(left, Recording) and isinstance(right, Recording):
        aligned = left.lag != right.lag
        found = first_difference(left, right, aligned)
        missing = sorted(left.series().keys() ^ right.series().keys())
        if found:
            line = (
                f"first difference: '{found['series']}', sample {found['sample']}, step {found['step']}, neuron "
                f"{found['neuron']}: {found['left']} and {found['right']}"
            )
        compared = sorted(left.series().keys() & right.series().keys())
        if not compared:
            raise UsageError([Diagnostic("R0690", "error", f"'{a}' and '{b}' have no series in common")])
    elif isinstance(left, Image) and isinstance(right, Image):
        found, missing = _diff_images(left, right), []
        if found:
            line = f"first difference at {found['place']}: {found['left']} and {found['right']}"
    else:
        raise UsageError(
            [
                Diagnostic(
                    "R0690",
                    "error",
                    "these two cannot be compared as they are",
                    remedy="give --input DATA: both are run on it and their recordings compared",
                )
            ]
        )
    if json:
        emit_json("rheobase.diff/1", {"equal": found is None, "first": found, "only_one_side": missing})
    else:
        say(line if found else "no difference")
        if missing:
            say(f"only on one side, not compared: {', '.join(missing)}")
    if found:
        raise typer.Exit(1)
