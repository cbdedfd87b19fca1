"""rheobase: a trained spiking network to a neuromorphic chip image, and proof of what happened on the way.

    import rheobase as rb

    net = rb.load("net.nir")                    # or rb.Builder, rb.from_nir, rb.from_norse
    ref = net.run(x)                            # float reference, x [T, *input_shape] or [B, T, *input_shape]
    image = rb.compile(net, chip="loihi2")      # raises rb.CompileError with every violated limit
    out = image.run(x, probes=["hidden.v"])     # the chip's integers; see out.aligned("hidden")
    print(rb.verify(net, image, x, y))          # float against chip

Errors are subclasses of rb.Error and carry ``diagnostics`` with code, place, measured value, limit and
remedy. Names are loaded when they are first used, so that importing costs little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

_HOME = {
    "Builder": "builder",
    "Campaign": "robustness",
    "ChipSpec": "chipspec",
    "CompileError": "errors",
    "DataError": "errors",
    "Diagnostic": "errors",
    "Error": "errors",
    "Estimate": "estimating",
    "FormatError": "errors",
    "Image": "image",
    "InternalError": "errors",
    "Network": "network",
    "Node": "network",
    "OptionError": "errors",
    "Partition": "partitioning",
    "Recording": "recording",
    "Report": "verification",
    "Stream": "image",
    "UndecidedError": "errors",
    "UsageError": "errors",
    "check": "compiler",
    "fix": "fixing",
    "chips": "chipspec",
    "compile": "compiler",
    "encode": "encoding",
    "fault_kinds": "robustness",
    "estimate": "estimating",
    "export": "exporting",
    "first_difference": "recording",
    "fit_conventions": "fitting",
    "from_lava": "lava_import",
    "from_nir": "loading",
    "from_norse": "frameworks.norse",
    "from_sinabs": "frameworks.sinabs",
    "from_snntorch": "frameworks.snntorch",
    "from_spikingjelly": "frameworks.spikingjelly",
    "load": "loading",
    "partition": "partitioning",
    "quantization": "compiler",
    "replay": "robustness",
    "robust": "robustness",
    "Sweep": "sweeping",
    "sweep": "sweeping",
    "torch_module": "torchmodule",
    "verify": "verification",
}

_MODULES = ("measures",)

__all__ = ["__version__", *_HOME, *_MODULES]  # noqa: PLE0604


def __getattr__(name: str):
    if name == "__version__":
        value = importlib.import_module("._core", __name__).version
    elif name in _MODULES:
        value = importlib.import_module(f".{name}", __name__)
    elif name in _HOME:
        value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    else:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if TYPE_CHECKING:
    from . import measures  # noqa: F401
    from ._core import version as __version__  # noqa: F401
    from .builder import Builder  # noqa: F401
    from .chipspec import ChipSpec, chips  # noqa: F401
    from .compiler import check, compile, quantization  # noqa: F401
    from .encoding import encode  # noqa: F401
    from .estimating import Estimate, estimate  # noqa: F401
    from .exporting import export  # noqa: F401
    from .errors import (  # noqa: F401
        CompileError,
        DataError,
        Diagnostic,
        Error,
        FormatError,
        InternalError,
        OptionError,
        UndecidedError,
        UsageError,
    )
    from .fitting import fit_conventions  # noqa: F401
    from .fixing import fix  # noqa: F401
    from .frameworks.norse import from_norse  # noqa: F401
    from .frameworks.sinabs import from_sinabs  # noqa: F401
    from .frameworks.snntorch import from_snntorch  # noqa: F401
    from .frameworks.spikingjelly import from_spikingjelly  # noqa: F401
    from .image import Image, Stream  # noqa: F401
    from .loading import from_nir, load  # noqa: F401
    from .network import Network, Node  # noqa: F401
    from .recording import Recording, first_difference  # noqa: F401
    from .robustness import Campaign, fault_kinds, replay, robust  # noqa: F401
    from .sweeping import Sweep, sweep  # noqa: F401
    from .torchmodule import torch_module  # noqa: F401
    from .verification import Report, verify  # noqa: F401
