"""python launch.py TEST_FILE...: pytest under the frameworks' Python; where that is missing, under this one, which skips."""

import os
import sys
from pathlib import Path

BUILD = Path(os.environ.get("RHEO_BUILD_DIR", Path(__file__).resolve().parents[2] / "build"))
frameworks = BUILD / "frameworks" / "bin" / "python"
python = str(frameworks) if (BUILD / "frameworks" / ".made").exists() else sys.executable
os.execv(python, [python, "-m", "pytest", "-p", "no:cacheprovider", *sys.argv[1:]])
