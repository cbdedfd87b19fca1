"""rheobase export."""

from __future__ import annotations

from pathlib import Path

import typer
from typing_extensions import Annotated

from ..errors import usage_error
from ..exporting import export
from ..files import check_folder, is_image
from . import options as o
from .common import Settings, emit_json, say


@o.command(
    "export",
    "rheobase export net.rheo --to lava -o net_lava",
    "python net_lava/network.py input.npz -o out.npz      (with lava-nc installed)",
    "rheobase diff out.npz run.npz",
)
def export_command(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="The image to export.", show_default=False)],
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="The format: lava.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="PATH", help="The folder to write.")],
) -> None:
    """Write an image in the form of another program.

    lava: a readable Python program of Lava processes and its arrays; it runs under Lava 0.10 with the image's spikes
    and states, bit for bit. What Lava cannot express is refused, all of it at once (exit status 1).
    """
    if not is_image(image):
        raise usage_error(
            f"'{image}' is no image", "compile the network first: rheobase compile NET -o IMAGE"
        )
    check_folder(output)
    export(o.read_image(image), to, output)
    if Settings.json:
        emit_json("rheobase.export/1", {"output": str(output), "format": to})
    else:
        say(f"{output}: {to}")
