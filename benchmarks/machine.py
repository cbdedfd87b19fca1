"""What the figures were measured on: processor, cores, instruction sets, versions, how busy the machine was."""

from __future__ import annotations

import os
import platform
from pathlib import Path

# The widest ones, from which a reader knows what an engine can have used.
ISA_FLAGS = ("avx512_vnni", "avx512bw", "avx512f", "avx_vnni", "avx2", "sse4_2", "sve2", "sve", "asimd")


def cpu_info() -> dict[str, str]:
    """The first processor of /proc/cpuinfo; empty where there is none."""
    info: dict[str, str] = {}
    try:
        text = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return info
    for line in text.splitlines():
        key, _, value = line.partition(":")
        info[key.strip()] = value.strip()
    return info


def describe() -> dict:
    import numpy
    import rheobase

    info = cpu_info()
    flags = set((info.get("flags") or info.get("Features") or "").split())
    return {
        "processor": info.get("model name") or platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "isa": [flag for flag in ISA_FLAGS if flag in flags],
        "load": os.getloadavg()[0],
        "system": platform.platform(),
        "versions": {
            "rheobase": rheobase.__version__,
            "Python": platform.python_version(),
            "numpy": numpy.__version__,
        },
    }


def text(machine: dict) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"machine        {machine['processor']}, {machine['cores']} cores, {' '.join(machine['isa'])}\n"
        f"               {machine['system']}; load {machine['load']:.1f} at the start\n"
        f"versions       {versions}"
    )
