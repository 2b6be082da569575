from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from dsv.errors import DsvError, UsageError
from dsv.project import edit, inline, splice
from dsv.project.params import default_params, load
from dsv.record import yaml12
from tests.record.trees import TREES

SHOP = {
    "kind": "records",
    "key": ["id"],
    "license": "CC-BY-4.0",
    "null": ["", "NA"],
    "batches": ["2026-01-15"],
    "columns": {"price": "float", "when": {"type": "datetime", "formats": ["%d/%m/%Y"]}},
}
WRITTEN = """\
sources:
  shop:
    kind: records
    key: [id]
    license: CC-BY-4.0
    "null": ["", NA]
    batches: ["2026-01-15", 2026-02]
    columns:
      price: float
      when: {type: datetime, formats: ["%d/%m/%Y"]}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(default_params("reviews"))
    return path


def test_a_source_and_a_batch_are_written_where_they_belong(file: Path) -> None:
    edit.add_source(file, "shop", SHOP)
    edit.add_batch(file, "shop", "2026-02")
    assert file.read_text() == default_params("reviews").replace("sources: {}\n", WRITTEN)


def test_what_was_added_reads_back(file: Path) -> None:
    edit.add_source(file, "shop", SHOP)
    assert load(file).sources["shop"].batches == ("2026-01-15",)


def test_the_section_of_a_stage_is_added(file: Path) -> None:
    edit.add_stage(file, "clean-2", {"use": "clean", "rules": [{"missing": {"columns": ["a, b"]}}]})
    assert load(file).stages[-1].raw == {"rules": [{"missing": {"columns": ["a, b"]}}]}


def test_what_is_not_valid_is_not_written(file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(DsvError, match="kind"):
        edit.add_source(file, "shop", {"kind": "record"})
    assert file.read_bytes() == before


def test_a_source_that_is_there_is_not_added_again(file: Path) -> None:
    edit.add_source(file, "shop", SHOP)
    with pytest.raises(DsvError, match=r"sources\.shop is there already"):
        edit.add_source(file, "shop", SHOP)


def test_a_batch_of_an_unknown_source_is_refused_with_the_nearest_name(file: Path) -> None:
    edit.add_source(file, "shop", SHOP)
    with pytest.raises(UsageError, match=r"no source shp in params.yaml; did you mean shop\?$"):
        edit.add_batch(file, "shp", "x")


def test_the_mode_and_the_link_to_the_file_are_kept(file: Path) -> None:
    file.chmod(0o640)
    link = file.with_name("link.yaml")
    link.symlink_to(file)
    edit.add_source(link, "shop", SHOP)
    assert (link.is_symlink(), file.stat().st_mode & 0o777) == (True, 0o640)


def test_nothing_but_the_file_is_left_behind(file: Path) -> None:
    edit.add_source(file, "shop", SHOP)
    assert os.listdir(file.parent) == ["params.yaml"]


def test_windows_line_ends_and_byte_order_mark_are_kept(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfdataset: d\r\nsources:\r\n")
    edit.add_source(file, "s", {"kind": "media"})
    assert file.read_bytes() == b"\xef\xbb\xbfdataset: d\r\nsources:\r\n  s:\r\n    kind: media\r\n"


def test_keys_that_dvc_stops_at_are_quoted(file: Path) -> None:
    file.write_text(
        "dataset: d\nsources:\n  s: {null: [null-ish], columns: {a: {type: bool, true: [T]}}}  # null: true\n"
    )
    before = load(file)
    assert edit.quote_keys(file)
    assert file.read_text().endswith('s: {"null": [null-ish], columns: {a: {type: bool, "true": [T]}}}  # null: true\n')
    assert load(file) == before


def test_where_all_keys_are_texts_nothing_is_written(file: Path) -> None:
    assert not edit.quote_keys(file)


PLACES = {
    "": "sources:\n  n: {k: 1}\n",
    "a: 1": "a: 1\nsources:\n  n: {k: 1}\n",
    "sources:\na: 1\n": "sources:\n  n:\n    k: 1\na: 1\n",
    "sources: ~ # none\n": "sources:  # none\n  n:\n    k: 1\n",
    "sources: {}\n": "sources:\n  n:\n    k: 1\n",
    "sources: {a: {}}\n": "sources: {a: {}, n: {k: 1}}\n",
    "sources: {a: {}, }\n": "sources: {a: {}, n: {k: 1}, }\n",
    "{}": "sources:\n  n: {k: 1}\n",
    "{a: 1}": "{a: 1, sources: {n: {k: 1}}}",
    "sources:\n    a:\n        b: [x]\n        # of a\n    # of sources\n\n# of z\nz: 1\n": (
        "sources:\n    a:\n        b: [x]\n        # of a\n    # of sources\n    n:\n        k: 1\n\n# of z\nz: 1\n"
    ),
    "sources:\n  a: |\n    x\n\n\nz: 1\n": "sources:\n  a: |\n    x\n\n\n  n:\n    k: 1\nz: 1\n",
    "x: &x {q: 1}\nsources:\n  a: *x\n  b: *x\nz: 1\n": "x: &x {q: 1}\nsources:\n  a: *x\n  b: *x\n  n:\n    k: 1\nz: 1\n",
    "---\nsources:\n  a: 1\n...\n": "---\nsources:\n  a: 1\n  n:\n    k: 1\n...\n",
}


@pytest.mark.parametrize("text", PLACES)
def test_an_entry_stands_at_the_end_of_its_mapping(text: str) -> None:
    assert splice.insert(text, ("sources",), "n", {"k": 1}) == PLACES[text]


LISTS = {
    "b: [x]  # c\n": "b: [x, new]  # c\n",
    "b: [x,\n  y,  # last\n]\n": "b: [x,\n  y, new,  # last\n]\n",
    "b: []\n": "b: [new]\n",
    "b:\n": "b: [new]\n",
    "b: # none\nc: 1\n": "b: [new] # none\nc: 1\n",
    "b: null\n": "b: [new]\n",
    "b:\n- x # c\n# end\nc: 1\n": "b:\n- x # c\n- new\n# end\nc: 1\n",
    "b:\n  - x\n  - y": "b:\n  - x\n  - y\n  - new\n",
    "a: 1\n": "a: 1\nb: [new]\n",
}


@pytest.mark.parametrize("text", LISTS)
def test_an_item_stands_at_the_end_of_its_list(text: str) -> None:
    assert splice.append(text, ("b",), "new") == LISTS[text]


@pytest.mark.parametrize("text", ["a: &x [1]\nb: *x\n", "b: 1\n", "b: {}\n", "b: [1]\n---\nb: [1]\n", "b: ["])
def test_what_cannot_be_edited_in_place_is_refused(text: str) -> None:
    with pytest.raises(DsvError):
        splice.append(text, ("b",), "new")


@settings(deadline=None, max_examples=300)
@given(TREES)
def test_a_value_on_one_line_reads_back_here_and_in_dvc(tree: object) -> None:
    line = inline.flow({"k": [tree]})
    assert repr(yaml12.load(line)) == repr({"k": [tree]})
    assert repr(YAML(typ="safe", pure=True).load(line)) == repr({"k": [tree]})


NAME = st.sampled_from(["a", "b", "c1", "'q'", '"x y"'])
TAIL = st.sampled_from(["", " ", "   # why", " #"])
NOISE = st.lists(st.sampled_from(["", "  ", "# top", "    # deep", "  # mid: [x"]), max_size=2)
LEAF = st.sampled_from(
    [
        "1",
        "0x1F",
        "1e3",
        "yes",
        "'it''s'",
        '"a # b"',
        "[1,2 ,  3]",
        "{x:  1}",
        "~",
        "",
        "2026-01",
        "[a,\n      b]",
        "|\n      lit\n\n      more",
    ]
)


@st.composite
def files(draw: st.DrawFn) -> str:
    rows = ["dataset:   d" + draw(TAIL), *draw(NOISE), "sources:" + draw(TAIL), *draw(NOISE)]
    dent = draw(st.sampled_from(["  ", "    ", " "]))
    for name in draw(st.lists(NAME, max_size=3, unique_by=lambda text: text.strip("'\""))):
        rows += [f"{dent}{name}:{draw(TAIL)}", *draw(NOISE)]
        for key in draw(st.lists(st.sampled_from(["k", "l", "m"]), max_size=3, unique=True)):
            rows += [f"{dent}{dent}{key}: {draw(LEAF)}", *draw(NOISE)]
        batches = draw(st.sampled_from(["", "batches: [x,  y]", "batches:\n{i}- x\n{i}-   y", "batches: []"]))
        rows += [dent * 2 + batches.format(i=dent * 2) + (draw(TAIL) if batches else ""), *draw(NOISE)]
    return draw(st.sampled_from(["\n", "\r\n"])).join([*rows, "clean:  {}", *draw(NOISE)]) + draw(
        st.sampled_from(["", "\n"])
    )


def valid(text: str) -> bool:
    try:
        return isinstance(yaml12.load(text), dict)
    except DsvError:
        return False


@settings(deadline=None, max_examples=300)
@given(files())
def test_an_added_source_changes_no_other_line(text: str) -> None:
    assume(valid(text))
    after = splice.insert(text, ("sources",), "new", {"kind": "media", "batches": ["x"]})
    rest = after.splitlines()
    for row in ("new:", "kind: media", "batches: [x]"):
        at = max(i for i, found in enumerate(rest) if found.strip() == row)
        del rest[at]
    assert rest == text.splitlines()


@settings(deadline=None, max_examples=300)
@given(files())
def test_an_added_batch_changes_no_more_than_its_list(text: str) -> None:
    assume(valid(text))
    sources = yaml12.load(text)["sources"] or {}
    for name, body in sources.items():
        after = splice.append(text, ("sources", name, "batches"), "new")
        assert [*((body or {}).get("batches") or []), "new"] == yaml12.load(after)["sources"][name]["batches"]
        kept = [row for row in text.splitlines() if row not in after.splitlines()]
        assert len(kept) <= 1
        assert len(after.splitlines()) - len(text.splitlines()) in (0, 1)
