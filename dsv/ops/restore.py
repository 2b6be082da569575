"""Deliveries that are declared but not in the workspace are put back from the cache before a run."""

from __future__ import annotations

from dsv import errors
from dsv.dvcio import dotdvc
from dsv.ops.checkout import place
from dsv.project import cache
from dsv.project.layout import Layout
from dsv.project.params import Params


def restore(layout: Layout, params: Params) -> int:
    """Puts back the declared deliveries whose folder is gone; how many."""
    store = cache.store(layout)
    count = 0
    for source, known in params.sources.items():
        for batch in known.batches:
            folder = layout.raw(source, batch)
            if folder.exists():
                continue
            name = folder.relative_to(layout.root).as_posix()
            tracked = folder.with_name(f"{folder.name}.dvc")
            if not tracked.is_file():
                raise errors.DataMissing(
                    f"params.yaml names the delivery {source}/{batch}, but there is no {name} and no {name}.dvc.",
                    hint=f"dsv add PATH --source {source}, or git checkout -- {name}.dvc",
                )
            oid = dotdvc.load(tracked.read_bytes(), f"{name}.dvc").oid
            if not store.has(oid) or not all(map(store.has, store.tree(oid).values())):
                raise errors.DataMissing(
                    f"The delivery {name} is neither in the workspace nor in the cache.", hint="dsv pull"
                )
            place(store, oid, folder)
            count += 1
    return count
