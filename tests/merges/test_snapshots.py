"""Each delivery of a snapshot replaces the one before: merged in a row, the second would take back what the first brought."""

from __future__ import annotations

import pytest

from dsv.ops.conflicts import conflicts
from dsv.ops.resolve import resolve
from tests.merges.conftest import Fork

FIRST = "id,text\na,1\nb,1\nc,1\nd,1\n"


@pytest.mark.long
def test_two_snapshots_merge_to_what_both_changed(base: Fork) -> None:
    base.deliver("stock", FIRST, "1", key=["id"], license="MIT", snapshot=True)
    base.build("stock")
    base.git("branch", "theirs")
    base.deliver("stock", "id,text\na,2\nb,1\nd,2\ne,1\n", "ours")
    base.build("ours: a and d changed, c gone, e new")
    base.on("theirs").deliver("stock", "id,text\na,1\nb,2\nc,1\nd,3\nf,1\n", "theirs")
    base.build("theirs: b and d changed, f new")
    base.git("checkout", "-q", "-")
    base.merge("theirs", code=1)
    told = [(c.id, c.undone) for c in conflicts(base.layout).conflicts]
    assert told == [("stock/a", True), ("stock/c", True), ("stock/d", False), ("stock/e", True)]
    resolve(base.layout, "theirs")
    base.build("merged")
    found = {key: n for key, n in base.column("text").items() if not str(n).isalpha()}
    assert found == {"a": "2", "b": "2", "d": "3", "e": "1", "f": "1"}
    assert conflicts(base.layout).conflicts == []
