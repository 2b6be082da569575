"""Roots and digests of a project from its Parquet files, by someone who has docs/format.md and not dsv."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from tests.reference import RS, row, value

Row = dict[str, Any]
NULLED = "\0"
NAMES = {
    pa.large_string(): "string", pa.int64(): "int", pa.float64(): "float", pa.bool_(): "bool", pa.date32(): "date",
    pa.timestamp("us"): "datetime", pa.timestamp("us", "UTC"): "datetime[utc]", pa.large_binary(): "binary",
}  # fmt: skip


class File(NamedTuple):
    """A Parquet file: rows, types by column, the metadata that dsv wrote."""

    rows: list[Row]
    types: dict[str, str]
    meta: dict[str, Any]


def read(path: Path) -> File:
    file = pq.ParquetFile(path)
    meta = {k.decode()[4:]: json.loads(v) for k, v in file.metadata.metadata.items() if k.startswith(b"dsv.")}
    table = file.read()
    return File(table.to_pylist(), {f.name: type_name(f.type) for f in table.schema}, meta)


def type_name(kind: pa.DataType) -> str:
    if pa.types.is_string(kind):
        return "string"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"list<{type_name(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return "struct<" + ",".join(f"{f.name}:{type_name(f.type)}" for f in sorted(kind, key=lambda field: field.name)) + ">"
    return NAMES.get(kind) or str(kind)


class Project(NamedTuple):
    """A folder, and its deciding stages in order, ingest first."""

    root: Path
    stages: Sequence[str]

    def shards(self, kind: str) -> list[str]:
        """Relative names of the base shards of a kind (all when empty), in arrival order."""
        told = json.loads((self.root / "data" / "ingest" / "manifest.json").read_bytes())
        return [
            f"{source['name']}/{batch['name']}/{shard['name']}.parquet"
            for source in told["sources"]
            for batch in source["batches"]
            for shard in batch["shards"]
            if kind in ("", source["kind"])
        ]

    def decisions(self, stage: str, shard: str) -> list[File]:
        """What a stage decided about a shard: one file, two where it sets values and drops."""
        folder = self.root / "data" / stage
        names = [shard.removesuffix(".parquet") + ".set.parquet", shard]
        return [read(folder / name) for name in names if (folder / name).exists()]


def root(project: Project) -> str:
    """§5: the root of the data set."""
    count, total, schema = 0, 0, {}
    for shard in project.shards("records"):
        base = read(project.root / "data" / "records" / shard)
        for i, one in enumerate(base.rows):
            kept, assigned, types = state(project, shard, i)
            if kept:
                count += 1
                total += element(shard.split("/")[0], one, base, assigned)
                final = {n: v for n, v in {**one, **assigned}.items() if v is not None and n != "_key"}
                for name in final:
                    schema.setdefault(name, set()).add(types.get(name) or base.types[name])
    named = [[name, "|".join(sorted(schema[name]))] for name in sorted(schema)]
    text = {"count": count, "format": 1, "schema": named, "sum": f"{total % 2**128:032x}"}
    return hashlib.sha256(
        json.dumps(text, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


def state(project: Project, shard: str, position: int) -> tuple[bool, Row, dict[str, str]]:
    """Whether a record is kept after all stages, what was assigned to it last, and the types of that."""
    kept, assigned, types = True, {}, {}
    for stage in project.stages:
        for file in project.decisions(stage, shard):
            if file.meta["layout"] == "dense":
                told = file.rows[position]
                kept &= told.get("_drop") is None
                for name in told:
                    if not name.startswith("_"):
                        assigned[name], types[name] = told[name], file.types[name]
                continue
            for told in (r for r in file.rows if r["row"] == position):
                if told["action"] == "set":
                    name = told["column"]
                    assigned[name], types[name] = told["=" + name], file.types["=" + name]
                else:
                    kept = told["action"] == "keep"
    return kept, assigned, types


def element(source: str, one: Row, base: File, assigned: Row) -> int:
    """§5: the element of a kept record."""
    plain = {n: v for n, v in one.items() if n != "_key"}
    nulled = sorted(n for n, v in assigned.items() if v is None and n in base.types)
    text = row(assigned | ({NULLED: nulled} if nulled else {}))
    identity = f"{source}/{key(one, base.meta['key'])}"
    record = xxhash.xxh3_128_hexdigest(row(plain).encode())
    return xxhash.xxh3_128_intdigest(f"v1{RS}{identity}{RS}{record}{RS}{text}".encode())


def key(one: Row, columns: list[str]) -> str:
    """§2: the text of a key."""
    texts = [
        v if isinstance(v, str) else json.dumps(v) if isinstance(v, bool) else str(v) for v in (one[c] for c in columns)
    ]
    if len(texts) == 1:
        return texts[0]
    return "/".join(text.replace("%", "%25").replace("/", "%2F") for text in texts)


def stage_root(project: Project, stage: str) -> str:
    """§5: the root of a stage."""
    if stage == "ingest":
        shards = project.shards("")
        return xxhash.xxh3_128_hexdigest(json.dumps([_ingested(project, shard) for shard in shards]).encode())
    listed = [[shard, digests(project.decisions(stage, shard)).get("*", "")] for shard in project.shards("records")]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def _ingested(project: Project, shard: str) -> list[str]:
    kind = next(k for k in ("records", "annotations") if (project.root / "data" / k / shard).exists())
    texts = [
        one["_key"] if "#" in one.get("_key", "") else row({n: v for n, v in one.items() if n != "_key"})
        for one in read(project.root / "data" / kind / shard).rows
    ]
    base = f"{sum(xxhash.xxh3_128_intdigest(t.encode()) for t in texts) % 2**128:032x}:{len(texts)}"
    return [shard, base, digests(project.decisions("ingest", shard)).get("*", "")]


def digests(files: list[File]) -> dict[str, str]:
    """§4: the digests of the decisions about one shard."""
    if not files:
        return {}
    if files[0].meta["layout"] == "dense":
        rows = files[0].rows
        columns = {n: column([r[n] for r in rows]) for n in files[0].types}
        named = {n: combined(len(rows), {n: d}) for n, d in columns.items() if not n.startswith("_")}
        return {"*": combined(len(rows), columns), **named}
    rows = sorted((r for file in files for r in file.rows), key=lambda r: r["row"])
    moves = [r for r in rows if r["action"] != "set"]
    found = {"_moves": table(moves, ["row", "rule", "action", "column", "partner", "detail"])} if moves else {}
    for name in {r["column"]: None for r in rows if r["action"] == "set"}:
        own = [r for r in rows if r["action"] == "set" and r["column"] == name]
        found[name] = table(own, ["row", "rule", "detail", "=" + name])
    return {"*": combined(len(rows), found), **found}


def table(rows: list[Row], names: list[str]) -> str:
    return combined(len(rows), {name: column([r.get(name) for r in rows]) for name in names})


def combined(height: int, columns: Mapping[str, str | None]) -> str:
    text = "".join(f"{n}\0{columns[n]}\0" for n in sorted(columns, key=str.encode) if columns[n] is not None)
    return xxhash.xxh3_128_hexdigest(height.to_bytes(8, "little") + text.encode())


def column(values: list[Any]) -> str | None:
    return None if all(v is None for v in values) else xxhash.xxh3_128_hexdigest(encoded(values))


def encoded(values: list[Any]) -> bytes:
    """§4: tag, number, which are there, and the values."""
    there = [v for v in values if v is not None]
    if not there:
        return b"-" + whole(len(values))
    tag = value(there[0])[0]
    head = tag.encode() + whole(len(values)) + bytes(v is not None for v in values)
    if tag == "l":
        inner = [e for v in there for e in v]
        return head + b"".join(whole(len(v or ())) for v in values) + encoded(inner)
    if tag == "r":
        names = sorted(there[0], key=str.encode)
        return head + b"".join(
            n.encode() + b"\0" + encoded([None if v is None else v[n] for v in values]) for n in names
        )
    if tag == "b":
        return head + bytes(bool(v) for v in values)
    if tag in "idtzhpf":
        return head + b"".join(whole(0 if v is None else int(value(v)[1:])) for v in values)
    texts = [b"" if v is None else v.encode() if tag == "s" else value(v)[1:].encode() for v in values]
    return head + b"".join(whole(len(t)) for t in texts) + b"".join(texts)


def whole(number: int) -> bytes:
    return struct.pack("<q", number)
