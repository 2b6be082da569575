"""dvc.lock, cut off where a kill met DVC writing it: the next command finds a file that DVC takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from dvc.schema import COMPILED_LOCKFILE_SCHEMA

from dsv.dvcio import process
from dsv.record import yaml12

WRITTEN = (Path(__file__).parents[2] / "dvc.lock").read_bytes()
CUTS = range(1, len(WRITTEN))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder in which DVC was killed: what dsv kept of its dvc.lock is there."""
    (tmp_path / ".dsv" / "tmp").mkdir(parents=True)
    return tmp_path


def _killed(root: Path, before: bytes, cut: int) -> Path:
    (root / ".dsv" / "tmp" / process.BACKUP).write_bytes(before)
    path = root / "dvc.lock"
    path.write_bytes(WRITTEN[:cut])
    return path


def test_dvc_takes_what_became_of_every_cut(root: Path) -> None:
    old, whole = b"schema: '2.0'\nstages: {}\n", 0
    for cut in CUTS:
        path = _killed(root, old, cut)
        process.heal(root)
        if path.read_bytes() != old:
            whole += 1
            assert path.read_bytes() == WRITTEN[:cut]
            COMPILED_LOCKFILE_SCHEMA(yaml12.mapping(WRITTEN[:cut], "dvc.lock"))
    # Stages that were done before are kept where the file ends with a line of one.
    assert whole > 200


def test_the_first_that_was_ever_written_is_taken_away(root: Path) -> None:
    for cut in CUTS[::97]:
        path = _killed(root, b"", cut)
        assert process.heal(root) == (not path.exists())
        if path.exists():
            COMPILED_LOCKFILE_SCHEMA(yaml12.mapping(WRITTEN[:cut], "dvc.lock"))
