"""Takes out of the cache what is damaged of the outputs of stages: as it is, DVC would put it back, and what is built anew would not be stored."""

from __future__ import annotations

from dsv.dvcio import lock
from dsv.project import cache
from dsv.project.layout import LOCK, MANIFEST, PIPELINE, Layout
from dsv.runner.shards.previous import MAGIC, PARQUET
from dsv.store.objects import DIR, Store


def discard(layout: Layout, known: set[str]) -> bool:
    """Whether there was something damaged: listings and manifests that do not match their hash, shards that are cut short.

    Looked at is what dvc.lock pins and `known` does not hold, which it does afterwards.
    """
    if not all((layout.root / name).exists() for name in (LOCK, PIPELINE)):
        return False
    stages = lock.parse((layout.root / LOCK).read_bytes(), (layout.root / PIPELINE).read_bytes())
    own = [stage for stage in stages.values() if stage.cmd == f"dsv x {stage.name}"]
    found, store = False, cache.store(layout)
    for oid in {out.oid for stage in own for out in stage.outs if out.oid.endswith(DIR)} - known:
        known.add(oid)
        if store.discard(oid):
            found = True
        elif store.has(oid):
            found |= _files(store, oid, known)
    return found


def _files(store: Store, listing: str, known: set[str]) -> bool:
    files = {oid: name for name, oid in store.tree(listing).items() if oid not in known and name.endswith((PARQUET, MANIFEST))}
    known.update(files)
    return sum(store.discard(oid, MAGIC if name.endswith(PARQUET) else b"") for oid, name in files.items()) > 0
