"""What columns the deliveries of a source bring, as far as that is known before their rows are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dsv.formats.base import Header
from dsv.project.layout import Layout
from dsv.project.manifest import Source
from dsv.project.params import Source as SourceParams
from dsv.runner.ingest import deliver, fold_source, ingest, raw
from dsv.runner.shards.narrow import Cache


def headers(layout: Layout, params: SourceParams, known: Source | None, fixed: Collection[str]) -> list[Header] | None:
    """The columns of each delivery; None where those of one are not known.

    The files tell, or what the manifest of ingest has `known` of the source where it is of the same delivery, read alike. Of
    deliveries that are not `fixed` nobody knows what they will be.
    """
    found: list[Header] = []
    before: list[Header] | None = None
    for place, (batch, reading) in enumerate(zip(params.batches, params.delivered(), strict=True)):
        folder = layout.raw(params.name, batch)
        if not folder.is_dir() or folder.relative_to(layout.root).as_posix() not in fixed:
            return None
        header = deliver.header(folder, raw.names(folder), reading)
        if header is None:
            before = _as_before(layout, params, known) if before is None else before
            header = before[place] if place < len(before) else None
        if header is None:
            return None
        found.append(header)
    return found


def _as_before(layout: Layout, params: SourceParams, known: Source | None) -> list[Header]:
    """The columns of the first deliveries that are as the manifest has them; of what must be read to know that, nothing."""
    if known is None:
        return []
    digests: list[str] = []
    for batch in known.batches[: len(params.batches)]:
        digest = raw.known(layout.raw(params.name, batch.name), Cache(layout.cache))
        if digest is None:
            break
        digests.append(digest)
    signatures = fold_source.signed(params, ingest.own_signatures(params), digests)
    found: list[Header] = []
    for batch, signature in zip(known.batches, signatures, strict=False):
        if batch.signature != signature:
            break
        found.append(_stored(batch.shards))
    return found


def _stored(shards: Sequence[Mapping[str, Any]]) -> Header:
    return Header(frozenset(name for shard in shards for name in shard["schema"]), bool(shards))
