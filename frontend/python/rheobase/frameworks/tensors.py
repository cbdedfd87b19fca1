"""Where tensors come from, while a forward runs: sums, reshapes and steps of time keep that, everything else spoils it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, replace
from math import prod
from typing import Optional

from ..errors import Diagnostic

CODE = "R0120"
WAY_OUT = "give the operation a layer that is taken over, or move it out of the forward"


@dataclass(frozen=True)
class Value:
    """What a tensor is: the sum of what these layers send, a state of a layer, or what could not be followed."""

    sources: tuple = ()
    leading: int = 0  # its axes of time and batch
    state_of: Optional[object] = None  # a layer
    membrane: bool = False  # of a state: the last one that the layer returns
    fault: str = ""
    clock: list = field(default_factory=lambda: [-1], compare=False)  # the step that was taken out of it last

    def with_leading(self, leading: int) -> Value:
        return replace(self, leading=leading, clock=[-1])


class Untraceable(Exception):
    """A forward that cannot be followed: what, where, and a way out."""

    def __init__(self, message: str, where: str = "", remedy: str = WAY_OUT):
        super().__init__(message)
        self.diagnostic = Diagnostic(CODE, "error", message, where=where, remedy=remedy)


_SAME = {"contiguous", "clone", "detach", "detach_", "to", "float", "double", "requires_grad_", "cpu", "cuda"}
_RESHAPES = {"view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "view_as", "reshape_as"}
_SUMS = {"add", "add_", "__add__", "__radd__", "__iadd__"}
_CONSTANTS = {
    "zeros_like",
    "ones_like",
    "full_like",
    "empty_like",
    "new_zeros",
    "new_ones",
    "new_full",
    "new_empty",
}
_DECIDES = {"__bool__", "item", "__float__", "__int__", "__index__", "tolist", "numpy", "__array__"}


class Tensors:
    """What is known of the tensors of a run. `saw` is told every function of torch outside of layers."""

    def __init__(self):
        self._values: dict = {}  # id of a tensor -> (the tensor, which keeps its id, and its Value)

    def mark(self, tensor, value: Value) -> None:
        self._values[id(tensor)] = (tensor, value)

    def _known(self, tensor) -> Optional[Value]:
        return self._values.get(id(tensor), (None, None))[1]

    def value_of(self, tensor) -> Value:
        """Of a tensor that comes from nowhere: nothing, where it is zero."""
        if not hasattr(tensor, "ndim"):
            return Value(fault=f"something that is no tensor ({type(tensor).__name__})")
        found = self._known(tensor)
        if found is None:
            return Value(fault="a constant that is not 0") if bool(tensor.any()) else Value()
        return found

    def saw(self, name: str, args: tuple, kwargs: dict, result) -> None:
        given = [tensor for tensor in tensors_in((args, kwargs)) if self._known(tensor) is not None]
        if given and name in _DECIDES:
            raise Untraceable(
                f"the forward looks at the numbers that it computes (Tensor.{name}, {_place()})"
            )
        if not given or name in _CONSTANTS:
            return
        values = [self._known(tensor) for tensor in given]
        fault = next((value.fault for value in values if value.fault), "")
        for tensor in tensors_in(result):
            value = (
                Value(fault=fault) if fault else self._through(name, args, kwargs, given[0], values, tensor)
            )
            self.mark(tensor, value or Value(fault=f"'{name}' ({_place()})"))

    def _through(self, name, args, kwargs, first, values: list[Value], out) -> Optional[Value]:
        """What a function makes of tensors; None where that cannot be followed."""
        value = values[0]
        if name in _SAME:
            return value
        axis = (args[1:] or (kwargs.get("dim", 0),))[0]
        if name == "stack":
            alike = len({(v.sources, v.state_of) for v in values}) == 1 and len(values) == len(args[0])
            return value.with_leading(value.leading + 1) if alike and 0 <= axis <= value.leading else None
        if any(v.state_of for v in values):
            return None
        if name in _SUMS:
            return self._sum(args, kwargs, out)
        if name in _RESHAPES:
            leading = _leading_after(first.shape, value.leading, out.shape)
            return None if leading is None else value.with_leading(leading)
        if name == "__getitem__":
            return _taken(value, args[1] if isinstance(args[1], tuple) else (args[1],))
        if name == "select" and len(args) == 3 and axis >= 0:
            return _taken(value, (*[slice(None)] * axis, args[2]))
        if name == "unbind" and axis == 0 and value.leading:
            return value.with_leading(value.leading - 1)
        if name == "transpose" and {a % first.ndim for a in args[1:3]} <= set(range(value.leading)):
            return value
        return None

    def _sum(self, args, kwargs, out) -> Optional[Value]:
        terms = [self.value_of(term) for term in args[:2]]
        kept = [term for term in terms if term.sources]
        sources = tuple(source for term in kept for source in term.sources)
        if len(set(sources)) < len(sources):
            return Value(fault=f"a sum in which '{sources[0].name}' is twice ({_place()})")
        alike = all(not term.fault for term in terms) and all(term.shape == out.shape for term in args[:2])
        return Value(sources, kept[0].leading) if alike and kwargs.get("alpha", 1) == 1 else None


def _taken(value: Value, index: tuple) -> Optional[Value]:
    """Steps or samples, one after the other: `x[t]`, `x[:, t]`."""
    if len(index) > value.leading or not all(isinstance(i, int) or i == slice(None) for i in index):
        return None
    steps = [i for i in index if isinstance(i, int)]
    for step in steps:
        if step not in (0, value.clock[0], value.clock[0] + 1):
            return None
        value.clock[0] = step
    return value.with_leading(value.leading - len(steps))


def _leading_after(before: tuple, leading: int, after: tuple) -> Optional[int]:
    """How many axes of time and batch there are after a reshape, which may merge or split them but not mix them with
    those of a step."""
    size = prod(before[:leading])
    fits = [k for k in range(len(after) + 1) if prod(after[:k]) == size]
    same = [k for k in fits if tuple(after[:k]) == tuple(before[:leading])]
    step = [k for k in fits if tuple(after[k:]) == tuple(before[leading:])]
    return next(iter(same + step + fits[:1]), None)


def tensors_in(tree):
    """Every tensor in lists, tuples and dictionaries."""
    if hasattr(tree, "ndim") and hasattr(tree, "is_sparse"):
        yield tree
    elif isinstance(tree, (dict, list, tuple)):
        for part in tree.values() if isinstance(tree, dict) else tree:
            yield from tensors_in(part)


def _place() -> str:
    """The line of the user's code that is being run."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if os.path.dirname(file) != os.path.dirname(__file__) and f"{os.sep}torch{os.sep}" not in file:
            return f"{os.path.basename(file)}:{frame.f_lineno}"
        frame = frame.f_back
    return "in the module"
