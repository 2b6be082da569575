"""One dsv at a time changes a project: two would edit params.yaml, write stages or heal dvc.lock at once."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dsv import errors

PATIENCE = 5.0  # seconds: what was killed needs a moment to end
NAME = "dvc.turn"


@contextmanager
def turn(root: Path, *, wait: bool) -> Iterator[int]:
    """Holds the turn, as a file descriptor that a child may inherit: then it is held until the child too is gone.

    With `wait`, for what builds and will be done in its turn; without, for what acts on a state that the other is changing.
    """
    path = root / ".dsv" / "tmp" / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        if wait:
            fcntl.flock(file, fcntl.LOCK_EX)
        else:
            acquire(file, "Another dsv is at work in this project.")
        yield file.fileno()


def acquire(file: IO[str], busy: str) -> None:
    """Locks the file. Who was killed needs a moment to end; who stays is at work, which `busy` tells."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise errors.Locked(busy, hint="wait, then run the command again") from error
            time.sleep(0.05)
