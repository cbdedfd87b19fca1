"""Files are written beside their target and renamed: either the whole new content or the old file stays."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import numpy as np

from .errors import DataError, Diagnostic


@contextlib.contextmanager
def replacing(path, mode: str = "wb"):
    """A file object whose content replaces ``path`` when the block ends well, and leaves nothing otherwise."""
    path = Path(path)
    temporary = None
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "is a directory", str(path))
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        encoding = None if "b" in mode else "utf-8"
        with os.fdopen(handle, mode, encoding=encoding) as file:
            yield file
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except OSError as error:
        raise DataError(
            [
                Diagnostic(
                    "R0260",
                    "error",
                    f"cannot be written: {error.strerror or error}",
                    str(path),
                    remedy="give a file in a folder that exists and that you may write",
                )
            ]
        ) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)


def write_text(path, text: str) -> None:
    with replacing(path, "w") as file:
        file.write(text)


def write_npz(path, arrays: dict) -> None:
    with replacing(path) as file:
        np.savez_compressed(file, **arrays)
