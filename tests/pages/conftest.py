from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dsv.pages import page
from dsv.pages.model import Report
from tests.pages import reports
from tests.pages.browser import Browser, Page, installed

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = installed()
    if program is None:
        pytest.skip("no Chromium is installed (apt-get install chromium)")
    found = Browser(program, tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Opened:
    """Opens the page of a report."""

    def opening(made: Callable[[], Report], **how: Any) -> Page:
        file = tmp_path / "report.html"
        file.write_text(html(made), encoding="utf-8", newline="")
        return browser.page(file, **how)

    return opening


@cache
def html(made: Callable[[], Report]) -> str:
    """The page of a report, made once."""
    return page.html(made())


@pytest.fixture(scope="module")
def _plain(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Page:
    file = tmp_path_factory.mktemp("plain") / "report.html"
    file.write_text(html(reports.plain), encoding="utf-8", newline="")
    return browser.page(file)


@pytest.fixture
def plain(_plain: Page) -> Page:
    """The page of the plain report, opened once; all filters are cleared."""
    _plain.js("document.querySelector('.filters').reset(), location.hash = ''")
    _plain.wait("document.getElementById('count').textContent === '38 changes'")
    return _plain
