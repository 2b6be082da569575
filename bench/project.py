"""A dsv project over the generated data, and how commands are measured."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.figures import empty

LOST = "n/a"
SALT = "v1"
COLUMNS = "{uid: int, temp: float, hum: float, pres: float, ts: {type: datetime, formats: ['%Y-%m-%dT%H:%M:%SZ', '%Y-%m-%d %H:%M:%S', '%d/%m/%Y %H:%M', epoch]}}"
PARAMS = f"""dataset: sensors
sources:
  sensors:
    key: [uid]
    license: CC0-1.0
    columns: {COLUMNS}
    batches: [BATCHES]
  votes:
    kind: annotations
    item: uid
    of: sensors
    annotator: annotator
    value: label
    license: CC0-1.0
    columns: {{uid: int}}
    batches: [ROUNDS]
clean:
  rules:
    - text: {{columns: [label], strip: true, case: lower}}
    - text: {{columns: [text], strip: true, collapse: true}}
    - aliases: {{column: label, map: {{{LOST}: ""}}}}
    - missing: {{columns: [ts, temp, text, label]}}
    - range: {{column: temp, min: -40, max: 80}}
    - duplicate: {{columns: [device, site, ts, temp, hum, pres, text, label]}}
merge: {{method: majority, min_votes: 2, tie: queue}}
split: {{method: hash, fractions: {{train: 0.8, val: 0.1, test: 0.1}}, group: [device], salt: {SALT}}}
audit: {{groups: [site], label: label}}
"""


class Used(NamedTuple):
    """What a command used: seconds on the clock, seconds of CPU, peak memory of its largest process in bytes; how it ended."""

    wall: float
    cpu: float
    peak: int
    out: str
    code: int = 0


def measure(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None, check: bool = True) -> Used:
    """Runs a command to its end and tells what it and its children used."""
    # What is installed has its bytecode beside it; a checkout that may not write any would compile itself at each start.
    around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    with subprocess.Popen(
        command, cwd=cwd, env={**around, "DVC_NO_ANALYTICS": "1", **(env or {})}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if check and process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit {process.returncode}\n{out}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = max(usage.ru_maxrss, after.ru_maxrss if after.ru_maxrss > before.ru_maxrss else 0) * 1024
    return Used(wall, cpu, peak, out, process.returncode)


class Project:
    """A project in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def dsv(self, *args: str, check: bool = True) -> Used:
        return measure([sys.executable, "-m", "dsv", *args], self.root, check=check)

    def git(self, *args: str) -> None:
        subprocess.run(["git", *args], cwd=self.root, check=True, capture_output=True)

    def edit(self, old: str, new: str) -> None:
        """Replaces a piece of params.yaml."""
        path = self.root / "params.yaml"
        text = path.read_text()
        assert old in text, old
        path.write_text(text.replace(old, new, 1))

    def add(self, folder: Path, source: str, batch: str) -> Used:
        """Takes a delivery in."""
        return self.dsv("add", str(folder), "--source", source, "--batch", batch, "--link")

    def commit(self, message: str) -> Used:
        return self.dsv("commit", "-m", message)

    def shown(self) -> dict[str, Any]:
        """What `dsv show` tells about the last version."""
        return dict(json.loads(self.dsv("show", "--format", "json").out)["dsv.show/v1"])

    def stored(self) -> int:
        """Bytes in DVC's cache without the deliveries, which are the user's own files."""
        raw = sum(size(folder) for folder in (self.root / "data" / "raw").glob("*/*"))
        return size(self.root / ".dvc" / "cache") - raw


def size(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def start(root: Path) -> Project:
    """An empty project."""
    empty(root)
    # What was written before is not written down while something is measured.
    os.sync()
    project = Project(root)
    project.git("init", "-q", "-b", "main")
    project.git("config", "user.name", "bench")
    project.git("config", "user.email", "bench@example.org")
    project.dsv("init")
    return project


def write_params(project: Project, batches: str = "", rounds: str = "") -> None:
    """The pipeline of the benchmark, with these batches known."""
    text = PARAMS.replace("BATCHES", batches).replace("ROUNDS", rounds)
    (project.root / "params.yaml").write_text(text)
