# The rules applied in their order, against an oracle in plain Python that looks at one record after the other.
from __future__ import annotations

import math
from typing import Any, NamedTuple

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.stages import clean
from tests.stages.harness import ID, Ran, Shard, run, shard

SCHEMA = {"t": pl.String, "n": pl.Int64, "x": pl.Float64, "u": pl.String}
COLUMNS = tuple(SCHEMA)

RECORDS = st.fixed_dictionaries(
    {
        "t": st.sampled_from([None, "a", " a", "A", "b", "bb", ""]),
        "n": st.sampled_from([None, 0, 1, 2]),
        "x": st.sampled_from([None, 0.0, -0.0, 0.25, 1.5, math.nan]),
        "u": st.sampled_from([None, "k", "K "]),
    }
)
SOME = st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=3, unique=True)
RULES = st.one_of(
    st.builds(lambda c, when: {"missing": {"columns": c, "when": when}}, SOME, st.sampled_from(["any", "all"])),
    st.builds(lambda low: {"range": {"column": "n", "min": low}}, st.integers(0, 2)),
    st.builds(lambda values: {"allowed": {"column": "t", "values": values}}, st.lists(st.sampled_from(["a", "b", "A", "bb"]), min_size=1, unique=True)),
    st.builds(lambda n: {"length": {"column": "t", "min": n}}, st.integers(1, 2)),
    st.just({"filter": "n < 2 or t = 'a'"}),
    st.builds(lambda c, case: {"text": {"columns": c, "case": case}}, st.sampled_from([["t"], ["u"], ["t", "u"]]), st.sampled_from([None, "lower"])),
    st.just({"aliases": {"column": "t", "map": {"bb": "b", "A": "a"}}}),
    st.builds(lambda v: {"fill": {"column": "t", "value": v}}, st.sampled_from(["a", "z"])),
    st.just({"fill": {"column": "n", "value": 1}}),
    st.just({"round": {"columns": ["x"], "decimals": 0}}),
    st.builds(lambda c, nulls: {"duplicate": {"columns": c, "nulls": nulls}}, SOME, st.sampled_from(["equal", "differ"])),
    st.builds(lambda c: {"duplicate": {"except": c}}, SOME),
    st.just({"duplicate": {}}),
)  # fmt: skip


class Case(NamedTuple):
    """Records with `_id`, the places where shards begin, which records earlier stages kept, and the rules."""

    rows: list[dict[str, Any]]
    cuts: list[int]
    alive: list[bool]
    rules: list[dict[str, Any]]


@st.composite
def cases(draw: Any) -> Case:
    rows = [dict(row, _id=f"s/{i}") for i, row in enumerate(draw(st.lists(RECORDS, max_size=12)))]
    cuts = sorted(draw(st.sets(st.integers(0, len(rows)), max_size=3)))
    alive = draw(st.lists(st.booleans() | st.just(True), min_size=len(rows), max_size=len(rows)))
    return Case(rows, cuts, alive, draw(st.lists(RULES, max_size=6)))


def shards(case: Case, cuts: list[int] | None = None) -> list[Shard]:
    """The records cut into shards; a column that a shard has no value of is missing in it."""
    ends = [*(case.cuts if cuts is None else cuts), len(case.rows)]
    found = []
    for start, end in zip([0, *ends], ends, strict=False):
        frame = pl.DataFrame(case.rows[start:end], schema={**SCHEMA, ID: pl.String})
        empty = [c for c in COLUMNS if frame[c].null_count() == frame.height]
        found.append(shard(frame.drop(empty), alive=case.alive[start:end]))
    return found


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    return type(left) is type(right) and left == right


def plain(value: Any) -> Any:
    """A value by which equal values are equal: NaN is itself, and -0.0 is 0.0."""
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def drops(kind: str, params: dict[str, Any], row: dict[str, Any]) -> bool:
    if kind == "missing":
        lacking = [row[c] is None or plain(row[c]) == "NaN" for c in params["columns"]]
        return any(lacking) if params["when"] == "any" else all(lacking)
    if kind == "range":
        return row["n"] is not None and row["n"] < params["min"]
    if kind == "allowed":
        return row["t"] is not None and row["t"] not in params["values"]
    if kind == "length":
        return row["t"] is not None and len(row["t"]) < params["min"]
    return not ((row["n"] is not None and row["n"] < 2) or row["t"] == "a")


