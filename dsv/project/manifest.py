"""Manifests: which base shards a version has, in arrival order, and what each stage decided about them, by digest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dsv import errors

FORMAT = 1


@dataclass(frozen=True)
class Shard:
    """A base shard. `digest` is the order-free sum of its record hashes; `schema` maps columns to type names."""

    kind: str
    source: str
    batch: str
    name: str
    rows: int
    digest: str
    key: tuple[str, ...]
    schema: Mapping[str, str] = field(hash=False)
    ordinal: int = 0
    batch_ordinal: int = 0

    @property
    def relative(self) -> str:
        return f"{self.source}/{self.batch}/{self.name}.parquet"


@dataclass(frozen=True)
class Batch:
    """One folded delivery: its content, the state of the fold after it (`signature`), what happened to its rows, its shards."""

    name: str
    raw: str
    signature: str
    counts: Mapping[str, int]
    shards: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Source:
    """One folded source."""

    name: str
    kind: str
    key: tuple[str, ...]
    batches: tuple[Batch, ...]


@dataclass(frozen=True)
class Ingested:
    """The manifest of ingest."""

    sources: tuple[Source, ...]
    decisions: Mapping[str, Mapping[str, str]]

    def shards(self) -> Iterator[Shard]:
        """All base shards in arrival order."""
        ordinal = 0
        batch_ordinal = 0
        for source in self.sources:
            for batch in source.batches:
                for shard in batch.shards:
                    yield Shard(
                        "annotations" if source.kind == "annotations" else "records", source.name, batch.name, shard["name"],
                        shard["rows"], shard["digest"], tuple(shard["key"]), shard["schema"], ordinal, batch_ordinal,
                    )  # fmt: skip
                    ordinal += 1
                batch_ordinal += 1

    def dump(self) -> bytes:
        return _dump({"format": FORMAT, "sources": [asdict(s) for s in self.sources], "decisions": self.decisions})


def load_ingested(data: bytes) -> Ingested:
    """The manifest that `dump` wrote."""
    raw = _load(data, "data/ingest/manifest.json")
    sources = tuple(
        Source(
            s["name"],
            s["kind"],
            tuple(s["key"]),
            tuple(Batch(b["name"], b["raw"], b["signature"], b["counts"], tuple(b["shards"])) for b in s["batches"]),
        )
        for s in raw["sources"]
    )
    return Ingested(sources, raw["decisions"])


@dataclass(frozen=True)
class Decided:
    """The manifest of a stage's decisions: base shard → digests of its decisions (`*` and one per assigned column).

    A shard without decisions has no file and an empty mapping.
    """

    stage: str
    revision: int
    shards: Mapping[str, Mapping[str, str]]

    def dump(self) -> bytes:
        return _dump({"format": FORMAT, "stage": self.stage, "revision": self.revision, "shards": self.shards})


def load_decided(data: bytes, what: str) -> Decided:
    """The manifest that `dump` wrote."""
    raw = _load(data, what)
    return Decided(raw["stage"], raw["revision"], raw["shards"])


def _dump(value: object) -> bytes:
    return (json.dumps(value, sort_keys=True, ensure_ascii=False, indent=0) + "\n").encode()


def _load(data: bytes, what: str) -> dict[str, Any]:
    try:
        raw: dict[str, Any] = json.loads(data)
    except ValueError as error:
        raise errors.Corrupt(f"{what} is not valid JSON: {error}", hint="dsv run") from error
    if raw.get("format") != FORMAT:
        raise errors.DsvError(
            f"{what} has format {raw.get('format')}; this dsv reads format {FORMAT}.", hint="pip install -U dsv"
        )
    return raw
