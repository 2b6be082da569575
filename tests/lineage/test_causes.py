from __future__ import annotations

import pytest

from dsv.delta.model import Cause
from dsv.lineage import causes
from dsv.lineage.causes import Evidence, Facts

NEW = Facts({}, {}, frozenset({"s/old"}), frozenset({"s/old", "s/new"}))


@pytest.mark.parametrize(
    ("evidence", "cause"),
    [
        (Evidence("ingest", None, "b", batch="new", source="s"), Cause("batch", "ingest", "s/new", None, "added")),
        (Evidence("ingest", "withdrawn", "b", batch="new", source="s"), Cause("batch", "ingest", "s/new", None, "withdrawn")),
        (Evidence("ingest", "content", "b", batch="new", source="s"), Cause("content", "ingest", "s/new")),
        (Evidence("ingest", None, "b", source="s"), Cause("unexplained", "ingest", "ingest")),
    ],
)  # fmt: skip
def test_what_ingest_did_is_the_doing_of_a_delivery_or_unexplained(evidence: Evidence, cause: Cause) -> None:
    assert causes.explain(evidence, NEW) == cause
