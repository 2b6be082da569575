from __future__ import annotations

from pathlib import Path

import pytest

import dsv
from dsv.ops.add import add
from dsv.ops.conflicts import conflicts
from dsv.ops.delivery import Delivery
from dsv.ops.resolve import resolve
from tests.merges.conftest import Fork


def deliver(fork: Fork, folder: Path, batch: str, **contents: str) -> None:
    path = folder / batch
    path.mkdir()
    for name, text in contents.items():
        (path / f"{name}.bin").write_text(text)
    add(fork.layout, Delivery([path], "pictures", batch, "media", license="MIT"))
    fork.build(batch)


@pytest.mark.long
def test_a_file_that_both_sides_changed_is_delivered_again_as_it_was_chosen(base: Fork, tmp_path: Path) -> None:
    deliver(base, tmp_path, "first", a="a", b="b")
    base.git("branch", "theirs")
    deliver(base, tmp_path, "ours", a="a ours", c="c")
    deliver(base.on("theirs"), tmp_path, "theirs", a="a theirs", d="d")
    base.git("checkout", "-q", "-")
    base.merge("theirs", code=1)
    assert [c.id for c in conflicts(base.layout).conflicts] == ["pictures/a.bin"]
    name = resolve(base.layout, "ours").written[0].partition("/")[2]
    assert (base.layout.raw("pictures", name) / "a.bin").read_text() == "a ours"
    base.build("merged")
    frame = dsv.load(path=base.project.root).to_polars().drop_nulls("path").sort("path")
    assert frame.select("path", "bytes").rows() == [("a.bin", 6), ("b.bin", 1), ("c.bin", 1), ("d.bin", 1)]
    assert conflicts(base.layout).conflicts == []
