"""What this clone saw on remotes: which versions, and which listings, were whole there, and when."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from dsv.project.layout import Layout
from dsv.store import files

SEEN = "seen.json"


def seen(layout: Layout) -> dict[str, dict[str, str]]:
    """Commit (or the oid of a listing) → remote → when all its objects were last known to be there."""
    try:
        found = json.loads((layout.cache / SEEN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def saw(layout: Layout, what: Iterable[str], remote: str) -> None:
    """Notes that all objects of these commits or listings are on the remote now."""
    known, now = seen(layout), datetime.now(UTC).isoformat(timespec="seconds")
    for name in what:
        known.setdefault(name, {})[remote] = now
    files.note(layout.cache / SEEN, json.dumps(known).encode())
