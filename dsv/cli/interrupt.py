"""Ctrl-C: raised as KeyboardInterrupt, a moment later where it would be lost or do harm."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

IMPORT, POLARS = "<frozen importlib", f"{os.sep}polars{os.sep}"
LATER, MOMENT = 0.02, 0.1
_seen: set[int] = set()


@contextmanager
def handled() -> Iterator[None]:
    """Handles the signal until the block ends, where it would end the process."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGINT, _handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def heard() -> bool:
    """Whether there was one: an error may come from it. A git may hear it first; one on its way ends the process here."""
    if not _seen:
        time.sleep(MOMENT)
    return bool(_seen)


def _handle(number: int, frame: FrameType | None) -> None:
    _seen.add(number)
    if not _busy(frame):
        raise KeyboardInterrupt
    again = threading.Timer(LATER, signal.raise_signal, [number])
    again.daemon = True
    again.start()


def _busy(frame: FrameType | None) -> bool:
    """Whether Python's import machinery is at work, which ignores it in its callbacks, or Polars, which panics."""
    if frame is not None and frame.f_code.co_filename.startswith(IMPORT):
        return True
    while frame is not None:
        if POLARS in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False
