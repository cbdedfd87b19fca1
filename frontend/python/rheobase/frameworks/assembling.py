"""From the traced graph of a module to a network: what `from_norse` and the others share."""

from __future__ import annotations

import itertools
from math import prod
from typing import Optional

from ..builder import Builder
from ..errors import Diagnostic, FormatError, option_error
from ..network import Network
from .framework import Framework
from .parts import DIRECT, PASS, Map, Neurons, Norm, Refused
from .tensors import CODE, Value
from .tracing import Layer, trace


def take_over(
    framework: Framework, module, sample, name: Optional[str], given: dict, dt: Optional[float] = None
) -> Network:
    """The network of a module. given: conventions that beat those of its layers. dt: seconds of a step, where the
    framework's layers have none of their own."""
    version = framework.require()
    if framework.in_steps and dt is None:
        raise option_error("dt cannot be None", "it is the length of a step in seconds, e.g. 1e-4")
    graph = trace(module, sample, framework)
    given = {**({} if dt is None else {"dt": dt}), **given}
    return _Assembly(framework, graph, given, framework.note(version)).build(name or type(module).__name__)


class _Assembly:
    def __init__(self, framework: Framework, graph, given: dict, note: dict):
        self.framework, self.graph, self.note = framework, graph, note
        self.refused: list[Diagnostic] = []
        self.parts = {layer: self.part(layer) for layer in graph.layers[1:]}
        self.fold_norms()
        self.conventions = self.agreed(given)
        if self.refused:
            raise FormatError(self.refused)

    def finding(self, where: str, message: str, remedy: str, code: str = CODE) -> Diagnostic:
        return Diagnostic(code, "error", message, self.framework.package, where, remedy=remedy)

    def refuse(self, layer: Layer, why: str, remedy: str) -> None:
        message = f"'{layer.name}' ({type(layer.module).__name__}) cannot be taken over: {why}"
        self.refused.append(self.finding(layer.name, message, remedy))

    def part(self, layer: Layer):
        try:
            if layer.membrane and any(layer in value.sources for value in self.read_inside()):
                raise Refused(
                    "its spikes and its membrane are read",
                    "return its spikes, or leave out what is behind it",
                )
            return self.framework.part(layer)
        except Refused as refusal:
            self.refuse(layer, refusal.why, refusal.remedy)
            return PASS

    def fold_norms(self) -> None:
        """A normalization becomes part of the weights before it."""
        for layer, part in self.parts.items():
            if not isinstance(part, Norm):
                continue
            self.parts[layer] = PASS
            before = layer.value.sources
            target = self.parts.get(before[0]) if len(before) == 1 else None
            readers = [v for v in self.read() if before[0] in v.sources]
            if not _takes_up(target, part) or len(readers) != 1:
                self.refuse(
                    layer,
                    "it follows no layer with weights of its own",
                    "put it right behind a Linear or Conv",
                )
                continue
            self.parts[before[0]] = _scaled(target, part)

    def read_inside(self) -> list[Value]:
        return [layer.value for layer in self.graph.layers[1:]]

    def read(self) -> list[Value]:
        """Everything that is read: by layers and by the caller."""
        return [*self.read_inside(), *(output.value for output in self.graph.outputs)]

    def agreed(self, given: dict) -> dict:
        """The conventions that all layers need, and those given in their place. Two values of one are refused, with both
        layers."""
        said: dict = {}
        for layer, part in self.parts.items():
            for key, value in part.conventions.items() if isinstance(part, Neurons) else ():
                first = said.setdefault(key, (value, layer))
                if first[0] != value and key not in given:
                    first, second = (f"'{at.name}' ({type(at.module).__name__})" for at in (first[1], layer))
                    message = f"{first} needs {key}={said[key][0]}, {second} {key}={value}: a network has one"
                    self.refused.append(
                        self.finding(layer.name, message, "configure both layers alike", "R0121")
                    )
        return {**{key: value for key, (value, _) in said.items()}, **given}

    def build(self, name: str) -> Network:
        self.builder = builder = Builder(name=name, **self.conventions)
        self.taken: set = set()
        self.matrices: set = set()  # which neurons of any shape take (SPEC F7)
        self.ends = {
            self.graph.layers[0]: [builder.input(self.fresh("input"), self.graph.layers[0].out_shape)]
        }
        for layer, part in self.parts.items():
            if isinstance(part, Neurons):
                self.add_neurons(layer, part)
            elif isinstance(part, Map):
                node = builder.node(self.fresh(layer.name), part.kind, **part.parameters)
                self.feed(layer, node)
                self.ends[layer] = [node]
                self.matrices |= {node} if part.kind in ("Linear", "Affine") else set()
            else:
                self.ends[layer] = self.arriving(layer.value, layer.in_shape, layer.name)
        for output in self.graph.outputs:
            single = len(self.graph.outputs) == 1
            name = self.fresh("output" if single else f"output_{output.value.sources[0].name}")
            first, *others = self.arriving(output.value, output.in_shape, name)
            builder.output(name, first)
            for other in others:
                builder.connect(other, name)
        return builder.build(notes=[self.note])

    def fresh(self, wanted: str) -> str:
        free = next(
            n for k in itertools.count(1) if (n := wanted if k == 1 else f"{wanted}_{k}") not in self.taken
        )
        self.taken.add(free)
        return free

    def arriving(self, value: Value, shape: tuple, target: str) -> list[str]:
        """The nodes whose sum a value is, in front of a target that takes this shape."""
        ends = [(end, source.out_shape) for source in value.sources for end in self.ends[source]]
        if len({end for end, _ in ends}) < len(ends):
            message = f"'{target}' is given a sum in which '{ends[0][0]}' is twice"
            raise FormatError([self.finding(target, message, "double the weights instead")])
        return [self.shaped(end, before, shape, target) for end, before in ends]

    def shaped(self, end: str, before: tuple, after: tuple, target: str) -> str:
        """The node itself, or a Flatten behind it where its axes become one."""
        if before == after or end in self.matrices:
            return end
        if len(after) != 1:
            message = f"'{target}' takes {list(after)}, '{end}' sends {list(before)}: NIR has no node that unflattens"
            raise FormatError([self.finding(target, message, "give what sends it this shape")])
        flat = self.builder.node(self.fresh(f"{target}.flat"), "Flatten", start_dim=0, end_dim=-1)
        self.builder.connect(end, flat)
        return flat

    def feed(self, layer: Layer, target: str) -> None:
        for end in self.arriving(layer.value, layer.in_shape, target):
            self.builder.connect(end, target)

    def add_neurons(self, layer: Layer, part: Neurons) -> None:
        builder, shape = self.builder, layer.out_shape
        parameters = {
            key: value * self.conventions["dt"]
            if self.framework.in_steps and key in ("tau", "tau_mem", "tau_syn", "delay")
            else value
            for key, value in part.parameters.items()
        }
        node = getattr(builder, part.kind)(self.fresh(layer.name), shape, **parameters)
        self.feed(layer, self.before(f"{layer.name}.input", part.before, node))
        end = node
        if part.gain is not None:
            end = builder.node(self.fresh(f"{layer.name}.gain"), "Scale", scale=part.gain)
            builder.connect(node, end)
        if part.recurrent is DIRECT:
            builder.connect(end, node)
        elif part.recurrent is not None:
            back = self.before(f"{layer.name}.recurrent", part.recurrent, node)
            taken = (prod(shape),) if part.recurrent.kind in ("Linear", "Affine") else shape
            builder.connect(self.shaped(end, shape, taken, back), back)
        self.ends[layer] = [end]

    def before(self, name: str, part: Optional[Map], target: str) -> str:
        """The node that a map is, in front of a target; the target where there is no map."""
        if part is None:
            return target
        node = self.builder.node(self.fresh(name), part.kind, **part.parameters)
        self.builder.connect(node, target)
        return node


def _takes_up(part, norm: Norm) -> bool:
    """Whether these are weights, with an axis of that many outputs."""
    if not isinstance(part, Map) or "weight" not in part.parameters:
        return False
    outputs = part.parameters["weight"].shape[1 if part.kind == "ConvTranspose2d" else 0]
    return outputs == norm.factor.size


def _scaled(weights: Map, norm: Norm) -> Map:
    """Weights whose results are normalized. The weights' precision stays."""
    weight, bias = weights.parameters["weight"], weights.parameters.get("bias", 0.0)
    axis = 1 if weights.kind == "ConvTranspose2d" else 0
    factor = norm.factor.reshape([-1 if k == axis else 1 for k in range(weight.ndim)])
    parameters = {
        **weights.parameters,
        "weight": (weight * factor).astype(weight.dtype),
        "bias": (bias * norm.factor + norm.shift).astype(weight.dtype),
    }
    return Map("Affine" if weights.kind == "Linear" else weights.kind, parameters)
