"""rheobase partition."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import typer
from typing_extensions import Annotated

from ..files import check_writable
from ..partitioning import MOST_EFFORT, Partition, chip_limits, partition
from . import options as o
from .common import Settings, emit_json, progress, say


def _limit(flag: str, what: str) -> object:
    """The option that overrides a limit of the chip."""
    said = f"{what}, whatever the chip has; 0 for no limit."
    return Annotated[Optional[int], typer.Option(flag, metavar="N", min=0, max=2**62, help=said)]


@o.command(
    "partition",
    "rheobase partition cortex.hgr --chip loihi2 -o map.json",
    "rheobase partition cortex.hgr --neurons 1024 --axons 4096 --words 0 --cores 4096 -o map.json --seed 7",
    "rheobase partition cortex.hgr -o map.json --effort 6 --json | jq .connectivity",
)
def partition_command(
    graph: Annotated[
        Path, typer.Argument(metavar="GRAPH", help="A hypergraph in hMETIS text form, source neurons first.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="MAP", help="The JSON file to write.")],
    chip: o.Chip = "loihi2",
    effort: Annotated[
        int,
        typer.Option("--effort", metavar="N", min=1, max=MOST_EFFORT, help="Work is proportional to it."),
    ] = 1,
    neurons: _limit("--neurons", "Neurons a core holds") = None,
    axons: _limit("--axons", "Input axons of a core") = None,
    words: _limit("--words", "Words of a core's synaptic memory") = None,
    cores: _limit("--cores", "Cores") = None,
) -> None:
    """Map a hypergraph of neurons on a chip's cores.

    One hyperedge for each source neuron, its first pin; the weight is its rate. Connectivity, the sum of weight x
    (cores touched - 1), is kept low while every core stays within its neurons, input axons (distinct edges with
    a target there) and words of synapses. What no map can beat is printed beside. The same seed gives the same
    bytes on any number of threads.
    """
    given = {
        "neurons_per_core": neurons,
        "input_axons_per_core": axons,
        "synapse_words_per_core": words,
        "cores": cores,
    }
    limits = chip_limits(chip, **{name: value or None for name, value in given.items() if value is not None})
    check_writable(output, graph)
    with progress("partitioning") as advance:
        found = partition(
            graph,
            chip,
            limits=limits,
            seed=Settings.seed or 0,
            threads=Settings.threads,
            effort=effort,
            progress=advance,
        )
    found.save(output)
    if Settings.json:
        emit_json("rheobase.partition/1", {"output": str(output), **found.as_dict(core=False)})
        return
    _print(found, output)


def _print(found: Partition, output: Path) -> None:
    bounds = found.bounds
    say(f"{output}: {len(found.core):,} vertices on {found.cores:,} cores, seed {found.seed}")
    say(
        f"cores         {found.cores:,}, at least {bounds['cores']['value']:,.0f} ({bounds['cores']['reason']})"
    )
    say(
        f"connectivity  {found.connectivity:,.1f}, at least {bounds['connectivity']['value']:,.1f} "
        f"({bounds['connectivity']['reason']})"
    )
    if places := found.places:
        saved = (
            f", {100 * (1 - places['hops'] / places['hops_in_order']):.1f} % below the cores in order"
            if places["hops_in_order"]
            else ""
        )
        say(
            f"hops          {places['hops']:,.1f} links in a step{saved}, at least {places['hops_at_least']:,.1f}"
        )
    for use, limit in (
        ("neurons", "neurons_per_core"),
        ("axons", "input_axons_per_core"),
        ("words", "synapse_words_per_core"),
    ):
        allowed = found.limits[limit]
        share = "no limit" if allowed is None else f"{allowed:,} allowed"
        say(f"{use:13} {found.most[use]:,} on the fullest core, {share}")
