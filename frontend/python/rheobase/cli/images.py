"""rheobase inspect."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated

from ..errors import option_error
from ..files import check_writable, write_text
from ..holding import held_texts
from ..image import Image
from ..limits import core_uses, link_room, utilisation
from ..picture import placement_svg
from ..placement_page import page
from ..recording import Recording
from ..report_text import assumed, utilisation_lines
from . import options as o
from .common import Settings, emit_json, say

_MEMORIES = ("neuron", "profile", "axon", "format", "route")


@o.command(
    "inspect",
    "rheobase inspect net.rheo",
    "rheobase inspect net.rheo --core 0",
    "rheobase inspect net.rheo --picture placed.html --rates out.npz",
    "rheobase inspect net.rheo --json",
)
def inspect(
    image: o.ImageArgument,
    core: Annotated[
        Optional[int],
        typer.Option("--core", metavar="N", help="Every register, route and synapse of this core."),
    ] = None,
    picture: Annotated[
        Optional[Path],
        typer.Option(
            "--picture",
            metavar="FILE",
            help="Draw cores, utilisation and traffic: .svg, or .html with a table of cores.",
        ),
    ] = None,
    rates: Annotated[
        Optional[Path],
        typer.Option(
            "--rates",
            metavar="RUN",
            help="A recording of `rheobase run`, whose spikes are the traffic; else one per neuron and step.",
        ),
    ] = None,
) -> None:
    """Print an image decoded.

    Populations, cores, axons, synapse words, registers, routes, utilisation. Weights and registers are the
    chip's integers, delays are steps, synapses are (input, weight, delay). With --core and --json also
    the records of every memory, field by field as they lie in the words.
    """
    loaded = o.read_image(image)
    drawn = None if picture is None else _drawing(picture, image)
    traffic = loaded.traffic(None if rates is None else _rates(loaded, rates))
    if drawn is not None:
        write_text(picture, drawn(loaded, traffic))
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
            "rheobase.image/1",
            {
                **loaded.info,
                "lag": loaded.lag,
                "decoded": counts,
                "utilisation": use,
                "grid": loaded.grid,
                "traffic": traffic,
            },
        )
        return
    _print_image(loaded, counts, use)
    between = loaded.grid["chip_link_hops"] if loaded.grid["chips"] > 1 else 0
    what = "one spike per neuron and step" if rates is None else f"the spikes of {rates}"
    _print_traffic(traffic, what, between, link_room(loaded))
    if picture is not None:
        say(f"{picture}: the cores and their traffic")


def _drawing(picture: Path, image: Path):
    """The function that draws a file of this name."""
    drawings = {".svg": placement_svg, ".html": page}
    if picture.suffix not in drawings:
        raise option_error(f"a picture cannot be '{picture.name}'", "name it .svg or .html")
    check_writable(picture, image)
    return drawings[picture.suffix]


def _rates(image: Image, path: Path) -> dict:
    """Spikes per step of every neuron in a recording."""
    recorded = Recording.load(path)
    known = {p["name"] for p in image.info["populations"]}
    return {
        name: (spikes != 0).reshape(-1, spikes.shape[-1]).mean(axis=0)
        for name, spikes in recorded.spikes.items()
        if name in known
    }


def _print_traffic(traffic: dict, what: str, between: int, room: Optional[int]) -> None:
    """between: what a link between chips counts as; 0 where there is one chip. room: of a link, where it is stated."""
    hops, bound = traffic["hops"], traffic["hops_at_least"]
    above = f", {100 * (hops / bound - 1):.1f} % above" if bound else ""
    weighed = f", one between chips counted as {between}" if between else ""
    say(
        f"traffic of {what}: {hops:,.5g} links crossed in a step{weighed}{above}; no arrangement has fewer than "
        f"{bound:,.5g}"
    )
    if traffic["links"]:
        (column, row), direction, load = max(traffic["links"], key=lambda link: link[2])
        of = f" of {room:,}" if room else ""
        say(f"  busiest link: {load:,.5g}{of} messages, {direction} from tile ({column}, {row})")
    if traffic["chip_crossings"]:
        say(f"  between chips: {traffic['chip_crossings']:,.5g} messages")


def _print_image(loaded: Image, counts: list, use: dict) -> None:
    info = loaded.info
    say(
        f"{info['network']} for {info['chip']}, arithmetic '{info['profile']}', {info['generator']}, "
        f"dt {info['dt']:g} s, lag {loaded.lag}"
    )
    for p in info["populations"]:
        hidden = (
            f", clones of '{p['clone_of']}'"
            if p["clone_of"]
            else ", made by the compiler"
            if p["hidden"]
            else ""
        )
        say(f"population {p['name']}: {p['size']:,} {p['model']}, lag {p['lag']}{hidden}")
    for i in info["inputs"]:
        say(f"input {i['name']}: {i['size']:,} channels, {i['encoding'].lower()}")
    for out in info["outputs"]:
        parts = ", ".join(f"{p['population']}.{p['state'] or 'spikes'}" for p in out["parts"])
        say(f"output {out['name']}: {parts}")
    for described, decoded in zip(info["cores"], counts):
        words = sum(m["words"] for m in described["memories"] if m["name"] == "synapse")
        column, row = loaded.grid["places"][described["id"]]
        say(
            f"core {described['id']} in tile ({column}, {row}): {'; '.join(held_texts(described['slices']))}; "
            f"{decoded['axons']:,} axons, {decoded['synapses']:,} synapses in {words:,} words, "
            f"{decoded['routes']:,} routes"
        )
    for line in utilisation_lines(use):
        say(line)
    for a in info["assumptions"]:
        if a["what"] == "placement":
            say(assumed(a))
    for r in info["ranges"]:
        say(
            f"range {r['population']}.{r['state']}: {r['minimum']:,} to {r['maximum']:,} "
            f"({'proven' if r['proven'] else 'not proven'})"
        )


def _print_core(image: Image, index: int, number: int) -> None:
    core = image.program.core(number)
    if Settings.json:
        records = {name: image._core.records(index, name) for name in _MEMORIES}
        emit_json("rheobase.core/1", {**core, "use": core_uses(image)[index], "records": records})
        return

    @cache
    def names(core_id: int) -> list[str]:
        """Of its axons; atoms are told where there are several anywhere in the core."""
        axons = image.program.axon_records(core_id)
        several = any(atom for _, atom in axons)
        return [f"axon {record}" + f" atom {atom}" * several for record, atom in axons]

    for part in core["slices"]:
        place = f"{part['population']} from {part['first_neuron']}"
        for name, values in part["registers"].items():
            text = f"all {values[0]}" if len(set(values)) == 1 else " ".join(map(str, values))
            say(f"{place}: {name} {text}")
        for neuron, routes in enumerate(part["routes"], part["first_neuron"]):
            if routes:
                say(
                    f"neuron {neuron} of {part['population']}: to "
                    + " ".join(f"core {c} {names(c)[a]}" for c, a in routes)
                )
    for name, entry in zip(names(number), core["axons"]):
        synapses = " ".join(f"{c}:{w}" + (f"@{d}" if d else "") for c, w, d in entry["synapses"])
        group = f"group {entry['group']}, "
        say(f"{name} ({group}exponent {entry['exponent']}): {synapses}")
