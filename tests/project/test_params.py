from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.errors import DsvError, NotAProject
from dsv.project.params import Column, Const, Params, default_params, load, parse
from dsv.record import yaml12
from dsv.record.problem import ParamsError
from tests.record.trees import TREES

CONTRACT = """\
dataset: reviews
sources:
  shop:                      # records
    kind: records
    format: csv
    key: [id]
    on_conflict: keep
    license: CC-BY-4.0
    privacy: none
    url: https://example.org/shop
    null: [""]
    delivery: append
    batches: [2026-01, 2026-02]
    columns:
      when: {type: datetime, formats: ["%Y-%m-%d", "%d/%m/%Y"]}
      price: float
      member: {type: bool, true: [Y], false: [N]}
  votes:
    kind: annotations
    item: id
    of: shop
    annotator: worker
    value: label
    batches: [round-1]
clean:
  rules:
    - missing: {columns: [text]}
merge: {method: majority, min_votes: 2, tie: queue}
clean-images: {use: clean, rules: []}
"""


def source(body: str, *more: str) -> str:
    return "\n".join(["dataset: d", "sources:", f"  s: {body}", *more])


def problems(text: str) -> list[str]:
    with pytest.raises(ParamsError) as caught:
        parse(text)
    return [str(problem) for problem in caught.value.problems]


def test_the_sources_are_in_the_order_of_the_file() -> None:
    assert list(parse(CONTRACT).sources) == ["shop", "votes"]


def test_every_key_of_a_source_is_read() -> None:
    shop = parse(CONTRACT).sources["shop"]
    assert (shop.name, shop.key, shop.on_conflict, shop.null, shop.batches) == (
        "shop",
        ("id",),
        "keep",
        ("",),
        ("2026-01", "2026-02"),
    )


def test_a_column_may_be_declared_in_short() -> None:
    assert parse(CONTRACT).sources["shop"].columns["price"] == Column("float")


def test_the_tokens_of_a_bool_are_read_though_yaml_takes_their_keys_for_bools() -> None:
    assert parse(CONTRACT).sources["shop"].columns["member"] == Column("bool", true=("Y",), false=("N",))


def test_what_a_source_leaves_out_has_its_default() -> None:
    bare = parse(source("")).sources["s"]
    told = (bare.kind, bare.on_conflict, bare.delivery, bare.null, bare.quote, bare.header, bare.privacy, bare.match)
    assert told == ("records", "replace", "append", ("",), '"', True, "none", "exact")


def test_the_annotator_may_be_a_column() -> None:
    votes = parse(CONTRACT).sources["votes"]
    assert (votes.annotator, votes.annotator_name) == ("worker", None)


def test_the_annotator_may_be_one_person() -> None:
    found = parse(source("{kind: annotations, annotator: {const: alice}}")).sources["s"]
    assert (found.annotated_by, found.annotator, found.annotator_name) == (Const("alice"), None, "alice")


@pytest.mark.parametrize(("written", "quote"), [("false", None), ("null", None), ('"\'"', "'"), ("'\"'", '"')])
def test_quoting_can_be_turned_off(written: str, quote: str | None) -> None:
    assert parse(source(f"{{quote: {written}}}")).sources["s"].quote == quote


def test_every_other_key_is_a_stage_in_the_order_of_the_file() -> None:
    assert [(s.name, s.use, s.position) for s in parse(CONTRACT).stages] == [
        ("clean", "clean", 0),
        ("merge", "merge", 1),
        ("clean-images", "clean", 2),
    ]


def test_the_section_of_a_stage_is_kept_as_it_stands_without_use() -> None:
    assert parse(CONTRACT).stages[2].raw == {"rules": []}


def test_a_file_without_header_and_quotes_can_be_declared() -> None:
    text = source(
        '{header: false, names: [label, text], delimiter: "\\t", quote: false, escape: "\\\\", null: ["\\\\N"]}'
    )
    sms = parse(text).sources["s"]
    assert (sms.delimiter, sms.quote, sms.escape, sms.null, sms.names) == (
        "\t",
        None,
        "\\",
        ("\\N",),
        ("label", "text"),
    )


def test_params_are_equal_when_they_say_the_same() -> None:
    assert parse(CONTRACT) == parse(CONTRACT.replace("# records", ""))


@pytest.mark.parametrize("name", ["reviews", "2024", "no", "1e3", "v1.0"])
def test_the_default_params_are_valid_for_every_name(name: str) -> None:
    assert parse(default_params(name)).dataset == name


