"""From files and frameworks' objects to networks."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from typing import Optional

from . import _core
from .conventions import Conventions, Unpack, convention_options
from .errors import FormatError, option_error
from .network import Network


def load(source, dt: Optional[float] = None, **conventions: Unpack[Conventions]) -> Network:
    """A network from a NIR or lava-dl .net file (told apart by content, not by suffix) or a nir.NIRGraph.

    dt: seconds per step. reset: what a spike does to the membrane potential, "zero", "v_reset", "subtract", ...
    discretization: "euler" or "exponential". spikes: "unit" (a spike counts 1) or "dirac" (1/dt). The others, and
    the values of all, are in `rb.conventions.Choices` and SPEC F5, F11, F19 to F22, F25. as_: a framework's name,
    "snntorch", "norse", ... What is None or left out is inferred from the file or assumed, and stands in
    ``net.assumptions``.

    Raises FormatError with file, place and remedy; OptionError for a convention that does not exist.

    Example: net = rb.load("net.nir", dt=1e-4)
    """
    if not isinstance(source, (str, bytes, os.PathLike)):
        return from_nir(source, dt, **conventions)
    options = convention_options({"dt": dt, **conventions})
    return Network(_core.load_network(os.fsencode(source), options), os.fsdecode(source))


def from_nir(graph, dt: Optional[float] = None, **conventions: Unpack[Conventions]) -> Network:
    """A network from a nir.NIRGraph object. The conventions and errors are those of `load`.

    Example: net = rb.from_nir(nir.read("net.nir"), reset="subtract")
    """
    options = convention_options({"dt": dt, **conventions})
    if not (hasattr(graph, "nodes") and hasattr(graph, "edges")):
        raise option_error(
            f"cannot load an object of type '{type(graph).__name__}'",
            "give the path of a NIR file or a nir.NIRGraph",
        )
    import nir  # whoever holds a graph has the package

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "graph.nir")
        nir.write(path, graph)
        try:
            return Network(_core.load_network(os.fsencode(path), options))
        except FormatError as error:
            raise FormatError([replace(d, file="nir.NIRGraph") for d in error.diagnostics]) from None
