"""Plain values of a YAML file become frozen dataclasses, checked against their type hints; every problem is reported.

A section is a dataclass. Its hints may use str, int, float, bool, Any, Literal, tuple, list, dict, X | Y, None, other
such dataclasses and `OneOf`. `field(metadata={…})` narrows the scalars of a field, in its lists and mappings too:

    min, max, above, below   bounds of numbers; `above` and `below` exclude the bound
    choices                  the values allowed
    pattern, means           a regular expression that texts match whole, and what it means in words
    nonempty, unique         of a list, mapping or text; of a list
    one_of                   name -> dataclass: what the field's `OneOf` may be
    key                      the key in the file, where it is not the field's name (without a final `_`)
    doc                      one line for people

A class may declare `SHORT`, the field that a bare value stands for, and `impossible(self)`, which yields (key, message)
for combinations that make no sense. A whole number is taken where a number is wanted; nothing else is converted.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from dsv.record import scalar
from dsv.record.problem import ParamsError, Path, Problem, closest, found, listed, nearest
from dsv.record.typedhash import same

T = TypeVar("T")

# YAML reads these keys as other things than text; in a params file they are names.
WORDS: Final[Mapping[Any, str]] = {None: "null", True: "true", False: "false"}


@dataclass(frozen=True)
class OneOf:
    """One entry of a list such as `clean.rules`: the name of a rule and its params."""

    name: str
    params: Any


class _Bad:
    """Stands for a value that has problems."""


BAD: Final = _Bad()


class _Spot(NamedTuple):
    """Where a value stands, what its field asks for, and where its problems go."""

    path: Path
    limits: Mapping[str, Any]
    problems: list[Problem]

    def at(self, *steps: str | int) -> _Spot:
        return self._replace(path=(*self.path, *steps))

    def refuse(self, message: str) -> _Bad:
        self.problems.append(Problem(self.path, message))
        return BAD


def parse(cls: type[T], raw: Any, path: Path | str = ()) -> T:
    """The plain value as an instance of the dataclass; a ParamsError with every problem where it is none."""
    problems: list[Problem] = []
    value = check(cls, raw, (path,) if isinstance(path, str) else path, problems)
    if value is None or problems:
        raise ParamsError(problems)
    return value


def check(cls: type[T], raw: Any, path: Path, problems: list[Problem], **given: Any) -> T | None:
    """As `parse`, but adds to the problems instead of raising. `given` are fields that do not come from the file."""
    value = _section(cls, raw, _Spot(path, {}, problems), given)
    return value if isinstance(value, cls) else None


def keys(cls: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    """The keys that a section of this class may have, with their fields."""
    return {f.metadata.get("key", f.name.rstrip("_")): f for f in dataclasses.fields(cls) if f.init}


def plain(value: Any) -> Any:
    """A section as a file would have it, with all its defaults: mappings, lists and scalars."""
    if isinstance(value, OneOf):
        return {value.name: plain(value.params)}
    if dataclasses.is_dataclass(value):
        return {key: plain(getattr(value, f.name)) for key, f in keys(type(value)).items()}
    if isinstance(value, Mapping):
        return {key: plain(v) for key, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def given(value: Any) -> Any:
    """As `plain`, but of sections only what is not as it is by default: a key that a new dsv brings changes nothing."""
    if isinstance(value, OneOf):
        return {value.name: given(value.params)}
    if dataclasses.is_dataclass(value):
        held = {key: (f, getattr(value, f.name)) for key, f in keys(type(value)).items()}
        return {key: given(own) for key, (f, own) in held.items() if not _by_default(f, own)}
    if isinstance(value, Mapping):
        return {key: given(v) for key, v in value.items()}
    return [given(v) for v in value] if isinstance(value, (list, tuple)) else value


def _by_default(field: dataclasses.Field[Any], value: Any) -> bool:
    if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
        return False
    default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    return same(plain(value), plain(default))


def word(key: Any) -> str | None:
    """A key of a mapping as a name; None where it is no text and no word of YAML."""
    if isinstance(key, str):
        return key
    return WORDS[key] if key is None or isinstance(key, bool) else None


@cache
def _hints(cls: type[Any]) -> Mapping[str, Any]:
    return get_type_hints(cls)


def _value(hint: Any, raw: Any, spot: _Spot) -> Any:
    origin, arms = get_origin(hint), get_args(hint)
    if hint is Any:
        return raw
    if origin in (Union, types.UnionType):
        return _union(arms, raw, spot)
    if origin is Literal:
        reason = scalar.literal(arms, raw)
        return raw if reason is None else spot.refuse(reason)
    if origin in (tuple, list):
        return _list(origin, arms, raw, spot)
    if origin in (dict, Mapping):
        return _mapping(arms, raw, spot)
    if hint is OneOf:
        return _one_of(raw, spot)
    if dataclasses.is_dataclass(hint):
        return _section(hint, raw, spot, {})
    return _scalar(hint, raw, spot)


def _scalar(hint: Any, raw: Any, spot: _Spot) -> Any:
    if not scalar.fits(hint, raw):
        return spot.refuse(scalar.mismatch(hint, raw))
    try:
        value = float(raw) if hint is float else raw
    except OverflowError:
        return spot.refuse("found a whole number too large for a number with decimals")
    reason = scalar.outside(value, spot.limits)
    return value if reason is None else spot.refuse(reason)


def _union(arms: tuple[Any, ...], raw: Any, spot: _Spot) -> Any:
    if raw is None and scalar.NONE in arms:
        return None
    arms = tuple(arm for arm in arms if arm is not scalar.NONE)
    attempts: list[tuple[Any, list[Problem]]] = []
    for arm in sorted(arms, key=lambda arm: type(raw) is not arm):
        scratch: list[Problem] = []
        value = _value(arm, raw, spot._replace(problems=scratch))
        if not scratch:
            return value
        attempts.append((arm, scratch))
    shaped = [scratch for arm, scratch in attempts if len(arms) == 1 or _shape(arm, raw)]
    if len(shaped) != 1:
        return spot.refuse(f"found {found(raw)}, {' or '.join(map(scalar.wanted, arms))} is wanted")
    spot.problems.extend(shaped[0])
    return BAD


def _shape(hint: Any, raw: Any) -> bool:
    """Whether the value is at least of the kind that the hint is about, so that its problems are worth telling."""
    if isinstance(raw, Mapping):
        return get_origin(hint) in (dict, Mapping) or hint is OneOf or dataclasses.is_dataclass(hint)
    if isinstance(raw, (list, tuple)):
        return get_origin(hint) in (tuple, list)
    return scalar.fits(hint, raw)


def _list(kind: Any, arms: tuple[Any, ...], raw: Any, spot: _Spot) -> Any:
    if not isinstance(raw, (list, tuple)):
        hint = f"; write [{raw}]" if isinstance(raw, str) and raw.isalnum() else ""
        return spot.refuse(f"found {found(raw)}, a list is wanted{hint}")
    if spot.limits.get("nonempty") and not raw:
        return spot.refuse("found an empty list")
    fixed = kind is tuple and arms[-1] is not Ellipsis
    if fixed and len(raw) != len(arms):
        return spot.refuse(f"found {found(raw)}, a list of {len(arms)} is wanted")
    hints = arms if fixed else [arms[0]] * len(raw)
    values = [_value(hint, item, spot.at(i)) for i, (hint, item) in enumerate(zip(hints, raw, strict=True))]
    if any(value is BAD for value in values):
        return BAD
    if spot.limits.get("unique"):
        twice = [i for i, value in enumerate(values) if value in values[:i]]
        for i in twice:
            spot.at(i).refuse(f"found {found(raw[i])} twice")
        if twice:
            return BAD
    return tuple(values) if kind is tuple else values


def _mapping(arms: tuple[Any, ...], raw: Any, spot: _Spot) -> Any:
    if not isinstance(raw, Mapping):
        return spot.refuse(f"found {found(raw)}, a mapping is wanted")
    if spot.limits.get("nonempty") and not raw:
        return spot.refuse("found an empty mapping")
    values = {}
    for key, item in raw.items():
        here = spot.at(_step(key))
        name = _value(arms[0], key, here._replace(problems=[], limits={}))
        if name is BAD:
            quote = "; write it in quotes" if arms[0] is str else ""
            here.refuse(f"the key is {found(key)}, {scalar.wanted(arms[0])} is wanted{quote}")
        values[name] = _value(arms[1], item, here)
    return BAD if any(BAD in pair for pair in values.items()) else values


def _one_of(raw: Any, spot: _Spot) -> Any:
    known = spot.limits["one_of"]
    if isinstance(raw, str):
        raw = {raw: None}
    if not isinstance(raw, Mapping) or not raw:
        return spot.refuse(f"found {found(raw)}, one of {listed(known)} is wanted")
    name = word(next(iter(raw)))
    if len(raw) > 1:
        return spot.refuse(f"found {found(raw)}, one name is wanted; its params stand below it, indented further")
    here = spot.at(_step(next(iter(raw))))
    if name is None or name not in known:
        return here.refuse(f"unknown name{nearest(name or '', known) or '.'} Known here: {listed(known)}")
    body = next(iter(raw.values()))
    params = _section(known[name], {} if body is None else body, here, {})
    return BAD if params is BAD else OneOf(name, params)


def _section(cls: Any, raw: Any, spot: _Spot, given: Mapping[str, Any]) -> Any:
    brief = getattr(cls, "SHORT", None)
    bare = brief is not None and not isinstance(raw, Mapping)
    if bare:
        raw = {brief: raw}
    if not isinstance(raw, Mapping):
        return spot.refuse(f"found {found(raw)}, a mapping is wanted")
    known = {name: f for name, f in keys(cls).items() if f.name not in given}
    before = len(spot.problems)
    values = dict(given)
    for name, item in _named(raw, known, spot).items():
        field = known[name]
        here = spot if bare else spot.at(name)
        values[field.name] = _value(_hints(cls)[field.name], item, here._replace(limits=field.metadata))
    for name, field in known.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and field.name not in values and not _misspelt(name, raw, known):
            spot.refuse(f"the key {name} is missing")
    return BAD if len(spot.problems) > before else _build(cls, values, spot)


def _named(raw: Mapping[Any, Any], known: Mapping[str, Any], spot: _Spot) -> dict[str, Any]:
    """The entries under known keys; every other key is refused."""
    entries: dict[str, Any] = {}
    for key, item in raw.items():
        name = word(key)
        here = spot.at(_step(key))
        if name is None or name not in known:
            near = nearest(name or "", known)
            here.refuse(
                f"unknown key{near or '.'} Known here: {listed(known)}" if known else "unknown key, none is known here"
            )
        elif name in entries:
            here.refuse("the key is here twice")
        else:
            entries[name] = item
    return entries


def _misspelt(name: str, raw: Mapping[Any, Any], known: Mapping[str, Any]) -> bool:
    """Whether an unknown key was already answered with `did you mean` this name."""
    unknown = [key for key in raw if isinstance(key, str) and key not in known]
    return any(closest(key, known) == name for key in unknown)


def _build(cls: Any, values: Mapping[str, Any], spot: _Spot) -> Any:
    try:
        built = cls(**values)
    except ValueError as error:
        return spot.refuse(str(error) or f"not possible as {cls.__name__}")
    impossible = list(built.impossible()) if hasattr(built, "impossible") else []
    for where, message in impossible:
        spot.at(*((where,) if isinstance(where, (str, int)) else where)).refuse(message)
    return BAD if impossible else built


def _step(key: Any) -> str:
    name = word(key)
    return found(key) if name is None else name
