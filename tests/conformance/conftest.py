"""Makes tests/support importable and keeps compiled networks of the JIT out of the user's cache."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
pytest.register_assert_rewrite("chips", "comparing")
os.environ.setdefault("RHEOBASE_CACHE", "off")
