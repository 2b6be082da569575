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


def test_what_is_configured_for_the_user_and_the_machine_counts(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine of a team: one cache for all, and one remote."""
    for level in ("global", "system"):
        monkeypatch.setenv(f"DVC_{level.upper()}_CONFIG_DIR", str(tmp_path / level))
        (tmp_path / level).mkdir()
    (tmp_path / "system" / "config").write_text("[cache]\n    dir = ../shared\n", encoding="utf-8")
    (tmp_path / "global" / "config").write_text(f"[core]\n    remote = team\n['remote \"team\"']\n    url = {tmp_path / 'team'}\n", encoding="utf-8")
    path = project.write("rows.csv", "id,x\n1,2\n")
    project.dsv("add", str(path), "--source", "shop", "--key", "id", "--license", "MIT")
    project.dsv("run")
    project.dsv("commit", "-m", "one")
    assert (tmp_path / "shared" / "files" / "md5").is_dir()
    assert not (project.root / ".dvc" / "cache").exists()
    assert project.dsv("verify").out.startswith("14 objects, 0 damaged, 0 missing")
    assert project.dsv("push").out == "Sent 14 of 14 objects (team)\n"
    assert project.dsv("push").err == ""
    assert "verify" not in project.dsv("init").out
    assert "Up to date" in subprocess.run(["dvc", "status"], cwd=project.root, check=True, capture_output=True, text=True).stdout.replace("are up", "Up")
