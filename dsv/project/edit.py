"""Edits params.yaml as a person would: what is added stands where it belongs, the rest of the file stays as it is."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dsv.errors import UsageError
from dsv.project import splice
from dsv.project.params import read
from dsv.record.problem import nearest

BOM = "\ufeff"
Edit = Callable[[str], str]


def add_source(path: Path, name: str, body: Mapping[str, Any], *, dry: bool = False) -> None:
    """Declares a source, as the last one; `body` are its keys as params.yaml has them. `dry` only tries."""
    _edit(path, lambda text: splice.insert(text, ("sources",), name, dict(body)), dry=dry)


def add_batch(
    path: Path, source: str, batch: str, read_as: Mapping[str, Any] | None = None, *, dry: bool = False
) -> None:
    """Declares a delivery, as the last one of its source; `read_as` is what it changes about how the source is read."""
    known = read.load(path).sources
    if source not in known:
        raise UsageError(f"There is no source {source} in {path.name}{nearest(source, known) or '.'}")
    entry = {"name": batch, **read_as} if read_as else batch
    _edit(path, lambda text: splice.append(text, ("sources", source, "batches"), entry), dry=dry)


def add_stage(path: Path, name: str, body: Mapping[str, Any]) -> None:
    """Adds the section of a stage, as the last one."""
    _edit(path, lambda text: splice.insert(text, (), name, dict(body)))


def quote_keys(path: Path) -> bool:
    """Quotes the keys that DVC stops at (`null:`, `true:`, `false:`); whether there were any."""
    return _edit(path, splice.quote_keys)


def _edit(path: Path, edit: Edit, *, dry: bool = False) -> bool:
    """Edits the file if it is valid before and after; whether it changed."""
    data = path.read_bytes()
    read.parse(data, path.name)
    text = data.decode("utf-8")
    mark = BOM if text.startswith(BOM) else ""
    edited = mark + edit(text.removeprefix(BOM))
    if edited == text:
        return False
    read.parse(edited, path.name)
    if not dry:
        _write(path.resolve(), edited.encode())
    return True


def _write(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
