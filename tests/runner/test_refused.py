# What is refused is told with its place in its file and what stands there.
from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dsv.engines.local import Local
from dsv.project.params import Column, Source
from dsv.runner.ingest import deliver
from dsv.stages.base import Named

INT: Mapping[str, Any] = {"columns": {"n": Column("int")}}


def bad(folder: Path, source: Source, key: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    parsed = deliver.parse(Local(1), folder, sorted(path.name for path in folder.iterdir()), source)
    return (deliver.keyed(parsed, folder, key, source, [Named(("key",), name) for name in key]) if key else parsed).bad.to_dicts()


FILES: dict[str, tuple[str, bytes, Mapping[str, Any], list[bytes]]] = {
    "csv": ("a.csv", b"id,n\n1,1\n2,x\n3,3\n4,1.5", {}, [b"2,x", b"4,1.5"]),
    "csv: line ends, blank lines, a mark": ("a.csv", codecs.BOM_UTF8 + b"\r\nid,n\r\n\r\n1,1\r\n2,x\r\n", {}, [b"2,x"]),
    "csv: quotes": ("a.csv", b'id,n\n"a\n""b""",1\n"c\nd",x\n', {}, [b'"c\nd",x']),
    "csv: bytes that are not ASCII": ("a.csv", "id,n\nä,1\nöö,x\n".encode(), {}, ["öö,x".encode()]),
    "csv: a lone carriage return": ("a.csv", b"id,n\r1,1\r2,x\r", {}, [b"2,x"]),
    "csv: after a row of another width": ("a.csv", b"id,n\nx\n2,x\n", {}, [b"x", b"2,x"]),
    "csv: after text that follows a quote": ("a.csv", codecs.BOM_UTF8 + b'id,n\n"a"b,1\n2,x\n', {}, [b'"a"b,1', b"2,x"]),
    "csv: without a header": ("a.csv", b"1,x\n2,2\n", {"header": False, "names": ("id", "n")}, [b"1,x"]),
    "csv: another encoding": ("a.csv", "id,n\nä,1\nöö,x\né\n".encode("latin-1"), {"encoding": "latin-1"}, ["öö,x".encode("latin-1"), b"\xe9"]),
    "csv: two bytes a character": ("a.csv", "id,n\nä,1\nöö,x\n".encode("utf-16"), {"encoding": "utf-16"}, ["öö,x".encode("utf-16-le")]),
    "csv: without quotes": ("a.csv", b'id,n\n",1\n2,x\n', {"quoting": None}, [b"2,x"]),
    "tsv": ("a.tsv", b"id\tn\n1,1\t1\n2\tx\n", {}, [b"2\tx"]),
    "jsonl": ("a.jsonl", b'{"n": 1}\n\n{"n": "x"}\n{"n": 1e400}\n', {}, [b'{"n": "x"}', b'{"n": 1e400}']),
    "jsonl: a mark": ("a.jsonl", codecs.BOM_UTF8 + '{"n": 1, "ä": 1}\n{"n": true}\n[]\n'.encode(), {}, [b'{"n": true}', b"[]"]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "data", "told", "expected"), FILES.values(), ids=FILES)
def test_the_place_of_what_is_refused_is_where_it_stands(
    name: str, data: bytes, told: Mapping[str, Any], expected: list[bytes], tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    found = bad(tmp_path, Source("shop", **INT, **told))
    assert [row["raw"] for row in found] == expected
    assert [data[row["offset"] :][: len(row["raw"])] for row in found] == expected
    assert all(row["offset"] > 0 or data.startswith(row["raw"]) for row in found)


def test_what_can_be_written_in_two_ways_has_no_known_place(tmp_path: Path) -> None:
    # UTF-16 without the mark that says which: the text does not tell how long the file is.
    (tmp_path / "a.csv").write_bytes("id,n\n1,x\n".encode("utf-16-le"))
    assert [(row["row"], row["offset"], row["raw"]) for row in bad(tmp_path, Source("shop", **INT, encoding="utf-16"))] == [(1, -1, b"1,x")]


@pytest.mark.parametrize("form", ["json", "parquet"])
def test_a_record_without_a_place_of_its_own_is_told_by_its_number_as_json(form: str, tmp_path: Path) -> None:
    rows = [{"id": "a", "n": "1"}, {"id": "é", "n": "x"}]
    if form == "json":
        (tmp_path / "a.json").write_text(json.dumps(rows))
    else:
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=1)
    (found,) = bad(tmp_path, Source("shop", **INT))
    assert (found["file"], found["row"], found["offset"]) == (f"a.{form}", 2, -1)
    assert json.loads(found["raw"]) == rows[1]


def test_a_record_without_a_key_is_told_as_well(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,n\n1,1\n,2\n")
    (tmp_path / "b.jsonl").write_bytes(b'{"n": 3}\n')
    found = bad(tmp_path, Source("shop", **INT), ("id",))
    assert [(row["file"], row["row"], row["offset"], row["rule"], row["raw"]) for row in found] == [
        ("a.csv", 2, 9, "key", b",2"),
        ("b.jsonl", 1, 0, "key", b'{"n": 3}'),
    ]


def test_of_a_long_record_the_first_bytes_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"id,n\n{'ä' * 2000},x\n")
    (found,) = bad(tmp_path, Source("shop", **INT))
    assert found["raw"] == ("ä" * 500).encode()
