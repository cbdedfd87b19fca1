"""Networks as NIR graphs: float nodes as they were read, exact nodes as real ones. SPEC F12, F13, F14."""

from __future__ import annotations

import numpy as np

from ..arithmetic import ALIGN
from ..network import Network, Node
from .integers import Population
from .nir_graph import Graph, Loss
from .real import KINDS, RealNeurons, reset_of, rounding_lost, weights_in_units


def graph_of_network(net: Network) -> Graph:
    graph = Graph(net.conventions)
    for node in net.populations:
        if node.exact and node.kind not in KINDS:
            graph.refuse_model(node.name, node.kind, KINDS)
    if graph.refused:
        return graph
    exact = {
        n.name: Population(n.name, n.kind, n.shape, n.parameters) for n in net.populations if n.kind in KINDS
    }
    if exact and not any(n.spiking and n.name not in exact for n in net.populations):
        graph.conventions = {**graph.conventions, "reset": reset_of(exact.values())}
    scaled = _matrices(net, set(exact))
    how = graph.conventions
    neurons = RealNeurons(how["dt"], how["discretization"], how["reset"], 1 if scaled else ALIGN)
    filled = next((a["value"] for a in net.assumptions if a["what"] == "missing parameters"), "")
    for name, node in net.nodes.items():
        if name in exact:
            graph.nodes[name] = neurons.node(exact[name])
        else:
            graph.nodes[name] = _as_read(graph, node, filled)
        if name in scaled:
            weights = {k: weights_in_units(v) for k, v in node.parameters.items() if k != "delay"}
            graph.nodes[name].update(weights)
    graph.edges = {(source, target): delay for source, target, delay in net.edges}
    graph.lost += neurons.lost
    if exact:
        graph.lost.append(rounding_lost(exact))
    return graph


def _matrices(net: Network, exact: set[str]) -> set[str]:
    """All that lead into exact nodes; none where one of them leads elsewhere too, or where there is none between."""
    before = {source for source, target, _ in net.edges if target in exact}
    for source, target, _ in net.edges:
        if source in before and (target not in exact or net.nodes[source].stateful):
            return set()
    matrices = {name for name in before if net.nodes[name].kind in ("Linear", "Affine")}
    return matrices if matrices == before else set()


def _as_read(graph: Graph, node: Node, filled: str) -> dict:
    """The node with what readers of NIR need and its file may have left out."""
    parameters = {name: _typed(node, name, values, filled) for name, values in node.parameters.items()}
    delay = None if node.kind == "Delay" else parameters.pop("delay", None)
    if delay is not None and delay.any():
        graph.refuse(
            node.name,
            f"the weights of '{node.name}' have delays; NIR has delays of nodes, not of weights",
            "give the delays to Delay nodes",
        )
    if node.kind == "ConvTranspose2d":
        graph.refuse(
            node.name,
            f"'{node.name}' is a transposed convolution, which NIR does not have",
            "write it as a Linear node: the matrix of the convolution",
        )
    if node.kind in ("Conv1d", "Conv2d"):
        parameters.setdefault("bias", np.zeros(node.output_shape[0], parameters["weight"].dtype))
        parameters["input_shape"] = np.array(node.input_shape[1:], np.int64)
        if node.kind == "Conv1d":  # of one axis: numbers
            one = ("input_shape", "stride", "padding", "dilation")
            parameters.update({name: parameters[name].reshape(()) for name in one if name in parameters})
        _note_kernel(graph, node)
    if parameters.pop("payload", None) is not None:
        graph.lost.append(
            Loss(
                node.name,
                f"the payloads of '{node.name}' are not kept: a reader of the file takes its messages for spikes",
                "say so beside the file",
            )
        )
    if node.kind in ("Input", "Output"):
        parameters.setdefault("shape", np.array(node.output_shape, np.int64))
    if node.kind == "Flatten":
        parameters.setdefault("input_type", np.array(node.input_shape, np.int64))
    return {"type": node.kind, **parameters}


def _typed(node: Node, name: str, values: np.ndarray, filled: str) -> np.ndarray:
    """What a file left out takes the type of the threshold or leak, as the nir package's readers fill it in."""
    if f"{node.name}.{name} = " in filled:
        like = node.parameters.get("v_threshold", node.parameters.get("v_leak", values))
        return values.astype(like.dtype)
    return values


def _note_kernel(graph: Graph, node: Node) -> None:
    """The package's check of sizes takes a kernel for square and without groups."""
    rows, *columns = node.parameters["weight"].shape[2:]
    odd = "is not square" if columns and columns != [rows] else ""
    if node.parameters["weight"].shape[1] != node.input_shape[0]:
        odd = "has groups"
    if odd:
        graph.lost.append(
            Loss(
                node.name,
                f"the kernel of '{node.name}' {odd}; the nir package's check of sizes does not reckon with that",
                "read the file with nir.read(FILE, type_check=False)",
                "note",
            )
        )
