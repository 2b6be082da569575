"""Commands that only read reports import nothing heavy and ask git a fixed, small number of times."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.story import Story

HEAVY = ("dask", "dvc", "git", "numpy", "polars", "pyarrow", "rich")
# The most calls of git that a command needs, whatever the number of versions and records.
LIGHT = [
    (["--help"], 0),
    (["log"], 5),
    (["log", "--oneline"], 5),
    (["show"], 4),
    (["show", "v1.0.0"], 5),
    (["diff", "--stat", "v1.0.0", "HEAD"], 8),
    (["status"], 6),
]
CODE = """
import sys
from dsv.cli import cli
from dsv.cli.boundary import run
code = run(cli, {args!r})
print("loaded", sorted(set({heavy!r}) & set(sys.modules)), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(("args", "calls"), LIGHT, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_light_command_imports_nothing_heavy_and_asks_git_little(
    story: Story, args: list[str], calls: int, tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    asked.touch()
    real = shutil.which("git")
    shim = tmp_path / "bin" / "git"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\necho "$@" >> {asked}\nexec {real} "$@"\n')
    shim.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(args=args, heavy=HEAVY)],
        cwd=story.root, capture_output=True, text=True, check=True,
        env={**os.environ, "PATH": os.pathsep.join([str(shim.parent), os.environ["PATH"]])},
    )  # fmt: skip
    assert done.stderr.splitlines()[-1] == "loaded []"
    assert len(asked.read_text().splitlines()) <= calls
