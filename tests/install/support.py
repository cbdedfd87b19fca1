"""Folders and helpers that the install tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RELEASE = Path(os.environ.get("RHEO_RELEASE", ROOT / "build" / "release"))
PACKAGE = RELEASE / "python"
FASHION = ROOT / "examples" / "fashion_mnist" / "fashion_mnist.nir"
REACHING = ROOT / "examples" / "reaching" / "reaching.nir"
REACHING_DATA = ROOT / "examples" / "reaching" / "test_data.npz"
IMAGES = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")


def plain_environment(**more: str) -> dict[str, str]:
    """The environment of a user: no trace of the build folder, Debian's own tools first."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("RHEO", "PYTHON", "VIRTUAL_ENV"))}
    return {**kept, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "100", **more}


def run(*command, cwd=None, status: int = 0, **environment: str) -> str:
    """Run a command as a user would; return what it printed on both streams, after checking its exit status."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=plain_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    words = " ".join(str(part) for part in command)
    assert done.returncode == status, f"{words}: exit status {done.returncode}\n{done.stdout[-4000:]}"
    return done.stdout


def rheobase(*arguments, cwd=None, status: int = 0) -> str:
    """The rheobase command from the build folder."""
    return run(sys.executable, "-m", "rheobase", *arguments, cwd=cwd, status=status, PYTHONPATH=str(PACKAGE))
