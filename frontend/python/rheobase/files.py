"""Files are written beside their target and renamed: either the whole new content or the old file stays."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Iterator

import numpy as np

from .errors import DataError, data_error, file_error, path_of

IMAGE_MAGIC = b"RHEOIMG\0"
LONGEST_PATH = 4096  # bytes: what is longer is content, not a name


def _cannot(path, error: Exception) -> DataError:
    return data_error(
        "R0260",
        f"cannot be written: {getattr(error, 'strerror', None) or error}",
        str(path),
        remedy="give a place that exists and that you may write, on a disk with room",
    )


def _permissions(wanted: int = 0o666) -> int:
    """What the user's mask leaves of them."""
    mask = os.umask(0)
    os.umask(mask)
    return wanted & ~mask


def _beside(path: Path) -> Path:
    """A hidden name beside a path. It is known before anything bears it, so that an interrupt leaves nothing."""
    return path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.part")


@contextlib.contextmanager
def replacing(path, mode: str = "wb") -> Iterator:
    """A file object whose content replaces ``path`` when the block ends well, and leaves nothing otherwise.

    A link is followed; a device or a pipe is written in place. Raises DataError R0260.
    """
    path = Path(path_of(path))
    temporary = None
    encoding = None if "b" in mode else "utf-8"
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise IsADirectoryError(21, "is a directory")
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            with open(target, mode, encoding=encoding) as file:
                yield file
            return
        temporary = _beside(target)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, mode, encoding=encoding) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, stat.S_IMODE(target.stat().st_mode) if target.exists() else _permissions())
        os.replace(temporary, target)
    except OSError as error:
        raise _cannot(path, error) from None
    except ValueError as error:  # a NUL in the path
        if temporary is not None and "null" not in str(error):
            raise
        raise _cannot(path, error) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)


def check_writable(path, *read) -> None:
    """Raises DataError R0260 where the place of a file is no good: asked before long work, whose result would
    be lost.

    read: files that the same work reads or writes, None for those not given; none of them may be overwritten.
    """
    try:
        target = Path(os.path.realpath(path_of(path)))
        for source in filter(None, read):
            same = target.exists() and Path(source).exists() and target.samefile(source)
            if same or os.path.realpath(source) == str(target):
                raise OSError(f"it would overwrite '{source}', which is read or written, too")
        if target.is_dir():
            raise IsADirectoryError(21, "is a directory")
        if not target.exists() or stat.S_ISREG(target.stat().st_mode):
            tempfile.TemporaryFile(dir=target.parent).close()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise _cannot(path, error) from None


def _parent_of(folder: Path) -> Path:
    """The nearest folder above that exists, so that moving from there is renaming."""
    try:
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(20, "is a file, not a folder")
        parent = folder.absolute()
        while not parent.exists():
            parent = parent.parent
        if not parent.is_dir():
            raise NotADirectoryError(20, f"{parent} is a file")
        return parent
    except (OSError, ValueError) as error:
        raise _cannot(folder, error) from None


def _folder_of(folder) -> Path:
    """An empty name would be the folder where the program runs."""
    if not path_of(folder):
        raise _cannot(folder, FileNotFoundError(2, "the folder has no name"))
    return Path(path_of(folder))


def check_folder(folder) -> None:
    """As `check_writable`, for a folder of files."""
    try:
        tempfile.TemporaryFile(dir=_parent_of(_folder_of(folder))).close()
    except OSError as error:
        raise _cannot(folder, error) from None


def make_folder(folder) -> None:
    """Makes a folder and those above it, where they do not exist. Raises DataError R0260."""
    try:
        _folder_of(folder).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _cannot(folder, error) from None


@contextlib.contextmanager
def filling(folder) -> Iterator[Path]:
    """An empty folder whose files are moved into ``folder`` when the block ends well; nothing is left
    otherwise.

    ``folder`` is made where it does not exist. Raises DataError R0260.
    """
    folder = _folder_of(folder)
    staging = _beside(_parent_of(folder) / folder.name)
    try:
        try:
            staging.mkdir(0o700)
        except (OSError, ValueError) as error:
            raise _cannot(folder, error) from None
        try:
            yield staging
        except DataError as error:  # of a file in it: the hidden folder is gone when its name is read
            told = [replace(d, file=d.file.replace(str(staging), str(folder), 1)) for d in error.diagnostics]
            raise DataError(told) from None
        try:
            if not folder.exists():
                folder.parent.mkdir(parents=True, exist_ok=True)
                os.chmod(staging, _permissions(0o777))
                os.rename(staging, folder)
                return
            for file in sorted(staging.iterdir()):
                os.replace(file, folder / file.name)
        except OSError as error:
            raise _cannot(folder, error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def write_bytes(path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)


def write_text(path, text: str) -> None:
    with replacing(path, "w") as file:
        file.write(text)


def write_npz(path, arrays: dict) -> None:
    """As numpy.savez_compressed does, whatever the arrays are called."""
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asanyarray(array), allow_pickle=False)


def is_image(path: Path) -> bool:
    """Whether a path holds an image, by content. Raises FormatError where it cannot be read."""
    try:
        if not path.is_file():  # a folder or a pipe: the reader says so
            return False
        with open(path, "rb") as file:
            return file.read(len(IMAGE_MAGIC)) == IMAGE_MAGIC
    except (OSError, ValueError) as error:
        raise file_error(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
