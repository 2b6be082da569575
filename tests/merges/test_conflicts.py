from __future__ import annotations

import json
from pathlib import Path

import pytest

from dsv.errors import UsageError
from dsv.ops import answers
from dsv.ops.conflicts import conflicts
from dsv.ops.resolve import resolve
from tests.merges.conftest import Fork


def finish(fork: Fork) -> None:
    """A run, and the commit that ends the merge; nothing is in conflict then."""
    fork.build("merged")
    assert len(fork.git("log", "-1", "--format=%P").out.split()) == 2
    assert conflicts(fork.layout).conflicts == []


def test_a_merge_stops_where_both_sides_changed_the_same_records(fork: Fork) -> None:
    told = fork.on("ours").merge("theirs", code=1).err
    assert "Both sides changed 3 of the same records: shop/2, shop/30, votes/2/ann" in told
    assert fork.git("rev-parse", "MERGE_HEAD").out == fork.git("rev-parse", "theirs").out


def test_conflicts_are_listed_by_record_with_both_sides(stopped: Fork) -> None:
    shas = [stopped.git("rev-parse", "--short=10", rev).out.strip() for rev in ("ours", "theirs", "ours~2")]
    assert stopped.project.dsv("resolve", "--exit-code", code=1).out.splitlines() == [
        "3 in conflict: ours {}, theirs {}, made of {}".format(*shas),
        "record shop/2",
        "    text: ours two ours   theirs two theirs   before two",
        "record shop/30",
        "    price: ours 1.0   theirs 9.0",
        "annotation votes/2/ann, record shop/2, annotator ann",
        "    label: ours y   theirs z   before x",
    ]


def test_conflicts_in_json_have_every_side_whole(stopped: Fork) -> None:
    told = stopped.project.dsv("resolve", "--format", "json").json()["dsv.resolve/v1"]["conflicts"]
    assert told[2] == {
        "kind": "annotation", "id": "votes/2/ann", "undone": False, "record": "shop/2", "annotator": "ann",
        "base": {"id": 2, "who": "ann", "label": "x"}, "ours": {"id": 2, "who": "ann", "label": "y"},
        "theirs": {"id": 2, "who": "ann", "label": "z"},
    }  # fmt: skip


def test_ours_settles_every_conflict_and_keeps_the_rest_of_both(stopped: Fork) -> None:
    stopped.project.dsv("resolve", "--ours")
    finish(stopped)
    assert stopped.column("text") == {
        1: "one", 2: "two ours", 3: "three!", 4: "four", 10: "ten", 20: "twenty", 30: "new",
    }  # fmt: skip
    assert stopped.column("price")[30] == 1.0
    # bob says x, ann y: of a tie the first.
    assert stopped.column("label") == {1: "y", 2: "x", 3: "z", 4: None, 10: None, 20: None, 30: None}


@pytest.mark.long
def test_theirs_settles_as_if_theirs_had_arrived_last(stopped: Fork) -> None:
    resolve(stopped.layout, "theirs")
    finish(stopped)
    assert (stopped.column("text")[2], stopped.column("price")[30]) == ("two theirs", 9.0)


def test_a_file_settles_each_record_with_a_side_or_values(stopped: Fork) -> None:
    lines = [json.loads(line) for line in stopped.project.dsv("resolve", "--format", "jsonl").out.splitlines()]
    lines[0] |= {"values": {"text": "two of both"}}
    lines[1] |= {"side": "theirs"}
    lines[2] |= {"value": "w"}
    path = stopped.project.write("choices.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    stopped.project.dsv("resolve", "--with", str(path))
    finish(stopped)
    assert (stopped.column("text")[2], stopped.column("price")[30]) == ("two of both", 9.0)
    assert stopped.column("label")[2] == "w"


def test_what_is_settled_is_a_delivery_named_after_the_merged_commit(stopped: Fork) -> None:
    assert resolve(stopped.layout, "ours").ids == ["shop/2", "shop/30", "votes/2/ann"]
    name = f"merge-{stopped.git('rev-parse', '--short=7', 'theirs').out.strip()}"
    text = (stopped.project.root / "params.yaml").read_text(encoding="utf-8")
    assert f"batches: [first, ours-1, ours-2, theirs-1, theirs-2, {{name: {name}, resolved: true}}]" in text
    assert resolve(stopped.layout, "ours").ids == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"values": {"price": "much"}, "side": "ours"}, "price is float, and 'much' is none"),
        ({"values": {"prize": 1}, "side": "ours"}, "no column 'prize'; did you mean price?"),
        ({"values": {"id": 1}, "side": "ours"}, "id is part of the id"),
        ({"values": {"price": 1}}, "text differs too; say its value, or a side"),
    ],
)
def test_values_that_do_not_fit_are_refused(stopped: Fork, tmp_path: Path, line: dict[str, object], told: str) -> None:
    path = tmp_path / "choices.jsonl"
    path.write_text(json.dumps({"id": "shop/2", **line}))
    with pytest.raises(UsageError, match=told):
        resolve(stopped.layout, "theirs", answers.read(path))
    assert not (stopped.project.root / ".dsv" / "tmp" / "resolve").exists()
