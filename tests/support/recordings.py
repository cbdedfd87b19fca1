"""Where the recordings of other simulators are, and the example networks; tests that need one that is absent skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def recorded(name: str) -> Path:
    """A file of $RHEOBASE_DATA, else of ../shared/data beside the project."""
    folder = Path(os.environ.get("RHEOBASE_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / name).exists():
        pytest.skip(f"no {name} under {folder}")
    return folder / name
