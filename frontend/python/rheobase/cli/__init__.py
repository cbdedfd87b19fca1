"""The `rheobase` command. Little is imported here, so that Ctrl-C is answered from the first moment on."""

from __future__ import annotations

import gc
import os
import sys

_interrupted = False


def _interrupt(signal_number, frame) -> None:
    """Ctrl-C and a polite kill: unwinds once, so that nothing half written stays; more change nothing."""
    global _interrupted
    if not _interrupted:
        _interrupted = True
        raise KeyboardInterrupt


def main() -> None:
    """The entry point of the `rheobase` command. Exit statuses: see `rheobase --help`; 130 after Ctrl-C."""
    import signal

    global _interrupted
    _interrupted = False
    old = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        from .entry import run

        status = run(sys.argv[1:])
    except BaseException:
        if not _interrupted:
            raise
        status = None
    if _interrupted:
        _leave()
    for number, handler in old.items():
        signal.signal(number, handler)
    sys.exit(status)


def _leave() -> None:
    """Ends the process at once: work that a library call left behind is not waited for."""
    gc.collect()  # what the interrupt cut short closes its files and removes them
    try:
        sys.stdout.flush()
        sys.stderr.write("rheobase: interrupted\n")
        sys.stderr.flush()
    except OSError:
        pass
    os._exit(130)


__all__ = ["main"]
