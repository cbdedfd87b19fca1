"""Whether arrays fit: into the file whose header claims them, and into the memory that is free."""

from __future__ import annotations

from math import prod
from typing import Optional

from .errors import data_error, file_error


def check_claim(shape, itemsize: int, held: int, path) -> None:
    """Raises FormatError where a header claims more bytes than the file holds or the memory has."""
    claimed = _bytes(shape, itemsize)
    if claimed > held:
        raise file_error(
            path,
            f"the header claims an array {_sizes(shape)}, {claimed:,} bytes; the file holds {held:,}",
            "the file is truncated or damaged: fetch or write it again",
        )
    check_memory(shape, itemsize, path)


def check_memory(shape, itemsize: int, path, held: int = 0) -> None:
    """Raises FormatError where an array made from a file is larger than the free memory. held: bytes of arrays that were
    allowed before, but do not take their room yet."""
    wanted, free = _bytes(shape, itemsize) + held, _free_memory()
    if free is not None and wanted > free:
        what = f"an array {_sizes(shape)} " + ("and those before it take" if held else "takes")
        raise file_error(
            path,
            f"{what} {wanted / 2**30:.1f} GiB, {free / 2**30:.1f} GiB of memory are free",
            "split the data into smaller files",
        )


def check_room(samples: int, steps: int, width: int, bytes_each: int) -> None:
    """Raises DataError R0664 where a recording [samples, steps, width] is larger than the free memory."""
    wanted = samples * steps * width * bytes_each
    free = _free_memory()
    if free is not None and wanted > free:
        raise data_error(
            "R0664",
            f"the recording would take {wanted / 2**30:.1f} GiB, {free / 2**30:.1f} GiB of memory are free",
            value=float(wanted),
            limit=float(free),
            remedy="run fewer samples at a time, or record fewer states (spikes=False in Python)",
        )


def _free_memory() -> Optional[int]:
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return 1024 * int(line.split()[1])
    except (OSError, ValueError):
        pass
    return None


def _sizes(shape) -> list[int]:
    return [int(v) for v in shape]


def _bytes(shape, itemsize: int) -> int:
    return prod(_sizes(shape)) * itemsize
