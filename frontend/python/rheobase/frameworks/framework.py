"""A framework as data: what its layers become, and what tracing has to know of them."""

from __future__ import annotations

import importlib
import importlib.metadata
from dataclasses import dataclass
from typing import Callable

from ..errors import usage_error
from . import torch_layers
from .parts import Refused

TABLE = "frontend/python/rheobase/frameworks/SUPPORT.md lists the layers that are taken over"


def by_class(reasons: dict[str, str]) -> dict[str, str]:
    """Class -> why it is refused, of why -> classes."""
    return {kind: why for why, kinds in reasons.items() for kind in kinds.split()}


@dataclass(frozen=True)
class Framework:
    """name: as people write it. package: as it is imported and installed. tested: the versions [from, below). exports: the
    modules that hold its layers. taken: class -> function of (module, its place in the graph) that gives a part, see
    `parts`. followed: classes whose forward is followed. refused: class -> why. in_steps: time constants count steps, not
    seconds.

    Of tracing. leading: function of (module, axes of its input) -> how many axes of time and batch stand before those of a
    step; None where any may. keeps_state: whether a layer that is called without its state goes on from the last one.
    layouts: number of axes that a sample may begin with -> what they are. membranes: whether the last state that a layer
    returns is its membrane, which may be an output. forget: brings a part of a module back to its first state."""

    name: str
    package: str
    tested: tuple
    exports: tuple
    taken: dict
    followed: frozenset
    refused: dict
    in_steps: bool
    leading: Callable
    keeps_state: bool
    layouts: dict
    membranes: bool = False
    forget: Callable = lambda part: None

    def is_leaf(self, module) -> bool:
        kind = type(module)
        if kind.__module__.startswith("torch.nn."):
            return kind.__name__ not in torch_layers.FOLLOWED
        if self.owns(kind):
            return kind.__name__ not in self.followed
        # A user's class: followed, unless it changes one of the framework's layers.
        return any(self.owns(base) and base.__name__ in self.taken for base in kind.__mro__)

    def owns(self, kind: type) -> bool:
        return kind.__module__.split(".")[0] == self.package

    def part(self, layer):
        """What a `tracing.Layer` becomes. Raises Refused."""
        kind = type(layer.module)
        if kind.__module__.startswith("torch.nn."):
            taken, refused = torch_layers.TAKEN, torch_layers.REFUSED
        elif self.owns(kind):
            taken, refused = self.taken, self.refused
        else:
            raise Refused(f"it changes a layer of {self.name}", "use the layer itself")
        if kind.__name__ not in taken:
            why = refused.get(kind.__name__, "it is not known here")
            raise Refused(why, TABLE)
        return taken[kind.__name__](layer.module, layer)

    def require(self) -> str:
        """The version; raises UsageError where the framework is missing."""
        try:
            importlib.import_module("torch")
            return importlib.metadata.version(self.package)
        except ImportError as error:
            raise usage_error(
                f"{self.name} is not installed here ({error})", f"run: pip install 'rheobase[{self.package}]'"
            ) from None

    def note(self, version: str) -> dict:
        """The assumption that says where a network comes from; a warning for a version that was never compared."""
        low, high = self.tested
        numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
        tested = low <= numbers < high
        versions = f"{'.'.join(map(str, low))} to below {'.'.join(map(str, high))}"
        return {
            "what": "framework",
            "value": f"{self.name} {version}",
            "why": "parameters and conventions are those of the module's layers"
            + ("" if tested else f"; this version is not among those that were compared with it, {versions}"),
            "how_to_change": "give another module"
            if tested
            else f"pip install '{self.package}>={low[0]}.{low[1]},<{high[0]}.{high[1]}'",
            "warning": not tested,
        }
