"""From files and frameworks' objects to networks."""

from __future__ import annotations

import os
import tempfile
from typing import Optional

from . import _core
from .errors import Diagnostic, UsageError
from .network import Network, convention_options


def load(
    source,
    dt: Optional[float] = None,
    reset: Optional[str] = None,
    discretization: Optional[str] = None,
    spikes: Optional[str] = None,
    as_: Optional[str] = None,
) -> Network:
    """A network from a NIR file (recognised by content, not by suffix) or a nir.NIRGraph.

    dt in seconds; reset "zero", "v_reset", "subtract" or "subtract-late"; discretization "euler" or "exponential";
    spikes "unit" or "dirac"; as_ a framework's name. What is None is inferred from the file or assumed, and stands in
    ``net.assumptions``. Raises FormatError with file, place and remedy.

    Example: net = rb.load("net.nir", dt=1e-4)
    """
    options = convention_options(dt, reset, discretization, spikes, as_)
    if isinstance(source, (str, bytes, os.PathLike)):
        return Network(_core.load_nir(os.fsdecode(source), options))
    return from_nir(source, options)


def from_nir(graph, options=None) -> Network:
    """A network from a nir.NIRGraph object."""
    if not (hasattr(graph, "nodes") and hasattr(graph, "edges")):
        raise UsageError(
            [
                Diagnostic(
                    "R0690",
                    "error",
                    f"cannot load an object of type '{type(graph).__name__}'",
                    remedy="give the path of a NIR file or a nir.NIRGraph",
                )
            ]
        )
    import nir  # whoever holds a graph has the package

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "graph.nir")
        nir.write(path, graph)
        return Network(_core.load_nir(path, options or convention_options()))
