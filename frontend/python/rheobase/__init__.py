"""rheobase: a trained spiking network to a neuromorphic chip image, and proof of what happened on the way."""

from __future__ import annotations

from ._core import version as __version__
from .builder import Builder
from .compiler import check, compile, quantization
from .chipspec import ChipSpec, chips
from .encoding import encode
from .errors import (
    CompileError,
    DataError,
    Diagnostic,
    Error,
    FormatError,
    InternalError,
    UndecidedError,
    UsageError,
)
from .image import Image, Stream
from .loading import from_nir, load
from .network import Network, Node
from .recording import Recording, first_difference
from .verification import Report, verify

__all__ = [
    "Builder",
    "ChipSpec",
    "CompileError",
    "DataError",
    "Diagnostic",
    "Error",
    "FormatError",
    "Image",
    "InternalError",
    "Network",
    "Node",
    "Recording",
    "Report",
    "Stream",
    "UndecidedError",
    "UsageError",
    "__version__",
    "chips",
    "first_difference",
    "check",
    "compile",
    "encode",
    "quantization",
    "from_nir",
    "load",
    "verify",
]
