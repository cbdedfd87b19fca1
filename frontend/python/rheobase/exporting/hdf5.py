"""HDF5 files from dictionaries. libhdf5 is loaded by the first call."""

from __future__ import annotations

import importlib


def is_name(name: str) -> bool:
    """Whether an object in a file can be called so: not where HDF5 would take it for a path."""
    return _library().is_name(name)


def file_of(root: dict) -> bytes:
    """The bytes of a file: dictionaries are groups; a text, a tuple [n] and a list of pairs [n, 2] of texts are
    strings; arrays of float16, float32, float64 and int64 are numbers.

    Equal content gives equal bytes. Raises CompileError R0670 for a name that HDF5 would take for a path.
    """
    return _library().file_of(root)


def _library():
    return importlib.import_module("rheobase._hdf5")
