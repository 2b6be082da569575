"""What belongs to sample records beside their values: pictures and sounds out of the deliveries, and boxes."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import polars as pl

from dsv.ops import sides
from dsv.ops.checkout import deliveries
from dsv.pages import boxes
from dsv.pages.model import Exhibit, Media
from dsv.project.layout import ORIGIN
from dsv.project.manifest import Shard
from dsv.project.version import Version
from dsv.runner.compare.side import Side
from dsv.runner.shards import read
from dsv.table import shard as shard_file

try:
    from PIL import Image
except ImportError:  # the extra `media` is not installed
    Image = None  # type: ignore[assignment]

WIDTH = 480
QUALITY = 72
MAX_PIXELS = 64_000_000
# Bytes of one file that are taken as they are, and of all media of a page.
ONE, ALL = 400_000, 6_000_000


class Found(NamedTuple):
    """A sample record in one version: its values, and the bytes of its file where they are at hand."""

    values: Mapping[str, Any]
    data: bytes | None


def find(a: Version, b: Version, ids: Collection[str]) -> dict[str, Exhibit]:
    """Media and boxes of the records, as long as there is room."""
    old, new = _records(a, ids), _records(b, ids)
    made: dict[str, Exhibit] = {}
    room = ALL
    for name in sorted({*old, *new}):
        media = []
        for found in (old.get(name), new.get(name)):
            one = _media(found) if found and room > 0 else None
            room -= len(one.uri) if one else 0
            media.append(one)
        made[name] = Exhibit((media[0], media[1]), (_boxes(old.get(name)), _boxes(new.get(name))))
    return made


def _records(version: Version, ids: Collection[str]) -> dict[str, Found]:
    """Records of sources of media, by id."""
    sources = {source.name for source in sides.params(version).sources.values() if source.kind == "media"}
    asked = pl.Series([name for name in ids if name.partition("/")[0] in sources], dtype=pl.String)
    if asked.is_empty():
        return {}
    side = sides.side(version)
    stored = {} if version.sha is None else deliveries(version)
    found: dict[str, Found] = {}
    for shard in side.shards:
        if shard.source in sources:
            found |= _of_shard(version, side, shard, asked, stored)
    return found


def _of_shard(
    version: Version, side: Side, shard: Shard, asked: pl.Series, stored: Mapping[str, str]
) -> dict[str, Found]:
    names = read.ids(side.files, shard)
    rows = (names.is_in(asked.implode()) & pl.Series(side.kept(shard))).arg_true().cast(pl.UInt32)
    origin = side.files.open(ORIGIN, shard.relative)
    if rows.is_empty() or origin is None:
        return {}
    files = shard_file.read(origin, what="origin")["file"].gather(rows)
    at = pl.DataFrame(
        {"shard": pl.repeat(side.index[shard.relative], len(rows), dtype=pl.UInt32, eager=True), "row": rows}
    )
    values = side.records(at).to_dicts()
    folder = f"data/raw/{shard.source}/{shard.batch}"
    return {
        name: Found(row, _bytes(version, folder, file, stored.get(folder)))
        for name, file, row in zip(names.gather(rows), files, values, strict=True)
    }


def _bytes(version: Version, folder: str, file: str, oid: str | None) -> bytes | None:
    """The bytes of a delivered file; None where they are not on this machine."""
    path = version.layout.root / folder / file
    if version.sha is None:
        return path.read_bytes() if path.is_file() else None
    if oid is None or not version.store.has(oid):
        return None
    stored = version.store.tree(oid).get(file)
    return version.store.read(stored) if stored and version.store.has(stored) else None


def _boxes(found: Found | None) -> list[dict[str, Any]] | None:
    return next((value for value in found.values.values() if boxes.are(value)), None) if found else None


def _media(found: Found) -> Media | None:
    kind = str(found.values.get("media_type") or "")
    if found.data is None:
        return None
    if kind.startswith("image/") and Image is not None:
        return _thumbnail(found.data)
    if kind.startswith("audio/") and len(found.data) <= ONE:
        return Media("audio", _uri(kind, found.data))
    return None


def _thumbnail(data: bytes) -> Media | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > MAX_PIXELS:
                    return None
                width, height = image.size
                image.draft("RGB", (WIDTH, WIDTH))
                small = image.convert("RGB")
                small.thumbnail((WIDTH, WIDTH))
                packed = io.BytesIO()
                small.save(packed, "JPEG", quality=QUALITY)
    except Exception:  # whatever a decoder says of bytes that are no picture: the record is shown without
        return None
    return Media("image", _uri("image/jpeg", packed.getvalue()), width, height)


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
