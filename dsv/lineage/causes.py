"""Causes: the first stage whose decision about a record differs between two versions, and why it differs.

Kinds: `batch` · `content` · `annotation` · `param` · `code` · `partner` · `unexplained`. They are disjoint; every delta has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dsv.delta.model import Cause
from dsv.lineage.facts import StageFacts, value

BATCH, CONTENT, ANNOTATION, PARAM, CODE, PARTNER = "batch", "content", "annotation", "param", "code", "partner"
UNEXPLAINED = "unexplained"
INGEST = "ingest"
FOLDED = {"superseded": "replaced", "withdrawn": "withdrawn", "conflict": "conflict", "restored": "restored"}


class Evidence(NamedTuple):
    """What is known of a delta: the stage and rule that decide, on which side (`a` or `b`) they did, the partner,
    the batch that an ingest event names, and the source of the record."""

    stage: str
    rule: str | None
    side: str
    partner: str | None = None
    batch: str | None = None
    source: str = ""
    annotated: str | None = None


class Facts(NamedTuple):
    """The stages of both versions by instance name, and the batches of both by `source/batch`."""

    a: Mapping[str, StageFacts]
    b: Mapping[str, StageFacts]
    batches_a: frozenset[str]
    batches_b: frozenset[str]


def explain(evidence: Evidence, facts: Facts) -> Cause:
    """The cause that the evidence proves."""
    if evidence.stage == INGEST:
        return _ingest(evidence, facts)
    was, now = facts.a.get(evidence.stage), facts.b.get(evidence.stage)
    if was is None or now is None:
        return Cause(
            PARAM,
            evidence.stage,
            evidence.stage,
            None if was is None else was.params,
            None if now is None else now.params,
        )
    if was.revision != now.revision:
        return Cause(CODE, evidence.stage, f"{evidence.stage} revision", was.revision, now.revision)
    if was.code != now.code:
        return Cause(CODE, evidence.stage, f"{evidence.stage} code", was.code, now.code)
    changed = _param(evidence, was, now)
    if changed is not None:
        return changed
    if evidence.annotated is not None and now.use == "merge":
        return Cause(ANNOTATION, evidence.stage, evidence.annotated)
    if evidence.partner is not None:
        return Cause(PARTNER, evidence.stage, evidence.partner)
    if now.use == "split":
        return Cause(PARTNER, evidence.stage, "quota")
    return Cause(UNEXPLAINED, evidence.stage, evidence.rule or evidence.stage)


def _ingest(evidence: Evidence, facts: Facts) -> Cause:
    name = f"{evidence.source}/{evidence.batch}"
    told = FOLDED.get(evidence.rule or "", evidence.rule or "added")
    if evidence.batch is None:
        # No stage decided otherwise, and no delivery did: nothing that is known explains the change.
        return Cause(UNEXPLAINED, INGEST, evidence.rule or INGEST)
    if evidence.rule == "content":
        return Cause(CONTENT, INGEST, name)
    if name in facts.batches_a and name not in facts.batches_b:
        return Cause(BATCH, INGEST, name, told, "removed")
    return Cause(BATCH, INGEST, name, None, told)


def _param(evidence: Evidence, was: StageFacts, now: StageFacts) -> Cause | None:
    rule = evidence.rule
    if rule is not None and (rule in was.rules) != (rule in now.rules):
        there = was if rule in was.rules else now
        settings = value(there.params, there.rules[rule][0]) if there.rules[rule] else True
        return Cause(
            PARAM,
            evidence.stage,
            f"{evidence.stage}.{rule}",
            settings if there is was else None,
            settings if there is now else None,
        )
    if rule is not None and rule in was.rules:
        for old_path, new_path in zip(was.rules[rule], now.rules[rule], strict=False):
            found = _leaf(value(was.params, old_path), value(now.params, new_path), f"{evidence.stage}.{new_path}")
            if found is not None:
                return Cause(PARAM, evidence.stage, *found)
        return None
    found = _leaf(was.params, now.params, evidence.stage)
    return None if found is None else Cause(PARAM, evidence.stage, *found)


def _leaf(was: Any, now: Any, path: str) -> tuple[str, Any, Any] | None:
    """The first leaf in which two param trees differ."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in sorted({*was, *now}, key=str):
            found = _leaf(was.get(key), now.get(key), f"{path}.{key}")
            if found is not None:
                return found
        return None
    if isinstance(was, (list, tuple)) and isinstance(now, (list, tuple)) and len(was) == len(now):
        for index, (old, new) in enumerate(zip(was, now, strict=True)):
            found = _leaf(old, new, f"{path}[{index}]")
            if found is not None:
                return found
        return None
    same = type(was) is type(now) and was == now
    return None if same else (path, was, now)
