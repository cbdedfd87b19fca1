"""Small networks, their images and data, for the tests of fault campaigns."""

import functools
import random
import subprocess

import numpy as np
import rheobase as rb
from commandline import rheobase, start

KINDS = "weight-flip,neuron-dead,channel-dead,format-flip,message-loss:0.05"  # visited, undefined, drawn
CAMPAIGN = ("robust", "net.rheo", "--faults", KINDS, "--data", "data.npz", "--width", "0.1")
REPORTS = ("report.html", "report.json", "report.sarif", "report.txt")


@functools.lru_cache(None)
def image(hidden: int = 8) -> rb.Image:
    """6 inputs, a hidden layer, 3 neurons that answer."""
    rng = np.random.default_rng(1)
    b = rb.Builder(dt=1e-3)
    b.input("in", 6)
    b.lif("hidden", hidden, tau=0.01, v_threshold=1.0)
    b.lif("out", 3, tau=0.01, v_threshold=1.0)
    b.connect("in", "hidden", rng.normal(3, 5, (hidden, 6)))
    b.connect("hidden", "out", rng.normal(2, 5, (3, hidden)))
    return rb.compile(b.build())


@functools.lru_cache(None)
def recurrent() -> rb.Image:
    """4 inputs, 6 neurons that drive each other and answer, synapses with delays."""
    rng = np.random.default_rng(2)
    b = rb.Builder(dt=1e-3)
    b.input("in", 4)
    b.lif("loop", 6, tau=0.01, v_threshold=1.0)
    b.connect("in", "loop", rng.normal(3, 4, (6, 4)))
    b.connect("loop", "loop", rng.normal(0, 3, (6, 6)), delay=2)
    return rb.compile(b.build())


def data(samples: int = 12, steps: int = 20, inputs: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Spikes [samples, steps, inputs] and labels of three classes."""
    rng = np.random.default_rng(7)
    return rng.integers(0, 2, (samples, steps, inputs)), rng.integers(0, 3, samples)


def files(folder) -> None:
    """net.rheo and data.npz in a folder."""
    image().save(folder / "net.rheo")
    x, y = data()
    np.savez(folder / "data.npz", x=x, y=y)


def reports(folder) -> dict:
    """The bytes of the four reports."""
    return {name: (folder / name).read_bytes() for name in REPORTS}


def kill_and_resume(kills: int, rng: random.Random, longest: float) -> int:
    """Kills a campaign at random instants, each time resumed; returns how often it was still running then."""
    hit = 0
    for _ in range(kills):
        process = start(*CAMPAIGN, "--width", "0.01", "-o", "out", "--resume")
        try:
            process.communicate(timeout=rng.uniform(0.2, longest))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            hit += 1
    result = rheobase(*CAMPAIGN, "--width", "0.01", "-o", "out", "--resume")
    assert result.returncode == 0, result.stderr
    return hit
