"""DVC's configuration, read without DVC: where the cache is, how it links, which remotes there are."""

from __future__ import annotations

import configparser
import os
from pathlib import Path

LINKS = ("reflink", "hardlink", "copy")


def _read(root: Path) -> configparser.ConfigParser:
    found = configparser.ConfigParser(interpolation=None, strict=False)
    found.read([root / ".dvc" / "config", root / ".dvc" / "config.local"], encoding="utf-8")
    return found


def cache_dir(root: Path) -> Path:
    """The folder of the cache."""
    named = _read(root).get("cache", "dir", fallback="")
    return (root / ".dvc" / named).resolve() if named else root / ".dvc" / "cache"


def cache_types(root: Path) -> tuple[str, ...]:
    """The ways to link files into the workspace, first choice first."""
    named = _read(root).get("cache", "type", fallback="")
    found = tuple(
        part.strip() for part in named.split(",") if part.strip() in ("reflink", "hardlink", "symlink", "copy")
    )
    return tuple(kind for kind in found if kind != "symlink") or ("reflink", "copy")


def remotes(root: Path) -> dict[str, str]:
    """Remote name → url; a relative path is made absolute."""
    config = _read(root)
    found = {}
    for section in config.sections():
        name = section.strip("'\"")
        if name.startswith("remote "):
            url = config.get(section, "url", fallback="")
            local = "://" not in url and not os.path.isabs(url)
            found[name.removeprefix("remote ").strip('"')] = str((root / ".dvc" / url).resolve()) if local else url
    return found


def default_remote(root: Path) -> str | None:
    """The name of the default remote, if there is one."""
    return _read(root).get("core", "remote", fallback="") or None
