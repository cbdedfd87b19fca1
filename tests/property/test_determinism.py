"""Equal input gives equal bytes: entered at any stage, with any number of threads, from any folder.

RHEO_SEED=n replays one random network, RHEO_NETWORKS=n draws that many.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import random_networks
import rheobase as rb
from comparing import overflows_differ
from recordings import EXAMPLES, ROOT
from replay import replayable, seeds
from rheobase.compiler import run_compiler

SHARE = 20
STAGES = ("0-import.json", "1-float.mlir", "2-quant.mlir", "3-legal.mlir", "4-placed.mlir")
NETWORKS = {
    "reaching": EXAMPLES / "reaching" / "reaching.nir",
    "fashion_mnist": EXAMPLES / "fashion_mnist" / "fashion_mnist.nir",
}


def dumped(net: rb.Network, folder: Path, **options) -> bytes:
    """The image, beside its stages and its witness in ``folder``."""
    image = run_compiler(net, dump_stages=folder, **options)["image"]
    assert sorted(p.name for p in folder.iterdir()) == sorted([*STAGES, "2-quant.rheow", "5-image.rheo"])
    assert (folder / "5-image.rheo").read_bytes() == image
    return image


def resume_everywhere(net: rb.Network, folder: Path, **options) -> None:
    """From every dump to the same image and the same later dumps."""
    image = dumped(net, folder / "first", **options)
    for k, stage in enumerate(STAGES):
        again = folder / f"again{k}"
        resumed = run_compiler(net, from_stage=folder / "first" / stage, dump_stages=again, **options)
        assert resumed["image"] == image, f"resumed from {stage}"
        for later in [*STAGES[k:], *(["2-quant.rheow"] if k <= 2 else [])]:
            assert (again / later).read_bytes() == (folder / "first" / later).read_bytes(), (stage, later)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("chip", ["loihi1", "loihi2"])
def test_every_stage_resumes_to_the_same_bytes(name, chip, tmp_path):
    resume_everywhere(rb.load(NETWORKS[name]), tmp_path, chip=chip)


def test_random_networks_resume_and_run_over_threads_alike(tmp_path):
    compiled = 0
    for seed in (chosen := seeds(SHARE)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        with replayable(seed):
            drawn = random_networks.draw(seed, folder)
            options = dict(chip=drawn.chip, profile=drawn.profile, quant=drawn.settings)
            try:
                image = rb.compile(drawn.net, **options)
            except rb.CompileError:
                continue
            compiled += 1
            resume_everywhere(drawn.net, folder / "stages", **options)
            assert (folder / "stages" / "first" / "5-image.rheo").read_bytes() == image.to_bytes()
            threads_agree(image, drawn.x)
        shutil.rmtree(folder)
    assert compiled > len(chosen) / 2 or len(chosen) == 1


def threads_agree(image: rb.Image, x: dict) -> None:
    x = {name: np.concatenate([values] * 4) for name, values in x.items()}
    given = x if len(x) > 1 else next(iter(x.values()))
    for engine in ("golden", "vector", "jit"):
        one, two = (image.run(given, engine=engine, probes=image.probes(), threads=n) for n in (1, 2))
        assert rb.first_difference(one, two) is None
        assert overflows_differ(one.overflows, two.overflows) is None


def test_threads_do_not_change_a_compilation(tmp_path):
    images = []
    for threads in (1, 2):
        out = tmp_path / f"{threads}.rheo"
        arguments = ["compile", NETWORKS["reaching"], "-o", out, "--threads", threads]
        command = [sys.executable, "-m", "rheobase", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        images.append(out.read_bytes())
    assert images[0] == images[1]


@pytest.mark.parametrize("name", NETWORKS)
def test_folders_leave_no_trace(name, tmp_path, monkeypatch):
    """The same file under two names of folders, called from two working folders, with settings from a file."""
    written = []
    for place in ("a-first-folder", "elsewhere/second-folder"):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        shutil.copy(NETWORKS[name], folder)
        net = rb.load(folder / NETWORKS[name].name)
        settings = folder / "settings.json"
        settings.write_text(json.dumps(rb.quantization(net)))
        monkeypatch.chdir(folder)
        dumped(net, folder / "stages", quant=settings)
        written.append({p.name: p.read_bytes() for p in (folder / "stages").iterdir()})
    assert written[0] == written[1]
    words = [str(tmp_path), str(ROOT), "first-folder", "settings.json", os.path.expanduser("~") + "/"]
    for file, content in written[0].items():
        for word in words:
            assert word.encode() not in content, f"{file} tells '{word}'"
