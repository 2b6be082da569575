"""What the folders of deliveries hold. Of files that did not change since it was noted, that is known without reading them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from dsv.project.layout import Layout
from dsv.store import files, stamp
from dsv.store.objects import folder_files, listing_oid

NOTES = "deliveries.json"


def digest(layout: Layout, folder: Path) -> str:
    """The oid of what a folder of the workspace holds."""
    now = _stamp(folder)
    noted, oid = _notes(layout).get(_name(layout, folder), ("", ""))
    if noted == now:
        return oid
    found = listing_oid(folder_files(folder))
    _note(layout, folder, now, found)
    return found


def note(layout: Layout, folder: Path, oid: str) -> None:
    """Notes what a folder holds, so that it need not be read to know."""
    _note(layout, folder, _stamp(folder), oid)


def _note(layout: Layout, folder: Path, now: str, oid: str) -> None:
    notes = _notes(layout) | {_name(layout, folder): (now, oid)}
    # Those of deliveries that are gone are of no use.
    there = {name: told for name, told in notes.items() if (layout.root / name).is_dir()}
    files.note(layout.cache / NOTES, json.dumps(there).encode())


def _notes(layout: Layout) -> dict[str, tuple[str, str]]:
    try:
        found = json.loads((layout.cache / NOTES).read_text(encoding="utf-8"))
        return {str(name): (str(stamp), str(oid)) for name, (stamp, oid) in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _name(layout: Layout, folder: Path) -> str:
    return folder.relative_to(layout.root).as_posix()


def _stamp(folder: Path) -> str:
    return hashlib.md5(json.dumps(stamp.stamps(folder)).encode(), usedforsecurity=False).hexdigest()
