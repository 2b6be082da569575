from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

REAL = Path(os.environ.get("DSV_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))

# `dvc` and `dsv` as installed beside this Python, whether or not the environment is activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
# As most people have it: what is printed waits in a buffer.
os.environ.pop("PYTHONUNBUFFERED", None)


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class Project(NamedTuple):
    """A project in a folder of its own, driven through the command line as people do."""

    root: Path

    def dsv(self, *args: str, code: int = 0) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "dsv", *args], cwd=self.root, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"dsv {' '.join(args)} → {done.returncode}\n{done.stdout}\n{done.stderr}"
        return Ran(done.returncode, done.stdout, done.stderr)

    def git(self, *args: str) -> str:
        return subprocess.run(["git", *args], cwd=self.root, capture_output=True, text=True, check=True).stdout

    def write(self, name: str, text: str) -> Path:
        path = self.root.parent / "incoming" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def params(self, **sections: Any) -> None:
        """Replaces sections of params.yaml (JSON is YAML)."""
        path = self.root / "params.yaml"
        kept = path.read_text(encoding="utf-8").split("\n# Every section below")[0].split("\n# sections")[0]
        body = "".join(f"{name}: {json.dumps(value)}\n" for name, value in sections.items())
        path.write_text(f"{kept}\n# sections\n{body}", encoding="utf-8")


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ada@example.org")


class Shelf(NamedTuple):
    """Projects that are built once a session and copied for every test that begins with one."""

    folder: Path
    target: Path

    def take(self, name: str, build: Callable[[Project], None], base: Callable[[], Project] | None = None) -> Project:
        """A copy of the project of this name; the first time, `build` makes it out of `base` (an empty folder)."""
        kept = self.folder / name
        if not kept.exists():
            made = base() if base else Project(self.target)
            made.root.mkdir(exist_ok=True)
            build(made)
            shutil.copytree(made.root, kept, symlinks=True)
        shutil.rmtree(self.target, ignore_errors=True)
        shutil.copytree(kept, self.target, symlinks=True)
        return Project(self.target)


@pytest.fixture
def shelf(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    shared = tmp_path_factory.getbasetemp() / "shelf"
    shared.mkdir(exist_ok=True)
    return Shelf(shared, tmp_path / "project")


def _init(made: Project) -> None:
    made.dsv("init", "--name", "reviews")


@pytest.fixture
def project(shelf: Shelf) -> Project:
    return shelf.take("empty", _init)


@pytest.fixture
def real() -> Callable[[str], Path]:
    """Gives a folder of the real data sets; skips, or fails where they are required, if it is missing."""

    def find(name: str) -> Path:
        path = REAL / name
        if not path.is_dir():
            told = f"the real data set {name} is not in {REAL} (set DSV_REAL_DATA)"
            if os.environ.get("DSV_REQUIRE_REAL_DATA") == "1":
                pytest.fail(told)
            pytest.skip(told)
        return path

    return find
