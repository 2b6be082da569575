"""Whether an audio file is cut off: what its container promises beside what there is. Decoders read one silently short."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

# From here on the size of a WAV stands for one that was not known when it was written: into a pipe.
UNKNOWN_SIZE, UNKNOWN_AU = 0x7FFFF000, 0xFFFFFFFF
# Formats of WAV in which a block is a frame: PCM, float, A-law, mu-law, and those that say it further on.
BY_FRAME = (1, 3, 6, 7, 0xFFFE)
# Bytes of a sample, where each has as many.
BYTES = {"PCM_S8": 1, "PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8, "ULAW": 1, "ALAW": 1}
# Where a page of Ogg has the number of its pieces, whose lengths follow.
PIECES = 26
# A first frame of MP3, which may say how many there are, is no longer.
FIRST = 2048
DAMAGED = "damaged or cut off"


class Sound(NamedTuple):
    """What a decoder says of a file: the encoding of its samples, channels, the frames it has and those that were read."""

    subtype: str
    channels: int
    frames: int
    read: int


def reason(data: bytes, sound: Sound) -> str | None:
    """Why the file is not whole; None where it is, or its container does not tell."""
    if data[8:12] == b"WAVE":
        return _wav(data)
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return _aiff(data, sound)
    if data[:4] in (b".snd", b"dns."):
        return _au(data, sound)
    if data[:4] == b"OggS":
        return _ogg(data)
    return _mpeg(data, sound) if sound.subtype.startswith("MPEG") else None


def _told(got: int, wanted: int, unit: str = "frames") -> str | None:
    return None if got >= wanted else f"truncated: {got} of {wanted} {unit}"


def _wav(data: bytes) -> str | None:
    order = ">" if data.startswith(b"RIFX") else "<"
    kind, block, long = 1, 1, UNKNOWN_SIZE
    for name, at, size in _chunks(data, order):
        if name == b"data":
            promised = long if size >= UNKNOWN_SIZE else size
            unit = "frames" if kind in BY_FRAME else "blocks"
            return None if promised == UNKNOWN_SIZE else _told((len(data) - at) // block, promised // block, unit)
        if name == b"fmt " and at + 14 <= len(data):
            kind, block = (max(1, value) for value in struct.unpack_from(f"{order}H10xH", data, at))
        elif name == b"ds64" and at + 16 <= len(data):
            long = struct.unpack_from(f"{order}8xQ", data, at)[0]
    return None


def _aiff(data: bytes, sound: Sound) -> str | None:
    for name, at, size in _chunks(data, ">"):
        if name == b"SSND":
            return _samples(len(data) - at - 8, size - 8, sound)
    return None


def _au(data: bytes, sound: Sound) -> str | None:
    order = ">" if data.startswith(b".snd") else "<"
    begin, size = struct.unpack_from(f"{order}II", data, 4)
    return None if size == UNKNOWN_AU else _samples(len(data) - begin, size, sound)


def _samples(got: int, wanted: int, sound: Sound) -> str | None:
    """What is there of so many bytes of samples."""
    block = BYTES.get(sound.subtype, 0) * sound.channels
    return _told(got // block, wanted // block) if block else _told(got, wanted, "bytes")


def _chunks(data: bytes, order: str) -> Iterator[tuple[bytes, int, int]]:
    """The chunks of a RIFF or IFF file: name, first byte, size."""
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from(f"{order}4sI", data, at)
        at += 8
        yield name, at, size
        at += size + size % 2


def _mpeg(data: bytes, sound: Sound) -> str | None:
    """Only where the first frame says how many there are, is their number no estimate."""
    begin = 0
    if data.startswith(b"ID3") and len(data) >= 10:
        # Seven bits a byte.
        begin = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    first = data[begin : begin + FIRST]
    return _told(sound.read, sound.frames) if b"Xing" in first or b"Info" in first else None


def _ogg(data: bytes) -> str | None:
    """Pages follow each other to the end; what follows them that is none says nothing."""
    at = 0
    while at < len(data) and b"OggS".startswith(data[at : at + 4]):
        body = at + PIECES + 1 + (data[at + PIECES] if at + PIECES < len(data) else 1)
        at = body + sum(data[at + PIECES + 1 : body])
        if at > len(data):
            return DAMAGED
    return None
