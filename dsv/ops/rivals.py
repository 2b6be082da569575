"""The sources that both sides of a merge delivered to, and what they disagree about there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from dsv import errors
from dsv.dvcio import dotdvc
from dsv.project import cache
from dsv.project.layout import INGEST, SIGNATURE, Layout
from dsv.project.manifest import Ingested, load_ingested
from dsv.project.params import Params, Source, load
from dsv.project.version import WORKSPACE, Version
from dsv.record import identity
from dsv.runner.compare import clash
from dsv.runner.compare.clash import Held, Sides
from dsv.runner.shards import read
from dsv.runner.shards.narrow import Cache
from dsv.vcs.merging import Merge

RESOLVED = "resolved.parquet"


@dataclass(frozen=True)
class Rival:
    """A source, its three versions, and the keys in conflict (see `clash.changed`), without those that were settled since."""

    source: str
    params: Mapping[str, Any]
    sides: Sides
    changed: pl.DataFrame
    settled: frozenset[str]

    @property
    def open(self) -> pl.DataFrame:
        """The keys that are to be settled."""
        asked = self.changed.filter(pl.col("both") | pl.col("undone"))
        return asked.filter(~pl.col("key").is_in(list(self.settled)))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Per open key: the key, whether it is `undone`, and the rows that each side has."""
        for entry in self.open.iter_rows(named=True):
            told: dict[str, Any] = {"key": entry["key"], "undone": entry["undone"]}
            for name, held in self.sides.named():
                at = entry.get(f"{name}_at")
                told[name] = held.rows(pl.DataFrame(at, schema=POSITION)).to_dicts() if at else None
            yield {"base": None, **told}


POSITION = {"shard": pl.UInt32, "row": pl.UInt32}


def rivals(layout: Layout, merge: Merge) -> list[Rival]:
    """The sources with keys in conflict."""
    versions = [None if sha is None else Version(layout, sha, sha) for sha in (merge.base, merge.ours, merge.theirs)]
    base, ours, theirs = (_ingested(version) for version in versions)
    if ours is None or theirs is None or versions[1] is None or versions[2] is None:
        return []
    here = Version(layout, WORKSPACE, None)
    params = _params(layout)
    found = []
    for name in [s.name for s in ours.sources if s.name in {other.name for other in theirs.sources}]:
        own, other = Held(versions[1], ours, name), Held(versions[2], theirs, name)
        before = None if base is None or versions[0] is None else Held(versions[0], base, name)
        known = before.deliveries if before else []
        if known == own.deliveries or known == other.deliveries or own.deliveries == other.deliveries:
            continue
        if merge.reverts and set(other.deliveries) <= set(known):
            continue  # it only takes deliveries away: what came since stays, whatever it is about
        raw = versions[1].sources.get(name, {})
        merged = _merged(here, own, other)
        sides = Sides(before, own, other, merged, raw.get("delivery") == "snapshot")
        changed = clash.changed(sides, Cache(layout.cache))
        rival = Rival(name, raw, sides, changed, frozenset(_settled(layout, params, sides, changed)))
        if rival.open.height:
            found.append(rival)
    return found


def _ingested(version: Version | None) -> Ingested | None:
    if version is None or version.text("dvc.lock") is None or version.text(SIGNATURE) is None:
        return None
    data = version.manifest(INGEST)
    return None if data is None else load_ingested(data)


def _params(layout: Layout) -> Params | None:
    """The params of the workspace; None as long as git's markers stand in them."""
    try:
        return load(layout.params)
    except errors.DsvError:
        return None


def _merged(here: Version, ours: Held, theirs: Held) -> Held | None:
    """What the workspace holds of the source, once a run has brought the deliveries of both sides together."""
    try:
        found = _ingested(here)
    except errors.DsvError:
        return None
    held = None if found is None else Held(here, found, ours.source)
    both = {digest for side in (ours, theirs) for _, digest in side.deliveries}
    return held if held is not None and both <= {digest for _, digest in held.deliveries} else None


def _settled(layout: Layout, params: Params | None, sides: Sides, changed: pl.DataFrame) -> set[str]:
    """The keys that were delivered since by neither side: by `dsv resolve`, or by a later delivery."""
    name = sides.ours.source
    if params is None or name not in params.sources:
        return set()
    known = {batch for side in (sides.ours, sides.theirs) for batch, _ in side.deliveries}
    resolved = [b.name for b in params.sources[name].arrived if b.resolved and b.name not in known]
    digests = {digest for side in (sides.ours, sides.theirs) for _, digest in side.deliveries}
    merged = sides.merged
    later = {b for b, digest in merged.deliveries if digest not in digests} if merged is not None else set()
    if sides.snapshot and (resolved or later):
        # A later snapshot speaks of every key.
        return set(changed["key"])
    key = (sides.ours.shards or sides.theirs.shards)[-1].key
    found = {text for batch in resolved for text in _resolved(layout, params.sources[name], batch, key)}
    for shard in merged.shards if merged is not None else ():
        if shard.batch in later and merged is not None:
            found |= set(read.keys(merged.files, shard).to_list())
    return found


def _resolved(layout: Layout, source: Source, batch: str, key: tuple[str, ...]) -> set[str]:
    """The keys of a batch that `dsv resolve` wrote, in the workspace or, as long as it is not there, in the cache."""
    folder = layout.raw(source.name, batch)
    tracked = folder.with_name(f"{batch}.dvc")
    if folder.is_dir():
        files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    elif tracked.is_file():
        store = cache.store(layout)
        tree = store.tree(dotdvc.load(tracked.read_bytes(), tracked.name).oid)
        files = {name: store.path(oid) for name, oid in tree.items()}
    else:
        return set()
    if source.kind == "media":
        return set(files)
    return set(identity.keys(pl.read_parquet(files[RESOLVED], columns=list(key)), key).to_list())
