"""Runs the stages of one `dsv run` in its own process: DVC starts `dsv x STAGE`, which only asks for it here.

So Polars and Arrow are loaded once and not once a stage, and a stage ends with the `dsv run` that wanted it.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ADDRESS = "DSV_SERVE"
DONE, FAILED = b"0", b"1"


def ask(address: str, stage: str) -> bool | None:
    """Whether the stage ran, asked of the `dsv run` at this address; None where nobody answers there."""
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(address)
        except OSError:
            return None
        line.sendall(f"{stage}\n".encode())
        return line.recv(1) == DONE


@contextmanager
def serving(run: Callable[[str], bool]) -> Iterator[str]:
    """The address at which `run` is called with the names of stages, one after the other, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="dsv-"))
    address = folder / "s"
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(address))
        door.listen()
        threading.Thread(target=_serve, args=(door, run), name="dsv-stages", daemon=True).start()
        try:
            yield str(address)
        finally:
            # Wakes a thread that waits for the next stage; one at work is left to end with the process.
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            shutil.rmtree(folder, ignore_errors=True)


def _serve(door: socket.socket, run: Callable[[str], bool]) -> None:
    while True:
        try:
            line, _ = door.accept()
        except OSError:
            return
        with line, contextlib.suppress(OSError):
            stage = line.makefile("r", encoding="utf-8").readline().strip()
            worked = run(stage)
            line.sendall(DONE if worked else FAILED)
