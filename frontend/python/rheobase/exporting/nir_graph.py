"""A NIR graph on its way into a file, and which versions of the nir package read which form of it.

The package's readers hand every stored field to the node's constructor, so a field or a kind that a version lacks makes
the whole file unreadable there. Measured with the packages 1.0.3 to 1.0.8: `v_reset` came with 1.0.6, `CubaLI` with
1.0.5. A file without them is read by all of these, but by 1.0.5 where it has a pool, which that one never reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterable

import numpy as np

OLD, NEWEST = "1.0.4", "1.0.8"
VERSIONS = (OLD, NEWEST)  # of the nir package


@dataclass
class Loss:
    """Something that the file does not hold; ``where`` names a node."""

    where: str
    message: str
    remedy: str = ""
    severity: str = "warning"


@dataclass
class Graph:
    """nodes: name -> {"type": kind, parameter: array}. edges: (source, target) -> its delay in steps under the
    conventions. lost: what is not kept; refused: what has no form in NIR."""

    conventions: dict
    nodes: dict[str, dict] = field(default_factory=dict)
    edges: dict[tuple[str, str], int] = field(default_factory=dict)
    lost: list[Loss] = field(default_factory=list)
    refused: list[Loss] = field(default_factory=list)

    def refuse(self, where: str, message: str, remedy: str) -> None:
        self.refused.append(Loss(where, message, remedy))

    def refuse_model(self, name: str, model: str, known: Iterable[str]) -> None:
        """Neurons of a model that no node of NIR can be."""
        self.refuse(
            name,
            f"'{name}' is of the model '{model}', which NIR does not have",
            f"NIR has what {', '.join(known)} become",
        )

    def free(self, name: str) -> str:
        """The name, or the first like it that no node has."""
        return next(
            n for k in range(len(self.nodes) + 1) if (n := f"{name}_{k}" if k else name) not in self.nodes
        )

    def wait(self, source: str, target: str, taken: int, shape: tuple) -> None:
        """A Delay node on an edge that takes more steps than the ``taken`` ones of the conventions. SPEC F23."""
        steps = self.edges.pop((source, target)) - taken
        name = self.free(f"{source}_to_{target}.delay")
        self.nodes[name] = {"type": "Delay", "delay": np.full(shape, steps * self.conventions["dt"])}
        self.edges[source, name], self.edges[name, target] = taken, 0

    def root(self, version: str) -> dict:
        """The file's content."""
        return {
            "version": version,
            "node": {"type": "NIRGraph", "nodes": self.nodes, "edges": list(self.edges)},
        }


def make_old(graph: Graph) -> None:
    """Leaves out what the nir package has since 1.0.5, and refuses what cannot be left out."""
    for name, node in graph.nodes.items():
        if node["type"] == "CubaLI":
            graph.refuse(
                name,
                f"'{name}' is a CubaLI node, which the nir package has since 1.0.5",
                f"write it for the newest version: --nir-version {NEWEST}",
            )
        v_reset = np.ravel(node.pop("v_reset", 0))
        if not v_reset.any():
            continue
        at = int(np.argmax(v_reset != 0))
        if graph.conventions["reset"] == "v_reset":
            graph.refuse(
                name,
                f"neuron {at} of '{name}' resets to {v_reset[at]:g}; the nir package has v_reset since 1.0.6, and a "
                "reader of an older file takes 0",
                f"write it for the newest version: --nir-version {NEWEST}; or train with a reset to 0",
            )
        else:
            graph.lost.append(
                Loss(
                    name,
                    f"the v_reset of '{name}' is not kept; under the reset '{graph.conventions['reset']}' it has no "
                    "part in a step",
                    severity="note",
                )
            )
