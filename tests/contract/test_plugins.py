"""Stages that dsv does not ship: of an installed wheel, and a function of the user's own."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import dsv
from tests.conftest import Project, Shelf

ROWS = "id,price\n1,3\n2,4\n3,5\n4,6\n"
MODULE = '''
"""Drops what is too dear."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dsv.ledger import decisions
from dsv.stages.base import Needs, Prepared

NAME, DOC, REVISION = "cap", "Drops what is too dear.", 1


@dataclass(frozen=True)
class Params:
    most: int


def rules(params):
    return {"dear": ("most",)}


def needs(params, sources):
    return Needs(("price",))


def prepare(view, params):
    rows = (view.frame["price"] OPERATOR params.most).arg_true().cast(pl.UInt32)
    local = pl.DataFrame({"row": rows}).with_columns(rule=pl.lit("dear"), action=pl.lit("drop"))
    return Prepared(pl.DataFrame(), local)


def rounds(params):
    return ()


def emit(local, decided, rows, params):
    return decisions.sparse([local])


def summary(stats, params):
    return {}
'''
FUNCTION = '''
"""Stages of ours."""


def double(records):
    """Twice the price."""
    # Prices are whole.
    return records.with_columns(twice=records["price"] * 2)
'''


def wheel(folder: Path, version: str, module: str) -> Path:
    """A wheel that registers the stage `cap`."""
    info = f"acme_cap-{version}.dist-info"
    files = {
        "acme_cap.py": module,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: acme-cap\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[dsv.stages]\ncap = acme_cap\n",
    }
    digests = {name: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()) for name, text in files.items()}
    lines = [f"{name},sha256={digest.rstrip(b'=').decode()},{len(files[name])}" for name, digest in digests.items()]
    path = folder / f"acme_cap-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*lines, f"{info}/RECORD,,"]) + "\n")
    return path


@pytest.fixture
def install(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a folder in which a wheel is installed on PYTHONPATH, in place of the one before."""
    known = os.environ.get("PYTHONPATH", "")

    def pip(version: str, module: str = MODULE.replace("OPERATOR", ">")) -> None:
        site = shelf.folder / f"site-{version}"
        if not site.exists():
            built = wheel(shelf.folder, version, module)
            command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-compile"]
            subprocess.run([*command, "--target", str(site), str(built)], check=True, capture_output=True)
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), *filter(None, [known])]))

    return pip


def _shop(project: Project) -> None:
    told = ("--source", "shop", "--batch", "b1", "--key", "id", "--license", "MIT")
    project.dsv("add", str(project.write("a.csv", ROWS)), *told)
    project.params()


@pytest.fixture
def shop(shelf: Shelf, project: Project) -> Project:
    return shelf.take("plugin-shop", _shop, lambda: project)


def _capped(shop: Project) -> None:
    shop.params(cap={"most": 4})
    shop.dsv("run")
    shop.dsv("commit", "-m", "capped", "--tag", "v1.0.0")


@pytest.fixture
def capped(shelf: Shelf, shop: Project, install: Callable[..., None]) -> Project:
    install("1.0")
    return shelf.take("plugin-capped", _capped, lambda: shop)


def _causes(project: Project) -> list[tuple[str, str, object, object, int]]:
    found = project.dsv("diff", "v1.0.0", "--format", "json").json()["dsv.diff/v1"]["causes"]
    return [
        (c["kind"], c["what"], c["from"], c["to"], c["added"] + c["removed"] + c["modified"] + c["moved"])
        for c in found
    ]


def _stale(project: Project) -> list[tuple[str, list[dict[str, object]]]]:
    stages = project.dsv("status", "--format", "json").json()["dsv.status/v1"]["stages"]
    return [(s["stage"], s["because"]) for s in stages if s["state"] != "fresh" and s["stage"] != "audit"]


def test_a_stage_of_a_wheel_decides_about_records(capped: Project) -> None:
    shown = capped.dsv("show", "--format", "json").json()["dsv.show/v1"]
    assert (shown["records"], shown["dropped"]) == (2, {"cap.dear": 2})


def test_a_stage_of_a_wheel_is_listed(install: Callable[..., None], project: Project) -> None:
    install("1.0")
    assert project.dsv("stage", "list").out.splitlines()[-1] == "cap        Drops what is too dear."


def test_the_signature_names_package_and_version(capped: Project) -> None:
    assert "cap:\n  revision: 1\n  code: acme-cap 1.0\n" in (capped.root / ".dsv" / "sig.yaml").read_text()


def test_a_param_of_a_wheels_stage_is_checked(capped: Project) -> None:
    capped.params(cap={"mots": 4})
    assert "cap.mots" in capped.dsv("run", code=10).err


@pytest.mark.long
def test_the_causes_of_a_wheels_stage_are_its_params(capped: Project) -> None:
    capped.params(cap={"most": 5})
    capped.dsv("run")
    assert _causes(capped) == [("param", "cap.most", 4, 5, 1)]


def test_an_upgraded_wheel_makes_its_stage_stale_and_is_the_cause(
    capped: Project, install: Callable[..., None]
) -> None:
    install("1.1", MODULE.replace("OPERATOR", ">="))
    because = {"kind": "code", "name": "cap", "from": "acme-cap 1.0", "to": "acme-cap 1.1"}
    assert _stale(capped) == [("cap", [because])]
    capped.dsv("run")
    assert _causes(capped) == [("code", "cap code", "acme-cap 1.0", "acme-cap 1.1", 1)]


def test_a_wheel_that_is_missing_is_told(capped: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(dsv.__file__).parents[1]))
    assert "cap: unknown key and no stage" in capped.dsv("run", code=10).err


def test_a_wheel_that_cannot_be_imported_is_told(shop: Project, install: Callable[..., None]) -> None:
    install("1.2", "import nowhere_at_all\n")
    shop.params(cap={"most": 4})
    assert shop.dsv("run", code=10).err == (
        "error: The stage 'cap' of acme-cap 1.2 cannot be loaded: ModuleNotFoundError: No module named 'nowhere_at_all'\n"
        "hint: upgrade or uninstall the package\n"
    )


def _doubled(shop: Project) -> None:
    (shop.root / "ours.py").write_text(FUNCTION, encoding="utf-8")
    shop.dsv("stage", "add", "doubled", "--python", "ours:double")
    shop.dsv("run")
    shop.dsv("commit", "-m", "doubled", "--tag", "v1.0.0")


@pytest.fixture
def doubled(shelf: Shelf, shop: Project) -> Project:
    return shelf.take("plugin-doubled", _doubled, lambda: shop)


def _edit(project: Project, old: str, new: str) -> None:
    path = project.root / "ours.py"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# Prices are whole.", "# Prices are whole; that is why."),
        ('"""Twice the price."""', '"""The price, twice."""'),
        ('"""Stages of ours."""', '"""Stages."""'),
        ('records["price"] * 2', '(\n        records["price"]\n        * 2\n    )'),
    ],
)
def test_what_is_no_code_makes_no_stage_stale(doubled: Project, old: str, new: str) -> None:
    _edit(doubled, old, new)
    assert [s.stage for s in dsv.status(path=doubled.root).stages if s.state != "fresh"] == []


@pytest.mark.long
def test_a_changed_comment_does_not_run_the_function_again(doubled: Project) -> None:
    _edit(doubled, "# Prices are whole.", "# They are.")
    ran = {s["stage"]: s["ran"] for s in doubled.dsv("run", "--format", "json").json()["dsv.run/v1"]}
    assert ran["doubled"] is False


def test_a_changed_line_runs_the_function_again_and_is_the_cause(doubled: Project) -> None:
    _edit(doubled, "* 2", "* 3")
    assert [name for name, _ in _stale(doubled)] == ["doubled"]
    doubled.dsv("run")
    assert dsv.load(".", path=doubled.root).to_polars()["twice"].to_list() == [9, 12, 15, 18]
    assert [(kind, what, n) for kind, what, _, _, n in _causes(doubled)] == [("code", "doubled code", 4)]


def test_the_module_is_committed_with_the_version(doubled: Project) -> None:
    _edit(doubled, "* 2", "* 3")
    dsv.run(path=doubled.root)
    assert "ours.py" in dsv.status(path=doubled.root).uncommitted
    dsv.commit("three", path=doubled.root)
    assert doubled.dsv("reproduce", "v1.0.0", "--rebuild", "--format", "json").json()["dsv.reproduce/v1"]["equal"]


@pytest.mark.long
def test_a_session_that_lives_on_sees_the_edited_function(doubled: Project) -> None:
    values = []
    for factor in (3, 4):
        _edit(doubled, f"* {factor - 1}", f"* {factor}")
        dsv.run(path=doubled.root)
        values.append(dsv.load(".", path=doubled.root).to_polars()["twice"].to_list())
    assert values == [[9, 12, 15, 18], [12, 16, 20, 24]]
    assert dsv.reproduce("v1.0.0", rebuild=True, path=doubled.root).equal


def test_a_stage_of_ones_own_takes_the_name_of_no_other(doubled: Project) -> None:
    told = doubled.dsv("stage", "add", "doubled", "--python", "ours:double", code=2).err
    assert told.startswith("error: params.yaml has a section 'doubled' already.")


def test_what_a_function_prints_is_no_result(doubled: Project) -> None:
    _edit(doubled, "return", 'print("hello"); return')
    with (doubled.root / "ours.py").open("a", encoding="utf-8") as file:
        file.write('print("imported")\n')
    for command in (["status"], ["plan"], ["run"], ["reproduce", "v1.0.0"]):
        done = doubled.dsv(*command, "--format", "json")
        assert len(json.loads(done.out)) == 1, command
    doubled.dsv("commit", "-m", "it prints", "--tag", "v2.0.0")
    done = doubled.dsv("reproduce", "HEAD", "--rebuild", "--format", "json")
    assert done.json()["dsv.reproduce/v1"]["equal"]
    assert "hello" in done.err


def test_a_function_sets_what_it_returns_and_leaves_what_it_leaves_out(shop: Project) -> None:
    (shop.root / "ours.py").write_text(
        "import polars as pl\n\ndef halve(records):\n"
        '    odd = pl.col("price") % 2 == 1\n'
        '    return records.select("_id", price=pl.when(odd).then(pl.col("price").cast(pl.String)), marks=pl.when(odd).then(pl.concat_list("price")))\n',
        encoding="utf-8",
    )
    shop.dsv("run")
    before = dsv.load(path=shop.root).to_polars()
    shop.dsv("stage", "add", "halved", "--python", "ours:halve")
    shop.dsv("run")
    after = dsv.load(path=shop.root).to_polars()
    odd = before["price"] % 2 == 1
    assert 0 < odd.sum() < len(odd)
    # Of another type, and null where the function says so.
    assert after["price"].to_list() == [str(p) if o else None for p, o in zip(before["price"], odd, strict=True)]
    assert after["marks"].to_list() == [[p] if o else None for p, o in zip(before["price"], odd, strict=True)]
    assert set(before.columns) <= set(after.columns)


def test_a_function_that_returns_what_it_was_given_changes_nothing(project: Project) -> None:
    rows = '{"id": 1, "tags": ["a"], "box": {"x": 1, "y": null}}\n{"id": 2, "tags": [], "box": null}\n{"id": 3, "tags": null}\n'
    project.dsv("add", str(project.write("a.jsonl", rows)), "--source", "shop", "--key", "id", "--license", "MIT")
    project.params()
    project.dsv("run")
    root = dsv.show(".", path=project.root)["root"]
    (project.root / "ours.py").write_text("def same(records):\n    return records\n", encoding="utf-8")
    project.dsv("stage", "add", "same", "--python", "ours:same")
    project.dsv("run")
    assert dsv.show(".", path=project.root)["root"] == root


@pytest.mark.parametrize("parts", [["12", "abc"], ["12\nabc"]], ids=["two batches", "one"])
def test_a_function_that_changes_a_type_does_so_in_every_batch(project: Project, parts: list[str]) -> None:
    n = 0
    for part in parts:
        rows = "id,x\n" + "".join(f"{(n := n + 1)},{x}\n" for x in part.split("\n"))
        known = ["--key", "id", "--license", "MIT", "--types", "string"] if n == len(part.split("\n")) else []
        project.dsv("add", str(project.write("a.csv", rows)), "--source", "shop", *known)
    (project.root / "ours.py").write_text(
        "import polars as pl\n\ndef number(records):\n    return records.with_columns(pl.col('x').cast(pl.Int64, strict=False))\n", encoding="utf-8"
    )
    project.params()
    project.dsv("stage", "add", "number", "--python", "ours:number")
    project.dsv("run")
    found = dsv.load(path=project.root).to_polars()
    assert found["x"].to_list() == [12, None]
    assert dsv.show(".", path=project.root)["columns"]["x"] == "int"
    assert "changed" in [step.action for step in dsv.why("shop/2", path=project.root).steps]
