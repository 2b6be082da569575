"""A folder of media files: one row a file, with what its header and its content say.

A file that cannot be decoded is still a record: `decoded` is false and `decode_error` says why.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import xxhash

from dsv.formats import cutoff
from dsv.formats.base import FILE, ROW, Chunk, Header, Task

try:
    from PIL import Image
except ImportError:  # the extra `media` is not installed
    Image = None  # type: ignore[assignment]
try:
    import soundfile
except (ImportError, OSError):
    soundfile = None

NAME = "media"
GROUP = 500
MAX_PIXELS = 178_956_970
MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"), (b"BM", "image/bmp"), (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"), (b"fLaC", "audio/flac"), (b"OggS", "audio/ogg"), (b"ID3", "audio/mpeg"), (b"%PDF", "application/pdf"),
)  # fmt: skip
# By suffix, where the content does not tell. A table of our own: that of the system is another one on each machine.
SUFFIXES = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".bmp": "image/bmp", ".tif": "image/tiff",
    ".tiff": "image/tiff", ".webp": "image/webp", ".ico": "image/x-icon", ".ppm": "image/x-portable-pixmap", ".pgm": "image/x-portable-graymap",
    ".pbm": "image/x-portable-bitmap", ".pnm": "image/x-portable-anymap", ".tga": "image/x-tga", ".jp2": "image/jp2", ".avif": "image/avif",
    ".heic": "image/heic", ".svg": "image/svg+xml", ".wav": "audio/wav", ".wave": "audio/wav", ".flac": "audio/flac", ".ogg": "audio/ogg",
    ".oga": "audio/ogg", ".opus": "audio/ogg", ".mp3": "audio/mpeg", ".aif": "audio/aiff", ".aiff": "audio/aiff", ".au": "audio/basic",
    ".m4a": "audio/mp4", ".aac": "audio/aac", ".mp4": "video/mp4", ".mov": "video/quicktime", ".avi": "video/x-msvideo", ".mkv": "video/x-matroska",
    ".webm": "video/webm", ".mpg": "video/mpeg", ".mpeg": "video/mpeg", ".txt": "text/plain", ".csv": "text/csv", ".json": "application/json",
    ".xml": "application/xml", ".html": "text/html", ".md": "text/markdown", ".pdf": "application/pdf", ".zip": "application/zip",
}  # fmt: skip
# No library here reads these: whether they are whole nobody knows.
UNREAD = ("image/svg+xml", "image/heic", "audio/mp4", "audio/aac")
# Formats of several pictures that count, each of which may be cut off.
SEVERAL = ("GIF", "TIFF")
# Why a file cannot be decoded, in words of our own: those of the libraries change, and hold the place where the file lies.
UNKNOWN, LARGE = "not the content of a known format", f"more than {MAX_PIXELS} pixels"
COLUMNS = {
    "path": pa.large_string(), "bytes": pa.int64(), "content": pa.large_string(), "media_type": pa.large_string(), "decoded": pa.bool_(),
    "decode_error": pa.large_string(), "width": pa.int64(), "height": pa.int64(), "mode": pa.large_string(), "rate": pa.int64(),
    "channels": pa.int64(), "frames": pa.int64(), "subtype": pa.large_string(),
}  # fmt: skip


def read(task: Task) -> Iterator[Chunk]:
    """One row a file."""
    rows = [_row(task.root / name, name) for name in task.names]
    columns = {key: pa.array([row.get(key) for row in rows], kind) for key, kind in COLUMNS.items()}
    columns[FILE] = columns["path"]
    columns[ROW] = pa.array([1] * len(rows), pa.int64())
    yield Chunk(pa.table(columns), [])


def header(task: Task) -> Header | None:
    """The columns that every delivery of this format has."""
    return Header(frozenset(COLUMNS), True)


def _row(path: Path, name: str) -> dict[str, Any]:
    data = path.read_bytes()
    kind = _media_type(data, name)
    row: dict[str, Any] = {
        "path": name,
        "bytes": len(data),
        "content": xxhash.xxh3_128_hexdigest(data),
        "media_type": kind,
    }
    if kind in UNREAD:
        return row
    if kind.startswith("image/") and Image is not None:
        row |= _image(path)
    elif kind.startswith("audio/") and soundfile is not None:
        row |= _audio(path, data)
    return row


def _media_type(data: bytes, name: str) -> str:
    for magic, kind in MAGIC:
        if data.startswith(magic):
            return kind
    if data[:4] in (b"RIFF", b"RIFX", b"RF64"):
        known = {b"WAVE": "audio/wav", b"WEBP": "image/webp"}.get(data[8:12])
        if known is not None:
            return known
    return SUFFIXES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")


def _image(path: Path) -> dict[str, Any]:
    """Size and mode (of the first of several pictures); decoded in full, because verifying alone misses truncated JPEGs, and loading alone cut PNGs."""
    found: dict[str, Any] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                found = {"width": image.width, "height": image.height, "mode": image.mode}
                if image.width * image.height > MAX_PIXELS:
                    return {**found, "decoded": False, "decode_error": LARGE}
                image.verify()
            with Image.open(path) as image:
                for number in range(getattr(image, "n_frames", 1) if image.format in SEVERAL else 1):
                    image.seek(number)
                    if image.width * image.height > MAX_PIXELS:
                        return {**found, "decoded": False, "decode_error": LARGE}
                    image.load()
    except Exception as error:
        large = isinstance(error, Image.DecompressionBombError)
        return {**found, "decoded": False, "decode_error": LARGE if large else cutoff.DAMAGED if found else UNKNOWN}
    return {**found, "decoded": True}


def _audio(path: Path, data: bytes) -> dict[str, Any]:
    try:
        with soundfile.SoundFile(path) as sound:
            found = {
                "rate": sound.samplerate,
                "channels": sound.channels,
                "frames": sound.frames,
                "subtype": sound.subtype,
            }
            known = cutoff.Sound(sound.subtype, sound.channels, sound.frames, len(sound.read(dtype="int16")))
    except Exception:
        return {"decoded": False, "decode_error": UNKNOWN}
    short = cutoff.reason(data, known)
    return {**found, "decoded": short is None, "decode_error": short}
