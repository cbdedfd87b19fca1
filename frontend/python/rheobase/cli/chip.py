"""rheobase chips."""

from __future__ import annotations

import sys
from typing import Optional

import typer
from rich.markup import escape
from rich.table import Table
from typing_extensions import Annotated

from .. import _core
from ..chipspec import ChipSpec
from ..chipspec import chips as all_chips
from . import options as o
from .common import Settings, emit_json, printable, say


@o.command(
    "chips",
    "rheobase chips",
    "rheobase chips loihi2",
    "rheobase chips mychip.json --json | jq .limits.cores.value",
    "rheobase chips --schema > chip.schema.json",
)
def chips(
    name: Annotated[
        Optional[str],
        typer.Argument(metavar="[NAME|FILE]", help="A chip's name or the path of its JSON file."),
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of such a file, for editors.")
    ] = False,
) -> None:
    """List the chips, or print one chip's limits, and what its operations cost.

    Each figure has its unit and who states it. A file may say {"base": "loihi2", "name": "mine", "limits":
    {"cores": {"value": 64, "unit": "cores", "source": "my board"}}}; figures that are inferred are marked so,
    to be overridden by those who know better. What --json prints are the figures that hold in the end, for other
    programs: it is no such file.
    """
    if schema:
        sys.stdout.write(_core.chip_schema())
        return
    if name is None:
        if Settings.json:
            emit_json("rheobase.chips/1", {"chips": list(all_chips().values())})
            return
        for chip in all_chips().values():
            say(f"{chip.name:9} {chip.title}; arithmetic {', '.join(chip.profiles)}")
        return
    chip = ChipSpec.load(name)
    if Settings.json:
        emit_json("rheobase.chip/1", chip.as_dict())
        return
    say(f"{chip.name}: {chip.title}")
    say(f"arithmetic profiles: {', '.join(chip.profiles)} (the first is the default)")
    say(f"extensions: {', '.join(chip.extensions) or 'none'}")
    if Settings.quiet:
        return
    _print("limit", chip.limits)
    if chip.costs:
        _print("cost", chip.costs)


def _print(kind: str, figures: dict) -> None:
    table = Table(kind, "value", "unit", "source")
    for name, figure in sorted(figures.items()):
        source = figure.source + (" (inferred: override it if you know better)" if figure.inferred else "")
        table.add_row(name, f"{figure.value:,}", escape(printable(figure.unit)), escape(printable(source)))
    Settings.console().print(table)
