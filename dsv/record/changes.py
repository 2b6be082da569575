"""What changed between two trees of params, leaf by leaf, with paths as people write them (`clean.rules[1].range.min`).

A list of single values is one leaf. Lists of mappings are aligned first: what is equal stays together, then what has
the same name (a list of one-key mappings, such as `clean.rules`), so that a rule put in front leaves the others alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsv.errors import DsvError
from dsv.record.problem import Path, path_text
from dsv.record.typedhash import encode

Change = tuple[str, Any, Any]
Pair = tuple[int, int]

ALIGNED = 200


def changes(old: Any, new: Any, prefix: str = "") -> list[Change]:
    """(path, old, new) of every difference, in the order of `new`; None stands where a side has nothing.

    There is none exactly where the typed hashes are equal.
    """
    found: list[Change] = []
    try:
        _compare(old, new, (), found)
    except RecursionError:
        raise DsvError("A value refers to itself or is nested too deeply.") from None
    return [(_join(prefix, path), before, after) for path, before, after in found]


def _join(prefix: str, path: str) -> str:
    return prefix + path if not path or path.startswith("[") or not prefix else f"{prefix}.{path}"


def _compare(old: Any, new: Any, path: Path, found: list[Change]) -> None:
    if encode(old) == encode(new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        _mappings(old, new, path, found)
    elif (
        isinstance(old, (list, tuple))
        and isinstance(new, (list, tuple))
        and any(isinstance(x, Mapping) for x in (*old, *new))
    ):
        _lists(old, new, path, found)
    else:
        found.append((path_text(path), old, new))


def _mappings(old: Mapping[Any, Any], new: Mapping[Any, Any], path: Path, found: list[Change]) -> None:
    # 1 and true are one key to Python, and two to a typed hash
    before = {encode(key): (key, item) for key, item in old.items()}
    after = {encode(key): (key, item) for key, item in new.items()}
    for code in [*after, *(code for code in before if code not in after)]:
        here = (*path, _step((after.get(code) or before[code])[0]))
        if code in before and code in after:
            _compare(before[code][1], after[code][1], here, found)
        else:
            found.append((path_text(here), before.get(code, (None, None))[1], after.get(code, (None, None))[1]))


def _lists(old: Sequence[Any], new: Sequence[Any], path: Path, found: list[Change]) -> None:
    pairs = paired(old, new)
    matched = {after: before for before, after in pairs}
    for j, item in enumerate(new):
        if j not in matched:
            found.append((path_text((*path, j, *_name_of(item))), None, _body(item)))
            continue
        before = old[matched[j]]
        if _name(item) is not None and isinstance(before, Mapping) and isinstance(item, Mapping):
            key = next(iter(item))
            _compare(before[key], item[key], (*path, j, *_name_of(item)), found)
        else:
            _compare(before, item, (*path, j), found)
    gone = sorted(set(range(len(old))) - set(matched.values()))
    found.extend((path_text((*path, i, *_name_of(old[i]))), _body(old[i]), None) for i in gone)
    order = [matched[j] for j in sorted(matched)]
    if order != sorted(order):
        found.append((path_text(path), [_label(item) for item in old], [_label(item) for item in new]))


def paired(old: Sequence[Any], new: Sequence[Any]) -> list[Pair]:
    """Which item became which: the best alignment in order, then the rest that is equal or has the same name."""
    pairs = _aligned(old, new)
    for least in (2, 1):
        left = [i for i in range(len(old)) if i not in {before for before, _ in pairs}]
        for j in [j for j in range(len(new)) if j not in {after for _, after in pairs}]:
            partner = next((i for i in left if _alike(old[i], new[j]) >= least), None)
            if partner is not None:
                left.remove(partner)
                pairs.append((partner, j))
    return pairs


def _alike(old: Any, new: Any) -> int:
    if encode(old) == encode(new):
        return 2
    if _name(old) is None and _name(new) is None:
        return int(isinstance(old, Mapping) == isinstance(new, Mapping))
    return int(_name(old) == _name(new))


def _aligned(old: Sequence[Any], new: Sequence[Any]) -> list[Pair]:
    """The order-preserving pairs with the most equal items, then the most of the same name."""
    if max(len(old), len(new)) > ALIGNED:
        return [(i, i) for i in range(min(len(old), len(new))) if _alike(old[i], new[i])]
    weight = {0: 0, 1: 1, 2: len(old) + len(new) + 1}
    score = [[weight[_alike(before, after)] for after in new] for before in old]
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            together = best[i + 1][j + 1] + score[i][j] if score[i][j] else -1
            best[i][j] = max(best[i + 1][j], best[i][j + 1], together)
    pairs, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if score[i][j] and best[i][j] == best[i + 1][j + 1] + score[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _name(item: Any) -> Any:
    """The one key of a one-key mapping."""
    return encode(next(iter(item))) if isinstance(item, Mapping) and len(item) == 1 else None


def _name_of(item: Any) -> tuple[str, ...]:
    return (_step(next(iter(item))),) if _name(item) is not None else ()


def _body(item: Any) -> Any:
    if _name(item) is None:
        return item
    body = next(iter(item.values()))
    return {} if body is None else body


def _label(item: Any) -> Any:
    return _step(next(iter(item))) if _name(item) is not None else item


def _step(key: Any) -> str:
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return str(key)
