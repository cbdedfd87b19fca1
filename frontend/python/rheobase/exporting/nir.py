"""Networks as NIR files (https://neuroir.org): float networks as they were read, exact nodes as real ones."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..conventions import FLAGS
from ..errors import CompileError, Diagnostic
from ..loading import load
from ..network import Network, Node
from .hdf5 import file_of, is_name
from .real import KINDS, Real, not_kept, weights_in_units

VERSION = "1.0"  # of the format


def content(net: Network) -> tuple[bytes, list[Diagnostic]]:
    """The file's bytes, and what NIR does not keep. Raises CompileError for names that no HDF5 file holds.

    The file is read back before it is handed out: how its reader would fill what NIR leaves unsaid is part of the
    answer.
    """
    writing = _Writing(net)
    if writing.refused:
        raise CompileError(writing.refused)
    root = {
        "version": VERSION,
        "node": {
            "type": "NIRGraph",
            "nodes": writing.nodes,
            "edges": [(source, target) for source, target, _ in net.edges],
        },
    }
    file = file_of(root)
    return file, writing.lost + _unsaid(net, _read_back(file), writing.reset)


@dataclass
class _Writing:
    """Nodes as dictionaries, what is refused and what is lost."""

    net: Network

    def __post_init__(self):
        self.refused: list[Diagnostic] = []
        self.lost: list[Diagnostic] = []
        self.nodes: dict[str, dict] = {}
        self.filled = next(
            (a["value"] for a in self.net.assumptions if a["what"] == "missing parameters"), ""
        )
        if self._programs():
            return
        real = Real(self.net)
        self.reset = real.reset
        for node in self.net.nodes.values():
            if not is_name(node.name):
                self._refuse(
                    node.name,
                    f"'{node.name}' cannot be a name in a NIR file, where '/' and '.' make paths",
                    "rename the node",
                )
            self.nodes[node.name] = self._fields(node, real)
        self.lost += real.lost

    def _refuse(self, where: str, message: str, remedy: str) -> None:
        self.refused.append(Diagnostic("R0670", "error", message, self.net.file, where, remedy=remedy))

    def _programs(self) -> bool:
        """Refuses the exact nodes that have no counterpart in NIR; whether there are any."""
        for node in self.net.populations:
            if node.exact and node.kind not in KINDS:
                self._refuse(
                    node.name,
                    f"'{node.name}' is of the model '{node.kind}', which NIR does not have",
                    f"NIR has what {', '.join(KINDS)} become",
                )
        return bool(self.refused)

    def _fields(self, node: Node, real: Real) -> dict:
        if node.name in real.nodes:
            kind, parameters = real.nodes[node.name]
            return {"type": kind, **parameters}
        parameters = {name: self._as_read(node, name, values) for name, values in node.parameters.items()}
        delay = None if node.kind == "Delay" else parameters.pop("delay", None)
        if delay is not None and delay.any():
            self._refuse(
                node.name,
                f"the weights of '{node.name}' have delays; NIR has delays of nodes, not of weights",
                "give the delays to Delay nodes",
            )
        if node.kind == "ConvTranspose2d":
            self._refuse(
                node.name,
                f"'{node.name}' is a transposed convolution, which NIR does not have",
                "write it as a Linear node: the matrix of the convolution",
            )
        if node.kind in ("Conv1d", "Conv2d"):  # readers of NIR need both
            parameters.setdefault("bias", np.zeros(node.output_shape[0], parameters["weight"].dtype))
            parameters.setdefault("input_shape", np.array(node.input_shape[1:], np.int64))
        if parameters.pop("payload", None) is not None:
            self.lost.append(
                not_kept(
                    self.net,
                    node.name,
                    f"the payloads of '{node.name}' are not kept: a reader of the file takes its messages for spikes",
                    "say so beside the file",
                )
            )
        if node.kind in ("Input", "Output"):
            parameters.setdefault("shape", np.array(node.output_shape, np.int64))
        if node.kind == "Flatten":
            parameters.setdefault("input_type", np.array(node.input_shape, np.int64))
        if node.name in real.scaled:
            parameters.update({k: weights_in_units(v) for k, v in parameters.items()})
        return {"type": node.kind, **parameters}

    def _as_read(self, node: Node, name: str, values: np.ndarray) -> np.ndarray:
        """What a file left out takes the type of the threshold or leak, as the nir package's readers fill it in."""
        if f"{node.name}.{name} = " in self.filled:
            like = node.parameters.get("v_threshold", node.parameters.get("v_leak", values))
            return values.astype(like.dtype)
        return values


def _read_back(file: bytes) -> Network:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "written.nir")
        path.write_bytes(file)
        return load(path)


def _unsaid(net: Network, again: Network, reset: str) -> list[Diagnostic]:
    """The conventions that a reader of the file would take for others: NIR has no place for them."""
    lost = []
    spiking = [n for n in again.populations if "v_reset" in n.parameters]
    at_zero = not any(n.parameters["v_reset"].any() for n in spiking)
    for name, value in {**net.conventions, "reset": reset}.items():
        found = again.conventions[name]
        if value == found or (name == "dt" and abs(value - found) <= 1e-9 * value):
            continue
        if name == "reset" and (not spiking or (at_zero and {value, found} == {"zero", "v_reset"})):
            continue
        said, other = (f"{v:.10g} s" if name == "dt" else f"'{v}'" for v in (value, found))
        lost.append(
            not_kept(
                net,
                "",
                f"{name} is {said}, which no NIR file says; a reader of this one would take {other}",
                f"read the file with {FLAGS[name]} {f'{value:.10g}' if name == 'dt' else value}",
            )
        )
    return lost
