"""Deliveries that are declared but not in the workspace, or there as another branch has them, are put back before a run."""

from __future__ import annotations

from pathlib import Path

from dsv import errors
from dsv.dvcio import dotdvc
from dsv.ops.checkout import place
from dsv.project import cache, delivered
from dsv.project.layout import Layout
from dsv.project.params import Params
from dsv.project.version import WORKSPACE
from dsv.store.objects import Store
from dsv.vcs import blob, history, revision


def restore(layout: Layout, params: Params) -> int:
    """Puts back the declared deliveries whose folder is gone or another branch's; how many."""
    store = cache.store(layout, WORKSPACE)
    count = 0
    for source, known in params.sources.items():
        for batch in known.batches:
            folder = layout.raw(source, batch)
            name = folder.relative_to(layout.root).as_posix()
            tracked = folder.with_name(f"{folder.name}.dvc")
            if folder.exists() and not (tracked.is_file() and _of_another_branch(layout, store, folder, tracked)):
                continue
            if not tracked.is_file():
                raise errors.DataMissing(
                    f"params.yaml names the delivery {source}/{batch}, but there is no {name} and no {name}.dvc.",
                    hint=f"dsv add PATH --source {source}, or git checkout -- {name}.dvc",
                )
            oid = dotdvc.load(tracked.read_bytes(), f"{name}.dvc").oid
            if not store.has(oid) or not all(map(store.has, store.tree(oid).values())):
                raise errors.DataMissing(
                    f"The delivery {name} is neither in the workspace nor in the cache.", hint=_pull(layout, name, oid)
                )
            place(store, oid, folder)
            delivered.note(layout, folder, oid)
            count += 1
    return count


def _pull(layout: Layout, name: str, oid: str) -> str:
    """The command that fetches a delivery: of HEAD, or of the newest version that has it as the workspace does."""
    path, root = f"{name}.dvc", layout.root
    commits = history.log(root, paths=[path]) if revision.head(root) else []
    texts = blob.read_files(root, [(commit.sha, path) for commit in commits])
    at = next((at for at, text in enumerate(texts) if text and oid.encode() in text), 0)
    return f"dsv pull {commits[at].sha[:10]}" if at else "dsv pull"


def _of_another_branch(layout: Layout, store: Store, folder: Path, tracked: Path) -> bool:
    """Whether a folder holds another delivery than git tracks, and nothing that the cache has not got.

    Two branches may each have a delivery of that name; git leaves the folder as it is when the branch is changed. DVC
    would take it for a new state of the delivery, and the wrong one would be built.
    """
    wanted = dotdvc.load(tracked.read_bytes(), tracked.name).oid
    found = delivered.digest(layout, folder)
    if found == wanted:
        return False
    _apart(layout, store, folder, wanted)
    return store.has(found) and store.has(wanted) and all(map(store.has, store.tree(found).values()))


def _apart(layout: Layout, store: Store, folder: Path, wanted: str) -> None:
    """Takes apart the files of a delivery and the objects that they are links to, where an edit in place went through them.

    What the cache has by the name of the old content is the new one: as a missing object it can be fetched, as a wrong one it
    would be believed.
    """
    names = store.tree(wanted) if store.has(wanted) else {}
    shared = [name for name, oid in names.items() if store.shares(oid, folder / name)]
    lost = [name for name in shared if not store.intact(names[name])]
    for name in lost:
        store.part(names[name], folder / name)
    if lost:
        where = folder.relative_to(layout.root).as_posix()
        raise errors.DsvError(
            f"Edited in place, and the cache's copies with them: {', '.join(f'{where}/{name}' for name in lost[:5])}. "
            "Versions that have them as they were lack them now.",
            hint=f"{_pull(layout, where, wanted)} brings them back from the remote; dsv run takes them as they are",
        )
