"""The mapper's benchmark runs by itself, and says what it lacks."""

import json
import os
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).resolve().parents[2] / "benchmarks" / "run.py"
sys.path.insert(0, str(RUN.parent))
import feature_maps  # noqa: E402


def run(*options, **environment):
    command = [sys.executable, RUN, "--only", "mapping", *options]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300
    )


def test_the_mapper_is_measured_without_the_other_benchmarks(tmp_path):
    done = run("--graphs", "16k", "--images", tmp_path / "none", "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads((tmp_path / "benchmark.json").read_text())["mapping"]
    assert found["cores"] >= found["bounds"]["cores"]["value"] >= 16
    assert found["published"]["ratio"] < 1
    assert "% of the published 72,360" in done.stdout


def test_what_the_benchmark_lacks_is_said(tmp_path):
    lacks = run("--graphs", "16k", RHEOBASE_NEARBY_DRAW=str(tmp_path / "none.so"))
    assert lacks.returncode == 3 and "RHEO_BENCHMARKS=ON" in lacks.stderr
    unknown = run("--graphs", "16k,17k")
    assert unknown.returncode == 2 and "not '17k'" in unknown.stderr


def test_compilation_of_layers_is_measured():
    command = [sys.executable, RUN.with_name("layered.py"), "--layers", "2", "--width", "40", "--fan-in", "5"]
    done = subprocess.run(
        [*command, "--chip", "tiny", "--runs", "1"], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["synapses"] == 400 and found["median_seconds"] > 0 and found["gigabytes"] > 0


def test_feature_maps_take_no_more_cores_than_their_neurons():
    """The layers of VGG11 whose neurons' sources are not more than a core's axons, without a limit on synaptic memory."""
    layers = feature_maps.NETWORKS["vgg11"][:5]
    assert [layer.neurons // 1024 for layer in layers] == [64, 32, 16, 16, 8]
    assert [feature_maps.cores_of(layer, "loihi64") for layer in layers] == [64, 32, 16, 16, 8]
