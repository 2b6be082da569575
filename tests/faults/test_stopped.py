"""A Ctrl-C that is heard where a stage works ends the command as one that is heard anywhere else."""

from __future__ import annotations

from typing import Any

import pytest

from dsv.ops import run as ops_run
from tests.conftest import Project, Ran
from tests.faults.conftest import Tell


def test_a_stage_that_is_stopped_stops_the_command(shop: Project, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.dsv("add", str(shop.write("b.csv", "id,x\n4,d\n")), "--source", "shop", "--batch", "b2")

    # Polars raises it in whichever thread it works.
    def stopped(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ops_run, "execute", stopped)
        assert tell(shop, "run") == Ran(130, "", "\nInterrupted.\n")
    assert tell(shop, "run", "-q").code == 0
