"""rheobase conventions: how a framework ran a network."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import List, Optional

import numpy as np
import typer
from typing_extensions import Annotated

from ..datafiles import open_arrays
from ..errors import DataError, in_file, usage_error
from ..files import check_writable, replacing, write_npz
from ..fitting import MOST_ASKED, FittedConventions, comparable, fit_conventions
from ..nirdata import is_nirdata
from ..recording import Recording
from . import options as o
from .common import Settings, emit_json, progress, say
from .running import read_data


def _recorded(path: Path, nodes: Optional[List[str]]):
    """The arrays of the file; those of some nodes, or a lone array under a node's name."""
    arrays = None if path.is_file() and is_nirdata(path) else open_arrays(path)
    if arrays is None or (isinstance(arrays, dict) and "steps" in arrays):
        arrays = comparable(Recording.load(path))
    if not nodes:
        return arrays
    if not isinstance(arrays, dict):
        if len(nodes) > 1:
            raise usage_error(
                f"'{path}' holds one array, and {len(nodes)} nodes are named", "name one --node"
            )
        return {nodes[0]: arrays}
    kept = {
        name: array for name, array in arrays.items() if name in nodes or name.rpartition(".")[0] in nodes
    }
    if not kept:
        raise usage_error(f"'{path}' holds nothing of {', '.join(nodes)}", f"it holds: {', '.join(arrays)}")
    return kept


@o.command(
    "conventions",
    "rheobase conventions net.nir --input x.npy --recorded raster.npy",
    "rheobase conventions net.nir --input x.npz --recorded run.npz --node hidden",
    "rheobase conventions net.nir --input x.npy --recorded raster.npy --dt 1e-3 --propose next.npy",
)
def conventions_command(
    net: o.NetArgument,
    data: o.Data,
    recorded: Annotated[
        Path,
        typer.Option(
            "--recorded",
            metavar="R",
            help="What the framework did: .npy of one node [T, n] or [samples, T, n], .npz by node name, or NIRData.",
        ),
    ],
    node: Annotated[
        Optional[List[str]],
        typer.Option("--node", metavar="NAME", help="Whose recording it is; can be given several times."),
    ] = None,
    propose: Annotated[
        Optional[Path],
        typer.Option(
            "--propose",
            metavar="OUT.npy",
            help="Where several sets fit: write an input that tells them apart; OUT.npz where NET has several inputs.",
        ),
    ] = None,
    encode: o.Encode = None,
    samples: o.Samples = None,
    conventions: o.Conventions = o.NONE,
) -> None:
    """Find the conventions that a recording was made with.

    The network is run under every set of conventions that makes a difference to it, and compared with what a
    framework recorded on the same input, cell by cell: spikes [T, n], potentials 'NODE.v', outputs. Prints the sets
    that equal the recording, or the nearest with its first difference, and what other input would tell several sets
    apart. Options such as --dt and --reset are taken as known. Exit status 1 where no set equals the recording.
    """
    if propose:
        check_writable(propose, net, data, recorded)
    network = o.read_net(net, remarks=False, dt=conventions["dt"])
    several = len(network.inputs) > 1
    if propose and several and propose.suffix != ".npz":
        message = f"'{net}' has {len(network.inputs)} inputs, whose arrays need an .npz"
        raise usage_error(message, f"--propose {propose.with_suffix('.npz')}")
    dataset = read_data(data, network, encode, samples)
    pinned = {name: value for name, value in conventions.items() if value is not None and name != "as_"}
    if conventions["as_"]:
        raise usage_error("--as names one set, and this command looks for it", "leave --as out")
    try:
        with progress("sets of conventions") as advance:
            found = fit_conventions(
                network,
                dataset.whole(),
                _recorded(recorded, node),
                threads=Settings.threads,
                progress=advance,
                **pinned,
            )
    except DataError as error:
        raise in_file(error, recorded) from None
    stimulus = found.stimulus() if len(found.fits) > 1 else None
    if propose and stimulus and several:
        write_npz(propose, stimulus.x)
    elif propose and stimulus:
        with replacing(propose) as file:
            np.save(file, stimulus.x)
    _print(found, stimulus, propose)
    if not found.exact:
        raise typer.Exit(1)


def _print(found: FittedConventions, stimulus, propose: Optional[Path]) -> None:
    if Settings.json:
        body = {
            "exact": found.exact,
            "tried": found.tried,
            "decided": found.decided,
            "open": found.open,
            "fits": [asdict(fit) for fit in found.fits],
            "tells_apart": stimulus and {"input": stimulus.text, "groups": stimulus.groups},
        }
        emit_json("rheobase.conventions/1", body)
        return
    say(str(found))
    if not found.exact or len(found.fits) == 1:
        return
    if stimulus is None:
        say("no input that was tried tells them apart: for this network they may be the same")
        return
    asked = f" of the first {MOST_ASKED}" if len(found.fits) > MOST_ASKED else ""
    say(f"to tell them apart, record {stimulus.text}: {stimulus.groups} different runs{asked}")
    say(
        f"  written to {propose}"
        if propose
        else f"  --propose FILE.{'npz' if isinstance(stimulus.x, dict) else 'npy'} writes that input"
    )
