"""A C++ project of somebody else finds, compiles and links an installed layer 0."""

from __future__ import annotations

from support import FASHION, RELEASE, ROOT, rheobase, run

CMAKE = "/usr/bin/cmake"


def test_outside_project_uses_the_installed_layer_0(tmp_path):
    prefix = tmp_path / "a prefix"
    run(CMAKE, "--install", RELEASE, "--prefix", prefix, "--component", "cpp")
    exported = "".join(p.read_text() for p in prefix.rglob("*.cmake"))
    assert str(ROOT) not in exported, "the exported targets name the source folder"

    build = tmp_path / "build"
    run(
        CMAKE,
        *("-S", ROOT / "tests/install/outside", "-B", build, "-G", "Ninja"),
        *(f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_INSTALL_PREFIX={prefix}"),
        "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache",
    )
    run(CMAKE, "--build", build)
    run(CMAKE, "--install", build)

    image = tmp_path / "net.rheo"
    rheobase("compile", FASHION, "-o", image)
    line = run(prefix / "bin" / "outside", FASHION, image, cwd=tmp_path)
    chips, nodes, in_float, on_chip = (int("".join(filter(str.isdigit, part))) for part in line.split(","))
    assert (chips, nodes) == (len(list(ROOT.glob("backends/*/chip.json"))), 6)
    assert in_float > 0 and abs(in_float - on_chip) < 0.05 * in_float
