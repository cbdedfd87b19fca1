"""rheobase diff: two recordings, two images, two engines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import shorten
from typing import Optional, Union

import typer
from typing_extensions import Annotated

from .. import causes
from ..differences import explain, first_unequal_word
from ..errors import file_error, nearest, option_error, usage_error
from ..image import ENGINES, Image
from ..network import Network
from ..nirdata import SAME, is_nirdata
from ..recording import Recording, first_difference
from ..verification import verify
from . import options as o
from .common import Settings, emit_json, progress, say
from .running import read_data, run_whole

Side = Union[Recording, Image, Network]


def _open(path: Path, conventions: dict) -> Side:
    """A recording, an image or a network (the conventions are the network's), by content."""
    if o.is_image(path):
        return o.read_image(path)
    if path.is_file():
        with open(path, "rb") as file:
            start = file.read(6)
        if start.startswith(b"PK") or is_nirdata(path):
            return Recording.load(path)
        if start == b"\x93NUMPY":
            raise file_error(
                path,
                "a single array is no recording",
                "give the .npz that `rheobase run -o` wrote, an image or a network",
            )
    return o.read_net(path, **conventions)


def _engines(text: Optional[str]) -> list[str]:
    if text is None:
        return ["auto", "auto"]
    names = text.split(",")
    if len(names) != 2:
        raise option_error(f"--engines cannot be '{text}'", "give two names, e.g. golden,jit")
    for name in names:
        if name not in ENGINES:
            raise option_error(f"there is no engine '{name}'", nearest(name, ENGINES))
    return names


def _recorded(side: Side, path: Path, data, engine: str, probes: list, encode, samples) -> Side:
    """The side as a recording, run on the data if there are some."""
    if data is None or isinstance(side, Recording):
        return side
    return run_whole(side, read_data(data, side, encode, samples), engine, probes, path.name)


@o.command(
    "diff",
    "rheobase diff out1.npz out2.npz",
    "rheobase diff old.rheo new.rheo",
    "rheobase diff net.rheo --engines golden,jit --input test.npz",
    "rheobase diff net.nir net.rheo --input test.npz",
)
def diff(
    a: Annotated[
        Path, typer.Argument(metavar="A", help="A recording (.npz or NIRData), an image or a network.")
    ],
    b: Annotated[
        Optional[Path],
        typer.Argument(metavar="[B]", help="The other one; A itself with --engines.", show_default=False),
    ] = None,
    data: Annotated[
        Optional[Path],
        typer.Option(
            "--input", "--data", metavar="DATA", help="Run images and networks on this, then compare."
        ),
    ] = None,
    engines: Annotated[
        Optional[str], typer.Option("--engines", metavar="X,Y", help="Engines to run images A and B with.")
    ] = None,
    encode: o.Encode = None,
    samples: o.Samples = None,
    conventions: o.Conventions = o.NONE,
) -> None:
    """Find the first difference of two things.

    Recordings, images or engines, with the cause of the difference where it can be named. Recordings: the
    first step, then series, sample and neuron that differ; in the network's own time where the lags differ.
    Of a float network and a chip only the spikes are compared, the rest is in other units. Images: the first
    field or word. With --input, images and networks are run, with every state recorded, and compared. Exit
    status 0 if there is no difference, 1 if there is one.
    """
    names = _engines(engines)
    if b is None and engines is None:
        raise usage_error(
            "one thing alone cannot be compared", "name a second one, or give --engines X,Y --input DATA"
        )
    paths = (a, a if b is None else b)
    sides = [_open(path, conventions) for path in paths]
    if not any(isinstance(side, Network) for side in sides):
        o.refuse_conventions(conventions, "leave it out")
    if data is None and (engines is not None or encode is not None or samples is not None):
        raise usage_error("--engines, --encode and --samples need --input DATA", "add --input DATA")
    if engines is not None and not any(isinstance(side, Image) for side in sides):
        raise usage_error("--engines belongs to images", "give an image, or leave --engines out")
    if data is not None and {type(side) for side in sides} == {Network, Image}:
        found, missing = _float_against_chip(sides, data, names, encode, samples), []
        _finish(found, missing)
        return
    probes = _common_probes(sides)
    left, right = (
        _recorded(side, path, data, name, probes, encode, samples)
        for side, path, name in zip(sides, paths, names)
    )
    if isinstance(left, Recording) and isinstance(right, Recording):
        found, missing = _of_recordings(left, right, paths)
        if found and data is not None:
            found["cause"] = _of_networks(sides, data, encode, samples) or found["cause"]
    elif isinstance(left, Image) and isinstance(right, Image):
        found, missing = first_unequal_word(left, right), []
    else:
        raise usage_error(
            "these two cannot be compared as they are", "give --input DATA: both are run on it and compared"
        )
    _finish(found, missing)


def _finish(found: Optional[dict], missing: list[str]) -> None:
    """Prints the answer, and ends with status 1 where there is a difference."""
    if Settings.json:
        emit_json("rheobase.diff/1", {"equal": found is None, "first": found, "only_one_side": missing})
    else:
        say(_text(found) if found else "no difference")
        if missing:
            say(f"only on one side, not compared: {', '.join(missing)}")
    if found:
        raise typer.Exit(1)


def _common_probes(sides: list) -> list[str]:
    """The states that both sides have."""
    known = [set(side.states) if isinstance(side, Recording) else set(side.probes()) for side in sides]
    return sorted(known[0] & known[1])


def _float_against_chip(sides, data, engines, encode, samples) -> Optional[dict]:
    """The first spike that differs between a network and an image, with the potentials of both sides."""
    swapped = isinstance(sides[0], Image)
    net, image = reversed(sides) if swapped else sides
    engine = engines[0 if swapped else 1]
    dataset = read_data(data, net, encode, samples)
    with progress("samples") as advance:
        report = verify(net, image, dataset, engine=engine, threads=Settings.threads, progress=advance)
    found = report.data["first_difference"]
    if found is None:
        return None
    values = [int(found["float"]), int(found["chip"])]
    left, right = reversed(values) if swapped else values
    cause = (
        f"v after the step: float {found['float_v']:.6g}, chip {found['chip_v']:.6g}, threshold "
        f"{found['threshold']:.6g}; {found['cause']}"
    )
    place = {key: found[key] for key in ("sample", "step", "neuron")}
    return {"series": f"{found['population']}.spikes", **place, "left": left, "right": right, "cause": cause}


def _of_recordings(left: Recording, right: Recording, paths) -> tuple[Optional[dict], list[str]]:
    if _is_float(left) != _is_float(right):  # only spikes are the same in both worlds
        left, right = (replace(side, states={}, outputs={}) for side in (left, right))
    compared = left.series().keys() & right.series().keys()
    if not compared:
        raise usage_error(
            f"'{paths[0]}' and '{paths[1]}' have no series in common", "compare runs of the same network"
        )
    found = first_difference(left, right, left.lag != right.lag)
    if found is None and left.dt and right.dt and abs(left.dt - right.dt) > SAME * left.dt:
        found = {"place": "dt in seconds", "left": left.dt, "right": right.dt, "note": "every cell is equal"}
    elif found:
        found["cause"] = causes.lag_between(left, right) or explain(left, right, found)
    return found, sorted(left.series().keys() ^ right.series().keys())


def _of_networks(sides, data, encode, samples) -> str:
    """The cause, where one side is a network and the other one a network or a recording."""
    networks = [side for side in sides if isinstance(side, Network)]
    recordings = [side for side in sides if isinstance(side, Recording)]
    if len(networks) + len(recordings) < 2 or not networks:
        return ""
    dataset = read_data(data, networks[0], encode, samples)
    x = dataset.whole()
    if len(networks) == 2:
        return causes.of_networks(*networks, x)
    return causes.of_recording(networks[0], x, recordings[0])


def _is_float(recording: Recording) -> bool:
    return any(array.dtype.kind == "f" for array in recording.series().values())


def _text(found: dict) -> str:
    if "place" in found:
        left, right = (shorten(str(found[side]), 100, placeholder=" ...") for side in ("left", "right"))
        note = f"\n  {found['note']}" if "note" in found else ""
        return f"first difference at {found['place']}: {left} and {right}{note}"
    cause = f"\n  {found['cause']}" if found["cause"] else ""
    return (
        f"first difference: '{found['series']}', sample {found['sample']}, step {found['step']}, neuron "
        f"{found['neuron']}: {found['left']} and {found['right']}{cause}"
    )
