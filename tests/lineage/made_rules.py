"""Changes of the rules of a stage; each says what is to be told of its records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dsv.delta.model import Cause
from tests.lineage.made import CLEAN, EXTRA, LATE, SHOP, Made, Role, Rule, Told
from tests.lineage.made_deliveries import Change, Tells, always

# kind → params, values of records, the leaf that changes, its new value, which records go and which come.
RULES: list[tuple[str, dict[str, Any], dict[str, Any], str, Any, dict[str, str]]] = [
    ("range", {"max": 10}, {"a": 1, "b": 8, "c": 12, "d": 99}, "max", 5, {"b": "removed"}),
    ("range", {"max": 10, "min": 0}, {"a": 1, "b": 8, "c": 12, "d": 99}, "max", 20, {"c": "added"}),
    ("range", {"max": 10, "min": 0}, {"a": 1, "b": 10, "c": 12}, "inclusive", "min", {"b": "removed"}),
    ("length", {"min": 2}, {"a": "long one", "b": "abc", "c": "a"}, "min", 4, {"b": "removed"}),
    ("allowed", {"values": ["u", "v"]}, {"a": "u", "b": "w"}, "values", ["u", "v", "w"], {"b": "added"}),
    ("pattern", {"regex": "^[a-z]"}, {"a": "ab", "b": "1", "c": "c3"}, "regex", "^[a-z]+$", {"c": "removed"}),
    ("aliases", {"map": {"u": "v"}}, {"a": "u", "b": "w"}, "map.w", "v", {"b": "modified"}),
    ("text", {}, {"a": "up", "b": "UP"}, "case", "lower", {"b": "modified"}),
    ("round", {"decimals": 2}, {"a": 1.5, "b": 1.25}, "decimals", 1, {"b": "modified"}),
]  # fmt: skip
DEFAULTS = {"inclusive": "both", "map.w": None, "case": None}
LISTED = ("text", "round")


def param(role: Role) -> Change:
    """One param of one rule."""
    kind, params, values, leaf, now, ops = role.rng.choice(RULES)
    stage = role.rng.choice([CLEAN, EXTRA, LATE])
    x = role.column("float") if kind in ("range", "round") else role.column(keep="kept")
    rule = role.rule(kind, stage, **{"columns" if kind in LISTED else "column": [x] if kind in LISTED else x}, **params)
    for key, value in values.items():
        role.put(key, {x: value})
    outer, _, inner = leaf.partition(".")

    def change(new: Made) -> Tells:
        held = new.rules[stage][rule].params
        held[outer] = {**held[outer], inner: now} if inner else now
        was = params.get(leaf, DEFAULTS.get(leaf))
        return lambda old, new: {role.id(k): Told(op, role.param(new, rule, leaf, was, now, stage)) for k, op in ops.items()}

    return change


def several_params(role: Role) -> Change:
    """Several params of one rule are one change of it."""
    x = role.column("float", keep=5)
    rule = role.rule("range", column=x, min=0, max=10)
    for key, value in {"a": 0, "b": 5, "c": 10, "d": 20}.items():
        role.put(key, {x: value})

    def change(new: Made) -> Tells:
        new.rules[CLEAN][rule].params |= {"min": 1, "max": 9}
        leaves = {"max": 10, "min": 0}, {"max": 9, "min": 1}
        return lambda old, new: {role.id(key): Told("removed", role.param(new, rule, "", *leaves)) for key in "ac"}

    return change


def rule_came(role: Role) -> Change:
    x = role.column("float")
    stage = role.rng.choice([CLEAN, EXTRA, LATE])
    role.rule("range", stage, column=x, max=100)
    role.put("a", {x: 1})
    role.put("b", {x: 12})

    def change(new: Made) -> Tells:
        params, name = {"column": x, "min": -2, "max": 9}, role.rng.choice([None, f"new-{role.n}"])
        new.put_before(stage, role.rng.choice([None, *new.rules[stage]]), "new", Rule("range", params, name))
        new.rules[stage] = {(f"{role.n}.new" if k == "new" else k): v for k, v in new.rules[stage].items()}
        what = lambda new: f"{stage}.{new.label(stage, f'{role.n}.new')}"  # noqa: E731
        return lambda old, new: {role.id("b"): Told("removed", Cause("param", stage, what(new), None, params))}

    return change


def rule_went(role: Role) -> Change:
    x = role.column("float")
    stage = role.rng.choice([CLEAN, EXTRA, LATE])
    rule = role.rule("range", stage, column=x, min=-1, max=10)
    role.put("a", {x: 1})
    role.put("b", {x: 12})

    def change(new: Made) -> Tells:
        params = new.rules[stage].pop(rule).params
        return lambda old, new: {role.id("b"): Told("added", Cause("param", stage, f"{stage}.{old.label(stage, rule)}", params, None))}

    return change


def corrected_as_a_rule_came(role: Role) -> Change:
    """What a new rule drops it drops, whether or not the record was delivered anew; what an old one drops goes by its content."""
    x, y = role.column("float", keep=1), role.column("float", keep=1)
    stage = role.rng.choice([CLEAN, EXTRA, LATE])
    role.rule("range", stage, column=y, max=10)
    role.put("a", {x: 1, y: 1})
    role.put("b", {x: 12, y: 1})
    role.put("c", {x: 1, y: 1})

    def change(new: Made) -> Tells:
        role.correct(new, "a", {x: 13, y: 2})
        role.correct(new, "b", {x: 12, y: 2})
        corrected = role.correct(new, "c", {x: 1, y: 99})
        params = {"column": x, "max": 9}
        new.put_before(stage, None, "new", Rule("range", params, None))
        new.rules[stage] = {(f"{role.n}.new" if k == "new" else k): v for k, v in new.rules[stage].items()}

        def tells(old: Made, new: Made) -> dict[str, Told]:
            cause = Cause("param", stage, f"{stage}.{new.label(stage, f'{role.n}.new')}", None, params)
            return {role.id("a"): Told("removed", cause), role.id("b"): Told("removed", cause), role.id("c"): Told("removed", corrected)}

        return tells

    return change


def corrected_as_a_rule_went(role: Role) -> Change:
    """What comes back because its rule went, delivered anew or not."""
    x = role.column("float", keep=1)
    stage = role.rng.choice([CLEAN, EXTRA, LATE])
    rule = role.rule("range", stage, column=x, max=10)
    role.put("a", {x: 12})
    role.put("b", {x: 12})

    def change(new: Made) -> Tells:
        role.correct(new, "a", {x: 13})
        params = new.rules[stage].pop(rule).params
        return lambda old, new: {
            role.id(key): Told("added", Cause("param", stage, f"{stage}.{old.label(stage, rule)}", params, None)) for key in "ab"
        }

    return change


def rule_renamed(role: Role) -> Change:
    """A rule that is called otherwise is the same rule; of one that is tightened too, the param is told."""
    x = role.column("float")
    rule = role.rule("range", column=x, max=10)
    role.put("a", {x: 8})
    tightened = role.rng.random() < 0.5

    def change(new: Made) -> Tells:
        held = new.rules[CLEAN][rule]
        held.name = None if held.name else f"renamed-{role.n}"
        if not tightened:
            return always({})
        held.params["max"] = 5
        return lambda old, new: {role.id("a"): Told("removed", role.param(new, rule, "max", 10, 5))}

    return change


def rule_moved_on(role: Role) -> Change:
    """A rule that another instance of the stage has now drops what it dropped."""
    x = role.column("float")
    rule = role.rule("range", column=x, max=10)
    role.rule("range", EXTRA, column=x, max=100)
    role.put("a", {x: 8})
    role.put("b", {x: 12})

    def change(new: Made) -> Tells:
        new.put_before(EXTRA, None, rule, new.rules[CLEAN].pop(rule))
        return always({})

    return change


def rules_reordered(role: Role) -> Change:
    """Texts are set to one form before duplicates are looked for, no longer after."""
    x = role.column()
    double, form = role.rule("duplicate", columns=[x], nulls="differ"), role.rule("text", columns=[x], case="lower")
    role.put("a", {x: f"same {role.n}"})
    role.put("b", {x: f"SAME {role.n}"}, late=True)

    def change(new: Made) -> Tells:
        new.put_before(CLEAN, double, form, new.rules[CLEAN].pop(form))

        def tells(old: Made, new: Made) -> dict[str, Told]:
            orders = [[made.label(CLEAN, rule) for rule in rules] for made, rules in ((old, (double, form)), (new, (form, double)))]
            return {role.id("b"): Told("removed", Cause("param", CLEAN, f"{CLEAN}.rules", *orders))}

        return tells

    return change


def set_then_dropped(role: Role) -> Change:
    """A rule sets another value, which a later one drops: of the same stage, or of a later stage."""
    x = role.column()
    alias = role.rule("aliases", column=x, map={"u": "v"})
    role.rule("length", role.rng.choice([CLEAN, EXTRA, LATE]), column=x, max=8)
    role.put("a", {x: "u"})

    def change(new: Made) -> Tells:
        new.rules[CLEAN][alias].params["map"] = {"u": "much too long"}
        return lambda old, new: {role.id("a"): Told("removed", role.param(new, alias, "map.u", "v", "much too long"))}

    return change


def two_set_then_dropped(role: Role) -> Change:
    """Two rules set values, the second one alike in both versions: the first is why a later stage drops the record."""
    x, y = role.column(), role.column()
    alias = role.rule("aliases", column=x, map={"u": "v"})
    role.rule("text", columns=[y], case="lower")
    other = role.rule("range", column=role.column("float"), max=9)
    role.rule("length", EXTRA, column=x, max=8)
    role.put("a", {x: "u", y: "UP"})

    def change(new: Made) -> Tells:
        new.rules[CLEAN][alias].params["map"] = {"u": "much too long"}
        new.rules[CLEAN][other].params["max"] = 8
        return lambda old, new: {role.id("a"): Told("removed", role.param(new, alias, "map.u", "v", "much too long"))}

    return change


def set_then_compared(role: Role) -> Change:
    """A record is set to what an earlier one holds, or the earlier one to what it holds."""
    x = role.column()
    form, double = role.rule("text", columns=[x]), role.rule("duplicate", columns=[x], nulls="differ")
    own = role.rng.random() < 0.5
    role.put("a", {x: f"same {role.n}" if own else f"SAME {role.n}"})
    role.put("b", {x: f"SAME {role.n}" if own else f"same {role.n}"}, late=True)

    def change(new: Made) -> Tells:
        new.rules[CLEAN][form].params["case"] = "lower"

        def tells(old: Made, new: Made) -> dict[str, Told]:
            cause = role.param(new, form, "case", None, "lower")
            if own:
                return {role.id("b"): Told("removed", cause)}
            through = Cause("partner", CLEAN, new.label(CLEAN, double), via=cause)
            return {role.id("a"): Told("modified", cause), role.id("b"): Told("removed", through, role.id("a"))}

        return tells

    return change


def compared_otherwise(role: Role) -> Change:
    """Records of two sources are compared too, or no longer those of which only some columns are alike."""
    x, y = role.at(SHOP).column(), role.column()
    double = role.rule("duplicate", columns=[x], nulls="differ", within="source")
    role.put("a", {x: f"same {role.n}", y: "one"})
    role.put("b", {x: f"same {role.n}", y: "other"}, late=True)
    near = role.id("b")
    role.own()
    far = role.put("c", {x: f"same {role.n}"})
    leaf, was, now, told = role.rng.choice([
        ("within", "source", "dataset", (far, "removed")),
        ("columns", [x], [x, y], (near, "added")),
    ])  # fmt: skip

    def change(new: Made) -> Tells:
        new.rules[CLEAN][double].params[leaf] = now
        return lambda old, new: {told[0]: Told(told[1], role.param(new, double, leaf, was, now))}

    return change


RULED: tuple[Callable[[Role], Change], ...] = (
    param, param, several_params, rule_came, rule_went, corrected_as_a_rule_came, corrected_as_a_rule_went, rule_renamed, rule_moved_on, rules_reordered, set_then_dropped, two_set_then_dropped,
    set_then_compared, compared_otherwise,
)  # fmt: skip
