"""Networks and images for other programs. A format is a file here that makes the content of a file, or of a folder."""

from __future__ import annotations

from typing import Optional, Union

from ..arguments import option_name
from ..errors import Diagnostic, option_error, unknown_name
from ..files import filling, write_bytes
from ..image import Image
from ..network import Network
from . import lava, net, nir, sanafe
from .nir_graph import NEWEST, VERSIONS

FORMATS = ("lava", "net", "nir", "sanafe")
FOLDERS = ("lava", "sanafe")  # of several files, made of images


def export(
    source: Union[Image, Network],
    to: str,
    path,
    nir_version: Optional[str] = None,
    x=None,
    replay: bool = False,
    chip=None,
) -> list[Diagnostic]:
    """Writes an image or a network in the form of another program.

    source, to: an image to "lava", a Python program of Lava processes that runs with the image's spikes, bit for bit,
    and its arrays; an image to "sanafe", its chip and its mapped network as texts of SANA-FE, which simulates time and
    energy, and a program that runs them; an image, or a network of exact nodes, to "net", the HDF5 file that lava-dl's
    SLAYER writes and its NetX runs on Lava, which `rb.load` reads again, number for number; either to "nir", a NIR file:
    a network as it was read, an image as what the chip computes, over the reals and in the network's own units.
    path: the file, for "lava" and "sanafe" the folder; what is written is written whole or not at all. nir_version: of
    the nir package that is to read the file: "1.0.8", the newest, or "1.0.4", whose form all versions since 1.0.3 read
    (but 1.0.5, which reads no pools). For "sanafe": x, as `Image.run` takes it, whose spikes are written along; replay:
    neurons spike when they do in a run of x, instead of being computed by SANA-FE; chip: whose grid and costs, by name,
    file or ChipSpec, those of the image's chip if None.

    Returns what the format does not keep, as diagnostics R0671: a "note" where the numbers stay what they are, a
    "warning" where the other program may compute something else. Raises OptionError for an unknown format or a source
    of the wrong kind, CompileError naming everything that the format cannot express, DataError where the place cannot
    be written.

    Example: rb.export(image, "net", "net.net")
    """
    if not isinstance(to, str) or to not in FORMATS:
        raise unknown_name("format", to, FORMATS)
    if nir_version is not None and to != "nir":
        raise option_error("nir_version belongs to NIR files", 'leave it out, or export to "nir"')
    if to != "sanafe" and (x is not None or replay or chip is not None):
        raise option_error("x, replay and chip belong to SANA-FE", 'leave them out, or export to "sanafe"')
    kinds = {"lava": Image, "sanafe": Image, "net": (Image, Network), "nir": (Image, Network)}[to]
    if not isinstance(source, kinds):
        what = {Image: "an image", Network: "a network"}.get(type(source), type(source).__name__)
        raise option_error(f"{what} cannot be exported to '{to}'", _REMEDIES[to])
    if to in FOLDERS:
        contents, lost = sanafe.files(source, x, replay, chip) if to == "sanafe" else (lava.files(source), [])
        with filling(path) as folder:
            for name, content in contents.items():
                (folder / name).write_bytes(content)
        return lost
    if to == "net":
        content, lost = net.content(source)
    else:
        version = NEWEST if nir_version is None else option_name("nir_version", nir_version, VERSIONS)
        content, lost = nir.content(source, version)
    write_bytes(path, content)
    return lost


_COMPILE = "compile the network first: rheobase compile NET -o IMAGE"
_REMEDIES = {
    "lava": _COMPILE,
    "sanafe": _COMPILE,
    "net": "give an image, or a network of exact nodes",
    "nir": "give an image or a network",
}
