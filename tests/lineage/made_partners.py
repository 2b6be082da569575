"""Changes that reach records through others; each says what is to be told of its records."""

from __future__ import annotations

from collections.abc import Callable

from dsv.delta.model import Cause
from tests.lineage.made import CLEAN, LATE, MERGE, NEW_VOTES, SHOP, STOCK, VOTES, Made, Role, Told
from tests.lineage.made_deliveries import Change, Tells, always


def _double(role: Role, column: str, stage: str = CLEAN) -> str:
    return role.rule("duplicate", stage, columns=[column], nulls="differ")


def _through(made: Made, rule: str, via: Cause, stage: str = CLEAN) -> Cause:
    return Cause("partner", stage, made.label(stage, rule), via=via)


def kept_one_corrected(role: Role) -> Change:
    """The record that was kept is another one now: the first of those that repeated it is kept, the next repeats that."""
    x = role.column()
    double = _double(role, x)
    for key in "abc":
        role.put(key, {x: f"same {role.n}"}, late=key != "a")

    def change(new: Made) -> Tells:
        cause = role.correct(new, "a", {x: "other"})
        told = Told("modified", cause)
        return lambda old, new: {role.id("a"): told, role.id("b"): Told("added", _through(new, double, cause), role.id("a"))}

    return change


def kept_one_dropped(role: Role) -> Change:
    """The record that was kept is dropped by a rule that is stricter now."""
    x, y = role.column(), role.column("float")
    strict, double = role.rule("range", column=y, max=10), _double(role, x)
    role.put("a", {x: f"same {role.n}", y: 8})
    role.put("b", {x: f"same {role.n}"}, late=True)

    def change(new: Made) -> Tells:
        new.rules[CLEAN][strict].params["max"] = 5

        def tells(old: Made, new: Made) -> dict[str, Told]:
            cause = role.param(new, strict, "max", 10, 5)
            return {role.id("a"): Told("removed", cause), role.id("b"): Told("added", _through(new, double, cause), role.id("a"))}

        return tells

    return change


def kept_one_withdrawn(role: Role) -> Change:
    x = role.column()
    double = _double(role, x)
    role.put("a", {x: f"same {role.n}"}, apart=True)
    role.put("b", {x: f"same {role.n}"}, late=True)

    def change(new: Made) -> Tells:
        cause = role.withdraw(new, "a")
        return lambda old, new: {role.id("a"): Told("removed", cause), role.id("b"): Told("added", _through(new, double, cause), role.id("a"))}

    return change


def corrected_to_repeat(role: Role) -> Change:
    """A record that is corrected repeats another one now; one that repeated it no longer does."""
    x = role.column()
    _double(role, x)
    role.put("a", {x: f"same {role.n}"})
    role.put("b", {x: f"other {role.n}"}, late=True)

    def change(new: Made) -> Tells:
        return always({role.id("b"): Told("removed", role.correct(new, "b", {x: f"same {role.n}"}))})

    return change


def chain(role: Role) -> Change:
    """a is corrected: b, which repeated it, is kept: c, which repeats b, is dropped."""
    x, y = role.column(), role.column()
    first, second = _double(role, x), _double(role, y)
    role.put("a", {x: f"same {role.n}"})
    role.put("b", {x: f"same {role.n}", y: f"twin {role.n}"}, late=True)
    role.put("c", {y: f"twin {role.n}"}, late=True)

    def change(new: Made) -> Tells:
        cause = role.correct(new, "a", {x: "other"})

        def tells(old: Made, new: Made) -> dict[str, Told]:
            one = _through(new, first, cause)
            told = {"a": Told("modified", cause), "b": Told("added", one, role.id("a"))}
            return {role.id(k): t for k, t in {**told, "c": Told("removed", _through(new, second, one), role.id("b"))}.items()}

        return tells

    return change


def chain_through_one_that_is_never_kept(role: Role) -> Change:
    """As a chain, but a later rule drops b: it is in neither version, and c goes because of it."""
    x, y, z = role.column(), role.column(), role.column("float")
    first, second = _double(role, x), _double(role, y)
    role.rule("range", role.rng.choice([CLEAN, LATE]), column=z, max=10)
    role.put("a", {x: f"same {role.n}"}, apart=True)
    role.put("b", {x: f"same {role.n}", y: f"twin {role.n}", z: 99}, late=True)
    role.put("c", {y: f"twin {role.n}"}, late=True)

    def change(new: Made) -> Tells:
        cause = role.withdraw(new, "a")

        def tells(old: Made, new: Made) -> dict[str, Told]:
            through = _through(new, second, _through(new, first, cause))
            return {role.id("a"): Told("removed", cause), role.id("c"): Told("removed", through, role.id("b"))}

        return tells

    return change


def kept_one_annotated(role: Role) -> Change:
    """After the merge, records of one label are compared: the label of the one that was kept is another one."""
    role.at(SHOP)
    x = role.column()
    double = role.rule("duplicate", LATE, columns=[x, "label"], nulls="differ")
    for key in "ab":
        role.put(key, {x: f"same {role.n}"}, late=key == "b")
        role.vote(key, "ann", "p")

    def change(new: Made) -> Tells:
        role.vote("a", "ann", "q", NEW_VOTES, new)
        cause, by = Cause("annotation", MERGE, "ann", None, f"{VOTES}/{NEW_VOTES}"), ("ann",)
        told = Told("modified", cause, None, by)
        return lambda old, new: {role.id("a"): told, role.id("b"): Told("added", _through(new, double, cause, LATE), role.id("a"))}

    return change


def stored_anew(role: Role) -> Change:
    """A snapshot that tells more of two equal records stores them anew, so that the other one is the first of them now."""
    x = role.at(STOCK).column()
    _double(role, x)
    role.put("b", {x: f"same {role.n}"})
    role.put("a", {x: f"same {role.n}"}, late=True)
    ops = {role.id("a"): "added", role.id("b"): "removed"}
    role.made.anew |= ops

    def change(new: Made) -> Tells:
        causes = [role.correct(new, key, {f"more{role.n}": "1"}) for key in "ab"]
        return always({name: Told(op, causes[0]) for name, op in ops.items()})

    return change


def sources_reordered(role: Role) -> Change:
    """Of equal records of two sources that of the first source is kept."""
    x = role.at(SHOP).column()
    _double(role, x)
    a = role.put("a", {x: f"same {role.n}"})
    role.own()
    b = role.put("a", {x: f"same {role.n}"})

    def change(new: Made) -> Tells:
        first = f"own{role.n}"
        new.sources = {name: new.sources[name] for name in (first, *(n for n in new.sources if n != first))}

        def tells(old: Made, new: Made) -> dict[str, Told]:
            was, now = ([name for name in made.sources if name in other.sources] for made, other in ((old, new), (new, old)))
            unlike = [i for i, pair in enumerate(zip(was, now, strict=True)) if len({*pair}) > 1]
            orders = [names[unlike[0] : unlike[-1] + 1] for names in (was, now)]
            return {name: Told(op, Cause("param", "ingest", "sources", *orders)) for name, op in ((a, "removed"), (b, "added"))}

        return tells

    return change


PARTNERS: tuple[Callable[[Role], Change], ...] = (
    kept_one_corrected, kept_one_dropped, kept_one_withdrawn, corrected_to_repeat, chain, chain_through_one_that_is_never_kept,
    kept_one_annotated, stored_anew, sources_reordered,
)  # fmt: skip
