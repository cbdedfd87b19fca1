"""Where Lava, SANA-FE, pyspike and elephant are, and how a program runs there."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("RHEO_BUILD_DIR", ROOT / "build"))
LAVA = BUILD / "lava" / "bin" / "python"
needs_lava = pytest.mark.skipif(
    not LAVA.exists(), reason=f"no Lava in {LAVA.parent.parent}: ./run test installs it"
)

SANAFE = BUILD / "sanafe" / "bin" / "python"
needs_sanafe = pytest.mark.skipif(
    not SANAFE.exists(), reason=f"no SANA-FE in {SANAFE.parent.parent}: ./run test installs it"
)

MEASURES = BUILD / "measures" / "bin" / "python"
needs_measures = pytest.mark.skipif(
    not (BUILD / "measures" / ".made").exists(),
    reason=f"no pyspike and elephant in {MEASURES.parent.parent}: ./run test installs them",
)


def under_sanafe(*command) -> str:
    """What a Python program prints that runs in SANA-FE's environment."""
    return _under(SANAFE, command)


def under_measures(*command) -> str:
    """What a Python program prints that runs in the environment of pyspike and elephant."""
    return _under(MEASURES, command)


def _under(python: Path, command) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [str(python), *map(str, command)], env=kept, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def under_lava(*command, package: bool = False) -> str:
    """What a Python program prints that runs in Lava's environment; ``package``: with rheobase beside Lava."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith("PYTHON") or (package and k == "PYTHONPATH")
    }
    done = subprocess.run(
        [str(LAVA), str(ROOT / "tests/oracle/with_lava.py"), *map(str, command)],
        env=kept,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
