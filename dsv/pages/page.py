"""A difference as one HTML file that needs nothing else: no request leaves it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from importlib import resources

from dsv.delta.values import short
from dsv.pages import charts, exhibits, overview, patterns, payload, story
from dsv.pages.markup import Html, el, join, text
from dsv.pages.model import Report

PLACE = re.compile(r"\{\{(\w+)\}\}")


def html(report: Report) -> str:
    """The page."""
    charts.ready()
    found = patterns.find(report.deltas)
    told = story.tell(report, found)
    style, script = _template("page.css"), _template("page.js")
    packed, left = payload.pack(report)
    return _filled(
        _template("page.html"),
        {
            "policy": text(_policy(style, script)),
            "title": text(f"{report.dataset} {report.a.name} → {report.b.name}: {told.headline}"),
            "style": style,
            "script": script,
            "header": overview.header(report),
            "story": overview.lead(report, told),
            "panels": join(
                [
                    overview.pipeline(report),
                    overview.causes(report),
                    overview.columns(report, found),
                    *overview.transitions(report),
                    *overview.tables(report),
                ]
            ),
            "samples": join(exhibits.section(report)),
            "notes": join([el("p", note, class_="note") for note in _notes(report, left)]),
            "columns": join([el("option", short(name), value=short(name)) for name in _columns(report)]),
            "causes": join([el("option", label, value=str(at)) for at, label in overview.cause_names(report)]),
            "total": text(f"{len(report.deltas):,}"),
            "data": packed,
        },
    )


def _notes(report: Report, left: list[str]) -> list[str]:
    told = []
    if not report.whole:
        told.append(
            f"A sample: {len(report.deltas):,} of {report.changed:,} changed records, evenly from each cause. Counts above are of all."
            if not report.beside.asked
            else f"Only records that were asked for: {report.beside.asked}. Counts above are of all."
        )
    return told + left


def _columns(report: Report) -> list[str]:
    return sorted({name for delta in report.deltas for name in (*(delta.old or ()), *(delta.new or ()))})


def _template(name: str) -> str:
    return resources.files("dsv.pages").joinpath("templates", name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing is loaded, sent or run but what is in the file."""
    return (
        f"default-src 'none'; script-src '{_sha256(script)}'; style-src '{_sha256(style)}'; "
        "img-src data:; media-src data:; base-uri 'none'; form-action 'none'"
    )


def _sha256(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _filled(template: str, parts: Mapping[str, str | Html]) -> str:
    """The template with its places filled in one pass: what is filled in is never looked at again."""
    return PLACE.sub(lambda place: parts[place.group(1)], template)
