"""Time to the first spike: from before a process starts to the first value at its output, layer 0 alone.

The program `first_spike` loads the image, decodes it, makes the engine and steps one test image. The clock starts
before the process is made and stops when the program reads its own clock at the first value; both read
CLOCK_MONOTONIC. Before each start, program and image are dropped from the page cache where the file system allows it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from pathlib import Path

ENGINES = ("golden", "vector")
LIMIT_MS = 100.0
PHASES = ("main", "loaded", "decoded", "ready", "first_spike", "first_output")


def drop_from_cache(*files: Path) -> None:
    """Ask the kernel to forget the files' pages, so that a start has to read them again."""
    for path in files:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # pages that are not written yet cannot be dropped
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def start(program: Path, image: Path, levels: Path, encoding: str, engine: str) -> dict:
    """One start: milliseconds since before the process was made for each phase, and what the program reports."""
    drop_from_cache(program, image)
    begin = time.monotonic_ns()
    done = subprocess.run(
        [program, image, levels, encoding, engine], capture_output=True, text=True, check=True
    )
    report = json.loads(done.stdout)
    report["ms"] = {phase: (report["at"][phase] - begin) / 1e6 for phase in PHASES}
    return report


def measure(program: Path, image: Path, levels: Path, encoding: str, starts: int) -> dict:
    """Both engines in turn, `starts` times each. Times in milliseconds."""
    reports: dict[str, list[dict]] = {engine: [] for engine in ENGINES}
    for _ in range(starts):
        for engine in ENGINES:
            reports[engine].append(start(program, image, levels, encoding, engine))
    return {
        "limit_ms": LIMIT_MS,
        "starts": starts,
        "compiler_libraries": sorted(
            {lib for rs in reports.values() for r in rs for lib in r["compiler_libraries"]}
        ),
        "engines": {engine: summary(rs) for engine, rs in reports.items()},
    }


def summary(reports: list[dict]) -> dict:
    totals = [r["ms"]["first_output"] for r in reports]
    return {
        "median_ms": statistics.median(totals),
        "min_ms": min(totals),
        "max_ms": max(totals),
        "phases_median_ms": {p: statistics.median(r["ms"][p] for r in reports) for p in PHASES},
        "first_spike_step": reports[0]["first_spike_step"],
        "first_output_step": reports[0]["first_output_step"],
        "ms": totals,
    }


def text(result: dict) -> str:
    lines = [
        f"first spike    {result['starts']} starts of each engine, from before the process to the first output"
    ]
    for engine, r in result["engines"].items():
        met = "met" if r["max_ms"] <= result["limit_ms"] else "MISSED"
        lines.append(
            f"  {engine:7s} median {r['median_ms']:6.1f} ms, from {r['min_ms']:.1f} to {r['max_ms']:.1f} ms; "
            f"at most {result['limit_ms']:.0f} ms: {met}"
        )
        phases = ", ".join(f"{phase} {ms:.1f}" for phase, ms in r["phases_median_ms"].items())
        lines.append(f"          median ms when done: {phases}")
        lines.append(
            f"          first spike in step {r['first_spike_step']}, at the output in step {r['first_output_step']}"
        )
    libraries = result["compiler_libraries"]
    lines.append(
        f"  MLIR and LLVM libraries in the processes: {', '.join(libraries) if libraries else 'none'}"
    )
    return "\n".join(lines)
