"""Images as NIR graphs: what the chip computes over the reals, in the network's own units. SPEC I11.

A population's neurons become nodes of one axis; potentials, thresholds and the rows of matrices are divided by the
population's scale. What all synapses between two populations make is one matrix. A population that the compiler made to
fire in every step becomes the bias that it stands for.
"""

from __future__ import annotations

from collections import defaultdict
from math import prod

import numpy as np

from ..arithmetic import ALIGN
from ..conventions import CHOICES
from ..image import Image
from .integers import Integers, Population, integers_of_image
from .nir_graph import Graph, Loss
from .real import KINDS, RealNeurons, reset_of, rounding_lost

_MOST_LISTED = 5
DELAYS = ("feedforward_delay", "recurrent_delay", "current")  # conventions that say which edges take steps


def graph_of_image(image: Image) -> Graph:
    found = integers_of_image(image)
    shown = {name: p for name, p in found.populations.items() if not p.made}
    reset = reset_of(p for p in shown.values() if p.model in KINDS)
    graph = Graph({**_conventions(image), "dt": found.dt, "reset": reset})
    _Writing(image, found, shown, graph).run()
    return graph


def _conventions(image: Image) -> dict:
    """The defaults, by which a chip steps; of its network those that say which edges take steps, and what a tau means."""
    said = {a["what"]: a["value"] for a in image.assumptions}
    values = {}
    for name, choice in CHOICES.items():
        found = said.get(choice.title) if name in ("discretization", *DELAYS) else None
        values[name] = next((v for v in choice.values if str(v) == found), choice.default)
    return values


class _Writing:
    def __init__(self, image: Image, found: Integers, shown: dict[str, Population], graph: Graph):
        self.found, self.shown, self.graph = found, shown, graph
        self.lag = {name: p.lag for name, p in found.populations.items()}
        self.outputs = image.info["outputs"]
        self.unit = {name: image.scale.get(f"{name}.v", 1.0) for name in shown}

    def run(self) -> None:
        for population in self.shown.values():
            if population.model not in KINDS:
                self.graph.refuse_model(population.name, population.model, KINDS)
        self._helpers()
        if self.graph.refused:
            return
        self._ports()
        self._neurons()
        self._matrices()
        self.graph.lost.append(rounding_lost(self.shown))

    def _helpers(self) -> None:
        """What the compiler made to pass sums on is no bias: it rounds or adds, which the graph would not say."""
        fed = {s.target for s in self.found.synapses}
        helpers = [name for name, p in self.found.populations.items() if p.made and name in fed]
        if helpers:
            listed = ", ".join(f"'{name}'" for name in helpers[:_MOST_LISTED])
            more = f" and {len(helpers) - _MOST_LISTED} more" if len(helpers) > _MOST_LISTED else ""
            self.graph.refuse(
                helpers[0],
                f"the compiler made {listed}{more}, which pass sums on in parts; a NIR file has no such neurons",
                "export the network in the place of its image, or compile without --split-fan-in and --relay-fan-in",
            )

    def _ports(self) -> None:
        for name, shape in self.found.inputs.items():
            self._add(name, {"type": "Input", "shape": np.array(shape, np.int64)})
            if name in self.found.payloads:
                self.graph.lost.append(
                    Loss(
                        name,
                        f"that '{name}' sends numbers up to {self.found.payloads[name]} is not kept: a reader of the "
                        "file takes them for spikes",
                        "say so beside the file",
                    )
                )
        for output in self.outputs:
            name, parts = output["name"], output["parts"]
            if len(parts) != 1:
                self.graph.refuse(
                    name,
                    f"'{name}' reads {len(parts)} populations side by side; what flows into a node of NIR is summed",
                    "give each population an output of its own",
                )
                continue
            self._add(name, {"type": "Output", "shape": np.array([prod(output["shape"])], np.int64)})
            self.graph.edges[parts[0]["population"], name] = 0

    def _neurons(self) -> None:
        how = self.graph.conventions
        # Half a unit higher, a potential that meets its threshold exactly is below it, however a sum is rounded.
        neurons = RealNeurons(how["dt"], how["discretization"], how["reset"], above=0.5)
        for name, population in self.shown.items():
            self._add(name, neurons.node(population, self.unit[name]))
        self.graph.lost += neurons.lost
        shaped = ", ".join(f"'{name}'" for name, p in self.shown.items() if len(p.shape) > 1)
        if shaped:
            self.graph.lost.append(Loss("", f"shapes are not kept: {shaped}, in C order", severity="note"))

    def _matrices(self) -> None:
        """Steps are the network's own: a population lives its lag later on the chip. SPEC T2, T4."""
        weights: dict[tuple[str, str, int], np.ndarray] = {}
        biases: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(()))
        for s, delay in ((s, delay) for s in self.found.synapses for delay in np.unique(s.delay)):
            steps = int(delay) + 1 + self.lag.get(s.source, 0) - self.lag[s.target]
            values = ALIGN * s.weights * (s.delay == delay) / np.reshape(self.unit[s.target], (-1, 1))
            if not values.any():
                continue
            if s.source not in self.found.populations or s.source in self.shown:
                key = (s.source, s.target, steps)
                weights[key] = weights[key] + values if key in weights else values
                continue
            biases[s.target] = biases[s.target] + values[:, 0]
            if steps > 0:
                self.graph.lost.append(
                    Loss(s.target, f"a bias of '{s.target}' starts {steps} steps late on the chip")
                )
        fed = {target for _, target, _ in weights}
        source = min(self.found.inputs)
        for target in self.shown.keys() - fed:  # a node that nothing reaches is none for readers of NIR
            steps = self.graph.conventions["feedforward_delay"]
            weights[source, target, steps] = np.zeros(
                (self.shown[target].size, prod(self.found.inputs[source]))
            )
        for (source, target, steps), values in sorted(weights.items(), key=lambda item: item[0]):
            self._connect(source, target, steps, values, biases.pop(target, None))

    def _connect(self, source: str, target: str, steps: int, weights: np.ndarray, bias) -> None:
        name = self.graph.free(f"{source}_to_{target}")
        node = {"type": "Linear", "weight": weights}
        if bias is not None:
            node.update(type="Affine", bias=bias)
        shape = self.found.inputs.get(source, ())
        if len(shape) > 1:  # a matrix takes one axis
            flat = self.graph.free(f"{name}.flat")
            whole = {
                "start_dim": np.array(0),
                "end_dim": np.array(-1),
                "input_type": np.array(shape, np.int64),
            }
            self._add(flat, {"type": "Flatten", **whole})
            self.graph.edges[source, flat] = steps
            source, steps = flat, 0
        self._add(name, node)
        # SPEC F21: of the steps, one stands on the edge into a neuron that sees its current of the step before.
        old = self.graph.conventions["current"] == "old" and "tau_syn" in self.graph.nodes[target]
        self.graph.edges[source, name] = steps - old
        self.graph.edges[name, target] = int(old)

    def _add(self, name: str, node: dict) -> None:
        self.graph.nodes[name] = node
