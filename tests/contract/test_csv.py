"""The fast reader of CSV means what the strict one does, which defines the meaning."""

from __future__ import annotations

import codecs
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.formats import csv, registry, rows
from dsv.formats.base import FILE, ROW, ReadSpec, Unreadable

LINE_ENDS = ["\n", "\r\n", "\r"]
FIELDS = [
    "",
    "a",
    "NA",
    " ",
    '""',
    '"a"',
    '"a,b"',
    '"a\n"',
    '"say ""x"""',
    '"',
    'a"b',
    '"x"y',
    "ä",
    "\ufeff",
    "1.0",
    ";",
    "\t",
    "'",
]
texts = st.builds(
    lambda bom, lines, last: bom + "".join(",".join(row) + end for row, end in lines) + last,
    st.sampled_from(["", "\ufeff"]),
    st.lists(st.tuples(st.lists(st.sampled_from(FIELDS), max_size=3), st.sampled_from(LINE_ENDS)), max_size=5),
    st.sampled_from(["", "a,b", '"a', "\n"]),
)  # fmt: skip
specs = st.builds(
    ReadSpec,
    null=st.sampled_from([("",), (), ("", "NA"), ("a", " ")]),
    quote=st.sampled_from(['"', "'", None]),
    escape=st.sampled_from([None, "\\"]),
    header=st.just(True),
) | st.builds(
    ReadSpec, quote=st.sampled_from(['"', None]), header=st.just(False), names=st.sampled_from([("x", "y"), ("x", "y", "z")])
)  # fmt: skip


def _same(fast: Any, data: bytes, spec: ReadSpec, delimiter: str) -> None:
    strict = csv.strict(data, "f", spec, delimiter)
    assert fast.table.to_pydict() == strict.table.to_pydict()
    assert fast.table.schema.names == strict.table.schema.names
    assert fast.bad == strict.bad


def _agree(data: bytes, spec: ReadSpec, delimiter: str = ",") -> bool:
    """Checks that the fast reader, if it reads at all, reads what the strict one does; whether it did."""
    try:
        fast = csv.fast(data, "f", spec, delimiter)
    except Unreadable as error:
        with pytest.raises(Unreadable, match=str(error)[:20]):
            csv.strict(data, "f", spec, delimiter)
        return False
    if fast is not None:
        _same(fast, data, spec, delimiter)
    return fast is not None


@given(texts, specs)
@settings(deadline=None, max_examples=300, derandomize=True)
def test_the_fast_reader_of_csv_reads_what_the_strict_one_does(text: str, spec: ReadSpec) -> None:
    _agree(text.encode(), spec)


odd = st.lists(st.sampled_from(['"', '"', '""', ",", ",", "\n", "\r\n", "\r", "a", "NA", "\ufeff", " ", '"a"', '"a\n"', "é"]), max_size=14)


@given(odd, specs, st.sampled_from([1 << 24, 24]))
@settings(deadline=None, max_examples=2_000, derandomize=True)
def test_the_fast_reader_takes_no_text_for_another(pieces: list[str], spec: ReadSpec, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv, "BLOCK", block)
        _agree(("x,y\n" + "".join(pieces)).encode(), spec)


@given(texts, specs)
@settings(deadline=None, max_examples=500, derandomize=True)
def test_records_are_found_where_they_are_read(text: str, spec: ReadSpec) -> None:
    assert list(rows.spans(text, ",", spec.quote, spec.escape)) == [
        (row.start, row.end) for row in rows.records(text, ",", spec.quote, spec.escape)
    ]


@pytest.mark.long
@given(texts, specs, st.sampled_from([",", ";", "\t", "a"]))
@settings(deadline=None, max_examples=5_000, derandomize=True)
def test_the_fast_reader_of_csv_reads_what_the_strict_one_does_at_length(
    text: str, spec: ReadSpec, delimiter: str
) -> None:
    _agree(text.encode(), spec, delimiter)


@given(texts, specs, st.sampled_from(["utf-8", "utf-16", "latin-1"]), st.sampled_from([5, 9, 1 << 16]))
@settings(deadline=None, max_examples=300, derandomize=True)
def test_the_header_tells_all_columns_or_nothing(text: str, spec: ReadSpec, encoding: str, head: int) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv, "HEAD", head)
        Path(folder, "f").write_bytes(text.encode(encoding, "replace"))
        (task,) = registry.tasks(Path(folder), ["f"], "csv", replace(spec, encoding=encoding))
        header = registry.header([task])
        rows = [chunk.table for chunk in registry.read(task)]
    columns = {column for table in rows for column in table.column_names} - {FILE, ROW}
    assert header is None or columns <= header.columns
    assert header is None or header.rows or not any(table.num_rows for table in rows)
    assert header is not None or head < len(text.encode(encoding, "replace"))


def test_a_header_that_is_cut_off_within_quotes_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv, "HEAD", 6)
    (tmp_path / "f").write_bytes(b'"a\nb c",d\n1,2\n')
    assert registry.header(registry.tasks(tmp_path, ["f"], "csv", ReadSpec())) is None


@pytest.mark.parametrize("text", ["a,b\n1,2\n", '\ufeffa,b\r\n"x, y","z\n"\r\n', 'a,b\n"say ""x""",\n'])
def test_plain_csv_takes_the_fast_reader(text: str) -> None:
    assert _agree(text.encode(), ReadSpec())


@pytest.mark.parametrize("end", ["", "\n", '\n2,b"c\n'])
@pytest.mark.parametrize("row", ['1,""abc', 'a,"\r\n"x', '1,"a""', '"2",', '1,"a"b"c"'])
def test_what_a_row_says_does_not_depend_on_the_others(row: str, end: str) -> None:
    data = f"id,x\n{row}{end}".encode()
    fast = csv.fast(data, "f", ReadSpec(), ",")
    strict = csv.strict(data, "f", ReadSpec(), ",")
    assert fast is None or fast.table.to_pydict() == strict.table.to_pydict()


def test_an_empty_field_at_the_end_of_a_file_is_null(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b'id,x\n1,a\n"2",')
    (task,) = registry.tasks(tmp_path, ["f"], "csv", ReadSpec())
    assert [value for chunk in registry.read(task) for value in chunk.table["x"].to_pylist()] == ["a", None]


def test_any_character_may_quote(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("id,x\n1,«a«\n", encoding="utf-8")
    (task,) = registry.tasks(tmp_path, ["f"], "csv", ReadSpec(quote="«"))
    assert [value for chunk in registry.read(task) for value in chunk.table["x"].to_pylist()] == ["a"]


@pytest.mark.parametrize(
    "data",
    [
        b"\n\na,b\n1,2\n",
        b"a,b\n\n1,2\n\n\n3,4\n",
        codecs.BOM_UTF8 + b"\n" + b"a,b\n1,2\n",
        b" \na,b\n1,2\n",
        b"a,b\n1,\xff\n",
    ],
)
def test_blank_lines_and_bytes_that_are_no_text_are_read_alike(data: bytes) -> None:
    _agree(data, ReadSpec())
