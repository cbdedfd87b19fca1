"""Makes tests/support importable, behind this folder's own files."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))
