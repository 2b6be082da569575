"""The page in a real browser: opened, filtered, driven by keys, in the dark, on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dsv.delta.model import RecordDelta
from dsv.pages.model import Report
from tests.pages import reports
from tests.pages.browser import Page
from tests.pages.conftest import Opened

COUNT = "document.getElementById('count').textContent"
IDS = "[...document.querySelectorAll('#rows .id')].map((e) => e.textContent)"
BACK = "getComputedStyle(document.body).backgroundColor"
LIGHT, DARK = "rgb(246, 247, 249)", "rgb(16, 20, 27)"


@pytest.mark.parametrize("made", [reports.plain, reports.hostile])
def test_nothing_is_asked_for_and_nothing_complained_of(opened: Opened, made: Callable[[], Report]) -> None:
    page = opened(made)
    page.click("#rows .row")
    assert page.js("document.getElementById('record').open")
    assert (page.requests(), page.complaints()) == ([], [])


def test_no_value_becomes_markup(opened: Opened) -> None:
    page = opened(reports.hostile)
    assert page.js("window.pwned") is None
    assert page.js("document.querySelectorAll('[onerror], [onmouseover], img:not([src^=\"data:\"])').length") == 0
    assert page.js("document.querySelectorAll('script').length") == 2
    assert set(page.js("[...document.querySelectorAll('a')].map((a) => a.getAttribute('href')[0])")) == {"#"}


def test_values_are_shown_as_they_are(opened: Opened) -> None:
    page = opened(reports.hostile)
    shown = page.js(IDS)
    assert reports.NASTY[0] in shown
    assert '"\\u202eturned\\u2066 around"' in shown


def test_the_policy_refuses_what_is_not_of_the_page(opened: Opened) -> None:
    page = opened(reports.plain)
    page.js("fetch('http://127.0.0.1:9/').catch(() => 0)")
    page.js("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.pwned = 1'}))")
    assert page.js("window.pwned") is None
    # What the policy refuses is complained of: that nothing else is complained of above means something.
    assert len(page.complaints()) >= 2


@pytest.mark.parametrize(
    ("action", "count"),
    [
        ("document.querySelector('input[value=\"2\"]').click()", "17 of 38 changes"),
        ("document.getElementById('cause').value = '0'", "20 of 38 changes"),
        ("document.getElementById('column').value = 'text'", "17 of 38 changes"),
        ("document.getElementById('stage').value = 'split'", "1 of 38 changes"),
        ("document.getElementById('query').value = 'APPLE'", "1 of 38 changes"),
        ("document.getElementById('query').value = 'shop/3'", "11 of 38 changes"),
        ("document.getElementById('query').value = 'nowhere'", "0 of 38 changes"),
        ("location.hash = '#stage=clean'", "26 of 38 changes"),
        ("location.hash = '#cause=0&column=text'", "0 of 38 changes"),
    ],
)
def test_a_filter_leaves_what_it_says(plain: Page, action: str, count: str) -> None:
    plain.js(action)
    plain.js("document.querySelector('.filters').dispatchEvent(new Event('input', {bubbles: true}))")
    plain.wait(f"{COUNT} === {count!r}")


def test_a_bar_of_the_chart_leads_to_its_records(opened: Opened) -> None:
    page = opened(reports.plain)
    page.click(".causes .wide-only a[href='#cause=0'] path")
    page.wait(f"{COUNT} === '20 of 38 changes'")


def test_clearing_brings_all_back(opened: Opened) -> None:
    page = opened(reports.plain)
    page.js("location.hash = '#cause=0'")
    page.wait(f"{COUNT} === '20 of 38 changes'")
    page.click("button[type=reset]")
    page.wait(f"{COUNT} === '38 changes'")


def test_keys_search_and_open_a_record_with_its_words_marked(opened: Opened) -> None:
    page = opened(reports.plain)
    page.key("/", "/")
    page.type("apple")
    page.wait(f"{COUNT} === '1 of 38 changes'")
    page.js("document.getElementById('grid').focus()")
    page.key("Enter", "\r")
    assert page.js(
        "[...document.querySelectorAll('#record-values del, #record-values ins')].map((e) => e.textContent)"
    ) == ["bad", "red"]
    page.key("Escape")
    page.wait("!document.getElementById('record').open && document.activeElement.id === 'grid'")


def test_a_record_tells_through_whom_it_changed(opened: Opened) -> None:
    page = opened(reports.plain)
    page.js("document.getElementById('grid').focus()")
    page.key("End")
    page.key("Enter", "\r")
    told = "added: through another record (clean.duplicate), and that one: other values in delivery shop/february"
    assert page.js("document.getElementById('record-why').textContent") == f"{told} (of shop/21, by ann, bob)"


def test_arrows_walk_through_more_rows_than_are_drawn(opened: Opened) -> None:
    page = opened(reports.plain)
    page.js("document.getElementById('grid').focus()")
    page.key("End")
    page.wait("document.getElementById('grid').getAttribute('aria-activedescendant') === 'row-37'")
    page.key("ArrowUp")
    page.wait("document.querySelector('[aria-selected=true]').getAttribute('aria-rowindex') === '37'")
    assert page.js("document.querySelector('[aria-selected=true] .id').textContent") == "shop/60"


@pytest.mark.parametrize(("scheme", "colour"), [("light", LIGHT), ("dark", DARK)])
def test_the_page_is_as_light_as_the_system(opened: Opened, scheme: str, colour: str) -> None:
    assert opened(reports.plain, scheme=scheme).js(BACK) == colour


def test_the_theme_can_be_chosen(opened: Opened) -> None:
    page = opened(reports.plain, scheme="dark")
    page.click("#theme")
    assert page.js(BACK) == LIGHT
    page.click("#theme")
    assert page.js(BACK) == DARK
    assert page.js("document.getElementById('theme').ariaLabel") == "Theme: dark"


@pytest.mark.parametrize("made", [reports.plain, reports.hostile])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_no_wider_than_the_screen(opened: Opened, made: Callable[[], Report], width: int) -> None:
    page = opened(made, width=width)
    assert page.js("document.documentElement.scrollWidth") <= width


def test_charts_take_the_colours_of_the_theme(opened: Opened) -> None:
    page = opened(reports.plain, scheme="dark")
    fill = "getComputedStyle(document.querySelector('.causes .wide-only a path')).fill"
    assert page.js(fill) == "rgb(234, 178, 77)"


def test_readers_find_landmarks_names_and_the_count(opened: Opened) -> None:
    nodes = opened(reports.plain).call("Accessibility.getFullAXTree")["nodes"]
    named = {(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n["ignored"]}
    assert {
        ("banner", ""), ("main", ""), ("search", "Filter the changes"), ("region", "Why"), ("region", "Where"), ("region", "Summary"),
        ("grid", "All changes"), ("searchbox", "Search"), ("combobox", "Why"), ("button", "Theme: as the system has it"),
    } - named == set()  # fmt: skip
    status = next(n for n in nodes if n["role"]["value"] == "status")
    assert {"name": "live", "value": {"type": "token", "value": "polite"}} in status["properties"]


def test_bars_of_charts_have_names(opened: Opened) -> None:
    page = opened(reports.plain)
    names = page.js(
        "[...document.querySelectorAll('.causes .wide-only a path')].map((p) => p.getAttribute('aria-label'))"
    )
    assert names[0] == "clean.rate 1 → 2: 20 modified"


@pytest.mark.long
def test_two_hundred_thousand_changes_are_searched_while_one_types(opened: Opened) -> None:
    page = opened(many)
    assert page.file.stat().st_size < 8_000_000
    page.js("document.getElementById('query').value = 'number 77777'")
    assert page.js("(() => { const start = performance.now(); filter(); return performance.now() - start; })()") < 1000
    assert page.js(COUNT) == "1 of 200,000 changes"
    page.js("document.querySelector('.filters').reset()")
    page.wait(f"{COUNT} === '200,000 changes'")


def many() -> Report:
    """Texts and prices changed by twenty causes, and records added."""
    causes = [reports.cause("param", f"clean.r{i}", i, i + 1) for i in range(20)]
    new = reports.cause("batch", "shop/february", None, "added", "ingest")
    deltas = [
        RecordDelta(
            f"shop/{i}",
            "modified",
            {"price": i, "text": f"old number {i} "},
            {"price": 2 * i, "text": f"new number {i} "},
            causes[i % 20],
        )
        for i in range(100_000)
    ]
    deltas += [
        RecordDelta(f"shop/{i}", "added", None, {f"c{j}": i * j % 1000 for j in range(12)}, new)
        for i in range(100_000, 200_000)
    ]
    return reports.report(deltas)
