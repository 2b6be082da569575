"""The diff of two runs: metrics beside the data, and accuracy by slice."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dsv
from dsv import errors
from dsv.ops import slices as ops
from dsv.ops.delivery import Delivery
from dsv.ops.runs_diff import compare
from tests.conftest import Project
from tests.runs.conftest import SAID, build, predictions

Slices = Callable[[str], dict[str | None, dict[str, Any]]]


def diff(project: Project, a: str, b: str) -> Any:
    found = dsv.diff(a, b, path=project.root)
    runs = compare(found)
    return found.json() | (runs.json() if runs else {})


def add(project: Project, name: str, said: Path, rev: str | None = None) -> None:
    dsv.add_run(name, rev, predictions=said, path=project.root)


@pytest.fixture
def slices(trained: Project) -> Slices:
    """What the diff of both runs says of the slices by a column: value → slice."""
    found = diff(trained, "run:before", "run:after")["slices"]
    return lambda by: {one["value"]: one for one in found if one["by"] == by}


def test_the_data_of_two_runs_are_told_as_of_their_versions(trained: Project) -> None:
    by_run, by_tag = diff(trained, "run:before", "run:after"), diff(trained, "v1.0.0", "v2.0.0")
    assert {key: by_run[key] for key in by_tag} == by_tag
    assert set(by_run) - set(by_tag) == {"runs", "metrics", "slices", "notes"}


def test_each_metric_is_told_before_and_after(trained: Project) -> None:
    found = {
        m["name"]: (m["from"], m["to"], round(m["change"], 6))
        for m in diff(trained, "run:before", "run:after")["metrics"]
    }
    assert found == {"accuracy": (0.8, 0.9, 0.1), "f1.macro": (0.4, 0.45, 0.05)}


def test_a_run_is_right_where_it_says_the_label_of_its_own_version(slices: Slices) -> None:
    # 1 to 4 were relabelled: saying ham was right before, saying spam is right after.
    assert slices("all")[None] | {"data": None} == {
        "by": "all", "value": None, "records": 15, "from": 14 / 15, "to": 14 / 15, "fixed": 1, "broken": 1, "data": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("change", {"unchanged": 11, "modified": 4, "added": 0, "removed": 0}),
        ("cause", {"content shop/second": 4, "batch shop/second": 0}),
        ("label", {"ham": 6, "spam": 9}),
        ("country", {"de": 7, "fr": 8}),
    ],
)
def test_records_of_both_runs_are_counted_by_slice(slices: Slices, by: str, expected: dict[str, int]) -> None:
    assert {value: one["records"] for value, one in slices(by).items()} == expected


def test_every_slice_has_the_change_of_its_data(slices: Slices) -> None:
    counted = {
        value: [one["data"][op] for op in ("added", "removed", "modified")] for value, one in slices("label").items()
    }
    assert counted == {"ham": [4, 0, 0], "spam": [0, 1, 4]}


def test_the_screen_shows_metrics_and_slices_after_the_data(trained: Project) -> None:
    lines = trained.dsv("diff", "run:before", "run:after").out.splitlines()
    at = lines.index("metrics")
    assert lines[at + 1].split() == ["accuracy", "0.8", "→", "0.9", "+0.1"]
    assert lines[at + 3] == "right of 15 records that both runs predicted"
    assert lines[at + 5].split() == ["all", "15", "93.3%", "→", "93.3%", "1", "1", "+4", "-1", "~4"]


def test_the_markdown_has_a_table_of_metrics_and_one_of_slices(trained: Project) -> None:
    text = trained.dsv("diff", "run:before", "run:after", "--format", "md").out
    assert "\n| accuracy | 0.8 | 0.9 | +0.1 |\n" in text
    assert "\n| label | spam | 9 | 88.9% | 88.9% | 1 | 1 | -1 &#126;<!-- -->4 |\n" in text


def test_stat_tells_the_metrics_without_data(trained: Project) -> None:
    subprocess.run(["rm", "-rf", ".dvc/cache", ".dsv/cache"], cwd=trained.root, check=True)
    assert trained.dsv("diff", "--stat", "run:before", "run:after").out.splitlines()[-2].split()[0] == "accuracy"
    told = trained.dsv("diff", "--stat", "run:before", "run:after", "-f", "json").json()["dsv.stat/v1"]
    assert [m["name"] for m in told["metrics"]] == ["accuracy", "f1.macro"]


def test_a_run_against_a_version_shows_the_metrics_of_the_run(trained: Project) -> None:
    found = diff(trained, "v1.0.0", "run:after")
    assert [(m["from"], m["to"]) for m in found["metrics"]] == [(None, 0.9), (None, 0.45)]
    assert found["slices"] == []


def test_the_library_gives_what_the_command_prints(trained: Project) -> None:
    printed = trained.dsv("diff", "run:before", "run:after", "--format", "json").json()
    assert printed == {"dsv.diff/v1": diff(trained, "run:before", "run:after")}
    assert dsv.diff_runs("run:before", "run:after", path=trained.root).json().items() <= printed["dsv.diff/v1"].items()


def test_only_runs_are_compared_as_runs(trained: Project) -> None:
    with pytest.raises(errors.UsageError, match="Neither"):
        dsv.diff_runs("v1.0.0", "v2.0.0", path=trained.root)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_predictions_are_read_from(trained: Project, suffix: str) -> None:
    source = predictions(trained.root / "again.csv", SAID["after"])
    path = trained.root / f"again{suffix}"
    if suffix == ".parquet":
        pl.read_csv(source).rename({"id": "_id"}).write_parquet(path)
    else:
        predictions(path, SAID["after"])
    add(trained, "again", path)
    assert diff(trained, "run:before", "run:again")["slices"] == diff(trained, "run:before", "run:after")["slices"]


@pytest.mark.parametrize("how", ["edited", "deleted"])
def test_predictions_are_those_that_were_recorded(trained: Project, how: str) -> None:
    whole = diff(trained, "run:before", "run:after")["slices"]
    path = trained.root / "before.csv"
    path.write_text("id,prediction\nshop/1,spam\n", encoding="utf-8") if how == "edited" else path.unlink()
    assert diff(trained, "run:before", "run:after")["slices"] == whole


def test_predictions_that_dvc_keeps_are_read_from_the_cache(versions: Project) -> None:
    for name, rev in (("before", "v1.0.0"), ("after", "v2.0.0")):
        said = predictions(versions.root / f"{name}.csv", SAID[name])
        add(versions, name, said, rev)
        subprocess.run(["dvc", "add", "-q", said.name], cwd=versions.root, check=True)
        said.unlink()
    assert diff(versions, "run:before", "run:after")["slices"][0]["records"] == 15


def test_predictions_that_are_gone_are_told_and_the_rest_is_there(versions: Project) -> None:
    for name, rev in (("before", "v1.0.0"), ("after", "v2.0.0")):
        said = predictions(versions.root / f"{name}.csv", SAID[name])
        add(versions, name, said, rev)
    said.unlink()
    found = diff(versions, "run:before", "run:after")
    assert found["records"]["modified"] == 4
    assert found["notes"][0].startswith("no slices: after.csv (md5 ")
    assert found["notes"][0].endswith("is not there as it was recorded. (dvc pull after.csv)")


def test_ids_that_are_no_records_are_told_with_one_that_is(trained: Project) -> None:
    path = trained.root / "raw.csv"
    path.write_text("id,prediction\n1,ham\nshop/2,ham\n", encoding="utf-8")
    add(trained, "raw", path, "v1.0.0")
    found = diff(trained, "run:raw", "run:after")
    assert found["notes"] == ["1 of 2 predictions of run:raw name no record of its version, as 1; ids are like shop/1"]
    assert found["slices"][0]["records"] == 1


def test_without_a_column_of_labels_there_are_no_slices(trained: Project) -> None:
    params = (trained.root / "params.yaml").read_text(encoding="utf-8").replace('"label": "label"', '"label": "mood"')
    (trained.root / "params.yaml").write_text(params, encoding="utf-8")
    rows = "id,text,label,country,mood\n" + "".join(f"{i},text {i},ham,de,good\n" for i in range(1, 16))
    dsv.add(Delivery([trained.write("third.csv", rows)], "shop", batch="third"), path=trained.root)
    build(trained, "another label")
    add(trained, "mood", trained.root / "after.csv")
    assert diff(trained, "run:before", "run:mood")["notes"] == [
        "no slices: run:before has no column 'mood' of single values (audit.label in params.yaml)"
    ]


@pytest.mark.parametrize(
    ("labels", "said", "right"),
    [
        (["1", "b", None], ["1", None, "x"], [True, False]),
        ([1, 2, 3], ["1", "2.0", "x"], [True, True, False]),
        ([0.5, 1.0, 2.0], ["0.5", "1", None], [True, True, False]),
        ([True, False, True], ["true", "False", "1"], [True, True, False]),
    ],
)
def test_a_prediction_is_compared_as_what_the_label_is(
    labels: list[Any], said: list[str | None], right: list[bool]
) -> None:
    frame = pl.DataFrame({"id": ["a", "b", "c"], "label": labels})
    told = pl.DataFrame({"id": ["a", "b", "c"], "prediction": said}, schema_overrides={"prediction": pl.String})
    assert ops.judged(frame, told, "label", "right")["right"].to_list() == right


LABELS = st.dictionaries(st.integers(0, 12), st.sampled_from(["x", "y", None]), min_size=1)
CLASSES = st.dictionaries(st.integers(0, 12), st.sampled_from(["x", "y"]))


@settings(deadline=None, max_examples=40, derandomize=True)
@given(LABELS, LABELS, CLASSES, CLASSES)
def test_the_slices_of_a_column_add_up_to_all(
    old: dict[int, str], new: dict[int, str], a: dict[int, str], b: dict[int, str]
) -> None:
    was, now = (
        pl.DataFrame(
            {"id": [str(i) for i in v], "label": list(v.values())}, schema={"id": pl.String, "label": pl.String}
        )
        for v in (old, new)
    )
    said = [
        pl.DataFrame(
            {"id": [str(i) for i in v], "prediction": list(v.values())},
            schema={"id": pl.String, "prediction": pl.String},
        )
        for v in (a, b)
    ]
    common = ops.judged(was, said[0], "label", "before").join(ops.judged(now, said[1], "label", "after"), on="id")
    changes = pl.DataFrame(
        [{"id": str(i), "op": _op(old, new, i), "cause": "batch b"} for i in sorted({*old, *new}) if _op(old, new, i)],
        schema=dict.fromkeys(["id", "op", "cause"], pl.String),
    )
    found = ops.slices(was, now, common, changes, ["label"])
    whole = next(one for one in found if one.by == "all") if found else None
    both = [i for i in set(a) & set(b) if old.get(i) and new.get(i)]
    for by in ("change", "label"):
        assert sum(one.records for one in found if one.by == by) == len(both)
        assert sum(one.after for one in found if one.by == by) == sum(b[i] == new[i] for i in both)
    assert whole is None or (whole.after - whole.before == whole.fixed - whole.broken)


def _op(old: dict[int, Any], new: dict[int, Any], i: int) -> str | None:
    if i not in old or i not in new:
        return "added" if i in new else "removed"
    return "modified" if old[i] != new[i] else None


def test_metrics_that_are_no_numbers_to_json_are_null_there(versions: Project) -> None:
    (versions.root / "m.json").write_text(json.dumps({"loss": float("nan")}), encoding="utf-8")
    dsv.add_run("a", metrics=versions.root / "m.json", path=versions.root)
    assert diff(versions, "run:a", "run:a")["metrics"] == [{"name": "loss", "from": None, "to": None, "change": None}]
