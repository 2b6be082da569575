"""From the files of a delivery to typed rows with their origin, and what could not be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

from dsv import errors
from dsv.engines.base import Engine
from dsv.formats import objects, registry
from dsv.formats.base import Bad, Header, Place, ReadSpec, Task, bounded
from dsv.project import naming
from dsv.project.params import Source as SourceParams
from dsv.record import identity
from dsv.record.problem import ParamsError, Problem
from dsv.stages.base import ID, Named
from dsv.table import mixing, typing
from dsv.table import types as table_types
from dsv.table.together import together

FILE, ROW = "_file", "_row"
Locate = Callable[..., Mapping[int, Place]]
TAKEN = (FILE, ROW, ID, identity.CONTENT_KEY)
BAD = {"file": pl.String, "row": pl.Int64, "offset": pl.Int64, "rule": pl.String, "reason": pl.String, "raw": pl.Binary}


class Parsed(NamedTuple):
    """The rows of a delivery in the order of its files, with `_file` and `_row`; and the rows that were refused."""

    frame: pl.DataFrame
    bad: pl.DataFrame


def spec(source: SourceParams) -> ReadSpec:
    """How the files of a source are read."""
    return ReadSpec(
        null=tuple(source.null),
        encoding=source.encoding,
        delimiter=source.delimiter,
        quote=source.quote,
        escape=source.escape,
        header=source.header,
        names=tuple(source.names),
        types={name: column.type for name, column in source.columns.items()},
    )


def columns(source: SourceParams) -> dict[str, typing.Column]:
    """The declared columns of a source."""
    found = {}
    for name, column in source.columns.items():
        extra = {key: tuple(value) for key, value in (("true", column.true), ("false", column.false)) if value}
        found[name] = typing.Column(column.type, tuple(column.formats), **extra)
    return found


def tasks(folder: Path, names: Sequence[str], source: SourceParams) -> list[Task]:
    """The files of a delivery as they are read."""
    return registry.tasks(folder, names, read_as(source.format, source.kind), spec(source))


def read_as(form: str | None, kind: str | None) -> str | None:
    """The format that the files of a source are read as, whose params say so much; None where each file tells it."""
    return form or ("media" if kind == "media" else None)


def header(folder: Path, names: Sequence[str], source: SourceParams) -> Header | None:
    """What is known of a delivery without reading its rows; None where that is not all of its columns."""
    found = registry.header(tasks(folder, names, source))
    return None if found is None else found._replace(columns=frozenset(source.rename.get(c, c) for c in found.columns))


def parse(engine: Engine, folder: Path, names: Sequence[str], source: SourceParams) -> Parsed:
    """Reads all files of a delivery, in parallel, and types the rows."""
    # A number for each file: its name in every row would be moved and copied over and over.
    file = pl.Enum(names)
    read = partial(_parse, file=file, declared=columns(source), rename=dict(source.rename), source=source.name)
    parts = engine.map(read, tasks(folder, names, source))
    frames = [part.frame for part in parts if part.frame.width]
    frame = _together(frames) if frames else pl.DataFrame(schema={FILE: file, ROW: pl.Int64})
    bad = pl.concat([part.bad for part in parts]) if parts else pl.DataFrame(schema=BAD)
    return Parsed(frame, bad.sort("file", "row", "offset"))


def _parse(task: Any, file: pl.Enum, declared: Mapping[str, typing.Column], rename: Mapping[str, str], source: str) -> Parsed:
    frames, bad = [], []
    for chunk in registry.read(task):
        bad += chunk.bad
        if chunk.table.num_rows == 0 and chunk.table.num_columns <= 2:
            continue
        names = [rename.get(name, name) for name in own_columns(chunk.table)]
        _check_names(names, task.names[0], source)
        # By place: the file may have columns of our names, which are renamed.
        table = chunk.table.rename_columns([*names, FILE, ROW])
        frame = pl.from_arrow(table_types.cast(table.drop_columns([FILE]), null=pa.null()))
        origin = pl.from_arrow(table.select([FILE]))
        assert isinstance(frame, pl.DataFrame)
        assert isinstance(origin, pl.DataFrame)
        frame = frame.with_columns(origin[FILE].cast(file))
        typed, misfits = typing.typed(frame, declared)
        if misfits:
            bad += _refused(frame, _first(misfits), "type", partial(registry.locate, task.root, name=task.format, spec=task.spec))
            typed = typed.filter(~pl.Series(_mask(frame.height, misfits)))
        frames.append(typed)
    found = together(frames) if frames else pl.DataFrame()
    return Parsed(found, pl.DataFrame([tuple(b) for b in bad], schema=BAD, orient="row"))


def _together(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The rows of all files, in types that are stored."""
    whole = together(frames)
    whole = whole.with_columns(mixing.texts(whole[name]) for name, kind in whole.schema.items() if mixing.hollow(kind))
    bare = whole.select(name for name, kind in whole.schema.items() if pl.Null() in mixing.within(kind))
    stored = pl.from_arrow(table_types.cast(bare.to_arrow(compat_level=pl.CompatLevel.oldest())))
    assert isinstance(stored, pl.DataFrame)
    return whole.with_columns(stored)


