"""rheobase chips."""

from __future__ import annotations

from typing import Optional

import typer
from rich.markup import escape
from rich.table import Table
from typing_extensions import Annotated

from ..chipspec import ChipSpec
from ..chipspec import chips as all_chips
from . import options as o
from .common import Settings, emit_json, printable, say


@o.command(
    "chips",
    "rheobase chips",
    "rheobase chips loihi2",
    "rheobase chips mychip.json --json | jq .limits.cores.value",
)
def chips(
    name: Annotated[
        Optional[str],
        typer.Argument(metavar="[NAME|FILE]", help="A chip's name or the path of its JSON file."),
    ] = None,
) -> None:
    """List the chips, or print one chip's limits.

    Each limit has its unit and who states it. A file may say {"base": "loihi2", "name": "mine", "limits":
    {"cores": {"value": 64, "unit": "cores", "source": "my board"}}}; figures that are inferred are marked so,
    to be overridden by those who know better.
    """
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
    table = Table("limit", "value", "unit", "source")
    for limit_name, limit in sorted(chip.limits.items()):
        source = limit.source + (" (inferred: override it if you know better)" if limit.inferred else "")
        table.add_row(
            limit_name, f"{limit.value:,}", escape(printable(limit.unit)), escape(printable(source))
        )
    if not Settings.quiet:
        Settings.console().print(table)
