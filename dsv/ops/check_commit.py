"""What git is about to commit: whether params, signatures, deliveries, lock and reports agree with what the last run made."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dsv import errors
from dsv.ops.belongs import belongs
from dsv.project.layout import LOCK, PARAMS, PIPELINE, SIGNATURE, Layout
from dsv.vcs import worktree

if TYPE_CHECKING:
    from dsv.ops.status import StageStatus

    States = Callable[..., list[StageStatus]]


def check_commit(layout: Layout, index: Path | None = None) -> None:
    """Raises where the version in the index is not as it was built. Looks at nothing where no file of it is committed."""
    stale = [stage for stage in out_of_date(layout, index) if stage.state != "fresh"]
    if stale:
        told = "".join(f"\n  {stage.stage}: {', '.join(_named(stage))}" for stage in stale)
        raise errors.DsvError(
            f"What would be committed is out of date; a version is committed as it was built.{told}",
            hint="dsv run, then dsv commit; or git commit --no-verify",
        )


def _named(stage: StageStatus) -> list[str]:
    return [f"{cause['kind']} {cause['name']}" for cause in stage.because]


def out_of_date(layout: Layout, index: Path | None = None) -> list[StageStatus]:
    """The stages of the version in the index; none where the commit touches no file of it, or nothing was ever run."""
    changed = worktree.staged(layout.root, index)
    code = layout.params.is_file() and any(path.endswith(".py") for path in changed)
    own: set[str] = importlib.import_module("dsv.ops.tracked").modules(layout) & set(changed) if code else set()
    if not own and not any(map(belongs, changed)):
        return []
    # A commit of code only, which most are, waits for nothing that reads versions.
    states: States = importlib.import_module("dsv.ops.status").states
    staged = importlib.import_module("dsv.project.version").staged
    here = staged(layout, index)
    here.read([PARAMS, PIPELINE, LOCK, SIGNATURE])
    if here.text(LOCK) is None:
        return []
    outs = {out.path for stage in here.locked.values() for out in stage.outs if not out.oid.endswith(".dir")}
    deps = {f"{dep.path}.dvc" for stage in here.locked.values() for dep in stage.deps}
    here.read(sorted(outs | deps))
    return states(here, codes=bool(own))
