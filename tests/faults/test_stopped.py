"""A Ctrl-C that is heard where a stage works ends the command as one that is heard anywhere else."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import dsv
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


WITHIN = """
import signal, time
from dsv.cli import interrupt
signal.signal(signal.SIGINT, signal.SIG_DFL)
done = []
code = "def work():\\n    signal.raise_signal(signal.SIGINT)\\n    time.sleep(0.1)\\n    done.append(1)"
exec(compile(code, FILE, "exec"))
try:
    with interrupt.handled():
        work()
        time.sleep(5)
except KeyboardInterrupt:
    print(len(done))
"""


@pytest.mark.parametrize(("file", "done"), [("/lib/polars/frame.py", 1), ("<frozen importlib._bootstrap>", 1), ("/lib/other/frame.py", 0)])
def test_a_ctrl_c_waits_until_polars_and_imports_are_done(file: str, done: int) -> None:
    code = WITHIN.replace("FILE", repr(file))
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{done}\n", "")


MADE_OF_IT = """
import signal, sys, threading
import click
import dsv.__main__
from dsv.cli.boundary import run

@click.command()
def command():
    try:
        SIGNAL
    except KeyboardInterrupt:
        pass
    raise RuntimeError("Error calling __set_name__")

sys.exit(run(command, []))
"""


@pytest.mark.parametrize(
    ("signal", "code", "told"),
    [
        ("signal.raise_signal(signal.SIGINT)", 130, "Interrupted.\n"),
        ("threading.Timer(0.03, signal.raise_signal, [signal.SIGINT]).start()", -2, ""),
        ("pass", 70, "BUG: dsv met"),
    ],
)
def test_what_a_library_makes_of_a_ctrl_c_is_no_bug(signal: str, code: int, told: str) -> None:
    ran = subprocess.run([sys.executable, "-c", MADE_OF_IT.replace("SIGNAL", signal)], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (code, "")
    assert ran.stderr.startswith(told)


READS = [["show", "."], ["diff"], ["why", "shop/1"], ["export", ".", "-o", "out", "-f", "csv"], ["plan"]]


def test_what_a_run_left_on_its_way_is_no_version(shop: Project, tell: Tell) -> None:
    before = dsv.load(path=shop.root)
    shop.dsv("add", str(shop.write("b.csv", "id,x\n4,d\n")), "--source", "shop", "--batch", "b2")
    # Nothing was built since: the last run is whole.
    assert dsv.load(path=shop.root).root == before.root
    assert tell(shop, "run", "ingest").code == 0
    for args in READS:
        assert tell(shop, *args) == (10, "", "error: The last run did not come to its end: clean, split, audit are as before it.\nhint: dsv run\n"), args
    assert dsv.load("HEAD", path=shop.root).root == before.root
    assert tell(shop, "log").code == tell(shop, "show").code == tell(shop, "status").code == 0
    assert tell(shop, "run").code == 0
    assert len(dsv.load(path=shop.root)) == len(before) + 1
    assert tell(shop, "diff").code == 0
