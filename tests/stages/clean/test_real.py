# Published or counted facts about real data; facts.json beside each data set holds the counts.
from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dsv.stages import clean
from tests.stages.harness import Shard, run, shard

pytestmark = pytest.mark.real
Real = Callable[[str], Path]


def facts(real: Real, name: str) -> Any:
    return json.loads((real(name) / "facts.json").read_text())


def cut(frame: pl.DataFrame, size: int, **about: Any) -> list[Shard]:
    return [shard(part, **about) for part in frame.iter_slices(size)]


def adult(real: Real, name: str) -> pl.DataFrame:
    # Texts as they stand: what is a duplicate is for the rules to say, not for a reader's guess of types.
    lines = (real("uci_adult") / f"adult-{name}.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines if line.count(",") == 14]
    return pl.DataFrame(rows, schema=[f"c{i:02}" for i in range(1, 16)], orient="row")


def test_adult_has_52_exact_duplicates_once_the_labels_of_both_files_are_alike(real: Real) -> None:
    train, test = adult(real, "train"), adult(real, "test")
    columns = train.columns
    rules = [
        {"text": {"columns": columns, "replace": [{"from": "(<=50K|>50K)\\.$", "to": "$1", "regex": True}]}},
        {"duplicate": {}},
    ]
    ran = run(clean, {"rules": rules}, [*cut(train, 5000), *cut(test, 7000)], parts=3)
    assert len(ran.drops) == 52
    within = sum(
        1 for name, (_, partner) in ran.drops.items() if int(name[2:]) < 32_561 and int(str(partner)[2:]) < 32_561
    )
    assert within == facts(real, "uci_adult")["train"]["exact_duplicate_rows"] == 24


def test_adult_without_unknowns_has_the_published_45222_records(real: Real) -> None:
    shards = [*cut(adult(real, "train"), 31_000), *cut(adult(real, "test"), 31_000)]
    columns = shards[0].frame.columns
    rules = [{"text": {"columns": columns}}, {"aliases": {"column": "c02", "map": {"?": ""}}},
             {"aliases": {"column": "c07", "map": {"?": ""}}}, {"aliases": {"column": "c14", "map": {"?": ""}}},
             {"missing": ["c02", "c07", "c14"]}]  # fmt: skip
    assert len(run(clean, {"rules": rules}, shards).kept) == 45_222


def sms(real: Real) -> pl.DataFrame:
    lines = (real("sms_spam") / "sms.tsv").read_text(encoding="utf-8").split("\n")
    rows = [line.split("\t", 1) for line in lines if line]
    return pl.DataFrame(rows, schema=["label", "text"], orient="row")


def test_sms_has_403_repeated_messages(real: Real) -> None:
    ran = run(clean, {"rules": [{"duplicate": {}}]}, cut(sms(real), 1000))
    known = facts(real, "sms_spam")
    assert len(ran.drops) == known["exact_duplicate_lines"] == 403
    assert len(ran.kept) == known["distinct_label_text"]


def test_sms_grows_batch_by_batch_as_at_once(real: Real) -> None:
    whole = run(
        clean,
        {"rules": [{"text": {"columns": ["text"], "case": "lower"}}, {"duplicate": {"columns": ["text"]}}]},
        cut(sms(real), 1000),
    )
    half = run(
        clean,
        {"rules": [{"text": {"columns": ["text"], "case": "lower"}}, {"duplicate": {"columns": ["text"]}}]},
        cut(sms(real), 1000)[:3],
    )
    assert [d.digests() for d in half.decisions if d] == [d.digests() for d in whole.decisions[:3] if d]


@pytest.mark.parametrize("name", ["dataset1", "dataset2", "dataset3"])
def test_febrl_has_no_exact_duplicate(name: str, real: Real) -> None:
    frame = pl.read_csv(real("febrl") / f"{name}.csv", infer_schema=False)
    frame = frame.rename({c: c.strip() for c in frame.columns})
    rules = [{"text": {"columns": frame.columns}}, {"duplicate": {"except": ["rec_id"]}}]
    assert (
        len(run(clean, {"rules": rules}, cut(frame, 700)).drops)
        == facts(real, "febrl")[name]["exact_duplicates_ignoring_rec_id"]
        == 0
    )


def boxes(real: Real, folder: str) -> pl.DataFrame:
    rows = []
    for path in sorted((real("bccd") / folder).glob("*.xml")):
        root = ET.parse(path).getroot()
        listed = [
            {
                "label": o.findtext("name"),
                **{k: float(o.findtext(f"bndbox/{k}") or "nan") for k in ("xmin", "ymin", "xmax", "ymax")},
            }
            for o in root.iter("object")
        ]
        rows.append({"_id": f"s/{path.stem}", "boxes": listed, "width": 640, "height": 480})
    return pl.DataFrame(rows)


@pytest.mark.parametrize("folder", ["ann_cosmicad", "ann_akshaylamba", "ann_bccd_2017", "ann_bccd_2019"])
def test_every_version_of_bccd_has_two_boxes_without_area(folder: str, real: Real) -> None:
    ran = run(clean, {"rules": [{"boxes": {}}]}, cut(boxes(real, folder), 100))
    said = {row["detail"] for d in ran.decisions if d for row in d.table.iter_rows(named=True)}
    assert said == {
        f"{label} {x0},{y0},{x1},{y1} zero area"
        for _, label, x0, y0, x1, y1 in facts(real, "bccd")[folder]["zero_area_boxes"]
    }


def test_bccd_has_three_misspelt_names_of_platelets(real: Real) -> None:
    rule = {"aliases": {"column": "boxes", "map": dict.fromkeys(["Platetlets", "Platlets", "Platetets"], "Platelets")}}
    ran = run(clean, {"rules": [rule]}, cut(boxes(real, "ann_akshaylamba"), 100))
    assert len(ran.sets) == 4
    assert {box["label"] for value in ran.values["boxes"] for box in value} == {"RBC", "WBC", "Platelets"}


def test_corrupt_dates_are_told_not_lost(real: Real) -> None:
    frame = pl.read_csv(real("febrl") / "dataset1.csv", infer_schema=False)
    frame = frame.rename({c: c.strip() for c in frame.columns})
    rules = [{"date": {"column": "date_of_birth", "formats": ["%Y%m%d"], "type": "date"}}]
    ran = run(clean, {"rules": rules}, cut(frame, 400))
    written = frame.filter(pl.col("date_of_birth").str.strip_chars().str.len_chars() > 0).height
    assert len(ran.sets) == frame["date_of_birth"].count()
    assert sum(1 for *_, value in ran.sets if value is None) == frame["date_of_birth"].count() - written + _impossible(
        frame
    )


def _impossible(frame: pl.DataFrame) -> int:
    """Dates of birth that are no date, counted with another reader."""
    bad = 0
    for text in frame["date_of_birth"].drop_nulls().str.strip_chars():
        if text:
            year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
            leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
            days = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            bad += not (1 <= month <= 12 and 1 <= day <= days[month - 1])
    return bad
