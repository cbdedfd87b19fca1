"""Finished settings of a sweep, one file each, so that it goes on where it was interrupted."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Callable, Optional

from .files import make_folder, write_text
from .plain import plain

PARTS = "finished"  # folder of what a sweep that goes on need not run again


class Store:
    """Figures by the key of their setting, in memory and in a folder, where there is one. A file says the hash of what it
    holds: one that is damaged or edited is not believed, and its setting is run again."""

    def __init__(self, folder: Optional[Path], identity: str, tell: Callable[[str], None]):
        """folder: of the sweep; identity: of network, data and options, whose figures lie together."""
        self.found: dict[str, dict] = {}
        self.folder = None if folder is None else folder / PARTS / identity
        if self.folder is None:
            return
        make_folder(self.folder)
        for file in sorted(self.folder.glob("*.json")):
            figures = _read(file)
            if figures is None:
                tell(f"{file}: is damaged, its setting is run again")
            else:
                self.found[file.stem] = figures
        if self.found:
            tell(f"{folder}: {len(self.found)} settings are finished already")

    def get(self, key: str) -> Optional[dict]:
        return self.found.get(key)

    def put(self, key: str, figures: dict) -> None:
        self.found[key] = figures
        if self.folder is not None:
            figures = plain(figures)
            body = {"sha256": _hash(key, figures), "figures": figures}
            write_text(self.folder / f"{key}.json", json.dumps(body) + "\n")


def _hash(key: str, figures: dict) -> str:
    return hashlib.sha256((key + json.dumps(figures, sort_keys=True)).encode()).hexdigest()


def _read(file: Path) -> Optional[dict]:
    """What a file holds, or None where it is not what was written."""
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
        figures = body["figures"]
        whole = isinstance(figures, dict) and body["sha256"] == _hash(file.stem, figures)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return figures if whole else None
