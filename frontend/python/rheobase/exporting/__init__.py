"""Images for other programs. Every format is a file here that offers `files(image)`."""

from __future__ import annotations

from ..errors import option_error, unknown_name
from ..files import filling
from ..image import Image
from . import lava

_FORMATS = {"lava": lava}


def export(image: Image, to: str, path) -> None:
    """Writes an image in the form of another program, into a folder.

    to: "lava", a Python program of Lava processes that runs with the image's spikes, bit for bit, and its arrays.
    path: the folder; the files in it are written whole or not at all.

    Raises OptionError for an unknown format, CompileError naming everything that the format cannot express.

    Example: rb.export(image, "lava", "reaching_lava")
    """
    if not isinstance(image, Image):
        raise option_error(f"an image is exported, not {type(image).__name__}", "rb.compile(net) makes one")
    if to not in _FORMATS:
        raise unknown_name("format", to, _FORMATS)
    contents = _FORMATS[to].files(image)
    with filling(path) as folder:
        for name, content in contents.items():
            (folder / name).write_bytes(content)
