"""Runs the `rheobase` command for the tests: in this process, which is quick, or in one of its own."""

import contextlib
import io
import subprocess
import sys
from types import SimpleNamespace

from rheobase.cli import entry


def invoke(*arguments) -> SimpleNamespace:
    """The command in this process: returncode, stdout, stderr."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = entry.run([str(a) for a in arguments])
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8"))
    return SimpleNamespace(returncode=status, stdout=texts[0], stderr=texts[1])


def start(*arguments, **more) -> subprocess.Popen:
    """The command in a process of its own, running."""
    command = [sys.executable, "-m", "rheobase", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def rheobase(*arguments, **more) -> SimpleNamespace:
    """The command in a process of its own, to its end."""
    process = start(*arguments, **more)
    stdout, stderr = process.communicate(timeout=300)
    return SimpleNamespace(returncode=process.returncode, stdout=stdout, stderr=stderr)
