"""The cache is emptied at any moment of a build: it is only slower."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dsv.engines.base import Item, Result, silent
from dsv.engines.local import Local
from dsv.runner.shards.trim import Bounds, trim
from tests.runner.histories import Deliver, Plan, Section
from tests.runner.workshop import Workshop

# Many rows beside those of the batch: then only its keys are decided again, out of what the cache remembers.
HISTORY = [
    Deliver("shop", [{"id": str(i), "text": f"{i % 70}", "price": 1.5, "g": "x"} for i in range(80)]),
    Deliver("votes", [{"id": str(i), "who": w, "label": "pq"[i % 2]} for i in range(80) for w in ("ada", "bob")]),
    Section("clean", {"rules": [{"range": {"column": "price", "min": 0}}, {"duplicate": {"columns": ["text"]}}]}),
    Section("merge", {"from": ["votes"]}),
    Section("split", {"method": "sticky", "fractions": {"train": 0.5, "test": 0.5}}),
]
THEN = Deliver("shop", [{"id": "90", "text": "3", "price": 1.0, "g": "y"}, {"id": "1", "text": "z", "price": 0.5, "g": "y"}])  # fmt: skip


class Emptying(Local):
    """Empties the cache once, before the so-many-th item that it works on."""

    def __init__(self, cache: Path, at: int) -> None:
        super().__init__(1)
        self._cache, self._at, self._seen = cache, at, 0

    def map(self, fn: Callable[[Item], Result], items: Sequence[Item], done: Callable[[], None] = silent) -> list[Result]:  # fmt: skip
        def emptied(item: Item) -> Result:
            self._seen += 1
            if self._seen == self._at:
                trim(self._cache, Bounds(most=0), 0)
            return fn(item)

        return super().map(emptied, items, done)


def _built(shop: Workshop, engine: Callable[[], Local] | None = None) -> dict[str, Any]:
    """The build after all of HISTORY, and that after one batch more."""
    plan = Plan()
    for step in HISTORY:
        plan = plan.after(step)
    for step in (None, THEN):
        plan = plan.after(step) if step else plan
        shop.write(plan.params(), plan.files())
        found = shop.build(engine if step else None)
    return found


@pytest.mark.parametrize("at", [1, 3, 8, 13, 21, 34])
def test_a_build_during_which_the_cache_is_emptied_is_that_of_a_calm_one(tmp_path: Path, at: int) -> None:
    calm, shop = Workshop(tmp_path / "calm"), Workshop(tmp_path / "shop")
    with closing(Emptying(shop.layout.cache, at)) as engine:
        assert _built(shop, lambda: engine) == _built(calm)
