"""The demo: its claims hold on all test images, its files are there, and what it says to try next works."""

from __future__ import annotations

import json
import shlex
import sys

import pytest
from support import IMAGES, PACKAGE, RELEASE, ROOT, run

pytestmark = pytest.mark.skipif(not IMAGES.exists(), reason="no dataset-fashion-mnist installed")


def demo(*arguments, cwd, status: int = 0) -> str:
    return run(
        *(sys.executable, ROOT / "examples" / "demo.py", *arguments),
        cwd=cwd,
        status=status,
        PYTHONPATH=str(PACKAGE),
        RHEO_BUILD_DIR=str(RELEASE.parent),
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """(folder, text) of the demo on all images."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, demo("-o", "made", cwd=folder)


def test_every_stage_and_claim_is_shown(shown):
    _, text = shown
    starts = [line.split(" ", 1)[0] for line in text.splitlines()]
    for stage in ("import", "quantize", "prove", "place", "image", "run", "VERDICT", "answers", "FILES"):
        assert stage in starts
    assert starts.count("holds") == 5 and "FAILS" not in starts
    assert "golden = vector = jit" in text


def test_files_are_where_it_says(shown):
    folder, _ = shown
    report = json.loads((folder / "made" / "report.json").read_text())
    assert report["samples"] == 10_000
    assert report["accuracy"]["float"]["value"] >= 0.88
    for name in ("report.txt", "fashion_mnist.rheo", "stages/1-float.mlir"):
        assert (folder / "made" / name).stat().st_size > 0


def test_what_it_says_to_try_next_works(shown):
    folder, text = shown
    lines = text[text.index("TRY NEXT") :].splitlines()[1:]
    commands = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert len(commands) >= 4
    for command in commands:
        run(*shlex.split(command), cwd=folder, status=1 if "--chip tiny" in command else 0)


def test_claims_that_do_not_hold_fail(tmp_path):
    # A checker that cannot fail proves nothing: with engines that disagree the demo has to say so.
    code = (
        "import sys, runpy; sys.argv = ['demo.py', '--samples', '20', '-o', 'made']; import rheobase as rb\n"
        "honest = rb.Image.run\n"
        "def wrong(self, x, engine='auto', **rest):\n"
        "    out = honest(self, x, engine=engine, **rest)\n"
        "    if engine == 'vector': next(iter(out.series().values())).flat[0] += 1\n"
        "    return out\n"
        "rb.Image.run = wrong\n"
        f"runpy.run_path({str(ROOT / 'examples' / 'demo.py')!r}, run_name='__main__')"
    )
    text = run(sys.executable, "-c", code, cwd=tmp_path, status=1, PYTHONPATH=str(PACKAGE))
    assert "FAILS       the engines agree" in text
