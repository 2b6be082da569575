"""Formats of dates and times, those of strptime: whether one names a moment, and the texts that fit it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

EPOCHS: Final = ("epoch", "epoch_ms", "epoch_us")
YEARS: Final = ("%Y", "%y", "%G", "%s")
ZONES: Final = ("%z", "%:z", "%#z")
HOURS: Final = ("%H", "%k", "%I", "%l")
_HALF, _NOON = ("%I", "%l"), ("%p", "%P")
_TIMES = (*HOURS, "%M", "%S", "%s")
_LONGER = {
    "%c": "%a %b %e %H:%M:%S %Y",
    "%D": "%m/%d/%y",
    "%F": "%Y-%m-%d",
    "%h": "%b",
    "%n": "\n",
    "%R": "%H:%M",
    "%r": "%I:%M:%S %p",
    "%T": "%H:%M:%S",
    "%t": "\t",
    "%v": "%e-%b-%Y",
    "%X": "%H:%M:%S",
    "%x": "%m/%d/%y",
    "%+": "%Y-%m-%dT%H:%M:%S%.f%:z",
}
_PART = re.compile(r"%[-_0]?(?:\.[369]?f|[369]f|:z|#z|[a-zA-Z%+])|\s+|[^%\s]+|%")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Numbers: the fewest and the most digits.
_DIGITS = {
    **dict.fromkeys(("%Y", "%G"), (4, 4)),
    **dict.fromkeys(("%m", "%d", "%e", "%H", "%k", "%I", "%l", "%M", "%S", "%U", "%W", "%V"), (1, 2)),
    "%y": (2, 2),
    "%j": (1, 3),
    "%w": (1, 1),
    "%u": (1, 1),
    "%f": (1, 9),
    "%3f": (3, 3),
    "%6f": (6, 6),
    "%9f": (9, 9),
    "%s": (1, 12),
}
_PADDED = ("%d", "%e", "%k", "%l")
_OTHER = {
    **dict.fromkeys(("%.f", "%.3f", "%.6f", "%.9f"), r"(?:\.[0-9]+)?"),
    "%b": f"(?i:{'|'.join(name[:3] for name in _MONTHS)})",
    "%B": f"(?i:{'|'.join(_MONTHS)})",
    "%a": f"(?i:{'|'.join(name[:3] for name in _DAYS)})",
    "%A": f"(?i:{'|'.join(_DAYS)})",
    "%p": "(?i:am|pm)",
    "%P": "(?i:am|pm)",
    "%z": "[+-][0-9]{2}:?[0-5][0-9]",
    "%:z": "[+-][0-9]{2}:?[0-5][0-9]",
    "%#z": "[+-][0-9]{2}(?::?[0-5][0-9])?",
    # The offset of any other zone would be lost.
    "%Z": "(?i:utc|gmt)",
    "%%": "%",
}


class Shape(NamedTuple):
    """A format cut up: its parts without shorthands, and for each the pattern of what stands there."""

    parts: tuple[str, ...]
    patterns: tuple[str, ...]

    @property
    def form(self) -> str:
        """The format without shorthands."""
        return "".join(self.parts)

    @property
    def zoned(self) -> bool:
        """Whether it names an offset from UTC."""
        return any(part in ZONES for part in self.parts)

    @property
    def fixed(self) -> bool:
        """Whether its moments are those of one place: an offset, a zone or seconds since 1970 are named."""
        return self.zoned or "%Z" in self.parts or "%s" in self.parts

    @property
    def timed(self) -> bool:
        """Whether it names a time of day."""
        return any(part in _TIMES for part in self.parts)

    def pattern(self, part: str | None = None) -> str:
        """The pattern of a whole text; with `part` in three groups: what stands before it, itself, and what follows."""
        if part is None:
            return f"^{''.join(self.patterns)}$"
        at = self.parts.index(part)
        return f"^({''.join(self.patterns[:at])})({self.patterns[at]})({''.join(self.patterns[at + 1 :])})$"


def shape(form: str) -> Shape:
    """The parts of a format that has no fault."""
    parts = _parts(form)
    return Shape(parts, tuple(_pattern(part, after) for part, after in zip(parts, (*parts[1:], ""), strict=True)))


def _parts(form: str) -> tuple[str, ...]:
    bare = [re.sub("^%[-_0]", "%", part) for part in _PART.findall(form)]
    return tuple(_PART.findall("".join(_LONGER.get(part, part) for part in bare)))


def _pattern(part: str, after: str) -> str:
    if part in _DIGITS:
        least, most = _DIGITS[part]
        # Of two numbers without anything between them the first has all its digits: 112024 is not cut by guess.
        if after in _DIGITS:
            least = most
        digits = "[0-5]?[0-9]" if part == "%S" and least < most else f"[0-9]{{{least},{most}}}"
        return f"(?:{digits}| [0-9])" if part in _PADDED and least < most else digits
    if part in _OTHER:
        return _OTHER[part]
    return r"\s+" if part.isspace() else re.escape(part)


def fault(form: str) -> str | None:
    """What is wanted in place of a format that names no moment, or that is none."""
    if form in EPOCHS:
        return None
    if "%" not in form:
        return f"a format with % or one of {', '.join(EPOCHS)} is wanted"
    said = [part for part in _parts(form) if part.startswith("%") and part != "%%"]
    if unknown := [part for part in said if part not in _DIGITS and part not in _OTHER]:
        return f"directives of strptime are wanted; {unknown[0]} is none that is known"
    if twice := [part for part in said if said.count(part) > 1]:
        return f"{twice[0]} is wanted once"
    if sum(part in YEARS for part in said) != 1:
        return f"a year is wanted in it, once: {', '.join(YEARS[:-1])} or {YEARS[-1]}"
    hours, half = sum(part in HOURS for part in said), any(part in _HALF for part in said)
    if hours > 1 or hours != said.count("%M") or said.count("%S") > hours:
        return "an hour is wanted in it, once, with its minutes, or no time of day"
    if half != any(part in _NOON for part in said):
        return "%I and %p are wanted together"
    return None
