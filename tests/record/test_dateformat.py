# Formats of dates and times, with Python's strptime for an oracle.
from __future__ import annotations

import datetime as dt
import re
import warnings

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.record import dateformat
from dsv.table import dates

FORMS = [
    "%d/%m/%Y", "%d/%m/%y", "%Y%m%d", "%y%m%d", "%d%Y%m", "%d%m%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S,%f",
    "%Y-%m-%d %H:%M:%S%f", "%d %b %Y", "%d %B %y", "%b%d%Y", "%a %d %b %Y", "%A, %d. %B %Y", "%I:%M %p %d.%m.%Y", "%Y-%j", "%Y-%m", "%Y", "%Y-W%W-%w",
    "%G-W%V-%u", "%Y-%m-%d %H:%M%z", "%d/%m/%y %H:%M %z", "%c", "%x", "%X %x", "%Y-%m-%d %H:%M %Z", "%d.%m.%Y %H:%M:%S %%", "(%Y+%m)*[%d]",
]  # fmt: skip
MOMENTS = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30)) | st.datetimes(dt.datetime(1969, 1, 1), dt.datetime(2068, 12, 31))
ODD = ["", " ", "  ", "\t", "\n", "0", "1", "9", "24", "+", "-", ".", ",", ":", "Z", "x", "am", "Jan", "january", "é", "٢", "00", "60", "−", "EST"]


def read(text: str, form: str) -> dt.datetime | None:
    found: dt.datetime | None = pl.Series([text]).to_frame("t").select(dates.read(pl.col("t"), form)).item()
    return found


def strptime(text: str, form: str) -> dt.datetime | None:
    """What Python reads, in UTC. It knows microseconds: further digits are cut off, as those of nanoseconds are."""
    if "%f" in form:
        text = re.sub(r"(?<=[.,])([0-9]{6})[0-9]{1,3}|(?<=:[0-9]{2})([0-9]{6})[0-9]{1,3}", r"\1\2", text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = dt.datetime.strptime(text, form)
        return found if found.tzinfo is None else found.astimezone(dt.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str]:
    """A format, and a text that is near to it."""
    form = draw(st.sampled_from(FORMS))
    moment = draw(MOMENTS).replace(tzinfo=draw(st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=-5, minutes=-30))])))
    text = moment.strftime(form.replace("%Z", "UTC"))
    for _ in range(draw(st.integers(0, 2))):
        at, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        if draw(st.booleans()):
            text = text[:at] + draw(st.sampled_from(ODD)) + text[at:]
        else:
            text = text[:at] + text[max(at, end - max(0, end - at - 2)) :]
    return form, text


@settings(max_examples=600, deadline=None)
@given(written())
def test_what_is_read_is_what_strptime_reads(case: tuple[str, str]) -> None:
    form, text = case
    found = read(text, form)
    assert found is None or found == strptime(text, form)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([form for form in FORMS if "%Z" not in form]), st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2068, 12, 31)))
def test_what_strftime_writes_is_read(form: str, moment: dt.datetime) -> None:
    text = moment.replace(tzinfo=dt.UTC).strftime(form)
    assert read(text, form) == strptime(text, form) is not None


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("%d/%m/%Y", "01/02/24", None),
        ("%d/%m/%Y", "1/2/2024", dt.datetime(2024, 2, 1)),
        ("%d/%m/%Y", "01/02/+2024", None),
        ("%F", "24-01-02", None),
        ("%d%Y", "12024", None),
        ("%d/%m/%y", "01/02/69", dt.datetime(1969, 2, 1)),
        ("%d/%m/%y %H:%M %z", "31/12/68 23:30 -0100", dt.datetime(2069, 1, 1, 0, 30)),
        ("%D", "01/02/70", dt.datetime(1970, 1, 2)),
        ("%Y-%m-%d %H:%M:%S,%f", "2024-01-02 03:04:05,5", dt.datetime(2024, 1, 2, 3, 4, 5, 500_000)),
        ("%d/%m/%y %H:%M:%S.%f", "01/02/69 03:04:05.25", dt.datetime(1969, 2, 1, 3, 4, 5, 250_000)),
        ("%Y-%m-%d %H:%M:%S", "2024-01-02 23:59:60", None),
        ("%Y-%m-%d %H:%M %Z", "2024-01-02 10:30 EST", None),
        ("%Y-%m-%d %H:%M%z", "0001-01-01 00:00+0100", None),
        ("%-d.%-m.%Y", "1.2.2024", dt.datetime(2024, 2, 1)),
        ("%s", "1700000000", dt.datetime(2023, 11, 14, 22, 13, 20)),
    ],
)  # fmt: skip
def test_a_text_that_is_read(form: str, text: str, expected: dt.datetime | None) -> None:
    assert read(text, form) == expected


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ("day", "a format with %"),
        ("%Q", "%Q is none that is known"),
        ("%Y-%m-%d %", "% is none that is known"),
        ("%d/%m", "a year is wanted"),
        ("%H:%M", "a year is wanted"),
        ("%Y %y", "a year is wanted in it, once"),
        ("%Y-%d-%d", "%d is wanted once"),
        ("%Y-%m-%d %H", "an hour is wanted in it, once, with its minutes"),
        ("%Y-%m-%d %I:%M", "%I and %p are wanted together"),
    ],
)
def test_a_format_that_names_no_moment_has_a_fault(form: str, wanted: str) -> None:
    assert wanted in (dateformat.fault(form) or "")


@pytest.mark.parametrize("form", [*FORMS, *dateformat.EPOCHS, "%s", "%+", "%v %r", "%Y-%m-%dT%H:%M:%S%.fZ"])
def test_a_format_that_names_a_moment_has_none_and_is_taken_by_polars(form: str) -> None:
    assert dateformat.fault(form) is None
    if form not in dateformat.EPOCHS:
        assert read("x", form) is None


@pytest.mark.parametrize(("number", "expected"), [(1.5, dt.datetime(1970, 1, 1, 0, 0, 1, 500_000)), (253402300800, None), (9 * 10**18, None), (-62135596801, None)])
def test_a_number_beyond_the_years_of_python_is_no_moment(number: float, expected: dt.datetime | None) -> None:
    assert pl.DataFrame({"n": [number]}).select(dates.epoch(pl.col("n"), "epoch")).item() == expected
