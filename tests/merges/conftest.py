"""Two branches of one project, built once: each adds records and annotations; later commits of both change the same ones."""

from __future__ import annotations

import itertools
import subprocess
import time
from typing import Any, NamedTuple

import pytest

import dsv
from dsv.ops.add import add
from dsv.ops.commit import commit
from dsv.ops.delivery import Delivery
from dsv.ops.init import init
from dsv.ops.install import install
from dsv.ops.run import run
from dsv.project.layout import Layout
from tests.conftest import Project, Ran, Shelf

SHOP = {"key": ["id"], "license": "CC-BY-4.0"}
VOTES = {"item": "id", "annotator": "who", "value": "label", "of": "shop", "license": "MIT"}
# Branch → commits → source → delivery. The second commit of each is in conflict with that of the other branch.
BRANCHES = {
    "ours": [
        {"shop": "id,text,price\n10,ten,10.0\n3,three!,3.0\n", "votes": "id,who,label\n1,ann,y\n"},
        {"shop": "id,text,price\n2,two ours,2.5\n30,new,1.0\n", "votes": "id,who,label\n2,ann,y\n"},
    ],
    "theirs": [
        {"shop": "id,text,price\n20,twenty,20.0\n", "votes": "id,who,label\n1,bob,y\n3,bob,z\n"},
        {"shop": "id,text,price\n2,two theirs,2.5\n30,new,9.0\n", "votes": "id,who,label\n2,ann,z\n"},
    ],
}


class Fork(NamedTuple):
    """A project with branches."""

    project: Project

    @property
    def layout(self) -> Layout:
        return Layout(self.project.root)

    def deliver(self, source: str, text: str, batch: str | None = None, **more: Any) -> None:
        add(self.layout, Delivery([self.project.write(f"{source}.csv", text)], source, batch, **more))

    def build(self, message: str) -> None:
        run(self.layout)
        commit(self.layout, message)

    def git(self, *args: str, code: int = 0) -> Ran:
        done = subprocess.run(["git", *args], cwd=self.project.root, capture_output=True, text=True, check=False)
        assert done.returncode == code, f"git {' '.join(args)} → {done.returncode}\n{done.stdout}\n{done.stderr}"
        return Ran(done.returncode, done.stdout, done.stderr)

    def on(self, branch: str) -> Fork:
        """Branch checked out, with nothing left of the other in data/."""
        self.git("checkout", "-q", branch)
        return self

    def merge(self, branch: str, code: int = 0) -> Ran:
        return self.git("merge", "-q", "--no-edit", branch, code=code)

    def edit(self, old: str, new: str) -> None:
        path = self.project.root / "params.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def column(self, name: str, rev: str = ".") -> dict[Any, Any]:
        """Id → value of a column."""
        frame = dsv.load(rev, path=self.project.root).to_polars()
        return dict(frame.select("_id", "id", name).sort("_id").select("id", name).iter_rows())


def _base(made: Project) -> None:
    init(made.root, "reviews")
    fork = Fork(made)
    fork.deliver("shop", "id,text,price\n1,one,1.0\n2,two,2.0\n3,three,3.0\n4,four,4.0\n", "first", **SHOP)
    fork.deliver("votes", "id,who,label\n1,ann,x\n2,ann,x\n2,bob,x\n", "first", **VOTES)
    made.params(merge={"tie": "first"}, audit={"label": "label"})
    install(fork.layout)
    fork.build("base")


def _branches(made: Project) -> None:
    fork, minutes = Fork(made), itertools.count(1)
    for branch, commits in BRANCHES.items():
        fork.git("checkout", "-q", "-b", branch, fork.git("rev-list", "--max-parents=0", "HEAD").out.strip())
        for number, deliveries in enumerate(commits, 1):
            for source, text in deliveries.items():
                fork.deliver(source, text, f"{branch}-{number}")
            # A minute apart: what `log` tells of commits of one second is in no order.
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("GIT_COMMITTER_DATE", f"{int(time.time()) + 60 * next(minutes)} +0000")
                fork.build(f"{branch} {number}")


@pytest.fixture
def base(shelf: Shelf) -> Fork:
    """One version, and git set up."""
    return Fork(shelf.take("merges-base", _base))


@pytest.fixture
def fork(shelf: Shelf, base: Fork) -> Fork:
    """The branches `ours` and `theirs`: without conflict at `ours~1` and `theirs~1`."""
    return Fork(shelf.take("merges-fork", _branches, base=lambda: shelf.take("merges-base", _base)))


def _stopped(made: Project) -> None:
    Fork(made).on("ours").merge("theirs", code=1)


@pytest.fixture
def stopped(shelf: Shelf, fork: Fork) -> Fork:
    """The merge of both branches, stopped because both changed the same records."""
    return Fork(shelf.take("merges-stopped", _stopped, base=lambda: shelf.take("merges-fork", _branches)))
