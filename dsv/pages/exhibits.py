"""Sample records side by side: changed words marked, boxes drawn over their pictures, sounds to play."""

from __future__ import annotations

from typing import Any

from dsv.delta.model import RecordDelta
from dsv.delta.values import short, shown
from dsv.delta.words import CAME, WENT, side, words
from dsv.pages import boxes, wording
from dsv.pages.boxes import Box
from dsv.pages.markup import Html, el
from dsv.pages.model import Exhibit, Media, Report, samples

CAUSES = 6
EACH = 3
LONGEST = 600
ROWS = 14
ELEMENTS = 8
# Names of more changed boxes than these hide the picture.
NAMED = 12


def chosen(report: Report) -> list[tuple[int, list[RecordDelta]]]:
    """The records that are shown as samples, by cause."""
    return [(at, some) for at, some in samples(report, EACH)[:CAUSES] if some]


def section(report: Report) -> Html | None:
    """Samples of each of the largest causes."""
    groups = [
        el("div", el("h3", el("a", wording.phrase(report.causes[at][0]), href=f"#cause={at}"), " ", el("small", wording.ops(report.causes[at][1]))),
           el("div", [_card(delta, report.exhibits.get(delta.id)) for delta in some], class_="cards"), class_="group")
        for at, some in chosen(report)
    ]  # fmt: skip
    return (
        el(
            "section",
            el("h2", "Examples", id="examples-title"),
            groups,
            class_="panel examples",
            aria_labelledby="examples-title",
        )
        if groups
        else None
    )


def _card(delta: RecordDelta, beside: Exhibit | None) -> Html:
    through = wording.through(delta)
    return el(
        "article",
        el(
            "h4",
            el("span", wording.SIGNS[delta.op], class_=f"sign {delta.op}", aria_label=delta.op),
            " ",
            el("bdi", short(delta.id, 200)),
            el("small", f" {through}") if through else None,
        ),
        _media(beside) if beside else None,
        _values(delta),
        class_=f"card {delta.op}",
    )


def _values(delta: RecordDelta) -> Html:
    if delta.old is None or delta.new is None:
        only = delta.new if delta.old is None else delta.old
        cells = [(name, value) for name, value in (only or {}).items() if value is not None]
        rows = [
            el("tr", el("th", short(name), scope="row"), el("td", el("bdi", short(value, LONGEST))))
            for name, value in cells[:ROWS]
        ]
        return el("table", el("tbody", rows, _more(len(cells), 2)))
    names = list(dict.fromkeys([*delta.new, *delta.old]))
    head = el("tr", [el("th", name, scope="col") for name in ("column", "was", "now")])
    rows = [_change(name, delta.old.get(name), delta.new.get(name)) for name in names[:ROWS]]
    return el("table", el("thead", head), el("tbody", rows, _more(len(names), 3)))


def _more(n: int, width: int) -> Html | None:
    return el("tr", el("td", f"{n - ROWS} more", colspan=width)) if n > ROWS else None


def _change(name: str, old: Any, new: Any) -> Html:
    heading = el("th", short(name), scope="row")
    if boxes.are(old) or boxes.are(new):
        return el("tr", heading, el("td", _boxes_told(old or [], new or []), colspan=2))
    was, now = _around(shown(old), shown(new))
    runs = words(was, now)
    return el("tr", heading, el("td", _marked(runs, WENT, "del")), el("td", _marked(runs, CAME, "ins")))


def _around(was: str, now: str) -> tuple[str, str]:
    """Long texts from a little before where they differ."""
    if max(len(was), len(now)) <= LONGEST:
        return was, now
    start = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
    start = max(0, start - 40) if start > LONGEST // 2 else 0
    lead = "…" if start else ""
    cut = [lead + text[start : start + LONGEST] + ("…" if len(text) > start + LONGEST else "") for text in (was, now)]
    return cut[0], cut[1]


def _marked(runs: list[tuple[str, str]], kind: str, mark: str) -> Html:
    return el("bdi", [el(mark, text) if run == kind else text for run, text in side(runs, kind)])


def _boxes_told(old: boxes.Boxes, new: boxes.Boxes) -> Html:
    pairs = boxes.matched(old, new)
    changed = [(was, now) for was, now in pairs if was != now]
    rows = [_box(was, now) for was, now in changed[:ELEMENTS]]
    rest = len(changed) - ELEMENTS
    return el(
        "ul",
        el("li", f"{len(old)} → {len(new)} boxes, {len(pairs) - len(changed)} the same"),
        rows,
        el("li", f"{rest} more changed") if rest > 0 else None,
        class_="boxes",
    )


