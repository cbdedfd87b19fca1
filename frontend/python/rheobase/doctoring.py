"""What is installed and works: each engine proves itself on a small network."""

from __future__ import annotations

import importlib
import os
import platform
import sys
import tempfile
from typing import Callable

import numpy as np

from . import _core, codes, compiler
from .builder import Builder
from .errors import Error, FormatError
from .exporting.hdf5 import file_of
from .image import Image
from .recording import first_difference


def examine() -> list[dict]:
    """[{what, state, detail}]; state is "ok", "absent" or "broken"."""
    findings: list[dict] = []

    def add(what: str, work: Callable[[], str]) -> None:
        """Runs one examination; what it returns is the detail."""
        try:
            findings.append({"what": what, "state": "ok", "detail": work()})
        except _Absent as absent:
            findings.append({"what": what, "state": "absent", "detail": str(absent)})
        except Exception as error:  # noqa: BLE001  (whatever is wrong is the finding)
            text = " ".join(str(error).split()) or type(error).__name__
            findings.append({"what": what, "state": "broken", "detail": text})

    add("rheobase", lambda: f"version {_core.version}, {len(_core.models())} neuron models")
    add("python", lambda: f"{platform.python_version()} at {sys.executable}")
    add(
        "processor",
        lambda: f"{os.cpu_count()} cores, {platform.machine()}, vector target {_core.vector_target()}",
    )
    for package in ("numpy", "typer", "rich"):
        add(package, lambda: _version(package))  # noqa: B023  (called at once)
    add("nir reader", _reader)
    add("nir writer", lambda: f"an empty file of {len(file_of({})):,} bytes")
    add("compiler", _compiler)
    images: list[Image] = []
    add("compilation", lambda: _compile(images))
    for engine in ("golden", "vector", "jit"):
        add(f"engine {engine}", lambda: _engine(engine, images))  # noqa: B023
    add("explanations", _pages)
    add("nir package", lambda: _optional("nir", "needed for nir.NIRGraph objects only"))
    return findings


class _Absent(Exception):
    """Not there, and not needed by everyone."""


def _version(package: str) -> str:
    from importlib import metadata

    importlib.import_module(package)
    return metadata.version(package)


def _optional(package: str, why: str) -> str:
    if importlib.util.find_spec(package) is None:
        raise _Absent(why)
    return _version(package)


def _reader() -> str:
    """Has the reader refuse a file that is not HDF5: it was found, it ran and it answered."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "not-hdf5.nir")
        with open(path, "w", encoding="ascii") as file:
            file.write("not an HDF5 file")
        try:
            _core.load_network(os.fsencode(path), _core.ConventionOptions(None, {}, ""))
        except FormatError as error:
            if error.code == "R0103":
                return "the HDF5 reader runs in a process of its own"
            raise
    raise RuntimeError("it accepted a file that is not HDF5")


def _compiler() -> str:
    if not compiler.available():
        raise _Absent(
            "this installation was built without it (RHEO_COMPILER=OFF): images can be run, not made"
        )
    return f"LLVM and MLIR {importlib.import_module('rheobase._compiler').llvm_version}"


def _compile(images: list[Image]) -> str:
    if not compiler.available():
        raise _Absent("there is no compiler")
    b = Builder(dt=1e-3, name="doctor")
    b.input("in", 4)
    b.lif("hidden", 8, tau=0.02, r=20.0, v_threshold=1.0)
    b.connect("in", "hidden", np.arange(32).reshape(8, 4) / 16 - 0.9)
    b.connect("hidden", "hidden", np.eye(8)[::-1] * 0.25)
    images.append(compiler.compile(b.build()))
    return f"a network of 8 neurons became an image of {len(images[0].to_bytes()):,} bytes"


def _engine(engine: str, images: list[Image]) -> str:
    if not images:
        raise _Absent("not tried: there is no image to run")
    x = (np.arange(200).reshape(50, 4) % 3 == 0).astype(np.uint8)
    probes = images[0].probes()
    try:
        out = images[0].run(x, engine=engine, probes=probes)
    except Error as error:
        if error.code == "R0621":
            raise _Absent(error.diagnostics[0].message) from None
        raise
    found = first_difference(images[0].run(x, engine="golden", probes=probes), out)
    if found:
        raise RuntimeError(f"differs from the golden model: {found}")
    return f"{int(out.spikes['hidden'].sum())} spikes in 50 steps, the same bits as the golden model"


def _pages() -> str:
    titles = codes.known()
    if not titles:
        raise RuntimeError("the pages that 'rheobase explain' prints are missing")
    return f"{len(titles)} pages"
