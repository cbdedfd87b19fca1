"""rheobase show and rheobase run."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional

import numpy as np
import typer
from rich.markup import escape
from rich.table import Table
from typing_extensions import Annotated

from .. import data as data_files
from ..errors import data_error
from ..image import Image
from ..recording import Recording
from . import options as o
from .common import Settings, app, emit_json, progress, say


def _range(values: np.ndarray) -> str:
    if values.size == 1 or values.min() == values.max():
        return f"{float(values.ravel()[0]):.6g}"
    return f"{float(values.min()):.4g} to {float(values.max()):.4g}"


def _describe(net) -> dict:
    nodes = []
    synapses = 0
    for node in net.nodes.values():
        parameters = {}
        for name, values in node.parameters.items():
            parameters[name] = {
                "shape": list(values.shape),
                "unit": node.units[name],
                "minimum": float(values.min()),
                "maximum": float(values.max()),
                "text": _range(values),
            }
            if name == "weight":
                synapses += int(np.count_nonzero(values))
        nodes.append(
            {
                "name": node.name,
                "kind": node.kind,
                "input_shape": list(node.input_shape),
                "output_shape": list(node.output_shape),
                "parameters": parameters,
                "origin": node.origin,
            }
        )
    return {
        "name": net.name,
        **net.conventions,
        "nodes": nodes,
        "edges": [list(e) for e in net.edges],
        "neurons": sum(p.size for p in net.populations),
        "synapses": synapses,
        "assumptions": net.assumptions,
    }


@app.command()
def show(
    net: o.NetArgument,
    dt: o.Dt = None,
    reset: o.Reset = None,
    discretization: o.Discretization = None,
    spikes: o.Spikes = None,
    as_: o.Framework = None,
    json: o.Json = False,
) -> None:
    """Print what a file holds: nodes, shapes, parameters with units, size, and every assumption made.

    Example: rheobase show net.nir
    """
    from ..loading import load

    network = load(net, dt=dt, reset=reset, discretization=discretization, spikes=spikes, as_=as_)
    body = _describe(network)
    if json:
        emit_json("rheobase.network/1", body)
        return
    say(
        f"{body['name']}: {len(body['nodes'])} nodes, {body['neurons']:,} neurons, {body['synapses']:,} weights that "
        f"are not zero"
    )
    table = Table("node", "kind", "shape", "parameters")
    for node in body["nodes"]:
        shapes = "x".join(map(str, node["output_shape"]))
        if node["input_shape"] != node["output_shape"]:
            shapes = "x".join(map(str, node["input_shape"])) + " -> " + shapes
        parameters = "\n".join(
            f"{name} {p['text']}{'' if p['unit'] in ('', '1') else ' ' + p['unit']}"
            for name, p in node["parameters"].items()
            if name != "shape"
        )
        table.add_row(escape(node["name"]), node["kind"], shapes, escape(parameters))
    if not Settings.quiet:
        Settings.console().print(table)
    for source, target, delay in body["edges"]:
        say(f"{source} -> {target}" + ("  (one step later: closes a cycle)" if delay else ""))
    say("\nassumptions")
    for a in body["assumptions"]:
        say(
            f"  {'! ' if a['warning'] else '  '}{a['what']} = {a['value']}: {a['why']}; change it with "
            f"{a['how_to_change']}"
        )


def read_data(path: Path, target, encode: Optional[str], samples: Optional[int]) -> data_files.DataSet:
    """The data set for the one input of a network or an image."""
    inputs = (
        target.info["inputs"] if isinstance(target, Image) else [{"shape": n.shape} for n in target.inputs]
    )
    if len(inputs) != 1:
        raise data_error(
            "R0258",
            f"there are {len(inputs)} inputs; the command line takes data for one",
            remedy="use the Python functions with a dictionary by name",
        )
    return data_files.load(path, inputs[0]["shape"], encode).limited(samples)


def run_whole(target, dataset, engine: str, probes, threads, title: str) -> Recording:
    x = dataset.slice(0, dataset.samples)
    x = x if dataset.batched else x[0]
    with progress(title) as advance:
        if isinstance(target, Image):
            return target.run(x, engine=engine, probes=probes, threads=threads, progress=advance)
        return target.run(x, probes=probes, threads=threads, progress=advance)


@app.command()
def run(
    path: Annotated[
        Path, typer.Argument(metavar="IMAGE|NET", help="An image, or a NIR file (float reference).")
    ],
    data: o.Data,
    output: Annotated[Path, typer.Option("-o", "--output", help="The .npz to write.")],
    engine: o.Engine = "auto",
    probe: Annotated[
        Optional[List[str]], typer.Option("--probe", help="A state to record, e.g. hidden.v.")
    ] = None,
    encode: o.Encode = None,
    samples: o.Samples = None,
    threads: o.Threads = None,
    dt: o.Dt = None,
    reset: o.Reset = None,
    discretization: o.Discretization = None,
    spikes: o.Spikes = None,
    as_: o.Framework = None,
    json: o.Json = False,
) -> None:
    """Run an image (the chip's integers) or a network (float reference) on data, and write what happened.

    Example: rheobase run net.rheo --input test.npz -o out.npz --probe hidden.v
    """
    target = o.read_any(path, dt=dt, reset=reset, discretization=discretization, spikes=spikes, as_=as_)
    if not isinstance(target, Image):
        o.warn_of_assumptions(target)
    dataset = read_data(data, target, encode, samples)
    recording = run_whole(target, dataset, engine, probe or [], threads, "samples")
    recording.save(output)
    body = {
        "output": str(output),
        "samples": dataset.samples,
        "steps": dataset.steps,
        "lag": recording.lag,
        "series": {name: list(array.shape) for name, array in recording.series().items()},
        "spikes": {name: int(np.count_nonzero(array)) for name, array in recording.spikes.items()},
        "overflows": {
            name: {k: int(np.sum(v)) for k, v in count.items()} for name, count in recording.overflows.items()
        },
    }
    if json:
        emit_json("rheobase.run/1", body)
        return
    say(f"{output}: {dataset.samples:,} samples of {dataset.steps} steps")
    for name, count in body["spikes"].items():
        say(f"  {name}: {count:,} spikes, lag {recording.lag.get(name, 0)}")
    for name, count in body["overflows"].items():
        say(f"  overflow in '{name}': {count}")
