"""Files are put in place as a whole; what is no file is written to."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from dsv.store import files


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    files.write(pipe, b"told")
    reader.join(timeout=30)
    assert read == [b"told"]
    assert pipe.is_fifo()


def test_a_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"old")
    (tmp_path / "link").symlink_to("kept")
    files.write(tmp_path / "link", b"new")
    assert ((tmp_path / "kept").read_bytes(), (tmp_path / "link").read_bytes()) == (b"old", b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "link"]
