from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from dsv.errors import Corrupt
from dsv.store.objects import Store


def _stored(folder: Path, name: str) -> tuple[Store, str]:
    data = json.dumps([{"md5": "0" * 32, "relpath": name}]).encode()
    store, oid = Store(folder), hashlib.md5(data, usedforsecurity=False).hexdigest() + ".dir"
    store.put_bytes(oid, data)
    return store, oid


@pytest.mark.parametrize("name", ["/etc/passwd", "//x", "../x", "a/../../x", "a/.."])
def test_a_listing_that_names_a_file_outside_of_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    store, oid = _stored(tmp_path, name)
    with pytest.raises(Corrupt, match="outside of its folder"):
        store.tree(oid)


@pytest.mark.parametrize("name", ["a..b", "...", "a/..b/c", "~"])
def test_dots_within_a_name_are_nothing_special(tmp_path: Path, name: str) -> None:
    store, oid = _stored(tmp_path, name)
    assert store.tree(oid) == {name: "0" * 32}
