"""A user's own function as a stage.

The function gets a Polars frame (the records of a shard, with `_id`, in arrival order) and returns a frame with `_id`:
rows that are missing are dropped, values that differ are set, new columns are assigned, columns that are left out stay
as they are (one that is to go is returned as null). It must be a pure function of
each record: the same record gives the same answer whatever else is in the frame.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

from dsv import errors
from dsv.ledger.decisions import DROP, SET, Decisions, empty, sparse
from dsv.record import canonical
from dsv.stages.base import ID, Needs, Prepared, Round, SourceFacts, View
from dsv.table import types

NAME = "python"
DOC = "Runs a Python function of your own over the records."
REVISION = 2

_importing = threading.RLock()
# Folders of projects, the latest first; modules of them, each with its file and what stood in it when it was imported.
_homes: list[str] = []
_loaded: dict[str, tuple[Path, bytes]] = {}


@dataclass(frozen=True)
class Params:
    """Which function, and what it is called with beside the records."""

    function: str = field(metadata={"doc": "pkg.mod:func"})
    options: dict[str, Any] = field(default_factory=dict, metadata={"doc": "keyword arguments of the function"})


def find(function: str) -> Callable[..., Any]:
    """The function of this name."""
    module, _, name = function.partition(":")
    if not module or not name:
        raise errors.UsageError(f"{function!r} names no function; write PKG.MOD:FUNC.")
    found = getattr(_module(module), name, None)
    if not callable(found):
        raise errors.DsvError(f"The module {module} has no function {name!r}.", hint="check --python")
    return found  # type: ignore[no-any-return]


def importable(folder: Path) -> None:
    """Lets modules in the folder be imported, as `python -m` does: a project's own lie beside params.yaml."""
    home = str(folder)
    if _homes[:1] == [home]:
        return
    with _importing:
        for known in (_homes, sys.path):
            if home in known:
                known.remove(home)
            known.insert(0, home)


def _lies(name: str) -> tuple[Path, bytes] | None:
    """The file of a module that lies in a project, and what stands in it."""
    place = name.replace(".", "/")
    for path in (Path(home, file) for home in _homes for file in (f"{place}.py", f"{place}/__init__.py")):
        if path.is_file():
            return path, path.read_bytes()
    return None


def _import(name: str) -> ModuleType:
    """The module as it lies there now: a session or a worker that lives on may have seen it before it was edited."""
    with _importing:
        there = _lies(name)
        if there is not None and _loaded.get(name) != there:
            package = name.partition(".")[0]
            for known in [m for m in sys.modules if m == package or m.startswith(f"{package}.")]:
                del sys.modules[known]
            importlib.invalidate_caches()
        written, sys.dont_write_bytecode = sys.dont_write_bytecode, sys.dont_write_bytecode or there is not None
        try:
            # The folder is the user's: what is only looked at leaves nothing behind there, and what it prints is no result.
            with redirect_stdout(sys.stderr):
                module = importlib.import_module(name)
        finally:
            sys.dont_write_bytecode = written
        if there is not None:
            _loaded[name] = there
        return module


def _module(name: str) -> ModuleType:
    try:
        return _import(name)
    except ImportError as error:
        raise errors.DsvError(
            f"The module {name} cannot be imported: {error}", hint="pip install it, or put it beside params.yaml"
        ) from error
    except SyntaxError as error:
        raise errors.DsvError(
            f"The module {name} is no Python: {error.msg}, at {error.filename}:{error.lineno}", hint="mend the module"
        ) from error
    except Exception as error:
        step = traceback.extract_tb(error.__traceback__)[-1]
        raise errors.DsvError(
            f"The module {name} fails when it is imported, at {step.filename}:{step.lineno}: {type(error).__name__}: {error}",
            hint="mend the module",
        ) from error


def _where(error: BaseException, function: Callable[..., Any]) -> str:
    """file:line of the innermost step in the user's own file; of the innermost of all where there is none."""
    steps = traceback.extract_tb(error.__traceback__)
    home = getattr(sys.modules.get(function.__module__), "__file__", None)
    own = [step for step in steps if step.filename == home]
    step = (own or steps)[-1]
    path = Path(step.filename)
    return f"{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}:{step.lineno}"


