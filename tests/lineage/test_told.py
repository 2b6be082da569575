"""Cases in which a record was told with the wrong cause."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dsv.delta.model import Cause
from dsv.ops.diff import between
from tests.runner.workshop import Workshop

SOURCE = {"license": "MIT", "format": "csv", "key": ["id"], "columns": {"z": "float"}}
DOUBLE, TEXT, RANGE = {"duplicate": {"columns": ["x"], "nulls": "differ"}}, {"text": {"columns": ["x"], "case": "lower"}}, {"range": {"column": "z", "max": 9}}


def causes(folder: Path, files: list[str], was: dict[str, Any], now: dict[str, Any]) -> dict[str, Cause]:
    """The cause of each record that differs where the stages are others."""
    shop, versions = Workshop(folder / "shop", workers=1), []
    for name, stages in (("was", was), ("now", now)):
        delivered = {("shop", f"d{i}"): {"0.csv": text.replace(" ", "\n").encode()} for i, text in enumerate(files)}
        shop.write({"dataset": "d", "sources": {"shop": {**SOURCE, "batches": [batch for _, batch in delivered]}}, **stages}, delivered)
        shop.build()
        versions.append(shop.pinned(folder / name))
    return {delta.id: delta.cause for delta in between(*versions).records()}


def test_what_other_records_are_set_to_is_no_cause(tmp_path: Path) -> None:
    files = ["id,x,y,z a,same,,", "id,x,y,z b,SAME,,1 c,,UP,1"]
    now = [{"text": {"columns": ["y"], "case": "lower"}}, TEXT, DOUBLE, RANGE]
    found = causes(tmp_path, files, {"clean": {"rules": [DOUBLE, RANGE, TEXT]}}, {"clean": {"rules": now}})
    assert found["shop/b"] == Cause("param", "clean", "clean.rules", ["duplicate", "text"], ["text#2", "duplicate"])


def test_what_is_not_compared_of_another_record_is_no_cause(tmp_path: Path) -> None:
    lower, as_it_is = ({"text": {"columns": ["y"], **case}} for case in ({"case": "lower"}, {}))
    was, now = ({"clean": {"rules": rules}} for rules in ([DOUBLE, TEXT, as_it_is], [TEXT, DOUBLE, lower]))
    found = causes(tmp_path, ["id,x,y,z a,same,UP,", "id,x,y,z b,SAME,,"], was, now)
    assert found == {
        "shop/a": Cause("param", "clean", "clean.rules[2].text.case", None, "lower"),
        "shop/b": Cause("param", "clean", "clean.rules", ["duplicate", "text"], ["text", "duplicate"]),
    }


def test_what_was_modified_and_moved_is_told_by_what_modified_it(tmp_path: Path) -> None:
    sets = {name: {"use": "clean", "rules": [{"aliases": {"column": "x", "map": known}}]} for name, known in (("p", {"u": "p", "q": "p"}), ("q", {"u": "q", "p": "q"}))}
    was, now = ({**{n: sets[n] for n in order}, "split": {"method": "hash", "fractions": {name: 1.0}}} for order, name in (("pq", "one"), ("qp", "two")))
    assert causes(tmp_path, ["id,x,z a,u,"], was, now) == {"shop/a": Cause("param", "p", "stages", ["p", "q"], ["q", "p"])}


def test_what_a_rule_or_a_split_does_not_look_at_is_no_cause(tmp_path: Path) -> None:
    """Another record came before, or went; the value of another column was set otherwise in the same run."""
    fill = [{"fill": {"column": "y", "value": value}} for value in ("old", "new")]
    files = {"first": ["id,x,y b,other,here", "id,x,y c,same,here"], "second": ["id,x,y a,same,"]}
    shop, versions = Workshop(tmp_path / "shop", workers=1), []
    for name, batches, rule in (("was", 1, fill[0]), ("now", 2, fill[1])):
        delivered = {(of, f"d{i}"): {"0.csv": text.replace(" ", "\n").encode()} for of, texts in files.items() for i, text in enumerate(texts[:batches])}
        sources = {of: {**SOURCE, "columns": {}, "batches": [batch for source, batch in delivered if source == of]} for of in files}
        shop.write({"dataset": "d", "sources": sources, "clean": {"rules": [rule, DOUBLE]}}, delivered)
        shop.build()
        versions.append(shop.pinned(tmp_path / name))
    came = Cause("batch", "ingest", "first/d1", None, "added")
    assert {delta.id: delta.cause for delta in between(*versions).records()} == {"first/c": came, "second/a": Cause("partner", "clean", "duplicate", via=came)}


def test_votes_do_not_move_what_is_not_split_by_label(tmp_path: Path) -> None:
    """A record whose label stays has votes for the first time; others that came made room in its split."""
    votes = {"license": "MIT", "format": "csv", "kind": "annotations", "of": "shop", "item": "id", "annotator": "who", "value": "label"}
    split = {"method": "fresh", "fractions": {"one": 0.5, "two": 0.5}}
    shop, versions = Workshop(tmp_path / "shop", workers=1), []
    delivered: dict[tuple[str, str], dict[str, bytes]] = {}
    merge = {"from": ["votes"], "annotators": {"exclude": ["bob"]}}
    for n, stages in enumerate(({"split": split}, {"merge": merge, "split": split})):
        delivered["shop", f"d{n}"] = {"0.csv": ("id,x\n" + "".join(f"{n}{i},x\n" for i in range(30))).encode()}
        delivered["votes", "d0"] = {"0.csv": ("id,who,label\n" + "".join(f"0{i},bob,p\n" for i in range(30))).encode()}
        sources = {"shop": {**SOURCE, "batches": [f"d{i}" for i in range(n + 1)]}, "votes": {**votes, "batches": ["d0"]}}
        shop.write({"dataset": "d", "sources": sources, **stages}, delivered)
        shop.build()
        versions.append(shop.pinned(tmp_path / str(n)))
    moved = {delta.cause for delta in between(*versions).records() if delta.op == "moved"}
    assert moved == {Cause("partner", "split", "quota")}


def test_a_record_that_a_snapshot_lacks_went_with_it_whatever_else_is_read_otherwise(tmp_path: Path) -> None:
    """The columns of the source have other types in the same run, so that no shard is as it was."""
    files = ("id,n\n1,1\n2,2\n", "id,n\n1,1\n")
    shop, versions = Workshop(tmp_path / "shop", workers=1), []
    for n, kind in enumerate(("int", "string"), start=1):
        delivered = {("shop", f"d{i}"): {"0.csv": text.encode()} for i, text in enumerate(files[:n])}
        source = {**SOURCE, "delivery": "snapshot", "columns": {"n": kind}, "batches": [batch for _, batch in delivered]}
        shop.write({"dataset": "d", "sources": {"shop": source}}, delivered)
        shop.build()
        versions.append(shop.pinned(tmp_path / str(n)))
    causes = {delta.id: delta.cause for delta in between(*versions).records()}
    assert causes["shop/2"] == Cause("batch", "ingest", "shop/d1", None, "withdrawn")


def test_a_value_in_a_column_that_the_delivery_before_lacks_is_content(tmp_path: Path) -> None:
    shop, versions = Workshop(tmp_path / "shop", workers=1), []
    files = {"d0": b"id,x,y\na,1,2\n", "d1": b"id,x\nb,1\n", "d2": b"id,x,y\nb,1,3\n"}
    for last in (2, 3):
        batches = [*files][:last]
        source = {**SOURCE, "columns": {}, "batches": batches}
        shop.write({"dataset": "d", "sources": {"shop": source}}, {("shop", b): {"0.csv": files[b]} for b in batches})
        shop.build()
        versions.append(shop.pinned(tmp_path / str(last)))
    for (one, other), gone in ((versions, None), (versions[::-1], "removed")):
        assert [delta.cause for delta in between(one, other).records()] == [Cause("content", "ingest", "shop/d2", None, gone)]
