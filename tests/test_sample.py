"""The repository is its own golden test: its dvc.yaml, run from a fresh clone, gives the roots that are committed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Project

ROOT = Path(__file__).parents[1]
STAGES = ("ingest", "clean", "merge", "split", "audit")
LARGEST = 100_000


def git(*args: str, cwd: Path = ROOT) -> str:
    return subprocess.run(["git", *args], cwd=cwd, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the commit checked out here, without a cache."""
    if not (ROOT / ".git").exists():
        pytest.skip("the sample is built from a clone, and this is no git work tree")
    folder = tmp_path_factory.mktemp("sample") / "clone"
    git("clone", "-q", "--no-hardlinks", str(ROOT), str(folder))
    return folder


def test_dvc_repro_on_a_fresh_clone_gives_the_committed_roots(clone: Path) -> None:
    committed = {stage: json.loads((clone / "reports" / f"{stage}.json").read_bytes()) for stage in STAGES}
    subprocess.run(["dvc", "repro", "-q"], cwd=clone, check=True)
    found = {stage: json.loads((clone / "reports" / f"{stage}.json").read_bytes()) for stage in STAGES}
    assert {s: r["root"] for s, r in found.items()} == {s: r["root"] for s, r in committed.items()}
    assert found["audit"]["dataset"] == committed["audit"]["dataset"]
    assert git("status", "--porcelain", cwd=clone) == "", "the bytes changed: see CONTRIBUTING.md, the sample"
    here = Project(clone)
    assert here.dsv("status").out == "Up to date; everything is committed.\n"
    assert here.dsv("run").out.count("fresh") == len(STAGES)
    assert git("status", "--porcelain", cwd=clone) == ""
    assert here.dsv("log", "--format", "json").json()["dsv.log/v1"][0]["root"] == found["audit"]["dataset"]["root"]
    assert here.dsv("show", "--format", "json").json()["dsv.show/v1"]["records"] == 340
    assert here.dsv("diff", "HEAD", ".").out.splitlines()[1:] == ["The same records."]
    assert "because of images/0042.bmp" in here.dsv("why", "images/0250-copy.bmp").out
    assert "equal" in here.dsv("reproduce", "HEAD", "--rebuild").out


def test_no_large_file_is_in_git(clone: Path) -> None:
    sizes = {path: (clone / path).stat().st_size for path in git("ls-files", "-z", cwd=clone).split("\0")[:-1]}
    assert {path: size for path, size in sizes.items() if size > LARGEST} == {}
