"""`.dvc` files, as DVC writes them."""

from __future__ import annotations

from typing import NamedTuple

from dsv.record import yaml12


class Out(NamedTuple):
    """What a `.dvc` file tracks: a folder beside it."""

    path: str
    oid: str
    size: int
    nfiles: int


def dump(out: Out) -> str:
    """The text of the `.dvc` file."""
    return yaml12.dump(
        {"outs": [{"md5": out.oid, "size": out.size, "nfiles": out.nfiles, "hash": "md5", "path": out.path}]}
    )


def load(data: bytes) -> Out:
    """What a `.dvc` file tracks."""
    found = yaml12.load(data)["outs"][0]
    return Out(found["path"], found["md5"], int(found.get("size", 0)), int(found.get("nfiles", 1)))
