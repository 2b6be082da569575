"""The objects of a DVC cache: `files/md5/xx/rest`, directory listings ending in `.dir`."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from dsv import errors
from dsv.store import hashed, linking
from dsv.store.hashed import Hashed, each

DIR = ".dir"


class Tree(NamedTuple):
    """A stored folder: its oid, how many files and bytes."""

    oid: str
    nfiles: int
    size: int


class Store:
    """A cache folder. `types` are the ways to link a file into the workspace, first choice first; `rev` is what errors tell to heal."""

    def __init__(self, folder: Path, types: Sequence[str] = ("reflink", "hardlink", "copy"), rev: str = "") -> None:
        self.folder = folder
        self.types = tuple(types)
        self._heal = f"dsv verify --heal {shlex.quote(rev)}" if rev else "dsv verify --heal"
        self._pull = f"dsv pull {shlex.quote(rev)}" if rev and rev != "." else "dsv pull"
        self._objects = os.fspath(folder / "files" / "md5")

    def path(self, oid: str) -> Path:
        """Where the object is, or would be."""
        return Path(self._objects, oid[:2], oid[2:])

    def has(self, oid: str) -> bool:
        return self.path(oid).exists()

    def read(self, oid: str) -> bytes:
        """The bytes of an object, verified."""
        try:
            data = self.path(oid).read_bytes()
        except FileNotFoundError as error:
            raise errors.DataMissing(f"The object {oid} is not in the cache.", hint=self._pull) from error
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != oid.removesuffix(DIR):
            raise errors.Corrupt(f"The object {self.path(oid)} does not match its hash.", hint=self._heal)
        return data

    def intact(self, oid: str) -> bool:
        """Whether the object's bytes match its hash, whatever its mode says."""
        try:
            return file_md5(self.path(oid)) == oid.removesuffix(DIR)
        except FileNotFoundError:
            return False

    def framed(self, oid: str, mark: bytes) -> bool:
        """Whether an object begins and ends with these bytes: what was cut short does not."""
        with self.path(oid).open("rb") as file:
            first = file.read(len(mark))
            file.seek(max(0, file.seek(0, os.SEEK_END) - len(mark)))
            return first == mark == file.read()

    def damaged(self, oids: Sequence[str]) -> list[str]:
        """The objects whose bytes do not match their hash, or are not there."""
        with ThreadPoolExecutor() as pool:
            return [oid for oid, fine in zip(oids, pool.map(self.intact, oids), strict=True) if not fine]

    def check(self, oids: Iterable[str]) -> None:
        """Reads objects that are about to be used unread, by links; raises where one does not match its hash."""
        bad = self.damaged(sorted(set(oids)))
        if bad:
            more = f", and {len(bad) - 1} more do not either" if len(bad) > 1 else ""
            raise errors.Corrupt(f"The object {self.path(bad[0])} does not match its hash{more}.", hint=self._heal)

    def discard(self, oid: str, mark: bytes = b"") -> bool:
        """Takes an object away if it is damaged: does not match its hash, or with a mark, does not begin and end with it. Whether it was."""
        if not self.has(oid) or (self.framed(oid, mark) if mark else self.intact(oid)):
            return False
        self.remove(oid)
        return True

    def remove(self, oid: str) -> None:
        """Takes an object away."""
        self.path(oid).unlink(missing_ok=True)

    def tree(self, oid: str) -> dict[str, str]:
        """Relative name → md5 of a stored folder."""
        found = {}
        for entry in json.loads(self.read(oid)):
            name = entry["relpath"]
            if name.startswith("/") or ".." in name.split("/"):
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

    def add_folder(self, folder: Path) -> Tree:
        """Stores all files of a folder, which are hashed first."""
        return self.add_tree(folder, _hashed(folder))

    def add_tree(self, folder: Path, files: Mapping[str, Hashed]) -> Tree:
        """Stores the files of a folder, by relative name, and links the workspace's files to the stored ones where that saves space."""
        names = sorted(files)
        root, objects, lacking = os.fspath(folder), self._objects, set[str]()
        for start in sorted({file.md5[:2] for file in files.values()}):
            os.makedirs(f"{objects}/{start}", exist_ok=True)

        def keep(group: Iterable[str]) -> list[None]:
            for name in group:
                md5, size = files[name]
                linking.keep(f"{root}/{name}", f"{objects}/{md5[:2]}/{md5[2:]}", size, self.types, lacking)
            return []

        for _ in each(keep, names):
            pass
        # The listing last: it says that its files are there. In DVC's own bytes, without an object for each entry.
        data, oid = _listing({name: file.md5 for name, file in files.items()})
        if not self.has(oid):
            self.put_bytes(oid, data)
        return Tree(oid, len(names), sum(file.size for file in files.values()))

    def take(self, folder: Path, oid: str) -> bool:
        """Stores copies of the files of a folder if they are those of a listing, and the listing; whether they are.

        Somebody may be writing there: what is stored is what was copied, by its own hash.
        """
        names = folder_files(folder)
        data, there = _listing(names)
        if there != oid:
            return False
        for name, md5 in names.items():
            if not self.has(md5):
                with self._building(md5) as target:
                    target.unlink()
                    linking.link(f"{folder}/{name}", os.fspath(target), ("reflink",))
                    if file_md5(target) != md5:
                        raise errors.Corrupt(f"{folder / name} was changed while it was read.", hint="run the command again")
        if not self.has(oid):
            self.put_bytes(oid, data)
        return True

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
        linking.link(os.fspath(self.path(oid)), os.fspath(temporary), self.types)
        temporary.replace(path)

    def shares(self, oid: str, path: Path) -> bool:
        """Whether a file of the workspace is the object itself: a link to it, not a copy."""
        try:
            return os.path.samefile(path, self.path(oid))
        except FileNotFoundError:
            return False

    def part(self, oid: str, path: Path) -> None:
        """Makes a file that is a link to the object one of its own; the object, which was changed through it, is gone then."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        shutil.copy2(path, temporary)
        temporary.replace(path)
        self.remove(oid)


def folder_files(folder: Path) -> dict[str, str]:
    """Relative name → md5 of the files of a folder, as `add_tree` would store them."""
    return {name: file.md5 for name, file in _hashed(folder).items()}


def _hashed(folder: Path) -> dict[str, Hashed]:
    paths, room = [path for path in folder.rglob("*") if path.is_file()], hashed.buffer()
    return {path.relative_to(folder).as_posix(): hashed.of(os.path.realpath(path), room) for path in paths}


def listing_oid(files: Mapping[str, str]) -> str:
    """The oid of a folder with these files."""
    return _listing(files)[1]


def _listing(files: Mapping[str, str]) -> tuple[bytes, str]:
    # In DVC's own bytes, without an object for each entry.
    entries = ", ".join(f'{{"md5": "{md5}", "relpath": {json.dumps(name)}}}' for name, md5 in sorted(files.items()))
    data = f"[{entries}]".encode()
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
