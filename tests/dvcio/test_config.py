"""DVC's configuration, read and edited without DVC."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dsv.dvcio import config
from tests.conftest import Project


def written(root: Path, text: str, name: str = "config") -> Path:
    (root / ".dvc").mkdir(exist_ok=True)
    path = root / ".dvc" / name
    path.write_text(text, encoding="utf-8")
    return path


HEADS = ["['remote \"r\"']", '[remote "r"]', "['remote \"r\"'] # far", "  ['remote \"r\"']"]


@pytest.mark.parametrize("head", HEADS)
def test_a_remote_of_which_nothing_is_said_is_looked_at(tmp_path: Path, head: str) -> None:
    path = written(tmp_path, f"[core]\n    remote = r\n{head}\n    url = s3://x\n")
    assert config.verify(tmp_path) == ["r"]
    assert path.read_text(encoding="utf-8") == f"[core]\n    remote = r\n{head}\n    verify = true\n    url = s3://x\n"
    assert config.verify(tmp_path) == []


def test_what_somebody_said_stays(tmp_path: Path) -> None:
    text = "['remote \"r\"']\n    url = /x\n    verify = false\n"
    path = written(tmp_path, text)
    assert config.verify(tmp_path) == []
    assert path.read_text(encoding="utf-8") == text


def test_a_section_without_an_end_of_line_is_kept_apart(tmp_path: Path) -> None:
    path = written(tmp_path, "['remote \"r\"']")
    assert config.verify(tmp_path) == ["r"]
    assert path.read_text(encoding="utf-8") == "['remote \"r\"']\n    verify = true\n"


def test_dvc_reads_what_init_wrote(project: Project) -> None:
    for name in ("store", "my other"):
        subprocess.run(["dvc", "remote", "add", "-q", name, f"s3://{name.split()[0]}"], cwd=project.root, check=True)
    subprocess.run(["dvc", "remote", "add", "-q", "--local", "near", "/x"], cwd=project.root, check=True)
    told = project.dsv("init").out
    assert "(verify = true for the remote store, verify = true for the remote my other, verify = true for the remote near)" in told
    found = subprocess.run(["dvc", "config", "-l"], cwd=project.root, check=True, capture_output=True, text=True).stdout
    for name in ("store", "my other", "near"):
        assert f"remote.{name}.verify=true" in found
    assert "nothing was missing" in project.dsv("init").out
