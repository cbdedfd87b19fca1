"""rheobase inspect."""

from __future__ import annotations

from typing import Optional

import typer
from typing_extensions import Annotated

from ..errors import option_error
from ..image import Image
from ..limits import core_use, utilisation
from . import options as o
from .common import Settings, emit_json, say

_MEMORIES = ("neuron", "profile", "axon", "format", "route")


@o.command(
    "inspect",
    "rheobase inspect net.rheo",
    "rheobase inspect net.rheo --core 0",
    "rheobase inspect net.rheo --json",
)
def inspect(
    image: o.ImageArgument,
    core: Annotated[
        Optional[int],
        typer.Option("--core", metavar="N", help="Every register, route and synapse of this core."),
    ] = None,
) -> None:
    """Print an image decoded.

    Populations, cores, axons, synapse words, registers, routes, utilisation. Weights and registers are the
    chip's integers, delays are steps, synapses are (input, weight, delay). With --core and --json also
    the records of every memory, field by field as they lie in the words.
    """
    loaded = o.read_image(image)
    counts = loaded.program.counts()
    if core is not None:
        known = [c["id"] for c in counts]
        if core not in known:
            shown = ", ".join(map(str, known[:20])) + (", ..." if len(known) > 20 else "")
            raise option_error(f"'{image}' has no core {core}", f"its cores are {shown}")
        _print_core(loaded, known.index(core), core)
        return
    use = utilisation(loaded)
    if Settings.json:
        emit_json(
            "rheobase.image/1", {**loaded.info, "lag": loaded.lag, "decoded": counts, "utilisation": use}
        )
        return
    _print_image(loaded, counts, use)


def _print_image(loaded: Image, counts: list, use: dict) -> None:
    info = loaded.info
    say(
        f"{info['network']} for {info['chip']}, arithmetic '{info['profile']}', {info['generator']}, "
        f"dt {info['dt']:g} s, lag {loaded.lag}"
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


def _print_core(image: Image, index: int, number: int) -> None:
    core = image.program.core(number)
    if Settings.json:
        records = {name: image._core.records(index, name) for name in _MEMORIES}
        emit_json(
            "rheobase.core/1", {**core, "use": core_use(image.info["cores"][index]), "records": records}
        )
        return
    for part in core["slices"]:
        place = f"{part['population']} from {part['first_neuron']}"
        for name, values in part["registers"].items():
            text = f"all {values[0]}" if len(set(values)) == 1 else " ".join(map(str, values))
            say(f"{place}: {name} {text}")
        for neuron, routes in enumerate(part["routes"], part["first_neuron"]):
            if routes:
                say(
                    f"neuron {neuron} of {part['population']}: to "
                    + " ".join(f"core {c} axon {a}" for c, a in routes)
                )
    for axon, entry in enumerate(core["axons"]):
        synapses = " ".join(f"{c}:{w}" + (f"@{d}" if d else "") for c, w, d in entry["synapses"])
        group = f"group {entry['group']}, "
        say(f"axon {axon} ({group}exponent {entry['exponent']}): {synapses}")
