"""Deliveries that are declared but not in the workspace, or there as another branch has them, are put back before a run."""

from __future__ import annotations

from pathlib import Path

from dsv import errors
from dsv.dvcio import dotdvc
from dsv.ops.checkout import place
from dsv.project import cache
from dsv.project.layout import Layout
from dsv.project.params import Params
from dsv.runner.ingest import raw
from dsv.runner.shards import narrow
from dsv.store.objects import Store, folder_files, listing_oid


def restore(layout: Layout, params: Params) -> int:
    """Puts back the declared deliveries whose folder is gone or another branch's; how many."""
    store = cache.store(layout)
    count = 0
    for source, known in params.sources.items():
        for batch in known.batches:
            folder = layout.raw(source, batch)
            name = folder.relative_to(layout.root).as_posix()
            tracked = folder.with_name(f"{folder.name}.dvc")
            if folder.exists() and not (tracked.is_file() and _of_another_branch(layout, store, folder, tracked)):
                continue
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


def _of_another_branch(layout: Layout, store: Store, folder: Path, tracked: Path) -> bool:
    """Whether a folder holds another delivery than git tracks, and nothing that the cache has not got.

    Two branches may each have a delivery of that name; git leaves the folder as it is when the branch is changed. DVC
    would take it for a new state of the delivery, and the wrong one would be built.
    """
    wanted = dotdvc.load(tracked.read_bytes(), tracked.name).oid
    known = narrow.Cache(layout.cache).data(_key(folder))
    if known == wanted.encode():
        return False
    files = folder_files(folder)
    found = listing_oid(files)
    note(layout, folder, found)
    return found != wanted and store.has(wanted) and all(map(store.has, files.values()))


def note(layout: Layout, folder: Path, oid: str) -> None:
    """Notes what a folder holds, so that it need not be read to know."""
    narrow.Cache(layout.cache).put_data(_key(folder), oid.encode())


def _key(folder: Path) -> str:
    return narrow.key("delivery folder", raw.stamp(folder))
