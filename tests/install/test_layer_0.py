"""Layer 0 builds and passes its tests alone, as its README says: folder by folder as single files."""

from __future__ import annotations

from support import ROOT, run

CMAKE, CTEST = "/usr/bin/cmake", "/usr/bin/ctest"


def test_layer_0_builds_and_passes_its_tests_alone(tmp_path):
    run(CMAKE, "--preset", "runtime", "-B", tmp_path, "-DCMAKE_MAKE_PROGRAM=/usr/bin/ninja", cwd=ROOT)
    commands = run("/usr/bin/ninja", "-C", tmp_path, "-t", "commands")
    assert "libMLIR" not in commands and "libhdf5" not in commands
    run(CMAKE, "--build", tmp_path)
    told = run(CTEST, "--test-dir", tmp_path, "-j", "2")
    assert "100% tests passed" in told
