"""Changes of stages, of the code that they call, and of the split; each says what is to be told of its records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

from dsv.delta.model import Cause
from tests.lineage.made import CLEAN, LATE, SPLIT, Made, Role, Told
from tests.lineage.made_deliveries import Change, Tells, always


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


def stages_swapped_that_set(role: Role) -> Change:
    """Both stages set what they set before, and the other one has the last word."""
    x = role.column(keep="kept")
    one, two = f"one{role.n}", f"two{role.n}"
    for name, known in ((one, {"u": "p", "q": "p"}), (two, {"u": "q", "p": "q"})):
        role.made.stages[name] = {"use": "clean", "rules": [{"aliases": {"column": x, "map": known}}]}
    role.put("a", {x: "u"})

    def change(new: Made) -> Tells:
        names = [{one: two, two: one}.get(name, name) for name in new.stages]
        new.stages = {name: new.stages[name] for name in names}
        return always({role.id("a"): Told("modified", Cause("param", one, "stages", [one, two], [two, one]))})

    return change


def use(role: Role) -> Change:
    """A section of another stage now."""
    x = role.column("float")
    name = f"step{role.n}"
    role.made.stages = {name: {"use": "clean", "rules": [{"range": {"column": x, "max": 10}}]}, **role.made.stages}
    role.put("a", {x: 12})

    def change(new: Made) -> Tells:
        stages = [*new.stages]
        _module(new, name, {x: 1.0})
        new.stages = {each: new.stages[each] for each in stages}
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


def undeclared(role: Role) -> Change:
    """A function reads a file that nobody is told of: nothing explains what comes of that."""
    name = f"luck{role.n}"
    x, y, z = role.column("float"), role.column("float"), role.column("float")
    _module(role.made, name, {})
    del role.made.modules[name]
    role.made.secrets[name] = {"add": {x: 0.0}, "most": {z: 100.0}}
    double = role.rule("duplicate", columns=[y], nulls="differ")
    role.put("b", {y: 5, z: 12})
    role.put("c", {y: 5}, late=True)

    def change(new: Made) -> Tells:
        new.secrets[name] = {"add": {x: 1.0}, "most": {z: 10.0}}

        def tells(old: Made, new: Made) -> dict[str, Told]:
            cause = Cause("unexplained", name, "mark")
            through = Told("added", Cause("partner", CLEAN, new.label(CLEAN, double), via=cause), role.id("b"))
            told = {f"keep{x}": Told("modified", cause), "b": Told("removed", cause), "c": through}
            return {role.id(key): one for key, one in told.items()}

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


STAGED: tuple[Callable[[Role], Change], ...] = (
    stage_came, stage_came_that_sets, stages_swapped, stages_swapped_that_set, stage_went, use, function, code, code_then_rule, undeclared, options, redrawn,
)  # fmt: skip
