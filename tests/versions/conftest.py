from __future__ import annotations

from tests.faults.conftest import Tell, tell

__all__ = ["Tell", "tell"]
