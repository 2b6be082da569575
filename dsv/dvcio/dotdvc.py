"""`.dvc` files, as DVC writes them."""

from __future__ import annotations

from typing import NamedTuple

from dsv import errors
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


def load(data: bytes, name: str) -> Out:
    """What the `.dvc` file of this name tracks."""
    found = yaml12.mapping(data, name)
    try:
        out = found["outs"][0]
        return Out(str(out["path"]), str(out["md5"]), int(out.get("size", 0)), int(out.get("nfiles", 1)))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise errors.DsvError(f"{name} is not as DVC writes it.", hint=f"git checkout -- {name}") from error
