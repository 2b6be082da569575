"""A kill at an exact point, which no timing hits surely."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import Project

DEAD = 9


def dies(project: Project, stand_in: str, *args: str) -> None:
    """Runs a command line in a process of its own, in which the code of `stand_in` was run first and ends it with DEAD.

    No fork of this process: its threads hold locks that a child would wait for.
    """
    code = f"import os, sys\n{stand_in}\nfrom dsv.__main__ import main\nmain()\n"
    done = subprocess.run(
        [sys.executable, "-c", code, *args], cwd=project.root, capture_output=True, text=True, check=False
    )
    assert done.returncode == DEAD, done
