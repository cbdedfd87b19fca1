"""A closed loop: how long one step of a trained motor decoder takes, at worst, from Python and in the engine alone.

python benchmarks/streaming.py DATA [--steps N]      prints one JSON object
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from pathlib import Path

import numpy as np
from throughput import confine

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))

RATE = 30  # Hz of every electrode
DEADLINE_MS = 4.0  # a step of the decoder


def quantiles(seconds: list[float]) -> dict:
    """Microseconds."""
    values = 1e6 * np.array(seconds)
    return {
        "median": float(np.median(values)),
        "p999": float(np.quantile(values, 0.999)),
        "worst": float(values.max()),
    }


def clocked(call, rows) -> list[float]:
    """Seconds of each call; the garbage collector waits, as it would in a loop with a deadline."""
    seconds = []
    gc.collect()
    gc.disable()
    for row in rows:
        begin = time.perf_counter()
        call(row)
        seconds.append(time.perf_counter() - begin)
    gc.enable()
    return seconds


def measure(folder: Path, steps: int) -> dict:
    import motor_decoder
    import rheobase as rb

    with np.load(folder / "tinyrsnn" / "indy01_tinyRSNN-1.npz") as arrays:
        net = motor_decoder.network(arrays)
    image = rb.compile(net, chip="loihi2", weight_bits=8)
    x = (np.random.default_rng(0).random((steps, 96)) < RATE * net.dt).astype(np.uint8)
    out = image.run(x, threads=1)
    stream = image.stream()
    for row in x[:100]:
        stream.step(row)
    stream.reset()
    python = clocked(stream.step, x)
    stream.reset()
    if not np.array_equal([stream.step(row) for row in x[:1000]], out.output[:1000]):
        raise SystemExit("streaming: a stream and a run differ")
    session = image.engine().open()
    engine = clocked(lambda row: session.step([row]), x.astype(np.int32))
    runs = []
    for _ in range(9):
        begin = time.perf_counter()
        image.run(x, threads=1, spikes=False)
        runs.append((time.perf_counter() - begin) / steps)
    return {
        "steps": steps,
        "hidden_activity": float(out.spikes["hidden"].mean()),
        "stream_us": quantiles(python),
        "session_us": quantiles(engine),
        "run_us": 1e6 * float(np.median(runs)),
        "deadline_ms": DEADLINE_MS,
    }


def text(result: dict) -> str:
    def shown(name: str) -> str:
        q = result[name]
        return f"median {q['median']:.1f}, 99.9 % {q['p999']:.1f}, worst {q['worst']:.1f} us"

    return "\n".join(
        [
            f"streaming      a motor decoder, 96 -> 64 recurrent -> 2, {result['steps']:,} steps at {RATE} Hz; "
            f"{100 * result['hidden_activity']:.1f} % of its neurons fire in a step",
            f"  Stream.step  {shown('stream_us')} (a step of the decoder is {result['deadline_ms']:.0f} ms)",
            f"  the engine   {shown('session_us')}, called from Python; {result['run_us']:.2f} us in a run",
        ]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--steps", type=int, default=20000)
    options = parser.parse_args()
    confine(1)
    json.dump(measure(options.data, options.steps), sys.stdout)
