"""Moves objects by hash through DVC's Python interface: the only place that imports it.

`dvc push` is not used: interrupted once, it can leave a remote incomplete for good and report it as in sync.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException
from dvc.repo import Repo

from dsv import errors
from dsv.dvcio import process

DIR = ".dir"
BLOCK, THREADS = 1 << 20, 8


def push(root: Path, oids: Sequence[str], remote: str, intact: Callable[[str], bool], revs: str = "") -> int:
    """Sends the objects that the remote lacks: files first, listings last; how many. What is there is asked of the remote.

    `revs` are the versions that have them, as they stand in a command.
    """
    with _Opened(root, remote) as (cache, there):
        present = set(there.oids_exist(list(oids)))
        missing = [oid for oid in oids if oid not in present]
        for oid in missing:
            if not Path(cache.oid_to_path(oid)).exists():
                raise errors.DataMissing(
                    f"The object {oid} is neither in the cache nor on {remote}.", hint=f"{f'dsv pull {revs}'.rstrip()}, or dsv run"
                )
            if not intact(oid):
                raise errors.Corrupt(
                    f"The object {oid} of the cache does not match its hash; nothing was sent.",
                    hint=f"dsv verify --heal {revs}".rstrip(),
                )
        _send(cache, there, missing, remote)
        return len(missing)


def replace(root: Path, oids: Sequence[str], remote: str) -> None:
    """Sends the objects, whatever the remote has in their place."""
    with _Opened(root, remote) as (cache, there):
        _send(cache, there, oids, remote)


def pull(root: Path, oids: Sequence[str], remote: str, into: Path) -> None:
    """Fetches objects into a folder laid out as a cache. One that is missing there stays missing here; the caller looks."""
    with _Opened(root, remote) as (cache, there):
        present = set(there.oids_exist(list(oids)))
        beside = type(cache)(cache.fs, str(into / "files" / "md5"))
        _copy(there, beside, [oid for oid in oids if oid in present], remote)


def missing(root: Path, oids: Sequence[str], remote: str) -> list[str]:
    """The objects that the remote lacks. It is asked; nothing is read there."""
    with _Opened(root, remote) as (_, there):
        present = set(there.oids_exist(list(oids)))
    return [oid for oid in oids if oid not in present]


def faults(root: Path, oids: Sequence[str], remote: str) -> tuple[list[str], list[str]]:
    """The objects that the remote has damaged, and those that it lacks. Every one is read there."""
    with _Opened(root, remote) as (_, there):
        # Asked for objects in a folder, DVC deletes those that are damaged; this only looks.
        local = there.fs.protocol == "local"
        present = (
            {oid for oid in oids if Path(there.oid_to_path(oid)).exists()}
            if local
            else set(there.oids_exist(list(oids)))
        )
        held = [oid for oid in oids if oid in present]
        with ThreadPoolExecutor(THREADS) as pool:
            sound = list(pool.map(lambda oid: _sound(there, oid), held))
    damaged = [oid for oid, fine in zip(held, sound, strict=True) if not fine]
    return damaged, [oid for oid in oids if oid not in present]


def _sound(there: Any, oid: str) -> bool:
    with there.fs.open(there.oid_to_path(oid), "rb") as file:
        found = hashlib.md5(usedforsecurity=False)
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest() == oid.removesuffix(DIR)


def _send(cache: Any, there: Any, oids: Sequence[str], remote: str) -> None:
    for batch in ([o for o in oids if not o.endswith(DIR)], [o for o in oids if o.endswith(DIR)]):
        _copy(cache, there, batch, remote)


class _Opened:
    """The cache and the remote as DVC sees them; its failures as errors of ours."""

    def __init__(self, root: Path, remote: str) -> None:
        self._root, self._remote = root, remote

    def __enter__(self) -> tuple[Any, Any]:
        os.environ.update(process.nobody())
        try:
            self._repo = Repo(str(self._root))
            there = self._repo.cloud.get_remote_odb(self._remote)
        except (DvcException, OSError, ImportError, sqlite3.Error) as error:
            raise errors.DsvError(
                f"The remote {self._remote} cannot be opened: {error}",
                hint=errors.advice(str(error)) or "dvc remote list; pip install 'dsv[s3]' for S3",
            ) from error
        return self._repo.cache.local, there

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self._repo.close()
        if kind is not None and not issubclass(kind, errors.DsvError) and issubclass(kind, Exception):
            raise errors.DsvError(
                f"The remote {self._remote} does not answer: {error}",
                hint=errors.advice(str(error)) or "check the connection, then run the command again",
            ) from error


def _copy(source: Any, target: Any, oids: Sequence[str], remote: str) -> None:
    if not oids:
        return
    failed: list[tuple[str, BaseException]] = []
    target.add(
        [source.oid_to_path(oid) for oid in oids], source.fs, list(oids), check_exists=False,
        on_error=lambda oid, error: failed.append((oid, error)),
    )  # fmt: skip
    if failed:
        oid, error = failed[0]
        raise errors.DsvError(
            f"{len(failed)} objects could not be moved to or from {remote}; the first, {oid}: {error}",
            hint=errors.advice(str(error)) or "run the command again: what was moved is kept",
        )
