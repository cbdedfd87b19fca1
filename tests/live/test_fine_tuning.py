"""The example that fine-tunes at few bits, on part of its images."""

import subprocess
import sys
from pathlib import Path

import environment  # noqa: F401  (skips where PyTorch is missing)
from debian import data_of_debian

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "fashion_mnist" / "fine_tune.py"


def test_the_image_of_the_fine_tuned_weights_is_as_good_as_the_float_network(tmp_path):
    data_of_debian("train-images-idx3-ubyte.gz")
    few = ["--images", "1000", "--test-images", "1000", "--most-lost", "1.5"]
    line = [sys.executable, EXAMPLE, *few, "--bits", "3", "--rate", "0.4", "-o", tmp_path / "three.rheo"]
    done = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 bits, fine-tuned" in done.stdout and (tmp_path / "three.rheo").exists()
    divergence = [float(line.split()[-1]) for line in done.stdout.splitlines() if "divergence" in line]
    assert divergence[-1] < divergence[0]
