"""`pip install .` into a fresh environment: the package, the command, the compiler and the JIT work from there.

Offline: the build's own environment lends the build backend and the dependencies. The build folder build/wheel is
kept, and ccache gives it the objects of build/release.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from support import FASHION, REACHING, REACHING_DATA, RELEASE, ROOT, run

BUILD = RELEASE.parent


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Path:
    """The bin folder of a new environment into which the checkout was installed."""
    folder = tmp_path_factory.mktemp("wheel")
    venv = folder / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    lent = sysconfig.get_path("purelib")
    site = next(venv.glob("lib/python*/site-packages"))
    (site / "lent.pth").write_text(lent + "\n")
    run(
        *(venv / "bin" / "python", "-m", "pip", "install", "--no-index", "--no-build-isolation"),
        *(
            "--config-settings",
            f"build-dir={BUILD / 'wheel'}",
            "--config-settings",
            "logging.level=WARNING",
            ROOT,
        ),
        cwd=folder,
        # The build backend would name the compiler otherwise than CMake does, and ccache see another one.
        CC="/usr/bin/cc",
        CXX="/usr/bin/c++",
        CCACHE_BASEDIR=str(ROOT),
        CCACHE_SLOPPINESS="pch_defines,time_macros",
        CMAKE_BUILD_PARALLEL_LEVEL=str(os.cpu_count()),
    )
    return venv / "bin"


def test_everything_is_in_the_wheel(fresh):
    package = next(fresh.parent.glob("lib/python*/site-packages/rheobase"))
    assert list(package.glob("_core.*.so")) and list(package.glob("_compiler.*.so"))
    assert (package / "librheo_jit.so").is_file()
    assert os.access(package / "rheo-hdf5-reader", os.X_OK)
    pages = {p.name for p in (ROOT / "runtime/support/codes").glob("R*.md")}
    assert {p.name for p in (package / "codes").glob("R*.md")} == pages
    topics = {f"{name}.md": ROOT / f"ir/{name.upper()}.md" for name in ("differences", "spec")}
    assert {p.name: p.read_bytes() for p in (package / "topics").iterdir()} == {
        name: page.read_bytes() for name, page in topics.items()
    }
    modules = {
        p.relative_to(ROOT / "frontend/python") for p in (ROOT / "frontend/python/rheobase").rglob("*.py")
    }
    assert {p.relative_to(package.parent) for p in package.rglob("*.py")} == modules


def test_no_library_looks_into_a_build_folder(fresh):
    package = next(fresh.parent.glob("lib/python*/site-packages/rheobase"))
    for file in [*package.glob("*.so"), package / "rheo-hdf5-reader"]:
        dynamic = run("readelf", "-d", file)
        assert str(ROOT) not in dynamic and str(BUILD) not in dynamic, file.name
        assert "not found" not in run("ldd", file), file.name


def test_the_package_is_imported_from_there(fresh, tmp_path):
    code = "import rheobase as rb; print(rb.__file__); print(len(rb.chips()))"
    place, chips = run(fresh / "python", "-c", code, cwd=tmp_path).split()
    assert Path(place).is_relative_to(fresh.parent)
    assert int(chips) >= 3


def test_the_command_goes_the_whole_road(fresh, tmp_path):
    rheobase = fresh / "rheobase"
    run(rheobase, "--version", cwd=tmp_path)
    assert "broken" not in run(rheobase, "doctor", cwd=tmp_path)
    assert "R0412" in run(rheobase, "explain", "R0412", cwd=tmp_path)
    assert run(rheobase, "explain", "X4", cwd=tmp_path).startswith("**X4 ")
    assert "LIF" in run(rheobase, "show", FASHION, cwd=tmp_path)
    run(rheobase, "compile", REACHING, "-o", "net.rheo", cwd=tmp_path)
    for engine in ("golden", "vector", "jit"):
        run(
            *(rheobase, "run", "net.rheo", "--input", REACHING_DATA, "--samples", "2"),
            *("--engine", engine, "-o", f"{engine}.npz"),
            cwd=tmp_path,
        )
    for engine in ("vector", "jit"):
        assert "no difference" in run(rheobase, "diff", "golden.npz", f"{engine}.npz", cwd=tmp_path)
    run(rheobase, "verify", REACHING, "net.rheo", "--data", REACHING_DATA, "-o", "report", cwd=tmp_path)
    assert (tmp_path / "report" / "report.json").is_file()


def test_running_an_image_loads_no_compiler(fresh, tmp_path):
    run(fresh / "rheobase", "compile", REACHING, "-o", "net.rheo", cwd=tmp_path)
    code = (
        "import numpy, rheobase as rb; image = rb.Image.load('net.rheo'); "
        "image.run(numpy.zeros((5, 40), 'uint8'), engine='vector'); print(open('/proc/self/maps').read())"
    )
    loaded = subprocess.run(
        [fresh / "python", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert "_core" in loaded and "libMLIR" not in loaded and "libLLVM" not in loaded
