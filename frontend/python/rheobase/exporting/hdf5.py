"""HDF5 files from dictionaries. libhdf5 is loaded by the first call."""

from __future__ import annotations

import importlib


def file_of(root: dict) -> bytes:
    """The bytes of a file: dictionaries are groups; a text, a tuple [n] and a list of pairs [n, 2] of texts are
    strings; arrays of float16, float32, float64 and int64 are numbers.

    Equal content gives equal bytes. Raises CompileError R0670 for a name that HDF5 would take for a path.
    """
    return importlib.import_module("rheobase._hdf5").file_of(root)