def _box(was: Box | None, now: Box | None) -> Html:
    if was is None:
        return el("li", el("ins", f"{boxes.label(now)} {boxes.corners(now)}"))
    if now is None:
        return el("li", el("del", f"{boxes.label(was)} {boxes.corners(was)}"))
    if boxes.label(was) != boxes.label(now):
        return el("li", el("del", boxes.label(was)), " → ", el("ins", boxes.label(now)), f" {boxes.corners(now)}")
    return el("li", f"{boxes.label(now)} ", el("del", boxes.corners(was)), " → ", el("ins", boxes.corners(now)))


def _media(beside: Exhibit) -> Html | None:
    was, now = beside.media
    kinds = {media.kind for media in beside.media if media}
    if "audio" in kinds:
        return el(
            "div", [_player(name, media) for name, media in (("was", was), ("now", now)) if media], class_="media"
        )
    if beside.boxes != (None, None) and (was is None or now is None or was.uri == now.uri):
        return el("div", _drawn(now or was, *beside.boxes), class_="media")
    shown_ = [("was", was, beside.boxes[0]), ("now", now, beside.boxes[1])]
    figures = [_figure(name, media, found) for name, media, found in shown_ if media]
    return el("div", figures, class_="media") if figures else None


def _player(name: str, media: Media) -> Html:
    return el(
        "figure",
        el("figcaption", name),
        el(
            "audio",
            controls=True,
            preload="metadata",
            src=media.uri,
            aria_label=f"the recording as it {'was' if name == 'was' else 'is now'}",
        ),
    )


def _figure(name: str, media: Media, found: boxes.Boxes | None) -> Html:
    picture = (
        _drawn(media, found, found)
        if found
        else el("img", src=media.uri, alt=f"the picture as it {'was' if name == 'was' else 'is now'}")
    )
    return el("figure", el("figcaption", name), picture)


def _drawn(media: Media | None, old: boxes.Boxes | None, new: boxes.Boxes | None) -> Html:
    """The picture with the boxes over it: those that went, came and stayed."""
    pairs = boxes.matched(old or [], new or [])
    every = [box for pair in pairs for box in pair if box]
    width = media.width if media and media.width else max([float(box["xmax"]) for box in every] or [1])
    height = media.height if media and media.height else max([float(box["ymax"]) for box in every] or [1])
    size = max(width, height) / 32
    picture = el("image", href=media.uri, width=f"{width:g}", height=f"{height:g}") if media else None
    # What changed is drawn last: over what did not.
    changed = sum(was != now for was, now in pairs)
    ordered = sorted(pairs, key=lambda pair: pair[0] != pair[1])
    marks = [_outline(was, now, width, size, named=changed <= NAMED or _renamed(was, now)) for was, now in ordered]
    picture = el(
        "svg",
        picture,
        marks,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=f"{len(pairs)} boxes, {changed} of them changed",
    )
    legend = [
        el("span", name, class_=f"key {kind}") for name, kind in (("was", "went"), ("now", "came"), ("same", "stays"))
    ]
    return el("figure", picture, el("figcaption", legend))


def _renamed(was: Box | None, now: Box | None) -> bool:
    return was is not None and now is not None and boxes.label(was) != boxes.label(now)


def _outline(was: Box | None, now: Box | None, width: float, size: float, *, named: bool) -> list[Html]:
    if was == now:
        return [_rect(now, "stays")]
    parts = [_rect(box, kind) for box, kind in ((was, "went"), (now, "came")) if box]
    box = now or was
    if box is None or not named:
        return parts
    label = f"{boxes.label(was)} → {boxes.label(now)}" if _renamed(was, now) else boxes.label(box)
    left, top, right, _ = (float(box[side]) for side in boxes.SIDES)
    # A name on the right half grows to the left: it would leave the picture.
    turned = left + right > width
    at = {"x": f"{right if turned else left:g}", "y": f"{top - size / 3 if top > 1.5 * size else top + size:g}"}
    kind = "came" if now else "went"
    end = "end" if turned else None
    return [*parts, el("text", short(label, 40), **at, font_size=f"{size:g}", text_anchor=end, class_=kind)]


def _rect(box: Box | None, kind: str) -> Html:
    assert box is not None
    left, top, right, bottom = (float(box[s]) for s in boxes.SIDES)
    return el(
        "rect",
        x=f"{left:g}",
        y=f"{top:g}",
        width=f"{max(right - left, 1):g}",
        height=f"{max(bottom - top, 1):g}",
        class_=kind,
    )
