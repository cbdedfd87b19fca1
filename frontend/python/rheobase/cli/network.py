"""rheobase show."""

from __future__ import annotations

from typing import Optional

import numpy as np
from rich.markup import escape
from rich.table import Table

from .. import compiler
from ..errors import Error
from ..image import Image
from ..limits import utilisation
from ..report_text import assumed
from ..synapses import synapses_of
from . import options as o
from .common import Settings, emit_json, printable, say

LARGEST_MEASURED = 4_000_000  # weights: above, compiling to measure the size takes too long for a look


def _range(values: np.ndarray) -> str:
    if values.size == 1 or values.min() == values.max():
        return f"{float(values.ravel()[0]):.6g}"
    if values.dtype == np.int64 and values.size <= 3:  # one for each axis
        return ", ".join(map(str, values.ravel()))
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
        synapses += synapses_of(node)
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


def _size_on(net, chip: str, synapses: int) -> dict:
    """What the network takes of a chip, measured by compiling it: {chip, fits, cores, ...} or why not."""
    if not compiler.available() or synapses > LARGEST_MEASURED:
        why = (
            "this installation has no compiler"
            if not compiler.available()
            else "a network this large takes a while"
        )
        return {"chip": chip, "fits": None, "why": why}
    try:
        image = Image.from_bytes(compiler.run_compiler(net, chip)["image"])
    except Error as error:
        if error.exit_status != 1:
            raise
        return {
            "chip": chip,
            "fits": False,
            "why": error.diagnostics[0].message,
            "violations": len(error.diagnostics),
        }
    return {"chip": chip, "fits": True, "lag": image.lag, "use": utilisation(image)}


def _size_text(size: dict) -> str:
    if size["fits"] is None:
        return f"size on {size['chip']}: not measured ({size['why']}); 'rheobase compile' tells"
    if not size["fits"]:
        more = f", one of {size['violations']} violations" if size["violations"] > 1 else ""
        return (
            f"size on {size['chip']}: does not fit ({size['why']}{more}); 'rheobase check' lists everything"
        )
    use = size["use"]
    words = use["synapse_words_per_core"]
    return (
        f"size on {size['chip']}: {use['cores']['used']} of {use['cores']['limit']} cores, the fullest with "
        f"{words['largest']:,} of {words['limit']:,} synapse words; lag {size['lag']} steps"
    )


@o.command(
    "show",
    "rheobase show net.nir",
    "rheobase show net.nir --dt 1e-3 --reset subtract --chip loihi1",
    "rheobase show net.nir --json | jq .assumptions",
)
def show(
    net: o.NetArgument,
    chip: o.Chip = "loihi2",
    conventions: o.Conventions = o.NONE,
) -> None:
    """Print what a network file holds.

    Nodes with shapes, parameters with units (tau in s, v_threshold in the network's own units), edges, the
    size on a chip, and every assumption with its evidence and the option that changes it. Time constants are
    seconds, shapes are channels first.
    """
    network = o.read_net(net, remarks=False, **conventions)
    body = _describe(network)
    body["size"] = _size_on(network, chip, body["synapses"])
    if Settings.json:
        emit_json("rheobase.network/1", body)
        return
    say(
        f"{body['name']}: {len(body['nodes'])} nodes, {body['neurons']:,} neurons, {body['synapses']:,} synapses "
        "whose weight is not zero"
    )
    if not Settings.quiet:
        Settings.console().print(_table(body["nodes"]))
    for source, target, delay in body["edges"]:
        say(
            f"{source} -> {target}"
            + (f"  (value of {delay} step{'s' * (delay > 1)} before)" if delay else "")
        )
    say("\n" + _size_text(body["size"]))
    say("\nassumptions")
    for a in body["assumptions"]:
        mark = "!" if a["warning"] else " "
        say(f"  {mark} {assumed(a)}")


def _table(nodes: list[dict]) -> Optional[Table]:
    table = Table("node", "kind", "shape", "parameters")
    for node in nodes:
        shapes = "x".join(map(str, node["output_shape"]))
        if node["input_shape"] != node["output_shape"]:
            shapes = "x".join(map(str, node["input_shape"])) + " -> " + shapes
        parameters = "\n".join(
            f"{name} {p['text']}{'' if p['unit'] in ('', '1') else ' ' + p['unit']}"
            for name, p in node["parameters"].items()
            if name != "shape"
        )
        table.add_row(escape(printable(node["name"])), node["kind"], shapes, escape(parameters))
    return table
