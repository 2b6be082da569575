"""What a stage raises inside DVC comes out of `dsv run` as itself: code, message and hint, and nothing beside."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import Project

ROWS = "id,x\n1,a\n2,b\n"


@pytest.fixture
def shop(project: Project) -> Project:
    project.dsv("add", str(project.write("a.csv", ROWS)), "--source", "shop", "--batch", "b1", "--key", "id", "--license", "MIT")  # fmt: skip
    return project


def _edit(project: Project, old: str, new: str) -> None:
    path = project.root / "params.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


NO_KEY = "params.yaml: line 8: sources.shop.key[0]: the column 'id' is float; keys are text, integers, booleans or dates."


def test_a_key_of_numbers_with_decimals(shop: Project) -> None:
    _edit(shop, "id: int", "id: float")
    assert shop.dsv("run", code=10).err == f"error: {NO_KEY}\nhint: edit params.yaml\n"


def test_an_error_in_json(shop: Project) -> None:
    _edit(shop, "id: int", "id: float")
    assert shop.dsv("run", "--format", "json", code=10).err == (
        f'{{"dsv.error/v1": {{"code": 10, "message": "{NO_KEY}", "hint": "edit params.yaml"}}}}\n'
    )


ODD = {
    "raise SystemExit(3)": "error: mine:bad failed at mine.py:4: SystemExit: 3\nhint: mend the function, then dsv run\n",
    "return frame.with_columns(o=pl.Series([object()] * frame.height, dtype=pl.Object))": (
        "error: mine:bad returned Python objects in the column 'o', which cannot be stored.\nhint: return text, numbers, dates, lists or structs\n"
    ),
    "return frame.with_columns(_id=pl.lit(1))": "error: mine:bad must return a Polars frame with the column _id as it was given.\n",
}


@pytest.mark.parametrize("code", ODD)
def test_a_function_of_the_user_that_does_what_no_stage_may(shop: Project, code: str) -> None:
    (shop.root / "mine.py").write_text(f"import polars as pl\n\ndef bad(frame):\n    {code}\n", encoding="utf-8")
    shop.dsv("stage", "add", "mine", "--python", "mine:bad")
    assert shop.dsv("run", code=15).err == ODD[code]


def test_a_function_of_the_user_that_raises(shop: Project) -> None:
    (shop.root / "mine.py").write_text('def bad(frame):\n    raise ValueError("no good row")\n', encoding="utf-8")
    shop.dsv("stage", "add", "mine", "--python", "mine:bad")
    assert shop.dsv("run", code=15).err == (
        "error: mine:bad failed at mine.py:2: ValueError: no good row\nhint: mend the function, then dsv run\n"
    )


def test_a_function_of_the_user_that_returns_no_frame(shop: Project) -> None:
    (shop.root / "mine.py").write_text("def bad(frame):\n    return None\n", encoding="utf-8")
    shop.dsv("stage", "add", "mine", "--python", "mine:bad")
    assert shop.dsv("run", code=15).err == "error: mine:bad must return a Polars frame with the column _id as it was given.\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def bad(:\n", "error: The module mine is no Python: invalid syntax, at {path}:1\nhint: mend the module\n"),
        (
            "x = 1\ny = x / 0\n",
            (
                "error: The module mine fails when it is imported, at {path}:2: ZeroDivisionError: division by zero\n"
                "hint: mend the module\n"
            ),
        ),
    ],
)
def test_a_module_of_the_user_that_cannot_be_imported(shop: Project, text: str, told: str) -> None:
    path = shop.root / "mine.py"
    path.write_text(text, encoding="utf-8")
    assert shop.dsv("stage", "add", "mine", "--python", "mine:bad", code=10).err == told.format(path=path)


def test_data_that_is_nowhere(shop: Project) -> None:
    shutil.rmtree(shop.root / "data" / "raw" / "shop" / "b1")
    shutil.rmtree(shop.root / ".dvc" / "cache")
    assert shop.dsv("run", code=13).err == (
        "error: The delivery data/raw/shop/b1 is neither in the workspace nor in the cache.\nhint: dsv pull\n"
    )


def test_a_delivery_deleted_from_the_workspace_comes_back_from_the_cache(shop: Project) -> None:
    shutil.rmtree(shop.root / "data" / "raw" / "shop" / "b1")
    assert shop.dsv("run").err == ""
    assert (shop.root / "data" / "raw" / "shop" / "b1" / "a.csv").read_text(encoding="utf-8") == ROWS


def test_a_fault_that_dvc_finds_is_told_in_its_words(shop: Project) -> None:
    with (shop.root / ".dvc" / "config").open("a", encoding="utf-8") as file:
        file.write("[nonsense]\n    x = 1\n")
    assert re.fullmatch(
        r"error: DVC does not take its configuration: [^\n]*nonsense[^\n]*\nhint: mend \.dvc/config\n",
        shop.dsv("run", code=10).err,
    )


def test_a_conflict_that_the_params_refuse(shop: Project) -> None:
    _edit(shop, "key: [id]", "key: [id]\n    on_conflict: error")
    shop.dsv("add", str(shop.write("b.csv", "id,x\n2,c\n")), "--source", "shop", "--batch", "b2")
    told = shop.dsv("run", code=14).err
    assert re.fullmatch(r"error: [^\n]*shop/2[^\n]*\nhint: [^\n]*\n", told), told


def test_a_fault_of_ours_is_told_as_one(shop: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # A module that is found before ours and breaks what a stage relies on: only in `dsv run`.
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import os\n"
        "import sys\n"
        "if 'run' in sys.argv or 'run' in getattr(sys, 'orig_argv', []):\n"
        "    import json\n"
        "    def broken(*args, **kwargs):\n"
        "        raise RuntimeError('the stage broke')\n"
        "    try:\n"
        "        import dsv.runner.ingest.ingest as ingest\n"
        "        ingest.run = broken\n"
        "    except ImportError:\n"
        "        pass\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", f"{broken}:{Path(__file__).parents[2]}")
    told = shop.dsv("run", code=70).err
    lines = told.splitlines()
    assert lines[0] == "BUG: dsv met something that it does not expect. Please report this text:"
    assert "RuntimeError: the stage broke" in lines
    assert told.count("Traceback (most recent call last):") == 1
    assert [line.split()[0] for line in lines[-8:]] == ["python", "dsv", "dvc", "polars", "pyarrow", "numpy", "click", "xxhash"]  # fmt: skip
