"""Reports of stages, as they are read: a person, a merge or a full disk may have been at them."""

from __future__ import annotations

import json
from typing import Any

from dsv import errors


def load(data: bytes, name: str) -> dict[str, Any]:
    """The report; `name` is how an error calls the file."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise errors.DsvError(f"{name} is not valid JSON: {error}.", hint="dsv run") from error
    if not isinstance(found, dict):
        raise errors.DsvError(f"{name} is no report.", hint="dsv run")
    return found
