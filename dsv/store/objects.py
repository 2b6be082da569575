"""The objects of a DVC cache: `files/md5/xx/rest`, directory listings ending in `.dir`."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from dsv import errors

FICLONE = 0x40049409
DIR = ".dir"
BLOCK = 1 << 20


class Tree(NamedTuple):
    """A stored folder: its oid, how many files and bytes, and their md5s by relative name."""

    oid: str
    nfiles: int
    size: int
    files: Mapping[str, str]


class Store:
    """A cache folder. `types` are the ways to link a file into the workspace, first choice first."""

    def __init__(self, folder: Path, types: Sequence[str] = ("reflink", "hardlink", "copy")) -> None:
        self.folder = folder
        self.types = tuple(types)

    def path(self, oid: str) -> Path:
        """Where the object is, or would be."""
        return self.folder / "files" / "md5" / oid[:2] / oid[2:]

    def has(self, oid: str) -> bool:
        return self.path(oid).exists()

    def read(self, oid: str) -> bytes:
        """The bytes of an object, verified."""
        try:
            data = self.path(oid).read_bytes()
        except FileNotFoundError as error:
            raise errors.DataMissing(f"The object {oid} is not in the cache.", hint="dsv pull") from error
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != oid.removesuffix(DIR):
            raise errors.Corrupt(f"The object {self.path(oid)} does not match its hash.", hint="dsv verify --heal")
        return data

    def intact(self, oid: str) -> bool:
        """Whether the object's bytes match its hash, whatever its mode says."""
        try:
            return file_md5(self.path(oid)) == oid.removesuffix(DIR)
        except FileNotFoundError:
            return False

    def remove(self, oid: str) -> None:
        """Takes an object away."""
        self.path(oid).unlink(missing_ok=True)

    def tree(self, oid: str) -> dict[str, str]:
        """Relative name → md5 of a stored folder."""
        found = {}
        for entry in json.loads(self.read(oid)):
            name = entry["relpath"]
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise errors.Corrupt(f"The listing {oid} names a file outside of its folder: {name!r}")
            found[name] = entry["md5"]
        return found

    def put_bytes(self, oid: str, data: bytes) -> None:
        """Stores bytes under their oid, atomically."""
        with self._building(oid) as target, target.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def _building(self, oid: str) -> _Building:
        return _Building(self.path(oid))

    def add_tree(self, folder: Path) -> Tree:
        """Stores a folder, and links the workspace's files to the stored ones where that saves space."""
        names = sorted(_walk(folder))
        with ThreadPoolExecutor() as pool:
            stored = list(pool.map(lambda name: self.add_file(folder / name), names))
        # The listing last: it says that its files are there.
        data, oid = _listing({name: md5 for name, (md5, _) in zip(names, stored, strict=True)})
        if not self.has(oid):
            self.put_bytes(oid, data)
        return Tree(
            oid,
            len(names),
            sum(size for _, size in stored),
            {n: md5 for n, (md5, _) in zip(names, stored, strict=True)},
        )

    def add_file(self, path: Path) -> tuple[str, int]:
        """Stores a file; its md5 and size."""
        md5 = file_md5(path)
        size = path.stat().st_size
        if not self.has(md5):
            with self._building(md5) as target:
                _copy(path, target, self.types)
        return md5, size

    def adopt(self, path: Path, oid: str) -> None:
        """Makes a file of the same file system, which is known to be this object, the stored one."""
        target = self.path(oid)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.chmod(0o444)
        path.replace(target)

    def link(self, oid: str, path: Path) -> None:
        """Puts the object at a path of the workspace, replacing what is there, by the first way that works."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        temporary.unlink(missing_ok=True)
        _copy(self.path(oid), temporary, self.types)
        temporary.replace(path)


def folder_files(folder: Path) -> dict[str, str]:
    """Relative name → md5 of the files of a folder, as `add_tree` would store them."""
    names = sorted(_walk(folder))
    with ThreadPoolExecutor() as pool:
        return dict(zip(names, pool.map(lambda name: file_md5(folder / name), names), strict=True))


def listing_oid(files: Mapping[str, str]) -> str:
    """The oid of a folder with these files."""
    return _listing(files)[1]


def _listing(files: Mapping[str, str]) -> tuple[bytes, str]:
    entries = [{"md5": md5, "relpath": name} for name, md5 in sorted(files.items())]
    data = json.dumps(entries, sort_keys=True).encode()
    return data, hashlib.md5(data, usedforsecurity=False).hexdigest() + DIR


class _Building:
    """A temporary file that becomes an object when the block ends well."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Path:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, suffix=".tmp")
        os.close(handle)
        self._temporary = Path(name)
        return self._temporary

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._temporary.unlink(missing_ok=True)
            return
        self._temporary.chmod(0o444)
        self._temporary.replace(self._path)


def file_md5(path: Path) -> str:
    """The md5 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _copy(source: Path, target: Path, types: Iterable[str]) -> None:
    """Makes `target` have the bytes of `source`: shared blocks, one inode, or a copy."""
    for kind in (*types, "copy"):
        try:
            if kind == "reflink":
                with source.open("rb") as a, target.open("wb") as b:
                    fcntl.ioctl(b, FICLONE, a.fileno())
                return
            if kind == "hardlink":
                target.unlink(missing_ok=True)
                target.hardlink_to(source)
                # DVC protects what it links; a program that edits in place must fail, not change the cache.
                source.chmod(0o444)
                return
            if kind == "copy":
                target.unlink(missing_ok=True)
                shutil.copyfile(source, target)
                return
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
                raise


def _walk(folder: Path) -> Iterable[str]:
    root = folder.resolve()
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in names:
            path = Path(where, name)
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                raise errors.DsvError(f"{path} is a link that leaves the delivery.")
            yield path.relative_to(folder).as_posix()
