"""Random values as a YAML file may hold them, and what makes two of them the same."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers()
    | st.floats()
    | st.dates()
    | TEXTS
    | st.sampled_from(["1", "true", ""])
)
KEYS = st.text("ab.1", max_size=3)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


def typed(tree: Any) -> Any:
    """A form of the tree that is equal under `==` exactly where types and values are."""
    if isinstance(tree, dict):
        return ("mapping", frozenset((key, typed(item)) for key, item in tree.items()))
    if isinstance(tree, list):
        return ("list", *map(typed, tree))
    return (type(tree).__name__, repr(tree))
