"""`python -m dsv`, and the command `dsv`."""

from __future__ import annotations

import signal

# A Ctrl-C ends the process without a traceback as long as nobody is there to say `Interrupted`.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import atexit
import gc
import os
import sys
import threading

# What is imported stays: to look through it for garbage again and again is a tenth of the time that a start takes.
if gc.isenabled():
    gc.set_threshold(100_000, 50, 100)

from dsv import cli


def main() -> None:
    """Runs the command line and exits."""
    try:
        cli.main()
    except SystemExit as done:
        _leave(done.code)
        raise


def _leave(code: object) -> None:
    """Ends the process at once where nothing is left to be done: to free what the system frees anyway takes 40 ms.

    Returns where another thread still works, or where what was written cannot be handed over.
    """
    if not isinstance(code, int) or any(not t.daemon for t in threading.enumerate() if t is not threading.current_thread()):
        return
    try:
        atexit._run_exitfuncs()
        # A stream that was closed before the start is None.
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except (OSError, ValueError):
        return
    os._exit(code)


if __name__ == "__main__":
    main()
