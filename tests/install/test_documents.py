"""Every command that README.md and examples/ show is run, and what the README says they print is what they print.

A command needs a place in `how` below; one that is new fails until it has one.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from support import IMAGES, PACKAGE, REACHING, REACHING_DATA, RELEASE, ROOT, run

PAGES = [ROOT / "README.md", ROOT / "examples/README.md", *sorted(ROOT.glob("examples/*/README.md"))]
COMMAND = re.compile(
    r"^(?:    )?((?:\./run|build/rheobase|rheobase|python|pip|cmake|ninja)\b.*?)(?:\s+#.*)?$"
)
# Measuring takes minutes on all images and trials; a few of them show that the command works.
FEWER = {
    "fashion_mnist": "load = train.load; train.load = lambda *a: tuple(part[:100] for part in load(*a))",
    "reaching": "measure = train.measure; train.measure = lambda *a, **k: measure(*a, **{**k, 'trials': 8})",
}
NEEDS_IMAGES = ("fashion_mnist.nir", "./run demo")


def commands(page: Path) -> list[str]:
    """The commands in the code blocks of a page, fenced with ```sh or indented."""
    found, fence = [], None
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            fence = line[3:] if fence is None else None
        elif fence == "sh" or (fence is None and line.startswith("    ")):
            match = COMMAND.match(line)
            if match:
                found.append(match.group(1))
    return found


def how(command: str) -> str:
    """ "run", or why it is not run here."""
    words = shlex.split(command)
    if command in ("./run test", "./run build"):
        return "this test is part of it"
    if command.startswith("pip install"):
        return "test_wheel.py" if words[-1] == "." else "from the network"
    if words[0] == "python" and "--seed" in words and "--make-data" not in words:
        return "trains, which needs PyTorch"
    if words[:2] == ["python", "heterogeneity.py"] and "--quick" not in words:
        return "takes minutes: tests/python/test_heterogeneity.py"
    if "--pack" in words:
        return "of networks that were trained: tests/python/test_heterogeneity.py"
    if any(name in command for name in ("nmnist", "cnn_sinabs", "tinyRSNN", "decoder.nir")):
        return "on outside recordings: tests/conformance"
    if words[0] in ("build/rheobase", "./run", "python"):
        return "run"
    raise AssertionError(f"no way is known to run: {command}")


def cases() -> list:
    """Every command to run, with its page."""
    return [
        pytest.param(page, command, id=f"{page.parent.name}: {command}")
        for page in PAGES
        for command in commands(page)
        if how(command) == "run"
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder that looks like a checkout, so that nothing is written into the real one."""
    made = tmp_path_factory.mktemp("checkout")
    (made / "build").symlink_to(RELEASE.parent)
    shutil.copytree(ROOT / "examples", made / "examples")
    shutil.copy(REACHING, made / "my.nir")
    shutil.copy(REACHING_DATA, made / "my.npz")
    return made


def replaced(command: str, example: str = "") -> list[str]:
    """The words to run: the demo directly, without building, and this Python for `python`."""
    words = shlex.split(command)
    if words[:2] == ["./run", "demo"]:
        few = [] if "--samples" in words else ["--samples", "200"]
        return [sys.executable, "examples/demo.py", *words[2:], *few, "-o", "demo"]
    if words[:2] == ["python", "train.py"]:
        code = f"import sys, train; {FEWER[example]}; sys.argv = {words[1:]!r}; train.main()"
        return [sys.executable, "-c", code]
    return [sys.executable, *words[1:]] if words[0] == "python" else words


def test_pages_show_commands():
    assert all(commands(page) for page in PAGES)
    assert {"./run demo", "./run test"} <= set(commands(PAGES[0]))


@pytest.mark.parametrize("page, command", cases())
def test_command(page, command, folder):
    if not IMAGES.exists() and any(name in command for name in NEEDS_IMAGES):
        pytest.skip("no dataset-fashion-mnist installed")
    beside = command.startswith("python") and "examples/" not in command
    cwd = folder / page.parent.relative_to(ROOT) if beside else folder
    status = 1 if "--chip tiny" in command else 0
    run(*replaced(command, page.parent.name), cwd=cwd, status=status, PYTHONPATH=str(PACKAGE))


def test_readme_shows_what_the_demo_prints(folder):
    if not IMAGES.exists():
        pytest.skip("no dataset-fashion-mnist installed")
    readme = PAGES[0].read_text(encoding="utf-8")
    block = re.search(r"Shortened:\n\n```\n(.*?)```", readme, re.DOTALL).group(1)
    text = run(sys.executable, "examples/demo.py", "-o", "demo", cwd=folder, PYTHONPATH=str(PACKAGE))

    def shape(line: str) -> str:
        return re.sub(r"[-+]?\d[\d,.]*", "#", line).strip()

    printed = {shape(line) for line in text.splitlines()}
    assert [line for line in block.splitlines() if line and shape(line) not in printed] == []
