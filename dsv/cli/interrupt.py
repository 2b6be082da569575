"""Ctrl-C: raised as KeyboardInterrupt, a moment later where it would be lost or do harm."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from types import FrameType

IMPORT, POLARS = "<frozen importlib", f"{os.sep}polars{os.sep}"
LATER, MOMENT = 0.02, 0.1
_seen: set[int] = set()


def heard() -> bool:
    """Whether there was one, or is one within a moment: an error may come from it, as that of a git that heard it first."""
    with suppress(KeyboardInterrupt):
        if not _seen:
            time.sleep(MOMENT)
    return bool(_seen)


def handle(number: int, frame: FrameType | None) -> None:
    """The handler of the signal."""
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
