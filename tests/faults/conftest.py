from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dsv.cli import cli
from dsv.cli.boundary import run
from tests.conftest import Project, Ran, Shelf

Tell = Callable[..., Ran]


def _shop(made: Project) -> None:
    made.dsv("init", "--name", "reviews")
    path = made.write("a.csv", "id,x\n1,a\n2,b\n3,c\n")
    made.dsv("add", str(path), "--source", "shop", "--batch", "b1", "--key", "id", "--license", "MIT")
    made.dsv("run")
    made.dsv("commit", "-m", "one", "--tag", "v1.0.0")


@pytest.fixture
def shop(shelf: Shelf) -> Project:
    """A project with one version, v1.0.0: three records of one delivery."""
    return shelf.take("shop of the faults", _shop)


@pytest.fixture
def tell(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Tell:
    """Runs a command line in this process, in the folder of a project: exit code and output, as a shell would have them."""

    def told(project: Project, *args: str) -> Ran:
        monkeypatch.chdir(project.root)
        capfd.readouterr()
        code = run(cli, list(args))
        return Ran(code, *capfd.readouterr())

    return told


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    """An empty folder for a delivery."""
    folder = tmp_path / "incoming" / "folder"
    folder.mkdir(parents=True)
    return folder
