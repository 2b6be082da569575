"""The way through the house, on the command line: files in, a diffable and reproducible version out."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import dsv
from tests.conftest import Project, Shelf

JANUARY = "id,text,price\n1,good,3.0\n2,bad,4.5\n3,good,5.0\n4,,6.0\n5,fine,7.0\n6,ok,8.5\n"
FEBRUARY = "id,text,price\n7,new,1.0\n2,better,4.5\n"
SPLIT = {"method": "sticky", "fractions": {"train": 0.5, "test": 0.5}}


def _january(project: Project) -> None:
    delivery = ("--source", "shop", "--batch", "2026-01", "--key", "id", "--license", "CC-BY-4.0")
    project.dsv("add", str(project.write("jan.csv", JANUARY)), *delivery)
    project.params(clean={"rules": [{"missing": {"columns": ["text"]}}]}, split=SPLIT)
    project.dsv("run")
    project.dsv("commit", "-m", "january", "--tag", "v1.0.0")


def _february(january: Project) -> None:
    january.dsv("add", str(january.write("feb.csv", FEBRUARY)), "--source", "shop", "--batch", "2026-02")
    rules = [{"missing": {"columns": ["text"]}}, {"duplicate": {"columns": ["text"]}}]
    january.params(clean={"rules": rules}, split=SPLIT)
    january.dsv("run")
    january.dsv("commit", "-m", "february", "--tag", "auto")


@pytest.fixture
def january(shelf: Shelf, project: Project) -> Project:
    return shelf.take("january", _january, lambda: project)


@pytest.fixture
def february(shelf: Shelf, project: Project) -> Project:
    return shelf.take("february", _february, lambda: shelf.take("january", _january, lambda: project))


def test_a_version_counts_what_was_read_kept_and_dropped(january: Project) -> None:
    shown = january.dsv("show", "--format", "json").json()["dsv.show/v1"]
    assert shown["records"] == 5
    assert shown["dropped"] == {"clean.missing": 1}
    assert shown["columns"] == {"id": "int", "price": "float", "split": "string", "text": "string"}
    assert sum(shown["splits"].values()) == 5


def test_a_diff_names_the_cause_of_every_change(february: Project) -> None:
    found = february.dsv("diff", "v1.0.0", "HEAD", "--format", "json").json()["dsv.diff/v1"]
    assert found["records"] == {"added": 1, "removed": 1, "modified": 1, "moved": 0, "unchanged": 3}
    causes = {(c["kind"], c["what"]): c["added"] + c["removed"] + c["modified"] + c["moved"] for c in found["causes"]}
    assert causes == {("batch", "shop/2026-02"): 1, ("content", "shop/2026-02"): 1, ("param", "clean.duplicate"): 1}
    assert found["columns"] == {"text": 1}
    assert found["bump"] == "major"


def test_the_records_of_a_diff_are_streamed_as_json_lines(february: Project) -> None:
    lines = [json.loads(line) for line in february.dsv("diff", "v1.0.0", "HEAD", "--format", "jsonl").out.splitlines()]
    by_id = {line["id"]: line for line in lines}
    assert by_id["shop/2"]["from"] == {"text": "bad"}
    assert by_id["shop/2"]["to"] == {"text": "better"}
    assert by_id["shop/3"]["op"] == "removed"
    assert by_id["shop/7"]["op"] == "added"


def test_a_diff_of_equal_versions_is_empty_and_exits_with_0(january: Project) -> None:
    assert january.dsv("diff", "v1.0.0", "HEAD", "--exit-code").out.splitlines()[1:] == ["The same records."]


def test_a_column_that_no_stage_assigns_any_more_is_a_change_of_schema(january: Project) -> None:
    january.params(clean={"rules": [{"missing": {"columns": ["text"]}}]})
    january.dsv("run")
    found = dsv.diff("v1.0.0", ".", path=january.root).json()
    assert found["schema"]["removed"] == ["split"]
    assert found["records"] == {"added": 0, "removed": 0, "modified": 0, "moved": 0, "unchanged": 5}


def test_exit_code_1_tells_differences_only_when_asked(february: Project) -> None:
    february.dsv("diff", "v1.0.0", "HEAD")
    february.dsv("diff", "v1.0.0", "HEAD", "--exit-code", code=1)


def test_why_tells_the_partner_of_a_duplicate(february: Project) -> None:
    told = february.dsv("why", "shop/3", "--format", "json").json()["dsv.why/v1"]
    assert told["state"] == "dropped"
    assert [(s["stage"], s["rule"], s["partner"]) for s in told["steps"]] == [("clean", "duplicate", "shop/1")]
    assert (told["batch"], told["file"], told["row"]) == ("2026-01", "jan.csv", 3)


def test_a_version_is_reproduced_from_its_deliveries(february: Project) -> None:
    told = february.dsv("reproduce", "v1.0.0", "--rebuild", "--format", "json").json()["dsv.reproduce/v1"]
    assert told["equal"] is True


def test_a_fresh_clone_reproduces_an_old_version(february: Project, tmp_path: Path) -> None:
    remote = tmp_path / "remote"
    remote.mkdir()
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "store", str(remote)], cwd=february.root, check=True)
    subprocess.run(["git", "commit", "-qam", "remote"], cwd=february.root, check=True)
    february.dsv("push", "v1.0.0")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(february.root), str(clone)], check=True)
    there = Project(clone)
    assert "equal" in there.dsv("reproduce", "v1.0.0").out
    assert "equal" in there.dsv("reproduce", "v1.0.0", "--rebuild").out


def test_a_push_heals_a_remote_that_lost_an_object(february: Project, tmp_path: Path) -> None:
    remote = tmp_path / "remote"
    remote.mkdir()
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "store", str(remote)], cwd=february.root, check=True)
    february.dsv("push")
    lost = [path for path in remote.rglob("*") if path.is_file()][:3]
    for path in lost:
        path.unlink()
    assert february.dsv("push").out.startswith("Sent 3 of ")
    assert all(path.exists() for path in lost)


def test_verify_finds_a_flipped_bit_and_heals_it(february: Project, tmp_path: Path) -> None:
    remote = tmp_path / "remote"
    remote.mkdir()
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "store", str(remote)], cwd=february.root, check=True)
    february.dsv("push")
    sent = next(p for p in remote.rglob("*") if p.is_file() and p.suffix != ".dir")
    victim = february.root / ".dvc" / "cache" / sent.relative_to(remote)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.chmod(0o644)
    victim.write_bytes(bytes(data))
    victim.chmod(0o444)
    assert "1 damaged" in february.dsv("verify", code=13).out
    february.dsv("verify", "--heal")
    february.dsv("verify")


def test_the_library_gives_values(february: Project) -> None:
    data = dsv.load("v1.0.0", path=february.root)
    assert len(data) == 5
    assert data.to_polars()["_id"].to_list() == [f"shop/{n}" for n in (1, 2, 3, 5, 6)]
    assert dsv.diff("v1.0.0", "HEAD", path=february.root).counts.added == 1
    assert dsv.log(path=february.root)[0].entry.version == "reviews@v2.0.0"


def test_a_shuffled_delivery_has_the_same_root(project: Project) -> None:
    roots = []
    head, *rows = JANUARY.splitlines()
    for order in (rows, rows[::-1]):
        shutil.rmtree(project.root)
        project.root.mkdir()
        project.dsv("init", "--name", "reviews")
        project.dsv(
            "add",
            str(project.write("jan.csv", "\n".join([head, *order]) + "\n")),
            "--source",
            "shop",
            "--key",
            "id",
            "--license",
            "MIT",
        )
        project.dsv("run")
        roots.append(project.dsv("show", ".", "--format", "json").json()["dsv.show/v1"]["root"])
    assert roots[0] == roots[1]


def test_the_order_of_the_fields_of_a_value_is_no_type(project: Project) -> None:
    add = ("--source", "shop", "--key", "id", "--license", "MIT", "--batch")
    project.dsv("add", str(project.write("1.jsonl", '{"id": 1, "at": {"x": 1, "y": 2.5}}\n')), *add, "one")
    project.dsv("run")
    project.dsv("commit", "-m", "one")
    one = project.dsv("show", "--format", "json").json()["dsv.show/v1"]["root"]
    project.dsv("add", str(project.write("2.jsonl", '{"id": 2, "at": {"y": 2.5, "x": 1}}\n')), *add, "two")
    project.dsv("run")
    found = project.dsv("diff", "--format", "json").json()["dsv.diff/v1"]
    assert (found["schema"]["retyped"], found["bump"]) == ({}, "minor")

    (project.root / "data/raw/shop/one/1.jsonl").unlink()
    (project.root / "data/raw/shop/one/1.jsonl").write_text('{"id": 1, "at": {"y": 2.5, "x": 1}}\n', encoding="utf-8")
    path = project.root / "params.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("batches: [one, two]", "batches: [one]"), encoding="utf-8")
    project.dsv("run")
    assert project.dsv("show", ".", "--format", "json").json()["dsv.show/v1"]["root"] == one


def test_dvc_repro_finds_nothing_to_do_after_a_run(january: Project) -> None:
    done = subprocess.run(["dvc", "repro"], cwd=january.root, capture_output=True, text=True, check=True)
    assert "up to date" in done.stdout


def test_status_names_the_param_that_changed(january: Project) -> None:
    january.params(clean={"rules": [{"missing": {"columns": ["price"]}}]}, split=SPLIT)
    stages = {s["stage"]: s for s in january.dsv("status", "--format", "json").json()["dsv.status/v1"]["stages"]}
    assert stages["clean"]["state"] == "stale"
    assert stages["clean"]["because"][0]["name"].startswith("clean.rules[0]")
    assert stages["ingest"]["state"] == "fresh"


def test_a_section_that_says_nothing_is_not_out_of_date(january: Project) -> None:
    january.params(clean={"rules": [{"missing": {"columns": ["text"]}}]}, split=SPLIT, audit={})
    stages = january.dsv("status", "--format", "json").json()["dsv.status/v1"]["stages"]
    assert {stage["state"] for stage in stages} == {"fresh"}


def test_a_version_that_is_out_of_date_is_not_committed(january: Project) -> None:
    january.params(clean={"rules": []}, split=SPLIT)
    assert "hint: dsv run" in january.dsv("commit", "-m", "x", code=10).err


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["show", "v9.9.9"], 12, "error:"),
        (["why", "shop/99"], 10, "No record shop/99"),
        (["diff", "a", "b", "c"], 2, "two versions"),
        (["nonsense"], 2, "There is no command"),
        (["add", "missing.csv", "--source", "new", "--license", "MIT"], 2, "There is no missing.csv"),
        (["add", ".", "--source", "new"], 2, "licence must be known"),
    ],
)
def test_errors_are_messages_with_exit_codes(january: Project, args: list[str], code: int, told: str) -> None:
    done = january.dsv(*args, code=code)
    assert told in done.err
    assert "Traceback" not in done.err


def test_outside_of_a_project_the_exit_code_is_11(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    assert "hint: dsv init" in Project(folder).dsv("log", code=11).err


def test_a_project_without_a_commit_has_an_empty_log(project: Project) -> None:
    assert project.dsv("log", "--format", "json").json() == {"dsv.log/v1": []}


def test_a_python_function_becomes_a_stage(january: Project) -> None:
    (january.root / "mystages.py").write_text(
        "import polars as pl\n\ndef double(records):\n    return records.filter(pl.col('price') < 8).with_columns(twice=pl.col('price') * 2)\n"
    )
    january.dsv("stage", "add", "doubled", "--python", "mystages:double")
    january.dsv("run")
    data = dsv.load(".", path=january.root).to_polars()
    assert data["twice"].to_list() == [2 * p for p in data["price"].to_list()]
    assert january.dsv("why", "shop/6").out.splitlines()[0] == "shop/6  dropped"


def test_votes_become_labels_and_ties_are_queued(january: Project) -> None:
    votes = "id,worker,label\n1,a,x\n1,b,x\n1,c,y\n2,a,x\n2,b,y\n3,a,z\n9,a,z\n"
    told = [
        "--source",
        "votes",
        "--item",
        "id",
        "--annotator",
        "worker",
        "--value",
        "label",
        "--of",
        "shop",
        "--license",
        "MIT",
    ]
    january.dsv("add", str(january.write("votes.csv", votes)), *told)
    january.params(merge={"min_votes": 2}, split=SPLIT)
    january.dsv("run")
    data = dsv.load(".", path=january.root).to_polars()
    assert dict(data.select("_id", "label").iter_rows()) == {"shop/1": "x"} | {
        f"shop/{n}": None for n in (2, 3, 4, 5, 6)
    }
    summary = january.dsv("show", ".", "--format", "json").json()["dsv.show/v1"]["stages"]["merge"]["summary"]
    assert summary["undecided"] == {"few": 1, "none": 3, "tie": 1}
    assert summary["orphans"] == 1


def test_a_column_that_no_live_record_has_any_more_is_no_column(project: Project) -> None:
    told = ("--source", "shop", "--snapshot", "--key", "id", "--license", "CC0-1.0", "--types", "string")
    project.params(split={"method": "hash"})
    project.dsv("add", str(project.write("a.csv", "id,text,old\n1,a,x\n2,b,y\n")), *told)
    project.dsv("run")
    project.dsv("commit", "-m", "a")
    project.dsv("add", str(project.write("b.csv", "id,text\n1,a\n2,b\n")), "--source", "shop")
    project.dsv("run")
    project.dsv("commit", "-m", "b")
    found = project.dsv("diff", "HEAD~1", "HEAD", "--format", "json").json()["dsv.diff/v1"]
    assert found["schema"]["removed"] == ["old"]
    assert found["records"] == {"added": 0, "removed": 0, "modified": 0, "moved": 0, "unchanged": 2}
    assert found["to"]["root"] == _only_second(project)


def _only_second(project: Project) -> str:
    """The root of the second delivery alone: history does not count."""
    params = (project.root / "params.yaml").read_text(encoding="utf-8")
    (project.root / "params.yaml").write_text(params.replace('["0001", "0002"]', '["0002"]'), encoding="utf-8")
    project.dsv("run")
    return str(project.dsv("show", ".", "--format", "json").json()["dsv.show/v1"]["root"])
