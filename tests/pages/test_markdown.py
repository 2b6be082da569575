from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dsv.delta.model import RecordDelta
from dsv.delta.values import visible
from dsv.pages import markdown
from dsv.pages.model import Beside, Report
from tests.pages import reports
from tests.pages.reports import NASTY, cause, report

RENDER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ALLOWED = {
    "h3", "p", "code", "strong", "blockquote", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "sub", "ins", "del",
}  # fmt: skip


class Seen(HTMLParser):
    """The tags, attributes and text of a rendered page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str | None] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(RENDER.render(source))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def _unlinked(made: Report) -> Report:
    return replace(made, beside=replace(made.beside, link=None))


@pytest.mark.parametrize("made", [reports.plain, reports.hostile])
def test_no_value_becomes_markup(made: Callable[[], Report]) -> None:
    assert Seen(markdown.text(_unlinked(made()))).tags - ALLOWED == set()


def test_the_only_link_is_the_one_that_was_given() -> None:
    seen = Seen(markdown.text(replace(reports.plain(), beside=Beside(link="https://ci.example.org/report (1).html"))))
    assert seen.links == ["https://ci.example.org/report%20%281%29.html"]


@given(st.text(max_size=40))
@example(NASTY[-2])
@example("www.example.org ![x](y) ~~z~~ \\| `` | &lt; *a*_b_")
def test_an_escaped_text_reads_as_it_is(text: str) -> None:
    seen = Seen(f"| a |\n|---|\n| x{markdown.escape(text)}x |\n")
    assert seen.text.split("x", 1)[1].rsplit("x", 1)[0] == visible(text)
    assert seen.tags <= {"table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize("text", ["@ada", "see #12", "!3", "$5", "~bug", "&4", "%9"])
def test_nothing_is_a_mention_or_a_reference(text: str) -> None:
    sign = next(c for c in text if not c.isalnum() and c != " ")
    assert f"&#{ord(sign)};<!-- -->" in markdown.escape(text)


@pytest.mark.parametrize("n", [1, 30, 400])
def test_it_is_never_too_long_to_post(n: int) -> None:
    long = {f"column {i}": NASTY[-3] for i in range(9)}
    deltas = [
        RecordDelta(
            f"s/{i}", "modified", long, {k: f"x{v}" for k, v in long.items()}, cause("param", f"p{i} {NASTY[-3]}")
        )
        for i in range(n)
    ]
    found = markdown.text(report(deltas))
    assert len(found) <= markdown.LONGEST
    assert Seen(found).tags - ALLOWED == set()


def test_what_does_not_fit_is_said_to_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "LONGEST", 1500)
    found = markdown.text(reports.plain())
    assert len(found) <= 1500
    assert found.endswith("more does not fit here (`dsv diff --format html`).\n")


def test_samples_are_at_most_three_a_cause() -> None:
    found = markdown.text(reports.plain())
    assert found.count("<code>shop/") == 3 + 3 + 3 + 1 + 1 + 1


def test_changed_words_are_marked() -> None:
    found = markdown.text(reports.plain())
    assert "| <code>a <del>bad</del> apple fell</code> | <code>a <ins>red</ins> apple fell</code> |" in found


def test_of_a_long_text_what_is_near_the_change_is_shown() -> None:
    lead = "word " * 100
    found = markdown.text(
        report([RecordDelta("s/1", "modified", {"t": f"{lead}old"}, {"t": f"{lead}new"}, cause("param", "p"))])
    )
    assert "<code>…ord word word word word <del>old</del></code>" in found


def test_the_story_comes_first() -> None:
    lines = markdown.text(reports.plain()).splitlines()
    assert lines[0] == "### 11 records added, 5 removed, 21 modified in price and text, 1 moved to another split"
    assert (
        lines[6]
        == "**Why:** clean.rate 1 → 2 (20); new in delivery shop/february (10); clean.min 3 → 5 (5); 3 more causes."
    )
