"""Changes of deliveries, of how they are read, and of annotations; each says what is to be told of its records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dsv.delta.model import Cause
from tests.lineage.made import ANNOTATED, LATE, MERGE, NEW_VOTES, SHOP, SNAPSHOT, STOCK, VOTES, Made, Role, Row, Told

Tells = Callable[[Made, Made], dict[str, Told]]
Change = Callable[[Made], Tells]


def always(told: dict[str, Told]) -> Tells:
    return lambda old, new: told


def arrived(role: Role) -> Change:
    return lambda new: always({role.id("a"): Told("added", role.add(new, "a", {}))})


def withdrawn(role: Role) -> Change:
    role.put("a", {}, apart=True)
    return lambda new: always({role.id("a"): Told("removed", role.withdraw(new, "a"))})


def replaced(role: Role) -> Change:
    role.at(SHOP)
    x = role.column()
    for key in "abc":
        role.put(key, {x: f"{key} {role.n}"}, apart=True)

    def change(new: Made) -> Tells:
        batch = f"w{role.n}"
        same, other, _ = new.rows[SHOP, batch]
        new.rows[SHOP, batch] = [same, {**other, x: "other"}, {"id": role.key("d"), x: "new"}]
        named = f"{SHOP}/{batch}"
        told = {"b": Told("modified", Cause("content", "ingest", named))}
        told |= {key: Told(op, Cause("batch", "ingest", named, None, "replaced")) for key, op in (("c", "removed"), ("d", "added"))}
        return always({role.id(key): one for key, one in told.items()})

    return change


def corrected(role: Role) -> Change:
    x = role.column("float")
    role.rule("range", column=x, max=10)
    for key, value in (("a", 1), ("b", 2), ("c", 50), ("d", 3)):
        role.put(key, {x: value})

    def change(new: Made) -> Tells:
        causes = [role.correct(new, key, {x: value}) for key, value in (("a", 9), ("b", 99), ("c", 5), ("d", 3))]
        return always({role.id(key): Told(op, causes[0]) for key, op in (("a", "modified"), ("b", "removed"), ("c", "added"))})

    return change


def restored(role: Role) -> Change:
    """A record that a snapshot lacked is in the next one again: as it was, or otherwise."""
    role.at(STOCK)
    x = role.column()
    for key in "ab":
        role.made.rows[STOCK, "d0"].append({"id": role.key(key), x: key})

    def change(new: Made) -> Tells:
        known = [dict(row) for row in new.rows[STOCK, "d0"] if row["id"] in (role.key("a"), role.key("b"))]
        known[1][x] = "other"
        new.snapshot().extend(known)

        def tells(old: Made, new: Made) -> dict[str, Told]:
            # Whatever else became of the snapshot's columns: a row is restored if it is just what it was.
            same = known[0] in new.rows[STOCK, "d0"] and not {*new.renamed} & {*known[0]}
            hows = {"a": "restored" if same else "added", "b": "added"}
            return {role.id(k): Told("added", Cause("batch", "ingest", f"{STOCK}/{SNAPSHOT}", None, how)) for k, how in hows.items()}

        return tells

    return change


def columns_renamed(role: Role) -> Change:
    """All rows of the stock are delivered anew, with a column that is called otherwise and one more: nothing is told of them,
    unless another one of equal records is the first of them to be stored now."""
    role.at(STOCK)
    x = role.column()
    for row in [row for batch in ("d0", "d1") for row in role.made.rows[STOCK, batch]]:
        row[x] = f"some {row['id']}"

    def change(new: Made) -> Tells:
        new.renamed = {x: f"{x}_new"}
        for row in new.snapshot():
            row["more"] = "1"
        return always({name: Told(op, Cause("content", "ingest", f"{STOCK}/{SNAPSHOT}")) for name, op in new.anew.items()})

    return change


def source_came(role: Role) -> Change:
    def change(new: Made) -> Tells:
        made, role.made = role.made, new
        role.own()
        role.put("a", {})
        role.made = made
        return always({role.id("a"): Told("added", Cause("batch", "ingest", f"{role.source}/s0", None, "added"))})

    return change


def source_went(role: Role) -> Change:
    source = role.own()
    role.put("a", {})

    def change(new: Made) -> Tells:
        del new.sources[source]
        return always({role.id("a"): Told("removed", Cause("batch", "ingest", f"{source}/s0", None, "removed"))})

    return change


def source_param(role: Role) -> Change:
    """One of the params that say how a source is read is another one."""
    source = role.own(("s0", "s1"), columns={"kind": "string"})
    x, y = role.column(), role.column()
    role.put("a", {x: "NA", y: "1"})
    role.put("a", {x: "NA", y: "2"}, late=True)
    role.put("b", {x: "1.50"})
    role.put("c", {x: "2.5"}, late=True)
    role.put("d", {x: "NB"}, late=True)
    column = {"type": "float", "formats": [], "true": [], "false": [], "unit": None}
    how: tuple[str, Any, str, Any, Any, dict[str, str]] = role.rng.choice([
        ("null", ["", "NB"], "null", [""], ["", "NB"], {"d": "modified"}),
        ("on_conflict", "keep", "on_conflict", "replace", "keep", {"a": "modified"}),
        ("delivery", "snapshot", "delivery", "append", "snapshot", {"b": "removed", f"keep{x}": "removed", f"keep{y}": "removed"}),
        ("columns", {"kind": "string", x: "float"}, f"columns.{x}", None, column, dict.fromkeys(("a", "d", f"keep{x}"), "removed") | {"b": "modified"}),
        ("rename", {y: x + "new"}, "", None, None, {}),
        ("batches", ["s1", "s0"], "batches", ["s0", "s1"], ["s1", "s0"], {"a": "modified"}),
    ])  # fmt: skip
    key, value, leaf, was, now, ops = how

    def change(new: Made) -> Tells:
        new.sources[source][key] = value
        return always({role.id(k): Told(op, Cause("param", "ingest", f"sources.{source}.{leaf}", was, now)) for k, op in ops.items()})

    return change


def key_of_source(role: Role) -> Change:
    """Records have other ids: the old ones go, the new ones come."""
    source = role.own()
    role.put("a", {"part": "1"})

    def change(new: Made) -> Tells:
        new.sources[source]["key"] = ["id", "part"]
        cause = Cause("param", "ingest", f"sources.{source}.key", ["id"], ["id", "part"])
        return always({role.id("a"): Told("removed", cause), f"{role.id('a')}/1": Told("added", cause)})

    return change


def annotated(role: Role) -> Change:
    """New annotations: the first of a record, another of the same person, of others who outvote it, of one who agrees."""
    role.at(SHOP)
    for key in "abcde":
        role.put(key, {})
        if key != "a":
            role.vote(key, "ann", "p")

    def change(new: Made) -> Tells:
        new_votes = {"a": ["ann"], "b": ["ann"], "c": ["bob", "cy"], "d": ["bob", "cy", "dan"], "e": ["bob", "zoe"]}
        for key, people in new_votes.items():
            for who in people:
                role.vote(key, who, "p" if key == "e" else "q", NEW_VOTES, new)
        names = {"a": "ann", "b": "ann", "c": "bob, cy", "d": "several annotators"}
        causes = {key: Cause("annotation", MERGE, name, None, f"{VOTES}/{NEW_VOTES}") for key, name in names.items()}
        return always({role.id(k): Told("modified", cause, None, tuple(new_votes[k])) for k, cause in causes.items()})

    return change


def reviewed(role: Role) -> Change:
    """A reviewer decides alone, even where others annotate the record at the same time."""
    role.at(SHOP)
    for key in "ab":
        role.put(key, {})
        role.vote(key, "ann", "p")
        role.vote(key, "bob", "p")

    def change(new: Made) -> Tells:
        role.vote("a", "eve", "q", NEW_VOTES, new)
        role.vote("b", "eve", "q", NEW_VOTES, new)
        role.vote("b", "dan", "q", NEW_VOTES, new)
        told = Told("modified", Cause("review", MERGE, "eve", None, f"{VOTES}/{NEW_VOTES}"), None, ("eve",))
        return always({role.id(key): told for key in "ab"})

    return change


def annotations_went(role: Role) -> Change:
    role.at(SHOP)
    role.put("a", {})
    role.vote("a", "ann", "p", f"u{role.n}")

    def change(new: Made) -> Tells:
        new.sources[VOTES]["batches"].remove(f"u{role.n}")
        return always({role.id("a"): Told("modified", Cause("annotation", MERGE, "ann", f"{VOTES}/u{role.n}", None), None, ("ann",))})

    return change


def annotations_replaced(role: Role) -> Change:
    role.at(SHOP)
    for key in "ab":
        role.put(key, {})
        role.vote(key, "ann", "p", f"u{role.n}")

    def change(new: Made) -> Tells:
        new.rows[VOTES, f"u{role.n}"][0]["label"] = "q"
        return always({role.id("a"): Told("modified", Cause("annotation", MERGE, "ann", None, f"{VOTES}/u{role.n}"), None, ("ann",))})

    return change


def annotation_drops(role: Role) -> Change:
    """A rule after the merge drops a record for its label."""
    role.at(SHOP)
    role.put("a", {})
    role.vote("a", "ann", "p")
    role.rule("length", LATE, column="label", max=6)

    def change(new: Made) -> Tells:
        role.vote("a", "ann", "too long", NEW_VOTES, new)
        return always({role.id("a"): Told("removed", Cause("annotation", MERGE, "ann", None, f"{VOTES}/{NEW_VOTES}"), None, ("ann",))})

    return change


def annotations_read_otherwise(role: Role) -> Change:
    """Annotations of its own, of which a value is null now, or another column is the value."""
    role.at(SHOP)
    stage, source = own_merge(role, {}, {"a": {"ann": "p"}, "b": {"ann": "q"}})
    for row in role.made.rows[source, "v0"]:
        row["other"] = "q"
    key, was, now, by = role.rng.choice([("null", [""], ["", "p"], ("ann",)), ("value", "label", "other", ())])
    assert stage

    def change(new: Made) -> Tells:
        new.sources[source][key] = now
        return always({role.id("a"): Told("modified", Cause("param", "ingest", f"sources.{source}.{key}", was, now), None, by)})

    return change


def own_merge(role: Role, section: Row, votes: dict[str, dict[str, str]]) -> tuple[str, str]:
    """A merge of its own, of annotations of its own; both names."""
    stage, source = f"merge{role.n}", f"votes{role.n}"
    role.made.sources[source] = {**ANNOTATED, "batches": ["v0"]}
    for key, people in votes.items():
        role.put(key, {})
        for who, label in people.items():
            role.vote(key, who, label, source=source)
    stages = {}
    for name, known in role.made.stages.items():
        stages |= {name: known} if name != LATE else {stage: {"use": "merge", "from": [source], "into": f"label{role.n}", **section}, name: known}
    role.made.stages = stages
    return stage, source


def merge_param(role: Role) -> Change:
    """A merge of its own, of which one param is another one."""
    role.at(SHOP)
    drop = role.rng.choice(["queue", "drop"])
    votes = {"a": {"ann": "p"}, "b": {"ann": "p", "bob": "q"}, "c": {"ann": "q", "bob": "q"}}
    stage, _ = own_merge(role, {"method": "weighted", "tie": drop}, votes)
    leaf, was, now, ops = role.rng.choice([
        ("min_votes", 1, 2, {"a": "modified"}),
        ("weights.bob", None, 2.0, {"b": "modified" if drop == "queue" else "added"}),
        ("annotators.exclude", [], ["ann"], {"a": "modified", "b": "modified" if drop == "queue" else "added"}),
        ("annotators.reviewers", [], ["bob"], {"b": "modified" if drop == "queue" else "added"}),
        ("tie", drop, "first", {"b": "modified" if drop == "queue" else "added"}),
    ])  # fmt: skip

    def change(new: Made) -> Tells:
        outer, _, inner = leaf.partition(".")
        new.stages[stage][outer] = {inner: now} if inner else now
        cause = Cause("param", stage, f"{stage}.{leaf}", was, now)
        return always({role.id(key): Told(op, cause) for key, op in ops.items()})

    return change


DELIVERIES = (arrived, withdrawn, replaced, corrected, restored, columns_renamed, source_came, source_went, source_param, key_of_source)
ANNOTATIONS = (annotated, reviewed, annotations_went, annotations_replaced, annotation_drops, annotations_read_otherwise, merge_param)
