"""The previous output of a stage, through the old dvc.lock: what may be linked instead of written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dsv.ledger.decisions import MOVES, columns_of
from dsv.store.objects import Store

PARQUET, MAGIC = ".parquet", b"PAR1"


@dataclass(frozen=True)
class Previous:
    """Files of the last committed-or-run version of an output: relative name → md5, and their content digests."""

    store: Store | None = None
    objects: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def link(self, relative: str, digests: Mapping[str, str], path: Path, shard: str | None = None) -> bool:
        """Links the previous file to the path if its content is the same and its object is at hand.

        `digests` are those of the content of this file, among all of the shard (the file itself when None).
        """
        before = self.digests.get(shard or relative)
        if not before or not digests:
            return False
        same = before == digests if shard is None else _part(before, digests) == digests
        return same and self.fetch(relative, path)

    def lost(self, relative: str) -> bool:
        """Whether there was a previous file of this name, and its object is gone."""
        oid = self.objects.get(relative)
        return oid is not None and (self.store is None or not self.store.has(oid))

    def fetch(self, relative: str, path: Path) -> bool:
        """Links the previous file of this name to the path, if its object is at hand."""
        oid = self.objects.get(relative)
        if self.store is None or oid is None or not self.store.has(oid):
            return False
        # Cut short, as by a lost power supply: left there, what is built anew would not be stored.
        if relative.endswith(PARQUET) and self.store.discard(oid, MAGIC):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        self.store.link(oid, path)
        return True


def _part(before: Mapping[str, str], digests: Mapping[str, str]) -> dict[str, str]:
    """The previous digests of the same part: what moves records, or all columns."""
    return {MOVES: before.get(MOVES, "")} if MOVES in digests else columns_of(before)
