"""Throughput of the vector engine against PyTorch on the same network, data and processor cores.

examples/fashion_mnist (784-512-10, 20 steps) on the rate-coded Fashion-MNIST test set. PyTorch runs the
network in float32 with batches of 256, every step's two matrix products and the elementwise update
without autograd, once in the usual step-by-step form and once with the first layer's product fused over
all steps; the faster of the two is the peer. The runs of both alternate (ABAB) in one process tree, and
the ratio of each pair counts, because the speed of a shared machine changes within seconds.

    cmake --build BUILD --target throughput_engine      (configure with -DRHEO_BENCHMARKS=ON)
    python benchmarks/demo_throughput.py BUILD/benchmarks/throughput_engine

Needs torch, nir and numpy, and Debian's dataset-fashion-mnist (or --data).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nir
import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "fashion_mnist"
BATCH = 256


def load_example():
    """The module examples/fashion_mnist/train.py, for its data reader and encoder."""
    spec = importlib.util.spec_from_file_location("fashion_mnist_train", EXAMPLE / "train.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def quantize(weights: np.ndarray) -> tuple[np.ndarray, float]:
    """Even integers in -254..254 (SPEC W3, 8 bits mixed) and the integer units of one float unit."""
    scale = 254 / np.abs(weights).max()
    return (2 * np.rint(weights * scale / 2)).astype("<i2"), float(scale)


def write_case(path: Path, graph: nir.NIRGraph, spikes: np.ndarray, labels: np.ndarray) -> None:
    """Write what ThroughputEngine.cpp reads; spikes uint8 [samples, steps, inputs]."""
    first, scale = quantize(graph.nodes["fc1"].weight)
    second, _ = quantize(graph.nodes["fc2"].weight)
    hidden, readout = graph.nodes["hidden"], graph.nodes["readout"]
    samples, steps, inputs = spikes.shape
    decay = [round(4096 / float(node.r.flat[0])) for node in (hidden, readout)]  # r = tau / dt
    threshold = round(float(hidden.v_threshold.flat[0]) * scale) << 6
    header = [inputs, *first.shape[:1], *second.shape[:1], steps, samples, decay[0], threshold, decay[1]]
    with path.open("wb") as file:
        for part in (np.array(header, "<i4"), first, second, spikes, labels.astype(np.uint8)):
            file.write(np.ascontiguousarray(part).tobytes())


class TorchPeer:
    """The network in float32. `x` is [batch, steps, inputs] uint8; returns the predicted classes."""

    def __init__(self, graph: nir.NIRGraph):
        self.first = torch.tensor(graph.nodes["fc1"].weight, dtype=torch.float32)
        self.second = torch.tensor(graph.nodes["fc2"].weight, dtype=torch.float32)
        self.keep = [1 - 1 / float(graph.nodes[name].r.flat[0]) for name in ("hidden", "readout")]
        self.threshold = float(graph.nodes["hidden"].v_threshold.flat[0])

    def steps(self, current, batch: int, count: int) -> torch.Tensor:
        v = torch.zeros(batch, self.first.shape[0])
        readout = torch.zeros(batch, self.second.shape[0])
        total = torch.zeros_like(readout)
        for step in range(count):
            v.mul_(self.keep[0]).add_(current(step))
            spikes = v > self.threshold
            v.masked_fill_(spikes, 0)
            readout.mul_(self.keep[1]).add_(torch.nn.functional.linear(spikes.float(), self.second))
            total += readout
        return total.argmax(1)

    def stepwise(self, x: torch.Tensor) -> torch.Tensor:
        x = x.transpose(0, 1).float().contiguous()
        return self.steps(lambda t: torch.nn.functional.linear(x[t], self.first), x.shape[1], x.shape[0])

    def fused(self, x: torch.Tensor) -> torch.Tensor:
        x = x.transpose(0, 1).float().contiguous()
        current = torch.nn.functional.linear(x.flatten(0, 1), self.first).view(x.shape[0], x.shape[1], -1)
        return self.steps(lambda t: current[t], x.shape[1], x.shape[0])

    def run(self, form, spikes: torch.Tensor) -> tuple[float, float, torch.Tensor]:
        """Seconds, seconds of processor time, classes."""
        start, work = time.perf_counter(), time.process_time()
        classes = torch.cat([form(spikes[k : k + BATCH]) for k in range(0, len(spikes), BATCH)])
        return time.perf_counter() - start, time.process_time() - work, classes


class Engine:
    """The engine's process, told what to do line by line."""

    def __init__(self, program: Path, case: Path):
        self.process = subprocess.Popen(
            [program, case], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.target = self.process.stdout.readline().strip()

    def ask(self, command: str) -> list[str]:
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", type=Path, help="the built program throughput_engine")
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--samples", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--check", type=int, default=64, help="samples compared with golden")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)

    example = load_example()
    images, labels = example.load(options.data, "t10k")
    images, labels = images[: options.samples], labels[: options.samples]
    rates = images.reshape(len(images), 1, -1) / 255
    rng = np.random.default_rng(0)
    spikes = np.concatenate(
        [(rng.random((len(r), example.STEPS, r.shape[2]), np.float32) < r).astype(np.uint8)
         for r in np.array_split(rates, max(1, len(rates) // 500))]
    )
    graph = nir.read(EXAMPLE / "fashion_mnist.nir")
    peer, data = TorchPeer(graph), torch.from_numpy(spikes)

    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder) / "case.bin"
        write_case(case, graph, spikes, labels)
        engine = Engine(options.engine, case)
    print(f"machine    {processor()}, {options.threads} threads each, {engine.target}; {platform.platform()}")
    print(f"versions   torch {torch.__version__}, numpy {np.__version__}, Python {platform.python_version()}")
    print(f"work       {len(spikes)} samples, {example.STEPS} steps, input activity {spikes.mean():.3f}")
    verdict = engine.ask(f"check {options.check}")
    print(f"golden     spikes and potentials {verdict[0]} on {verdict[1]} samples, {verdict[2]} hidden spikes")
    if verdict[0] != "equal":
        return 1

    forms = {form.__name__: form for form in (peer.stepwise, peer.fused)}
    trial = {name: min(peer.run(form, data[: 4 * BATCH])[0] for _ in range(3)) for name, form in forms.items()}
    chosen = min(trial, key=trial.get)
    engine.ask(f"run {options.threads}")
    ours, theirs, work = [], [], []
    for _ in range(options.rounds):
        seconds, correct, our_work = engine.ask(f"run {options.threads}")
        ours.append(float(seconds))
        peer_seconds, peer_work, classes = peer.run(forms[chosen], data)
        theirs.append(peer_seconds)
        work.append((float(our_work), peer_work))
    engine.process.stdin.write("quit\n")
    engine.process.stdin.close()
    engine.process.wait()

    count = len(spikes)
    accuracy = (classes.numpy() == labels).mean()
    for name, times in (("vector", ours), (f"torch {chosen}", theirs)):
        print(f"{name:15s} median {count / statistics.median(times):8.0f} samples/s, "
              f"best {count / min(times):8.0f}, worst {count / max(times):8.0f}")
    ratios = sorted(b / a for a, b in zip(ours, theirs))
    print(f"ratio      median {statistics.median(ratios):.2f}, from {ratios[0]:.2f} to {ratios[-1]:.2f} "
          f"in {len(ratios)} pairs; best against best {min(theirs) / min(ours):.2f}")
    per_sample = [statistics.median(column) / count * 1e6 for column in zip(*work)]
    print(f"processor  {per_sample[0]:.1f} us per sample against {per_sample[1]:.1f}, ratio of pairs "
          f"{statistics.median(b / a for a, b in work):.2f} (compare with --threads 1: torch waits busily)")
    print(f"accuracy   vector {int(correct) / count:.4f} (8-bit weights), torch {accuracy:.4f} (float32)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
