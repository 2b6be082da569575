"""What a delivery consists of: its files, and a digest of their content that is not computed twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import xxhash

from dsv import errors
from dsv.runner.shards import narrow
from dsv.runner.shards.narrow import Cache
from dsv.store.stamp import Stamp, stamps


class Delivery(NamedTuple):
    """The files of a batch (POSIX names relative to its folder, sorted) and the digest of names and contents."""

    names: tuple[str, ...]
    digest: str


def scan(folder: Path, cache: Cache) -> Delivery:
    """The delivery in a folder. Files are read only if one changed since they were last."""
    if not folder.is_dir():
        raise errors.DataMissing(f"The delivery {folder} is not there.", hint="dsv run")
    stats = stamps(folder)
    key = _key(stats)
    known = cache.data(key)
    if known is None:
        total = xxhash.xxh3_128()
        for name, *_ in stats:
            total.update(f"{name}\0{_digest(folder / name)}\0".encode())
        known = total.hexdigest().encode()
        cache.put_data(key, known)
    return Delivery(tuple(name for name, *_ in stats), known.decode())


def known(folder: Path, cache: Cache) -> str | None:
    """The digest of the delivery, where no file must be read for it."""
    found = cache.data(_key(stamps(folder))) if folder.is_dir() else None
    return None if found is None else found.decode()


def names(folder: Path) -> list[str]:
    """The files of the delivery, sorted."""
    return [stamp.name for stamp in stamps(folder)]


def _key(stats: list[Stamp]) -> str:
    return narrow.key("delivery", json.dumps(stats))


def _digest(path: Path) -> str:
    hasher = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()
