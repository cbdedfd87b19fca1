"""rheobase chips."""

from __future__ import annotations

from typing import Optional

import typer
from rich.markup import escape
from rich.table import Table

from ..chipspec import ChipSpec
from ..chipspec import chips as all_chips
from .common import Settings, app, emit_json, say


@app.command()
def chips(
    name: Optional[str] = typer.Argument(None, help="A chip's name or the path of a chip's JSON file."),
    json: bool = typer.Option(False, "--json", help="Machine output."),
) -> None:
    """List the chips, or print one chip's limits with units and sources.

    Example: rheobase chips loihi2
    """
    if name is None:
        if json:
            emit_json("rheobase.chips/1", {"chips": [chip.as_dict() for chip in all_chips().values()]})
            return
        for chip in all_chips().values():
            say(f"{chip.name:9} {chip.title}; arithmetic {', '.join(chip.profiles)}")
        return
    chip = ChipSpec.load(name)
    if json:
        emit_json("rheobase.chip/1", chip.as_dict())
        return
    say(f"{chip.name}: {chip.title}")
    say(f"arithmetic profiles: {', '.join(chip.profiles)} (the first is the default)")
    say(f"extensions: {', '.join(chip.extensions) or 'none'}")
    table = Table("limit", "value", "unit", "source")
    for limit_name, limit in sorted(chip.limits.items()):
        source = limit.source + (" (inferred: override it if you know better)" if limit.inferred else "")
        table.add_row(limit_name, f"{limit.value:,}", escape(limit.unit), escape(source))
    if not Settings.quiet:
        Settings.console().print(table)
