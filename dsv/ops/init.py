"""Makes a project: git repository, DVC project, params.yaml. Safe to run twice."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from dsv import errors
from dsv.dvcio import config
from dsv.dvcio import init as dvc
from dsv.project.layout import Layout
from dsv.project.params import default_params, load
from dsv.store import files
from dsv.vcs import worktree, write

IGNORED = "/cache/\n/tmp/\n"


class Initialised(NamedTuple):
    """The project, its data set's name, and what was made."""

    layout: Layout
    dataset: str
    made: list[str]


def init(path: Path | str, name: str | None = None) -> Initialised:
    """The project in a folder, made where it is missing; what is there is left as it is."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    layout, made = Layout(path.resolve()), []
    given = name
    name = name or re.sub(r"[^A-Za-z0-9._-]+", "-", layout.root.name).strip("-.") or "dataset"
    text = default_params(name)
    if worktree.inside_git(layout.root):
        raise errors.DsvError(
            f"{layout.root} is inside of a git repository's own files, where no work tree is.", hint="git clone it, then dsv init there"
        )
    if worktree.toplevel(layout.root) is None:
        write.init(layout.root)
        made.append("git repository")
    new = dvc.init(layout.root)
    if new:
        made.append("DVC project")
    if dvc.ignore(layout.root) and not new:
        made.append(".dvcignore")
    made += [f"verify = true for the remote {name}" for name in config.verify(layout.root)]
    if not (layout.root / ".dsv" / ".gitignore").exists():
        files.write(layout.root / ".dsv" / ".gitignore", IGNORED.encode())
        made.append(".dsv/")
    if not layout.params.exists():
        files.write(layout.params, text.encode())
        made.append("params.yaml")
    dataset = load(layout.params).dataset
    if not dataset:
        raise errors.DsvError("params.yaml has no `dataset:`.", hint=f"add `dataset: {name}` as its first line")
    if given not in (None, dataset):
        raise errors.UsageError(
            f"The data set is called {dataset} already, not {given}.", hint="edit `dataset:` in params.yaml; tags keep their names"
        )
    return Initialised(layout, dataset, made)
