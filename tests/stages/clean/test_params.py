from __future__ import annotations

from dataclasses import asdict
from typing import Any

import polars as pl
import pytest

from dsv.errors import DsvError
from dsv.record import schema
from dsv.record.problem import ParamsError, path_text
from dsv.record.typedhash import typed_hash
from dsv.stages import clean
from dsv.stages.base import ID, Needs, SourceFacts
from dsv.stages.registry import stage
from dsv.stages.rules import registry
from tests.stages.harness import run, shard


def params(*rules: Any) -> clean.Params:
    return schema.parse(clean.Params, {"rules": list(rules)}, "clean")


REFUSED: list[tuple[Any, str]] = [
    ({"mising": ["t"]}, "clean.rules[0].mising: unknown name; did you mean missing?"),
    ({"missing": []}, "clean.rules[0].missing: found an empty list"),
    ({"range": {"column": "n"}}, "clean.rules[0].range.min: min or max is wanted"),
    ({"range": {"column": "n", "min": 2, "max": 1}}, "clean.rules[0].range.max: found 1, at least min (2) is wanted"),
    ({"range": {"column": "n", "min": "soon"}}, "clean.rules[0].range.min: found 'soon', a number or a date such as '2026-01-31' is wanted"),
    ({"range": {"column": "n", "min": "2026-01-01", "max": 3}}, "clean.rules[0].range.max: min and max are of different types"),
    ({"pattern": {"column": "t", "regex": "(a"}}, "clean.rules[0].pattern.regex: found '(a', a regular expression is wanted: unclosed group"),
    ({"allowed": {"column": "t", "values": ["a", 1]}}, "clean.rules[0].allowed.values: the values are of different types"),
    ({"range": {"column": "n", "max": 10**400}}, "clean.rules[0].range.max: found a huge whole number; write it with an exponent, such as 1e40"),
    ({"range": {"column": "n", "min": "0001-01-01T00:00:00+05:30"}}, "clean.rules[0].range.min: found '0001-01-01T00:00:00+05:30', a number or a date such as '2026-01-31' is wanted"),
    ({"allowed": {"column": "n", "values": [1, 10**400]}}, "clean.rules[0].allowed.values[1]: found a huge whole number; write it with an exponent, such as 1e40"),
    ({"fill": {"column": "n", "value": 99999999999999999999}}, "clean.rules[0].fill.value: found a whole number that 64 bits do not hold; write it with an exponent, such as 1e20"),
    ({"text": {"columns": ["t"], "replace": [{"from": "(?P<n>a)(b)", "to": "$1_b", "regex": True}]}}, "clean.rules[0].text.replace[0].to: found '$1_b', which names the group '1_b'; there are ${0}, ${1}, ${2}, ${n}, and $$ is a dollar"),
    ({"allowed": {"column": "t", "values": []}}, "clean.rules[0].allowed.values: no value is listed"),
    ({"type": {"column": "t"}}, "clean.rules[0].type.type: either type or to is wanted"),
    ({"type": {"column": "t", "to": "int", "formats": ["%Y"]}}, "clean.rules[0].type.formats: only a date or a datetime has formats, the type is int"),
    ({"filter": "price >"}, "clean.rules[0].filter.where: something is missing, at the end"),
    ({"filter": "1 > 2"}, "clean.rules[0].filter.where: found '1 > 2', which reads no column"),
    ({"filter": "matches(t, '(')"}, "clean.rules[0].filter.where: found '(', a regular expression is wanted: unclosed group"),
    ({"length": {"column": "t", "min": 3, "max": 2}}, "clean.rules[0].length.max: found 2, at least min (3) is wanted"),
    ({"text": {"columns": ["t"], "replace": [{"from": "(", "regex": True}]}}, "clean.rules[0].text.replace[0].from: found '(', a regular expression is wanted: unclosed group"),
    ({"date": {"column": "t", "formats": ["day"]}}, "clean.rules[0].date.formats[0]: found 'day', a format with % or one of epoch, epoch_ms, epoch_us is wanted"),
    ({"date": {"column": "t", "zone": "Mars/Olympus"}}, "clean.rules[0].date.zone: found 'Mars/Olympus', the name of a time zone such as Europe/Berlin is wanted"),
    ({"unit": {"column": "n"}}, "clean.rules[0].unit.factor: factor is wanted, or unit_column, table and to"),
    ({"unit": {"column": "n", "factor": 0}}, "clean.rules[0].unit.factor: found 0.0, a number other than 0 is wanted"),
    ({"aliases": {"column": "t", "map": {"a": "b", "b": "c"}}}, "clean.rules[0].aliases.map.a: 'b' is itself an alias; name the last name"),
    ({"duplicate": {"columns": ["t"], "except": ["n"]}}, "clean.rules[0].duplicate.except: columns and except do not go together"),
    ({"duplicate": {"nulls": "differ"}}, "clean.rules[0].duplicate.nulls: nulls: differ wants columns that are named"),
    ({"duplicate": {"keep": "last"}}, 'clean.rules[0].duplicate.keep: found "last", one of first is wanted'),
    ({"missing": {"columns": ["t"], "id": "no text"}}, "clean.rules[0].missing.id: found \"no text\", a name of letters, digits, '_', '-' and '.' is wanted"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_an_impossible_rule_is_refused_with_its_path(rule: Any, message: str) -> None:
    with pytest.raises(ParamsError) as caught:
        params(rule)
    assert str(caught.value.problems[0]).startswith(message)


def test_a_name_that_two_rules_bear_is_refused() -> None:
    with pytest.raises(ParamsError, match=r"clean.rules\[1\].length: the name missing is that of rules\[0\] too"):
        params({"missing": ["t"]}, {"length": {"id": "missing", "column": "t", "min": 1}})


def test_rules_are_named_by_kind_number_or_id() -> None:
    found = clean.rules(params({"missing": ["t"]}, {"missing": {"columns": ["n"], "id": "no-n"}}, {"missing": ["u"]}))
    assert found == {
        "missing": ("rules[0].missing",),
        "no-n": ("rules[1].missing",),
        "missing#2": ("rules[2].missing",),
    }


def test_a_rule_depends_on_those_that_set_what_it_reads_and_what_those_read() -> None:
    found = clean.rules(
        params(
            {"unit": {"column": "n", "unit_column": "u", "to": "m", "table": {"cm": 0.01}}},
            {"aliases": {"column": "u", "map": {"metre": "m"}}},
            {"text": {"columns": ["t"]}},
            {"filter": "u = 'm'"},
        )
    )
    assert found["filter"] == ("rules[3].filter", "rules[0].unit", "rules[1].aliases")


def test_a_rule_that_compares_records_depends_on_all_before_it() -> None:
    found = clean.rules(
        params({"range": {"column": "n", "min": 0}}, {"duplicate": {"columns": ["t"]}}, {"missing": ["t"]})
    )
    assert found["duplicate"] == ("rules[1].duplicate", "rules[0].range")
    assert found["missing"] == ("rules[2].missing",)


def test_needs_are_the_columns_named_in_any_rule() -> None:
    given = params({"missing": ["t"]}, {"filter": "a > 1 and `b c` = 'x'"}, {"duplicate": {"columns": ["d"]}})
    assert clean.needs(given, {}) == Needs(("a", "b c", "d", "t"))
    assert [(path_text(path), column) for path, column in clean.columns(given)] == [
        ("rules[0].missing.columns[0]", "t"),
        ("rules[1].filter.where", "a"),
        ("rules[1].filter.where", "b c"),
        ("rules[2].duplicate.columns[0]", "d"),
    ]


def test_needs_are_all_columns_where_whole_records_are_compared() -> None:
    assert clean.needs(params({"duplicate": {"except": ["n"]}}), {}) == Needs(None)


def test_without_rules_records_are_still_read() -> None:
    assert clean.needs(params(), {}) == Needs((ID,))
    assert run(clean, {}, [shard({"t": ["a"]})]).kept == ["s/0"]


def test_a_source_that_there_is_not_is_refused() -> None:
    sources = {"shop": SourceFacts("shop", "records"), "votes": SourceFacts("votes", "annotations")}
    with pytest.raises(
        DsvError, match=r"rules\[0\].missing.sources: no source of records is called 'shp'; did you mean shop\?"
    ):
        clean.needs(params({"missing": {"columns": ["t"], "sources": ["shp"]}}), sources)


@pytest.mark.parametrize("name", [*registry.LOCAL, *registry.GLOBAL])
def test_a_rule_bears_its_name_and_tells_what_it_does(name: str) -> None:
    rule: Any = {**registry.LOCAL, **registry.GLOBAL}[name]
    assert name == rule.NAME
    assert rule.DOC.endswith(".")
    assert rule.Params.__doc__.startswith(f"`{name}:")


def test_params_have_a_typed_hash() -> None:
    given = params(
        {"unit": {"column": "n", "unit_column": "u", "to": "m", "table": {"cm": 0.01}}},
        {"text": {"columns": ["t"], "replace": [{"from": "a"}]}},
    )
    assert typed_hash(asdict(given)) == typed_hash(asdict(given))


def test_the_registry_knows_the_stage() -> None:
    assert stage("clean") is clean


def test_a_shard_without_any_column_that_is_read_has_its_rows_decided() -> None:
    found = run(
        clean,
        {"rules": [{"missing": ["t"]}, {"duplicate": {"columns": ["u"]}}]},
        [shard({"n": [1, 2]}), shard({"t": ["a"]})],
    )
    assert found.drops == {"s/0": ("missing", None), "s/1": ("missing", None)}


def test_an_empty_shard_decides_nothing() -> None:
    frame = pl.DataFrame(schema={"t": pl.String, "n": pl.Int64})
    found = run(clean, {"rules": [{"missing": ["t"]}, {"text": {"columns": ["t"]}}, {"duplicate": {}}]}, [shard(frame)])
    assert found.decisions[0] is not None
    assert found.decisions[0].table.is_empty()
