"""The one-way layers, read from #include lines: a room uses only lower ones.

Usage: layers.py [ROOT]. Exit status 1 and one line for each include that points upwards or sideways.
"""

import re
import sys
from pathlib import Path

# Room -> (layer, include prefixes by which others reach it). Within one layer rooms do not see each other.
LAYERS = {
    "runtime": 0,
    "frontend/hdf5": 1,
    "frontend/nir": 1,
    "frontend/netx": 1,
    "backends/chips": 1,
    "witness": 1,
    "ir": 2,
    "passes": 3,
    "backends": 4,
    "frontend/python": 5,
    "tools": 5,
}
# MLIR-free libraries that live in a higher room's folder but stand on layer 0 alone.
LOW_LIBRARIES = {
    "frontend/load": 2,
    "backends/place": 1,
    "backends/arrange": 1,
    "backends/emit": 1,
    "backends/partition": 1,
    "backends/mapping": 2,
    "passes/algorithms": 1,
}
# Within a layer: who may use whom all the same.
NEIGHBOURS = {
    ("backends/emit", "backends/place"),
    ("passes/algorithms", "backends/place"),
    ("frontend/nir", "frontend/hdf5"),
    ("frontend/netx", "frontend/hdf5"),
}
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]')


def room_of(path: str) -> str | None:
    """Return the longest room or low library that holds `path` (relative to the root)."""
    rooms = [*LAYERS, *LOW_LIBRARIES]
    held = [room for room in rooms if path == room or path.startswith(room + "/")]
    return max(held, key=len, default=None)


def layer_of(room: str) -> int:
    """Return the layer of a room."""
    return LOW_LIBRARIES.get(room, LAYERS.get(room, 99))


def may_use(room: str, other: str) -> bool:
    """Return whether files of `room` may include files of `other`."""
    return layer_of(other) < layer_of(room) or (room, other) in NEIGHBOURS


def resolve(root: Path, source: Path, include: str) -> str | None:
    """Return the project file that an include names, relative to the root, or None if it is foreign."""
    bases = [source.parent, root, root / "runtime", root / "frontend", root / "backends", root / "passes"]
    for base in bases:
        candidate = (base / include).resolve()
        if candidate.is_file() and candidate.is_relative_to(root):
            return candidate.relative_to(root).as_posix()
    return None


def violations(root: Path) -> list[str]:
    """Return one line per forbidden include under `root`."""
    found = []
    sources = [p for ext in ("*.h", "*.cpp", "*.inc") for p in root.rglob(ext)]
    for source in sorted(sources):
        relative = source.relative_to(root).as_posix()
        room = room_of(relative)
        if room is None:
            continue
        for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            include = match.group(1)
            if layer_of(room) < 2 and include.startswith(("mlir/", "llvm/")):
                found.append(f"{relative}:{number}: {room} may not include MLIR or LLVM: {include}")
                continue
            target = resolve(root, source, include)
            other = room_of(target) if target else None
            if other and other != room and not may_use(room, other):
                found.append(f"{relative}:{number}: {room} may not use {other}: {include}")
    return found


def main() -> int:
    """Print every violation under the given root."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = violations(root)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
