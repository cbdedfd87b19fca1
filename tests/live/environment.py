"""Skips a test file where the frameworks are not installed. Import it first."""

import pytest

torch = pytest.importorskip("torch", reason="no frameworks in build/frameworks: ./run test installs them")
torch.set_num_threads(1)
