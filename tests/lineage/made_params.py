"""Changes of rules, stages, code and splits; each says what is to be told of its records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

from dsv.delta.model import Cause
from tests.lineage.made import CLEAN, EXTRA, LATE, SPLIT, Made, Role, Rule, Told
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


def stage_came(role: Role) -> Change:
    x = role.column("float")
    role.put("a", {x: 12})

    def change(new: Made) -> Tells:
        name, section = f"more{role.n}", {"use": "clean", "rules": [{"range": {"column": x, "max": 10}}]}
        stages = [*new.stages.items()]
        stages.insert(role.rng.randrange(len(stages)), (name, section))
        new.stages = dict(stages)
        return always({role.id("a"): Told("removed", Cause("param", name, name, None, section))})

    return change


def stage_came_that_sets(role: Role) -> Change:
    """A stage that is put before the others sets what a rule of theirs drops then."""
    x = role.column("float")
    role.rule("range", role.rng.choice([CLEAN, LATE]), column=x, max=10)
    role.put("a", {x: 8})

    def change(new: Made) -> Tells:
        name = f"first{role.n}"
        _module(new, name, {x: 5.0})
        cause = Cause("param", name, name, None, new.stages[name])
        return always({role.id("a"): Told("removed", cause), role.id(f"keep{x}"): Told("modified", cause)})

    return change


def stages_swapped(role: Role) -> Change:
    """Texts are set to one form in a stage before that in which duplicates are looked for, no longer after it."""
    x = role.column()
    one, two = f"one{role.n}", f"two{role.n}"
    rules = ({"duplicate": {"columns": [x], "nulls": "differ"}}, {"text": {"columns": [x], "case": "lower"}})
    role.made.stages |= {name: {"use": "clean", "rules": [rule]} for name, rule in zip((one, two), rules, strict=True)}
    role.put("a", {x: f"same {role.n}"})
    role.put("b", {x: f"SAME {role.n}"}, late=True)

    def change(new: Made) -> Tells:
        names = [{one: two, two: one}.get(name, name) for name in new.stages]
        new.stages = {name: new.stages[name] for name in names}
        return always({role.id("b"): Told("removed", Cause("param", one, "stages", [one, two], [two, one]))})

    return change


def use(role: Role) -> Change:
    """A section of another stage now."""
    x = role.column("float")
    name = f"step{role.n}"
    role.made.stages = {name: {"use": "clean", "rules": [{"range": {"column": x, "max": 10}}]}, **role.made.stages}
    role.put("a", {x: 12})

    def change(new: Made) -> Tells:
        _module(new, name, {x: 1.0})
        cause = Cause("param", name, f"{name}.use", "clean", "python")
        return always({role.id("a"): Told("added", cause), role.id(f"keep{x}"): Told("modified", cause)})

    return change


def function(role: Role) -> Change:
    """Another function of the same module."""
    name = f"steps{role.n}"
    x = role.column("float")
    _module(role.made, name, {x: 1.0})

    def change(new: Made) -> Tells:
        new.stages[name]["function"] = f"{name}:other"
        return always({role.id(f"keep{x}"): Told("modified", Cause("param", name, f"{name}.function", f"{name}:mark", f"{name}:other"))})

    return change


def stage_went(role: Role) -> Change:
    x = role.column("float")
    role.put("a", {x: 12})
    name, section = f"less{role.n}", {"use": "clean", "rules": [{"range": {"column": x, "max": 10}}]}
    role.made.stages = {name: section, **role.made.stages}

    def change(new: Made) -> Tells:
        del new.stages[name]
        return always({role.id("a"): Told("added", Cause("param", name, name, section, None))})

    return change


def _module(made: Made, name: str, options: dict[str, Any]) -> None:
    made.modules[name] = {"add": {}, "most": {}}
    section = {"use": "python", "function": f"{name}:mark", "options": options}
    made.stages = {name: section, **{n: s for n, s in made.stages.items() if n != name}}


def code(role: Role) -> Change:
    """The code of a function sets and drops other records."""
    name = f"steps{role.n}"
    x, y = role.column("float"), role.column("float")
    _module(role.made, name, {})
    role.put("a", {x: 1})
    role.put("b", {y: 12})

    def change(new: Made) -> Tells:
        new.modules[name] = {"add": {x: 1.0}, "most": {y: 10.0}}
        cause = Cause("code", name, f"{name} code", ANY, ANY)
        return always({role.id("a"): Told("modified", cause), role.id(f"keep{x}"): Told("modified", cause), role.id("b"): Told("removed", cause)})

    return change


def code_then_rule(role: Role) -> Change:
    """The code of a function sets what a rule drops then, and drops what another record repeats."""
    name = f"steps{role.n}"
    x, y, z = role.column("float"), role.column("float"), role.column("float")
    _module(role.made, name, {})
    role.rule("range", column=x, max=10)
    double = role.rule("duplicate", columns=[y], nulls="differ")
    role.put("a", {x: 8})
    role.put("b", {y: 5, z: 12})
    role.put("c", {y: 5}, late=True)

    def change(new: Made) -> Tells:
        new.modules[name] = {"add": {x: 5.0}, "most": {z: 10.0}}
        cause = Cause("code", name, f"{name} code", ANY, ANY)

        def tells(old: Made, new: Made) -> dict[str, Told]:
            told = {"a": Told("removed", cause), f"keep{x}": Told("modified", cause), "b": Told("removed", cause)}
            through = Told("added", Cause("partner", CLEAN, new.label(CLEAN, double), via=cause), role.id("b"))
            return {role.id(key): one for key, one in {**told, "c": through}.items()}

        return tells

    return change


def options(role: Role) -> Change:
    name = f"opts{role.n}"
    x = role.column("float")
    _module(role.made, name, {x: 1.0})
    role.put("a", {x: 1})

    def change(new: Made) -> Tells:
        new.stages[name]["options"] = {x: 2.0}
        cause = Cause("param", name, f"{name}.options.{x}", 1.0, 2.0)
        return always({role.id(key): Told("modified", cause) for key in ("a", f"keep{x}")})

    return change


def redrawn(role: Role) -> Change:
    """Another draw; one param, or two of them at once."""
    role.put("a", {})
    method = role.made.stages[SPLIT]["method"]
    changes = {
        "salt": ("v1", "v2"), "group": ([], ["note"]), "stratify": ([], ["label"]), "method": (method, "sticky" if method == "hash" else "hash"),
        "fractions.train": (0.5, 0.8), "fractions.test": (0.5, 0.2),
    }  # fmt: skip
    names = role.rng.choice([["salt"], ["group"], ["method"], ["stratify"], ["fractions.train", "fractions.test"], ["salt", "method"]])

    def change(new: Made) -> Tells:
        was, now = ({name: changes[name][i] for name in names} for i in (0, 1))
        if "." in names[0]:
            new.stages[SPLIT]["fractions"] = {"train": 0.8, "test": 0.2}
            inner = [{name.partition(".")[2]: value for name, value in one.items()} for one in (was, now)]
            new.redrawn = Cause("param", SPLIT, f"{SPLIT}.fractions", *inner)
        else:
            new.stages[SPLIT] |= now
            one = [was[names[0]], now[names[0]]]
            new.redrawn = Cause("param", SPLIT, SPLIT, was, now) if len(names) > 1 else Cause("param", SPLIT, f"{SPLIT}.{names[0]}", *one)
        return always({})

    return change


PARAMS: tuple[Callable[[Role], Change], ...] = (
    param, param, several_params, rule_came, rule_went, rule_renamed, rule_moved_on, rules_reordered, set_then_dropped, two_set_then_dropped,
    set_then_compared, stage_came, stage_came_that_sets, stages_swapped, stage_went, use, function, code, code_then_rule, options, redrawn,
)  # fmt: skip
