"""What git is about to merge: whether both sides changed the same records."""

from __future__ import annotations

from dsv import errors
from dsv.ops.conflicts import conflicts
from dsv.project.layout import Layout


def check_merge(layout: Layout, theirs: str | None) -> bool:
    """Raises where records are in conflict; False where data is missing, so that nothing can be said."""
    try:
        found = conflicts(layout, "HEAD" if theirs else None, theirs).conflicts
    except errors.DataMissing:
        return False
    if found:
        shown = ", ".join(conflict.id for conflict in found[:5]) + (" …" if len(found) > 5 else "")
        raise errors.DsvError(
            f"Both sides changed {len(found)} of the same records: {shown}",
            hint="dsv resolve lists and settles them; then dsv run, dsv commit; or git commit --no-verify",
        )
    return True