NAMES = "a name of letters, digits, '.', '_' and '-', first a letter or digit, last no '.', '.dvc' or '.lock',"
REFUSED = {
    "": ["found null, a mapping with dataset and sources is wanted"],
    "sources: {}": ["line 1: the key dataset is missing"],
    "dataset: 1.0": ["line 1: dataset: found the decimal number 1.0, a text is wanted; write it in quotes"],
    "dataset: a/b": [f'line 1: dataset: found "a/b", {NAMES} is wanted'],
    "dataset: d\nclean: []": ["line 2: clean: found a list of 0, the params of a stage are wanted"],
    "dataset: d\nsorces: []": ["line 2: sorces: found a list of 0, the params of a stage are wanted; did you mean sources?"],
    "dataset: d\nraw: {}": ["line 2: raw: the name is taken; call the stage otherwise"],
    "dataset: d\na.b: {}": ["line 2: \"a.b\": found \"a.b\", a name of letters, digits, '_' and '-', first a letter or digit, is wanted"],
    "dataset: d\nx: {use: 1}": ["line 2: x.use: found 1, the name of a stage is wanted"],
    "dataset: d\nclean: {}\nClean: {}": ["line 3: Clean: Clean differs from clean in case only"],
    "dataset: d\nclean: {min: 2024-01-01}": ["line 2: clean.min: found the date 2024-01-01, which DVC does not take; write it in quotes"],
    "dataset: d\nclean: {1: x}": ["line 2: clean.1: the key is 1, a text is wanted; write it in quotes"],
    "dataset: d\nclean: {a: &a [*a]}": ["line 2: clean.a[0]: the value contains itself"],
    source("[]"): ["line 3: sources.s: found a list of 0, a mapping is wanted"],
    source("{lisence: MIT}"): ["license"],
    source("{batches: [1]}"): ["line 3: sources.s.batches[0]: found 1, a text is wanted; write it in quotes"],
    source("{batches: [2026-01-15]}"): ["line 3: sources.s.batches[0]: found the date 2026-01-15, which DVC does not take; write it in quotes"],
    source("{batches: [a, a]}"): ['line 3: sources.s.batches[1]: found "a" twice'],
    source("{batches: [a, A]}"): ["line 3: sources.s.batches[1]: A differs from a in case only"],
    source("{batches: [../x]}"): [f'line 3: sources.s.batches[0]: found "../x", {NAMES} is wanted'],
    source("{batches: [a.dvc]}"): [f'line 3: sources.s.batches[0]: found "a.dvc", {NAMES} is wanted'],
    source("{key: id}"): ['line 3: sources.s.key: found "id", a list is wanted; write [id]'],
    source("{key: []}"): ["line 3: sources.s.key: found an empty list"],
    source("{on_conflict: raise}"): ['line 3: sources.s.on_conflict: found "raise", one of replace, keep, error is wanted'],
    source("{null: [1]}"): ["line 3: sources.s.null[0]: found 1, a text is wanted; write it in quotes"],
    source("{delimiter: ', '}"): ['line 3: sources.s.delimiter: found ", ", one character is wanted'],
    source("{quote: true}"): ["line 3: sources.s.quote: found true, one character, false or null is wanted"],
    source("{header: no}"): ['line 3: sources.s.header: found "no", true or false is wanted; YAML 1.2 reads no as a text'],
    source("{names: [a]}"): ["line 3: sources.s.names: names are for files without a header; set header: false"],
    source("{encoding: utf9}"): ['line 3: sources.s.encoding: found "utf9", which Python does not know as a text encoding'],
    source("{encoding: base64}"): ['line 3: sources.s.encoding: found "base64", which Python does not know as a text encoding'],
    source("{item: id}"): ["line 3: sources.s.item: only sources of kind annotations have this, the kind is records"],
    source("{kind: annotations, of: t}"): ['line 3: sources.s.of: found "t", which is no source'],
    source("{kind: annotations, of: s}"): [
        'line 3: sources.s.of: found "s", whose kind is annotations; a source of records or media is wanted'
    ],
    source("{rename: {a: b, c: b}}"): ['line 3: sources.s.rename.c: "a" is renamed to "b" too'],
    source("{rename: {a: b, b: c}}"): ['line 3: sources.s.rename.a: "b" is itself renamed; name the last name'],
    source("{columns: {a: number}}"): ["string"],
    source("{columns: {a: {type: int, formats: ['%Y']}}}"): [
        "line 3: sources.s.columns.a.formats: only a date or a datetime has formats, the type is int"
    ],
    source("{columns: {a: {type: date, formats: [ISO]}}}"): ["epoch_ms"],
    source("{columns: {a: {type: bool, true: [x], false: [x]}}}"): ['line 3: sources.s.columns.a.false: found "x", which is read as true'],
    source("{}", "  S: {}"): ["line 4: sources.S: S differs from s in case only"],
    source("{}", "  a b: {}"): [f'line 4: sources."a b": found "a b", {NAMES} is wanted'],
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_possible_is_refused_with_line_path_and_reason(text: str) -> None:
    assert [told for told, part in zip(problems(text), REFUSED[text], strict=True) if part not in told] == []


def test_all_problems_of_a_file_are_told_at_once_in_its_order() -> None:
    text = source("{kind: x, key: 1}", "  t: {of: s}", "clean: 1")
    assert [p.split(":")[0] for p in problems(text)] == ["line 3", "line 3", "line 4", "line 5"]


def test_a_missing_file_says_that_this_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(NotAProject, match=r"There is no params\.yaml"):
        load(tmp_path / "params.yaml")


def test_broken_yaml_names_the_file_and_the_line(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("dataset: [")
    with pytest.raises(DsvError, match=r"^params\.yaml: not valid YAML in line"):
        load(tmp_path / "params.yaml")


KEYS = st.sampled_from(
    [
        "dataset",
        "sources",
        "clean",
        "s",
        "kind",
        "key",
        "columns",
        "batches",
        "null",
        "use",
        "of",
        "annotator",
        "rename",
    ]
)
GARBAGE = st.recursive(
    TREES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.none(), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(KEYS, GARBAGE), st.dictionaries(KEYS, GARBAGE))
def test_garbage_is_read_or_refused_with_an_error_for_people(top: dict[str, object], one: dict[str, object]) -> None:
    text = yaml12.dump({"dataset": "d", **top, "sources": {"s": one}})
    try:
        assert isinstance(parse(text), Params)
    except ParamsError as error:
        told = error.problems
        assert all(problem.line for problem in told)