def own_columns(table: pa.Table) -> list[str]:
    """The columns that the file has: a format adds `_file` and `_row` at the end."""
    return list(table.column_names[:-2])


def fault(name: str) -> str | None:
    """Why a column cannot be called so."""
    if name == "*" or (name.startswith("^") and name.endswith("$")):
        return "which reads as a pattern of column names"
    return "a name that dsv needs itself" if name in TAKEN else None


def renaming(source: str, name: str) -> str:
    """What gives a column of a source another name."""
    return f"in params.yaml, below sources.{source}: `rename: {{{json.dumps(name, ensure_ascii=False)}: other}}`"


def _check_names(names: Sequence[str], file: str, source: str) -> None:
    for name in names:
        found = fault(name) or ("and another one of that name" if names.count(name) > 1 else None)
        if found:
            raise errors.BadRecords(f"{file} has a column {name!r}, {found}.", hint=renaming(source, name))


def _first(misfits: Sequence[typing.Misfit]) -> list[typing.Misfit]:
    """One misfit a row: the reasons joined."""
    rows: dict[int, list[str]] = {}
    for misfit in misfits:
        rows.setdefault(misfit.row, []).append(misfit.reason)
    return [typing.Misfit(row, bounded("; ".join(reasons))) for row, reasons in rows.items()]


def _mask(height: int, misfits: Sequence[typing.Misfit]) -> list[bool]:
    mask = [False] * height
    for misfit in misfits:
        mask[misfit.row] = True
    return mask


def _refused(frame: pl.DataFrame, misfits: Sequence[typing.Misfit], rule: str, locate: Locate) -> list[Bad]:
    """The rows that do not fit, each with its place in its file. The file is looked at again: that costs only where it has some."""
    rows = frame[[misfit.row for misfit in misfits]]
    files = rows.partition_by(FILE, as_dict=True)
    places = {file: locate(file=file, rows=part[ROW].to_list()) for (file,), part in files.items()}
    found = []
    for row, misfit in zip(rows.iter_rows(named=True), misfits, strict=True):
        file, number = row.pop(FILE), row.pop(ROW)
        place = places[file].get(number) or Place(-1, objects.raw(row))
        found.append(Bad(file, number, place.offset, rule, misfit.reason, place.raw))
    return found


def keyed(parsed: Parsed, folder: Path, key: Sequence[str], source: SourceParams, named: Sequence[Named]) -> Parsed:
    """The rows that have a key; those with a null in it are refused. A key column that no file has is the user's error;
    `named` tells where params.yaml names it."""
    if tuple(key) == (identity.CONTENT_KEY,):
        return parsed
    if parsed.frame.is_empty():
        lacking = [pl.lit(None, pl.String).alias(name) for name in key if name not in parsed.frame.columns]
        return Parsed(parsed.frame.with_columns(lacking).clear(), parsed.bad)
    there = {name for name in parsed.frame.columns if name not in (FILE, ROW)}
    problems = naming.problems(named, there, "the delivery does not have")
    problems += [
        Problem(path, f"the column {name!r} is {table_types.called(parsed.frame.schema[name])}; keys are text, integers, booleans or dates")
        for path, name in named
        if name in there and not identity.is_key_type(parsed.frame.schema[name])
    ]
    if problems:
        raise ParamsError(problems)
    keyless = parsed.frame.select(pl.any_horizontal(pl.col(list(key)).is_null())).to_series()
    if not keyless.any():
        return parsed
    misfits = [typing.Misfit(row, f"no key: {', '.join(key)} is null") for row in keyless.arg_true()]
    refused = _refused(parsed.frame, misfits, "key", partial(registry.locate, folder, name=read_as(source.format, source.kind), spec=spec(source)))
    bad = pl.concat([parsed.bad, pl.DataFrame([tuple(b) for b in refused], schema=BAD, orient="row")])
    return Parsed(parsed.frame.filter(~keyless), bad.sort("file", "row", "offset"))
