"""What a build can leave out, for tests that need it."""

import pytest
from rheobase import compiler

needs_compiler = pytest.mark.skipif(
    not compiler.available(), reason="built without the compiler (RHEO_COMPILER=OFF)"
)
