"""Charts by Vega-Lite, drawn to SVG when the page is made: no script in it, colours follow the page's theme."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dsv import errors
from dsv.delta.values import visible
from dsv.pages.markup import Html

try:
    import vl_convert
except ImportError:  # the extra `report` is not installed
    vl_convert = None  # type: ignore[assignment]

VERSION = "5.21"
NOWHERE = "https://nowhere.invalid/"
LONGEST = 64
OPS = ("added", "removed", "modified", "moved")
CONFIG = {
    "background": None,
    "padding": {"left": 0, "right": 0, "top": 8, "bottom": 2},
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {"labelColor": "var(--text)", "titleColor": "var(--soft)", "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
             "domain": False, "ticks": False, "grid": False, "labelLimit": 320, "labelPadding": 8},
    "text": {"fill": "var(--soft)", "fontSize": 12},
}  # fmt: skip


def ready() -> None:
    """Refuses to go on where the charting library is missing."""
    if vl_convert is None:
        raise errors.DsvError(
            "A report in HTML needs vl-convert-python, which is not installed.", hint="pip install 'dsv[report]'"
        )


def bars(name: str, rows: Sequence[tuple[str, Mapping[str, int], str]], width: int) -> Html:
    """A bar for each (label, count by op, link), one part an op; above it the label and the sum."""
    values = [
        {
            "at": at,
            "op": op,
            "n": n,
            "order": OPS.index(op),
            "link": NOWHERE + link,
            "told": f"{visible(label)}: {n:,} {op}",
        }
        for at, (label, counts, link) in enumerate(rows)
        for op, n in counts.items()
        if n
    ]
    labels = [
        {"at": at, "label": _cut(label), "sum": f"{sum(counts.values()):,}"}
        for at, (label, counts, _) in enumerate(rows)
    ]
    # Rows by number: two causes may read alike. Labels stand above their bars: how wide a text is only the browser knows.
    y = {"field": "at", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0.62, "paddingOuter": 0}}
    bar = {
        "data": {"values": values},
        "mark": {"type": "bar", "cursor": "pointer"},
        "encoding": {
            "y": y,
            "x": {"type": "quantitative", "axis": None, "field": "n", "stack": "zero", "scale": {"nice": False}},
            "color": {
                "field": "op",
                "type": "nominal",
                "legend": None,
                "scale": {"domain": OPS, "range": [f"var(--{op})" for op in OPS]},
            },
            "order": {"field": "order", "type": "quantitative"},
            "href": {"field": "link"},
            "description": {"field": "told"},
        },
    }
    beside = [
        {
            "data": {"values": labels},
            "mark": {
                "type": "text",
                "align": align,
                "x": place,
                "dy": -16,
                "fill": "var(--text)",
                "fontSize": 13,
                "aria": False,
                "fontWeight": weight,
            },
            "encoding": {"y": y, "text": {"field": field}},
        }
        for field, align, place, weight in (("label", "left", 0, "normal"), ("sum", "right", width, "bold"))
    ]
    return _svg(name, {"width": width, "height": {"step": 36}, "layer": [bar, *beside]})


def matrix(name: str, rows: Sequence[tuple[str, str, int]], axes: tuple[str, str]) -> Html:
    """How many went from what to what, darker where there are more."""
    values = [
        {"was": _cut(was), "now": _cut(now), "n": n, "told": f"{n:,}", "about": f"{was} to {now}: {n:,}"}
        for was, now, n in rows
    ]
    most = max(n for _, _, n in rows)
    place = {
        "y": {"field": "was", "type": "nominal", "sort": None, "axis": {"title": axes[0]}},
        "x": {
            "field": "now",
            "type": "nominal",
            "sort": None,
            "axis": {"title": axes[1], "orient": "top", "labelAngle": -30},
        },
    }
    cell = {
        "mark": {"type": "rect", "fill": "var(--modified)", "stroke": "var(--panel)", "strokeWidth": 2},
        "encoding": {**place, "description": {"field": "about"}, "opacity": {"field": "n", "type": "quantitative", "legend": None,
                     "scale": {"domain": [0, most], "range": [0.15, 0.75]}}},
    }  # fmt: skip
    count = {
        "mark": {"type": "text", "fontWeight": "bold", "fill": "var(--text)", "aria": False},
        "encoding": {**place, "text": {"field": "told"}},
    }
    return _svg(
        name, {"width": {"step": 64}, "height": {"step": 34}, "data": {"values": values}, "layer": [cell, count]}
    )


def _cut(label: str) -> str:
    shown = visible(label)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def _svg(name: str, spec: dict[str, Any]) -> Html:
    """The chart; links lead within the page, and ids are its own."""
    drawn: str = vl_convert.vegalite_to_svg({**spec, "config": CONFIG}, vl_version=VERSION, allowed_base_urls=[])
    drawn = drawn.replace(f'xlink:href="{NOWHERE}', 'href="')
    drawn = re.sub(r'(id="|url\(#)clip', rf"\1{name}-clip", drawn)
    return Html(drawn)