def new_values(kind: str, params: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    if kind == "text":
        stripped = {c: row[c].strip() for c in params["columns"] if row[c] is not None}
        return {c: text.lower() if params["case"] else text for c, text in stripped.items()}
    if kind == "aliases":
        return {"t": params["map"].get(row["t"], row["t"])}
    if kind == "fill":
        column = params["column"]
        return {column: params["value"] if row[column] is None else row[column]}
    return {
        c: None if row[c] is None else row[c] if plain(row[c]) == "NaN" else float(round(row[c]))
        for c in params["columns"]
    }


def copies(params: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, str]:
    """id -> id of the earlier record that it repeats."""
    columns = params.get("columns") or [c for c in COLUMNS if c not in params.get("except", ())]
    first: dict[Any, str] = {}
    found = {}
    for row in rows:
        if params.get("nulls") == "differ" and any(row[c] is None for c in columns):
            continue
        kept = first.setdefault(tuple(plain(row[c]) for c in columns), row[ID])
        if kept != row[ID]:
            found[row[ID]] = kept
    return found


def by_hand(case: Case) -> tuple[dict[str, tuple[str, str | None]], dict[str, list[tuple[str, str, Any]]]]:
    """The drops and the sets by id that the rules make, one rule after the other."""
    rows = [dict(row) for row, alive in zip(case.rows, case.alive, strict=True) if alive]
    gone: dict[str, tuple[str, str | None]] = {}
    sets: dict[str, list[tuple[str, str, Any]]] = {}
    counts: dict[str, int] = {}
    for rule in case.rules:
        ((kind, params),) = rule.items()
        counts[kind] = counts.get(kind, 0) + 1
        label = kind if counts[kind] == 1 else f"{kind}#{counts[kind]}"
        if kind == "duplicate":
            gone |= {row: (label, partner) for row, partner in copies(params, rows).items()}
        elif kind in ("text", "aliases", "fill", "round"):
            for row in rows:
                for column, value in new_values(kind, params, row).items():
                    if not same(value, row[column]):
                        sets.setdefault(row[ID], []).append((label, column, plain(value)))
                        row[column] = value
        else:
            gone |= {row[ID]: (label, None) for row in rows if drops(kind, params, row)}
        rows = [row for row in rows if row[ID] not in gone]
    return gone, sets


def sets_of(ran: Ran) -> dict[str, list[tuple[str, str, Any]]]:
    found: dict[str, list[tuple[str, str, Any]]] = {}
    for name, rule, column, value in ran.sets:
        found.setdefault(name, []).append((rule, column, plain(value)))
    return found


@settings(max_examples=300, deadline=None)
@given(cases(), st.integers(1, 3))
def test_rules_do_what_an_oracle_does_record_by_record(case: Case, parts: int) -> None:
    ran = run(clean, {"rules": case.rules}, shards(case), parts=parts)
    gone, sets = by_hand(case)
    assert ran.drops == gone
    assert sets_of(ran) == sets
    assert ran.kept == [
        row[ID] for row, alive in zip(case.rows, case.alive, strict=True) if alive and row[ID] not in gone
    ]


@settings(max_examples=60, deadline=None)
@given(cases(), st.data())
def test_other_cuts_of_the_shards_decide_the_same(case: Case, data: Any) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(case.rows)), max_size=5)))
    one, other = (run(clean, {"rules": case.rules}, shards(case, c)) for c in (case.cuts, cuts))
    assert one.drops == other.drops
    assert one.details == other.details
    assert sets_of(one) == sets_of(other)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_a_new_batch_leaves_the_decisions_about_older_ones_alone(case: Case) -> None:
    everything = shards(case)
    for n in range(len(everything)):
        before = run(clean, {"rules": case.rules}, everything[:n]).decisions
        after = run(clean, {"rules": case.rules}, everything).decisions[:n]
        assert [d.digests() for d in before if d] == [d.digests() for d in after if d]


@settings(max_examples=60, deadline=None)
@given(cases())
def test_what_a_shard_contributes_does_not_depend_on_which_rows_are_kept(case: Case) -> None:
    everyone = case._replace(alive=[True] * len(case.rows))
    kept = run(
        clean,
        {"rules": case.rules},
        [s._replace(frame=s.frame.filter(pl.Series(s.alive, dtype=pl.Boolean)), alive=None) for s in shards(case)],
    )
    assert run(clean, {"rules": case.rules}, shards(case)).drops == kept.drops
    assert run(clean, {"rules": case.rules}, shards(everyone)).drops == by_hand(everyone)[0]


@settings(max_examples=60, deadline=None)
@given(cases())
def test_a_second_pass_over_what_is_kept_drops_nothing_by_the_same_drop_rules(case: Case) -> None:
    rules = [r for r in case.rules if not {"text", "aliases", "fill", "round"} & set(r)]
    ran = run(clean, {"rules": rules}, shards(case))
    again = [Shard(frame.filter(alive)) for frame, alive in zip(ran.frames, ran.alive, strict=True)]
    assert run(clean, {"rules": rules}, again).drops == {}
