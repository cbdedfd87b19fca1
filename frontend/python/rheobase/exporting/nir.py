"""Networks and images as NIR files (https://neuroir.org), for the version of the nir package that is to read them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Union

from ..conventions import FLAGS
from ..errors import CompileError, Diagnostic
from ..image import Image
from ..loading import load
from ..network import Network
from .hdf5 import file_of, is_name
from .nir_graph import NEWEST, OLD, Graph, Loss, make_old
from .nir_image import graph_of_image
from .nir_network import graph_of_network


def content(source: Union[Image, Network], version: str = NEWEST) -> tuple[bytes, list[Diagnostic]]:
    """The file's bytes, and what NIR does not keep. Raises CompileError for all that has no form in the file.

    The file is read back before it is handed out: how its reader would fill what NIR leaves unsaid is part of the
    answer.
    """
    graph = graph_of_image(source) if isinstance(source, Image) else graph_of_network(source)
    for name in graph.nodes:
        if not is_name(name):
            graph.refuse(
                name,
                f"'{name}' cannot be a name in a NIR file, where '/' and '.' make paths",
                "rename the node",
            )
    if version == OLD:
        make_old(graph)
    _stop_if_refused(graph, source)
    file = file_of(graph.root(version))
    again = _read_back(file, graph)
    if _add_delays(graph, again[1]):
        file = file_of(graph.root(version))
        again = _read_back(file, graph)
    _check_delays(graph, again)
    _stop_if_refused(graph, source)
    lost = graph.lost + _unsaid(graph, again)
    return file, [
        Diagnostic("R0671", loss.severity, loss.message, source.file, loss.where, remedy=loss.remedy)
        for loss in lost
    ]


def _stop_if_refused(graph: Graph, source: Union[Image, Network]) -> None:
    if graph.refused:
        raise CompileError(
            [
                Diagnostic("R0670", "error", r.message, source.file, r.where, remedy=r.remedy)
                for r in graph.refused
            ]
        )


def _read_back(file: bytes, graph: Graph) -> tuple[Network, Network]:
    """As a reader takes the file who knows nothing, and one who knows its conventions."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "written.nir")
        path.write_bytes(file)
        unknowing = load(path)
        same = unknowing.conventions == graph.conventions
        return unknowing, unknowing if same else load(path, **graph.conventions)


def _add_delays(graph: Graph, again: Network) -> bool:
    late = [(a, b, delay) for a, b, delay in again.edges if graph.edges[a, b] > delay]
    for source, target, delay in late:
        graph.wait(source, target, delay, again.nodes[source].output_shape)
    return bool(late)


def _check_delays(graph: Graph, again: tuple[Network, Network]) -> None:
    """Which edges take a step is said by the conventions and the graph's cycles alone. SPEC F5."""
    for source, target, delay in again[1].edges:
        wanted = graph.edges[source, target]
        if wanted != delay:
            graph.refuse(
                source,
                f"'{source}' reaches '{target}' after {wanted} steps; a reader of the file would take {delay}",
                "export the network in the place of its image",
            )


def _unsaid(graph: Graph, again: tuple[Network, Network]) -> list[Loss]:
    """The conventions that a reader of the file would take for others: NIR has no place for them."""
    lost = []
    spiking = [n for n in again[0].populations if "v_reset" in n.parameters]
    at_zero = not any(n.parameters["v_reset"].any() for n in spiking)
    for name, value in graph.conventions.items():
        found = again[0].conventions[name]
        if value == found or (name == "dt" and abs(value - found) <= 1e-9 * value):
            continue
        if name == "reset" and (not spiking or (at_zero and {value, found} == {"zero", "v_reset"})):
            continue
        said, other = (f"{v:.10g} s" if name == "dt" else f"'{v}'" for v in (value, found))
        lost.append(
            Loss(
                "",
                f"{name} is {said}, which no NIR file says; a reader of this one would take {other}",
                f"read the file with {FLAGS[name]} {f'{value:.10g}' if name == 'dt' else value}",
            )
        )
    return lost
