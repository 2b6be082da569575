"""What things may be called. Names become folders, DVC stages and parts of git tags, on every file system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

NAME: Final = {
    "pattern": r"[A-Za-z0-9](?!.*\.\.)(?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?(?<!\.dvc)(?<!\.lock)",
    "means": "a name of letters, digits, '.', '_' and '-', first a letter or digit, last no '.', '.dvc' or '.lock',",
}
# DVC allows no other punctuation in the name of a stage
STAGE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
STAGE_MEANS: Final = "a name of letters, digits, '_' and '-', first a letter or digit,"
# folders under data/ that are no stage's
RESERVED: Final = ("raw", "records", "annotations", "origin", "quarantine", "ingest", "dataset", "sources")


def alike(names: Iterable[str], where: str) -> Iterator[tuple[tuple[str, int], str]]:
    """(path, message) of each name that differs from an earlier one in case only: one folder on some file systems."""
    seen: dict[str, str] = {}
    for i, name in enumerate(names):
        first = seen.setdefault(name.lower(), name)
        if first != name:
            yield (where, i), f"{name} differs from {first} in case only"
