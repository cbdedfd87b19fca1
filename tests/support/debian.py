"""Data sets that Debian packages install."""

from pathlib import Path

import pytest


def data_of_debian(name: str) -> Path:
    """A file of the package dataset-fashion-mnist. Skips the test where that is missing."""
    path = Path("/usr/share/datasets/fashion-mnist") / name
    if not path.exists():
        pytest.skip("the package dataset-fashion-mnist is not installed")
    return path
