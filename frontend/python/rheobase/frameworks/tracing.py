"""The graph of a PyTorch module: its forward is run once on a sample, and what its layers hand to each other is written down.

Running beats symbolic tracing here: frameworks' forwards look at shapes, keep states in themselves and loop over time.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import Optional

from ..errors import FormatError, option_error, shown
from .framework import Framework
from .tensors import Tensors, Untraceable, Value, tensors_in


@dataclass(eq=False)
class Layer:
    """A place of the graph: a call of a module; the input and the outputs have none."""

    name: str
    module: object = None
    value: Optional[Value] = None  # what it is given
    in_shape: tuple = ()  # of one step of one sample
    out_shape: tuple = ()
    membrane: bool = False  # what is read of it is its membrane, not its spikes


@dataclass
class Graph:
    layers: list[Layer]  # the input first, then as they were called
    outputs: list[Layer]  # what is returned


class _WrongLayout(Untraceable):
    """Another number of axes before those of a step may fit."""


def trace(module, sample, framework: Framework) -> Graph:
    """The graph of a module. Raises FormatError where a forward cannot be followed, with the place and a way out."""
    import torch

    if not isinstance(module, torch.nn.Module):
        raise option_error(f"a torch.nn.Module is needed, not {shown(type(module).__name__)}")
    try:
        sample = torch.as_tensor(sample)
    except (TypeError, ValueError, RuntimeError):
        raise option_error(
            f"the sample is {shown(type(sample).__name__)}", "give a tensor as the forward takes it"
        ) from None
    wrong = None
    for leading in _layouts(module, framework):
        try:
            with _restored(module):
                return _Tracer(module, framework, leading).run(_widened(sample, leading))
        except _WrongLayout as error:
            wrong = wrong or error
        except Untraceable as error:
            raise FormatError([replace(error.diagnostic, file=framework.package)]) from None
    message = f"the sample has shape {list(sample.shape)}: {wrong}"
    remedy = f"give a sample {' or '.join(framework.layouts.values())}"
    raise FormatError([replace(wrong.diagnostic, file=framework.package, message=message, remedy=remedy)])


def _layouts(module, framework: Framework) -> list[int]:
    """The axes of time and batch that a sample may begin with: what the framework's own layers ask for, whatever their
    input, comes first where they are of one mind."""
    asked = set()
    for part in module.modules():
        if framework.owns(type(part)):
            axes = {framework.leading(part, axes) for axes in (2, 5)}
            asked |= axes if len(axes) == 1 else set()
    asked.discard(None)
    return sorted(framework.layouts, key=lambda leading: len(asked) == 1 and leading not in asked)


def _widened(sample, leading: int):
    """The sample with its steps or its batch twice where there is but one: an axis of 1 could be any in a reshape."""
    for axis in range(leading if leading == 2 and sample.ndim > 2 else 0):
        if sample.shape[axis] == 1:
            sample = sample.repeat_interleave(2, axis)
    return sample


@contextlib.contextmanager
def _restored(module):
    """Leaves every part of a module as it was, states and hooks included: copies of states are used and thrown away."""
    import torch

    kept = []
    for part in module.modules():
        inner = {key: dict(value) for key, value in vars(part).items() if isinstance(value, dict)}
        kept.append((vars(part), dict(vars(part)), inner))
        for key in inner.keys() - {"_parameters", "_modules"}:
            for name, value in inner[key].items():
                if isinstance(value, (torch.Tensor, list)):
                    vars(part)[key][name] = (
                        value.copy() if isinstance(value, list) else value.detach().clone()
                    )
    try:
        yield
    finally:
        for state, before, inner in kept:
            state.clear()
            state.update(before)
            for key, content in inner.items():
                state[key].clear()
                state[key].update(content)


class _Tracer:
    def __init__(self, module, framework: Framework, leading: int):
        self.module, self.framework, self.leading = module, framework, leading
        self.tensors = Tensors()
        self.calls: dict = {}  # what is called, and on what -> Layer
        self.inside = False
        self.layers = [Layer("input")]

    def run(self, sample) -> Graph:
        import torch
        from torch.overrides import TorchFunctionMode

        tracer = self

        class Watch(TorchFunctionMode):
            def __torch_function__(self, function, types, args=(), kwargs=None):
                result = function(*args, **(kwargs or {}))
                if not tracer.inside:
                    tracer.tensors.saw(function.__name__, args, kwargs or {}, result)
                return result

        if sample.ndim <= self.leading:
            raise _WrongLayout("it has too few axes")
        self.layers[0].out_shape = tuple(sample.shape[self.leading :])
        self.tensors.mark(sample, Value((self.layers[0],), self.leading))
        self.hook(self.module, "")
        for part in self.module.modules():
            self.framework.forget(part)
        with torch.no_grad(), torch.random.fork_rng(devices=[]), Watch():
            try:
                result = self.module(sample)
            except Untraceable:
                raise
            except Exception as error:
                raise Untraceable(
                    f"the forward fails on a sample of shape {list(sample.shape)}: {type(error).__name__}: {error}",
                    remedy="see whether module(sample) runs",
                ) from None
            return Graph(self.layers, self.outputs(result))

    def hook(self, module, path: str) -> None:
        """Watches the layers of a module; what a layer does inside is its own affair."""
        if not self.framework.is_leaf(module):
            for name, child in module.named_children():
                self.hook(child, f"{path}.{name}" if path else name)
            return
        name = path or type(module).__name__.lower()
        module.register_forward_pre_hook(lambda *_: setattr(self, "inside", True))
        module.register_forward_hook(
            lambda module, args, kwargs, result: self.called(name, module, [*args, *kwargs.values()], result),
            with_kwargs=True,
        )

    def called(self, name: str, module, given: list, result) -> None:
        self.inside = False
        value = self.tensors.value_of(given[0])
        if value.fault:
            raise Untraceable(f"'{name}' is given the result of {value.fault}", name)
        if value.state_of is not None:
            raise Untraceable(f"'{name}' is given a state of '{value.state_of.name}', not its spikes", name)
        if not value.sources:
            raise Untraceable(f"'{name}' is given zeros that come from no layer", name)
        axes = self.framework.leading(module, given[0].ndim)
        if axes is not None and axes != value.leading:
            kind = type(module).__name__
            raise _WrongLayout(
                f"'{name}' ({kind}) takes {axes} axes before those of a step, here are {value.leading}", name
            )
        layer = self.layer_of(name, module, value, list(tensors_in(given[1:])))
        layer.in_shape = tuple(given[0].shape[value.leading :])
        out, *states = result if isinstance(result, tuple) and result else (result,)
        self.mark_states(list(tensors_in(states)), layer, value.leading)
        leading = value.leading - isinstance(out, list)  # a list holds one step each
        for sent in out if isinstance(out, list) else [out]:
            layer.out_shape = tuple(sent.shape[leading:])
            self.tensors.mark(sent, Value((layer,), leading))

    def mark_states(self, states: list, layer: Layer, leading: int) -> None:
        for state in states:
            membrane = state is states[-1]
            self.tensors.mark(state, Value(leading=leading, state_of=layer, membrane=membrane))

    def layer_of(self, name: str, module, value: Value, states: list) -> Layer:
        """The layer of this call: a new one, or that of an earlier step of time, whose input came from the same layers."""
        stateful = not type(module).__module__.startswith("torch.nn.")
        own = self.calls.get((id(module), value.sources))
        for state in map(self.tensors.value_of, states):
            if (
                state.fault
                or (state.sources or state.state_of)
                and own not in (state.state_of, *state.sources)
            ):
                raise Untraceable(
                    f"'{name}' is given another state than its own",
                    name,
                    "start from no state, and hand each layer the state that it returned last",
                )
        if own is not None:
            if stateful and not self.framework.keeps_state and not states:
                raise Untraceable(
                    f"'{name}' is called again without the state that it returned",
                    name,
                    "hand it on, or it starts anew",
                )
            return own
        others = sum(called == id(module) for called, _ in self.calls)
        if others and stateful:
            raise Untraceable(
                f"'{name}' is called twice, with inputs from different layers",
                name,
                "give each place a layer of its own; what is fed back in a loop needs a recurrent layer",
            )
        layer = Layer(name if not others else f"{name}_{others + 1}", module, value)
        self.calls[id(module), value.sources] = layer
        self.layers.append(layer)
        return layer

    def outputs(self, result) -> list[Layer]:
        """What a forward returns: what layers send; else the membrane of one; not its other states."""
        returned = [(self.tensors.value_of(tensor), tensor.shape) for tensor in tensors_in(result)]
        sent = {value.sources: _output(value, shape) for value, shape in returned if value.sources}
        if sent:
            return list(sent.values())
        for value, shape in returned:
            if value.state_of and value.membrane and self.framework.membranes:
                value.state_of.membrane = True
                return [_output(Value((value.state_of,), value.leading), shape)]
        for value, _ in returned:
            if value.state_of:
                raise Untraceable(
                    f"the forward returns a state of '{value.state_of.name}' and no spikes",
                    value.state_of.name,
                    "return its spikes too; net.run(x, probes=...) records states",
                )
        fault = next((value.fault for value, _ in returned if value.fault), "")
        raise Untraceable(
            f"the forward returns {f'the result of {fault}' if fault else 'nothing that comes from a layer'}",
            remedy="return what the last layer sends in each step, and decode it outside the module",
        )


def _output(value: Value, shape: tuple) -> Layer:
    return Layer("output", None, value, tuple(shape[value.leading :]))