def code(params: Params) -> str:
    """A hash of the function's module as it is parsed: comments, docstrings and layout do not count."""
    tree = ast.parse(inspect.getsource(sys.modules[find(params.function).__module__]))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(repr(_shape(tree)).encode()).hexdigest()[:32]


def _shape(node: Any) -> Any:
    """The tree without what is empty: newer Pythons give nodes more fields, and `ast.dump` shows them."""
    if isinstance(node, ast.AST):
        given = [(name, _shape(value)) for name, value in ast.iter_fields(node) if value is not None and value != []]
        return (type(node).__name__, *given)
    return [_shape(one) for one in node] if isinstance(node, list) else repr(node)


def rules(params: Params) -> Mapping[str, tuple[str, ...]]:
    """One rule: the function."""
    return {params.function.rpartition(":")[2]: ("function", "options")}


def needs(params: Params, sources: Mapping[str, SourceFacts]) -> Needs:
    """All columns."""
    return Needs(None)


def prepare(view: View, params: Params) -> Prepared:
    """Local: what the function dropped, changed and added."""
    function = find(params.function)
    before = view.frame.with_row_index("_row")
    given = (
        view.frame.with_columns(before["_row"].cast(pl.String).alias(ID))
        if ID not in view.frame.columns
        else view.frame
    )
    try:
        after = function(given, **params.options)
    except (Exception, SystemExit) as error:
        raise errors.StageFailed(
            f"{params.function} failed at {_where(error, function)}: {type(error).__name__}: {error}",
            hint="mend the function, then dsv run",
        ) from error
    if not isinstance(after, pl.DataFrame) or after.schema.get(ID) != pl.String:
        raise errors.StageFailed(f"{params.function} must return a Polars frame with the column {ID} as it was given.")
    after = types.in_micros(after)
    _check(after, params.function)
    ids = given.select(ID, row=pl.int_range(pl.len(), dtype=pl.UInt32))
    joined = after.join(ids, on=ID, how="left", maintain_order="left")
    if joined["row"].null_count() or joined["row"].n_unique() != joined.height:
        raise errors.StageFailed(f"{params.function} returned records that it was not given, or one twice.")
    rule = next(iter(rules(params)))
    parts = [ids.join(joined.select("row"), on="row", how="anti").select("row", pl.lit(DROP).alias("action"))]
    old = given[joined["row"]]
    for name in (c for c in after.columns if not c.startswith("_")):
        value = joined[name]
        differs = _differs(old[name], value) if name in old.columns else value.is_not_null()
        rows = joined["row"].filter(differs)
        if len(rows):
            part = pl.DataFrame({"row": rows, f"={name}": value.filter(differs)})
            parts.append(part.with_columns(pl.lit(SET).alias("action"), pl.lit(name).alias("column")))
    parts = [p for p in parts if p.height]
    local = pl.concat(parts, how="diagonal_relaxed").with_columns(rule=pl.lit(rule)) if parts else pl.DataFrame()
    return Prepared(pl.DataFrame(), local)


def _differs(old: pl.Series, new: pl.Series) -> pl.Series:
    """Where values are set: those that differ; of another type, all that were or are there."""
    if old.dtype != new.dtype:
        return old.is_not_null() | new.is_not_null()
    if not new.dtype.is_nested():
        return old.ne_missing(new)
    return canonical.rows(old.to_frame()) != canonical.rows(new.to_frame())


def _check(after: pl.DataFrame, function: str) -> None:
    """Refuses what cannot be stored, or could not be read again."""
    for values in after:
        if values.dtype == pl.Object:
            raise errors.StageFailed(
                f"{function} returned Python objects in the column {values.name!r}, which cannot be stored.",
                hint="return text, numbers, dates, lists or structs",
            )
        if values.dtype in (pl.Date, pl.Datetime) and not values.drop_nulls().dt.year().is_between(1, 9999).fill_null(False).all():
            raise errors.StageFailed(
                f"{function} returned dates of no year from 1 to 9999 in the column {values.name!r}.", hint="return null for them"
            )


def rounds(params: Params) -> tuple[Round, ...]:
    """None: the function sees one shard at a time."""
    return ()


def emit(local: pl.DataFrame, decided: pl.DataFrame, rows: int, params: Params) -> Decisions | None:
    """Sparse: drops and sets."""
    return sparse([local]) if local.height else empty()


def summary(stats: Mapping[str, int], params: Params) -> Mapping[str, Any]:
    """Nothing beside the counts."""
    return {}
