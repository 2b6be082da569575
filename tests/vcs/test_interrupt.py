from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dsv.vcs import run, write


@pytest.mark.parametrize("call", [lambda root: run.read(root, "status"), write.init], ids=["read", "write"])
def test_a_git_that_ctrl_c_ended_first_is_no_failure_of_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[[Path], object]
) -> None:
    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nkill -INT $$\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(script.parent), os.environ["PATH"]]))
    with pytest.raises(KeyboardInterrupt):
        call(tmp_path)
