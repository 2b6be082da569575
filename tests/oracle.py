"""What a history of deliveries and params comes to, in plain dictionaries: the oracle of the whole way through the stages.

Written from docs/format.md and docs/stages.md, for the sources and stages of tests/runner/histories.py but boxes and fresh
splits. Nothing here is incremental, sharded or fast.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import xxhash

from tests.reference import RS, row

Row = dict[str, Any]


@dataclass
class Spot:
    """A row that ingest stored: it has its place in arrival order for ever, `live` or not. `named`: its key columns."""

    id: str
    source: str
    batch: int
    base: Row
    live: bool
    key: tuple[Any, ...]
    named: tuple[str, ...]
    sets: Row = field(default_factory=dict)

    @property
    def values(self) -> Row:
        return {name: value for name, value in {**self.base, **self.sets}.items() if value is not None}


def predict(params: Mapping[str, Any], deliveries: Mapping[tuple[str, str], list[Row]]) -> dict[str, Row]:
    """id → values of the records that the data set holds."""
    spots: list[Spot] = []
    votes: dict[str, list[Row]] = {}
    batch = 0
    for name, body in params["sources"].items():
        given = [deliveries[name, b] for b in body["batches"]]
        if body.get("kind") == "annotations":
            votes[name] = live_votes(body, given)
        else:
            spots += fold(name, body, given, batch)
        batch += len(given)
    for name, section in params.items():
        if name == "clean":
            clean(spots, section["rules"])
        elif name == "merge":
            merge(spots, votes["votes"], section)
        elif name == "split":
            split(spots, section)
    return {spot.id: spot.values for spot in spots if spot.live}


def typed(body: Mapping[str, Any], rows: Iterable[Row]) -> tuple[list[Row], int]:
    """The rows without nulls, in declared types; how many were refused."""
    found, refused = [], 0
    nulls = body.get("null", [""]) if body["format"] == "csv" else []
    for given in rows:
        try:
            one = {name: value for name, value in given.items() if value is not None and value not in nulls}
            for name, kind in body.get("columns", {}).items():
                if name in one:
                    one[name] = {"int": int, "float": float}[kind](one[name])
        except ValueError:
            refused += 1
            continue
        lacking = any(name not in one for name in body.get("key", ()))
        refused += lacking
        if not lacking:
            found.append(one)
    return found, refused


def hashed(text: str) -> bytes:
    return xxhash.xxh3_128_digest(text.encode())


def live_votes(body: Mapping[str, Any], given: list[list[Row]]) -> list[Row]:
    """A record that someone annotates again has the new annotations of that person in place of the old."""
    live: dict[tuple[str, str], list[Row]] = {}
    for rows in given:
        new: dict[tuple[str, str], list[Row]] = {}
        for one in rows:
            new.setdefault((one["id"], one["who"]), []).append(one)
        live = new if body.get("delivery") == "snapshot" and (rows or body["format"] == "csv") else {**live, **new}
    return [one for rows in live.values() for one in rows]


def fold(name: str, body: Mapping[str, Any], given: list[list[Row]], first: int) -> list[Spot]:
    """The stored rows of a source, batch by batch, by key and record hash."""
    spots: list[Spot] = []
    snapshot, keep = body.get("delivery") == "snapshot", body.get("on_conflict") == "keep"
    for number, delivered in enumerate(given, first):
        rows, refused = typed(body, delivered)
        whole = snapshot and (bool(rows) or not refused) and (bool(delivered) or body["format"] == "csv")
        counts = Counter(spot.id.removeprefix(f"{name}/").partition("#")[0] for spot in spots if not snapshot)
        new: dict[tuple[Any, ...], list[Row]] = {}
        for one in rows:
            if body.get("key"):
                key = tuple(one[k] for k in body["key"])
            else:
                digest = hashed(row(one)).hex()
                counts[digest] += 1
                key = (digest if counts[digest] == 1 else f"{digest}#{counts[digest]}",)
            new.setdefault(key, []).append(one)
        stored = []
        for key, several in sorted(new.items(), key=lambda item: item[0]):
            for one in _again(spots, key, several, keep=keep, older=keep and not whole):
                stored.append(Spot(f"{name}/{_id(key)}", name, number, *one, key, tuple(body.get("key", ()))))
        if whole:
            for spot in spots:
                spot.live &= spot.key in new
        spots += stored
    return spots


def _again(
    spots: list[Spot], key: tuple[Any, ...], several: list[Row], *, keep: bool, older: bool
) -> list[tuple[Row, bool]]:
    """What is stored of the rows of one key, and whether it is live; of older rows, which is live from now on."""
    known = {row(s.base): s for s in spots if s.key == key}
    current = next((s for s in known.values() if s.live), None)
    distinct = {row(one): one for one in several}
    winner = row(several[0] if keep else several[-1])
    wins = not (older and current is not None and row(current.base) != winner)
    if wins:
        for text, spot in known.items():
            spot.live = text == winner
    fresh = [(one, wins and text == winner) for text, one in distinct.items() if text not in known]
    return sorted(fresh, key=lambda pair: hashed(row(pair[0])))


def _id(key: tuple[Any, ...]) -> str:
    if len(key) == 1:
        return str(key[0])
    return "/".join(p.replace("%", "%25").replace("/", "%2F") if isinstance(p, str) else str(p) for p in key)


def clean(spots: list[Spot], rules: list[dict[str, Any]]) -> None:
    """Rule after rule; of a record that one drops, no later rule sets anything. Replaced rows are cleaned along."""
    gone: set[int] = set()
    for kind, given in (item for rule in rules for item in rule.items()):
        if kind == "duplicate":
            seen: set[Any] = set()
            for i, spot in enumerate(spots):
                if spot.live and i not in gone:
                    text = _compared(spot, given)
                    if text in seen:
                        gone.add(i)
                    elif text is not None:
                        seen.add(text)
            continue
        for i, spot in enumerate(spots):
            if i in gone:
                continue
            if _drops(kind, given, spot.values):
                gone.add(i)
            elif (found := _set(kind, given, spot.values)) is not None:
                spot.sets |= found
    for i in gone:
        spots[i].live = False


def _compared(spot: Spot, given: Mapping[str, Any]) -> Any:
    """What is compared of a record; None where it is compared with none."""
    compared = given.get("columns") or [n for n in spot.values if n not in spot.named]
    values = {n: v for n, v in spot.values.items() if n in compared}
    if given.get("nulls") == "differ" and len(values) < len(given["columns"]):
        return None
    return (spot.source if given.get("within") == "source" else "", row(values))


def _drops(kind: str, given: Mapping[str, Any], values: Row) -> bool:
    if kind == "missing":
        lacking = [name not in values for name in given["columns"]]
        return all(lacking) if given.get("when") == "all" else any(lacking)
    if kind == "range":
        value = values.get(given["column"])
        return value is not None and not given["min"] <= value <= given.get("max", value)
    return False


def _set(kind: str, given: Mapping[str, Any], values: Row) -> Row | None:
    if kind == "fill":
        return None if given["column"] in values else {given["column"]: given["value"]}
    if kind == "aliases" and values.get(given["column"]) in given["map"]:
        return {given["column"]: given["map"][values[given["column"]]]}
    if kind == "text":
        changed = {n: values[n].strip().lower() for n in given["columns"] if n in values}
        return {n: v for n, v in changed.items() if v != values[n]} or None
    return None


def merge(spots: list[Spot], votes: list[Row], params: Mapping[str, Any]) -> None:
    """The label that most votes are for; a tie, few votes or none leave a record undecided, or drop it."""
    weights = params.get("weights", {}) if params.get("method") == "weighted" else {}
    excluded = params.get("annotators", {}).get("exclude", [])
    for spot in spots:
        cast = [
            v for v in votes if f"shop/{v['id']}" == spot.id and v["who"] not in excluded and v.get("label") is not None
        ]
        tally: Counter[str] = Counter()
        for vote in cast:
            tally[vote["label"]] += round(1000 * weights.get(vote["who"], 1))
        best = max(tally.values(), default=0)
        first = sorted(label for label, n in tally.items() if n == best)
        tied = len(first) > 1 and params.get("tie") != "first"
        undecided = not cast or len(cast) < params.get("min_votes", 1)
        if undecided or tied:
            drop = params.get("undecided") == "drop" or (params.get("tie") == "drop" and tied and not undecided)
            spot.live &= not drop
        spot.sets["label"] = None if undecided or tied else first[0]


def split(spots: list[Spot], params: Mapping[str, Any]) -> None:
    """docs/stages.md, How records are split."""
    names = sorted(params["fractions"])
    salt = params.get("salt", "v1")
    groups = _groups(spots, params.get("group", []))
    places = {
        name: xxhash.xxh3_64_intdigest(f"{salt}\0{text}".encode()) for name, text in _texts(spots, groups, params)
    }
    if params["method"] == "hash":
        chosen = {name: names[_arc(place, [params["fractions"][n] for n in names])] for name, place in places.items()}
    else:
        chosen = _sticky(spots, groups, places, params)
    for i, spot in enumerate(spots):
        spot.sets["split"] = chosen[groups[i]]


def _arc(place: int, shares: list[float]) -> int:
    end, arc = 0.0, 0
    for share in shares[:-1]:
        end += share
        arc += place >= min(int(end * 2**64), 2**64 - 1)
    return arc


def _group(spot: Spot, column: str) -> str:
    value = spot.values.get(column)
    return f"\0{spot.id}" if value is None else RS + row({column: value})


def _groups(spots: list[Spot], columns: list[str]) -> list[int]:
    """For each spot, the first one that it belongs together with, directly or through others."""
    member = list(range(len(spots)))
    shared = [{(c, _group(s, c)) for c in columns} or {("id", s.id)} for s in spots]
    changed = True
    while changed:
        changed = False
        for i, mine in enumerate(shared):
            least = min(member[j] for j, other in enumerate(shared) if mine & other)
            changed |= least < member[i]
            member[i] = least
    return member


def _texts(spots: list[Spot], groups: list[int], params: Mapping[str, Any]) -> list[tuple[int, str]]:
    column = params.get("group", [None])[0]
    return [(g, _group(spots[g], column) if column else spots[g].id) for g in set(groups)]


def _sticky(
    spots: list[Spot], groups: list[int], places: Mapping[int, int], params: Mapping[str, Any]
) -> dict[int, str]:
    names = sorted(params["fractions"])
    strata: dict[str, list[int]] = {}
    for g in sorted(set(groups)):
        strata.setdefault(row({c: spots[g].values.get(c) for c in params.get("stratify", [])}), []).append(g)
    chosen: dict[int, str] = {}
    for members in strata.values():
        for batch in sorted({spots[g].batch for g in members}):
            have = Counter(
                chosen[g] for i, g in enumerate(groups) if g in members and g in chosen and spots[i].batch <= batch
            )
            new = sorted((g for g in members if spots[g].batch == batch), key=lambda g: places[g])
            sizes = {g: sum(h == g and spots[i].batch == batch for i, h in enumerate(groups)) for g in new}
            coming = sum(sizes.values())
            lacking = {n: max(params["fractions"][n] * (have.total() + coming) - have[n], 0.0) for n in names}
            ends, end = [], 0.0
            for n in names:
                end += lacking[n] / sum(lacking.values()) * coming
                ends.append(end)
            before = 0
            for g in new:
                middle = before + sizes[g] / 2
                chosen[g] = next((n for n, end in zip(names, ends, strict=True) if end >= middle), names[-1])
                before += sizes[g]
    return chosen
