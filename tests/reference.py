"""The canonical row in plain Python, written from docs/format.md alone: the oracle of the vectorised one."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import struct

ESC, RS, US = "\x1b", "\x1e", "\x1f"
EPOCH = dt.datetime(1970, 1, 1)


def esc(text: str) -> str:
    return text.replace(ESC, ESC + "b").replace(RS, ESC + "e").replace(US, ESC + "f")


def value(v: object) -> str:
    if isinstance(v, bool):
        return "b" + str(v).lower()
    if isinstance(v, str):
        return "s" + esc(v)
    if isinstance(v, int):
        return f"i{v}"
    if isinstance(v, float):
        bits = 0x7FF8000000000000 if math.isnan(v) else struct.unpack(">q", struct.pack(">d", v if v != 0 else 0.0))[0]
        return f"f{bits}"
    if isinstance(v, decimal.Decimal):
        text = format(v, "f")
        return "n" + (text.rstrip("0").rstrip(".") if "." in text else text)
    if isinstance(v, dt.datetime):
        if v.tzinfo is None:
            return f"t{(v - EPOCH) // dt.timedelta(microseconds=1)}"
        return f"z{(v.astimezone(dt.UTC).replace(tzinfo=None) - EPOCH) // dt.timedelta(microseconds=1)}"
    if isinstance(v, dt.date):
        return f"d{(v - EPOCH.date()).days}"
    if isinstance(v, dt.time):
        return f"h{((v.hour * 60 + v.minute) * 60 + v.second) * 10**9 + v.microsecond * 1000}"
    if isinstance(v, dt.timedelta):
        return f"p{v // dt.timedelta(microseconds=1)}"
    if isinstance(v, bytes):
        return "x" + v.hex()
    if isinstance(v, list):
        return "l" + esc("".join(("-" if e is None else value(e)) + RS for e in v))
    if isinstance(v, dict):
        return "r" + esc(row(v))
    raise TypeError(type(v))


def row(fields: dict[str, object]) -> str:
    present = sorted(((k, v) for k, v in fields.items() if v is not None), key=lambda kv: kv[0].encode())
    return "".join(f"{esc(k)}{US}{value(v)}{RS}" for k, v in present)
