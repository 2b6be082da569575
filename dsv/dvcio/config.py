"""DVC's configuration, read without DVC: where the cache is, how it links, which remotes there are."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import platformdirs

from dsv import errors

CONFIG, LOCAL = ".dvc/config", ".dvc/config.local"
_SECTION = re.compile(r"\s*\[(.+)\]")


def _everybodys() -> list[Path]:
    """The configurations beyond the project, as DVC finds them: that of the machine, that of the user."""
    folders = [os.environ.get("DVC_SYSTEM_CONFIG_DIR") or platformdirs.site_config_dir("dvc", "iterative")]
    # A user without a home, as in a container, has none.
    with suppress(RuntimeError):
        folders.append(os.environ.get("DVC_GLOBAL_CONFIG_DIR") or platformdirs.user_config_dir("dvc", "iterative"))
    return [Path(folder, "config") for folder in folders]


def _read(root: Path, *, project: bool = False) -> configparser.ConfigParser:
    """What all levels say together, the nearest last; with `project`, what the project itself says. Paths are absolute."""
    found = configparser.ConfigParser(interpolation=None, strict=False)
    own = {root / name: name for name in (CONFIG, LOCAL)}
    for path in own if project else (*_everybodys(), *own):
        level = configparser.ConfigParser(interpolation=None, strict=False)
        name = own.get(path, str(path))
        try:
            level.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            told = " ".join(str(error).split())
            raise errors.DsvError(f"{name} is no configuration of DVC: {told}", hint=f"mend {name}") from error
        for section, key in [(section, key) for section in level.sections() for key in ("dir", "url")]:
            named = level.get(section, key, fallback="")
            if named and "://" not in named:
                level.set(section, key, str((path.parent / named).resolve()))
        found.read_dict(level)
    return found


def share_cache(root: Path, main: Path) -> None:
    """Uses the cache of another work tree of the repository, where this one names none: its own would be empty.

    One that was named so, and is gone because that work tree was moved, is named anew.
    """
    named = _read(root).get("cache", "dir", fallback="")
    path = root / LOCAL
    known = path.read_text(encoding="utf-8") if path.exists() else ""
    if named:
        left = known.replace(_at(named), "")
        if left == known or Path(named).exists() or not cache_dir(main).is_dir():
            return
        known = left
    temporary = path.with_name(".config.local.tmp")
    temporary.write_text(known + _at(cache_dir(main)), encoding="utf-8")
    temporary.replace(path)


def _at(cache: Path | str) -> str:
    return f"[cache]\n    dir = {cache}\n"


def cache_dir(root: Path) -> Path:
    """The folder of the cache."""
    named = _read(root).get("cache", "dir", fallback="")
    return Path(named) if named else root / ".dvc" / "cache"


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
    return {name: config.get(section, "url", fallback="") for name, section in _sections(config).items()}


def _sections(config: configparser.ConfigParser) -> dict[str, str]:
    """Remote name → the section of the configuration."""
    found = {_remote(section): section for section in config.sections()}
    return {name: section for name, section in found.items() if name is not None}


def _remote(section: str) -> str | None:
    """The remote whose section this is: `'remote "NAME"'`."""
    bare = section.strip().strip("'\"")
    return bare.removeprefix("remote ").strip().strip('"') if bare.startswith("remote ") else None


def unverified(root: Path) -> list[str]:
    """The remotes of the project of which DVC takes objects without looking at them, as it does by default."""
    config = _read(root, project=True)
    return [name for name, section in _sections(config).items() if not config.has_option(section, "verify")]


def verify(root: Path) -> list[str]:
    """Lets DVC look at what it takes from remotes, where nobody said whether it should; which remotes these are."""
    left = unverified(root)
    for name in (CONFIG, LOCAL) if left else ():
        path = root / name
        if path.exists():
            text = path.read_text(encoding="utf-8")
            edited = _verified(text, left)
            if edited != text:
                temporary = path.with_name(f".{path.name}.tmp")
                temporary.write_text(edited, encoding="utf-8")
                temporary.replace(path)
    return left


def _verified(text: str, names: Sequence[str]) -> str:
    """The configuration with `verify = true` at the head of the sections of some remotes."""
    lines = []
    for line in text.splitlines(keepends=True):
        section = _SECTION.match(line)
        opens = section is not None and _remote(section[1]) in names
        lines += [line.rstrip("\r\n") + "\n", "    verify = true\n"] if opens else [line]
    return "".join(lines)


def chosen_remote(root: Path) -> str | None:
    """The name of the remote that is meant where none is named: the default one, else the only one."""
    known = remotes(root)
    return default_remote(root) or (next(iter(known)) if len(known) == 1 else None)


def default_remote(root: Path) -> str | None:
    """The name of the default remote, if there is one."""
    return _read(root).get("core", "remote", fallback="") or None
