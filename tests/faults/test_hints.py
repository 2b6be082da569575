"""Hints name the version that they are about: pasted, they mend what the error told."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest

from dsv.ops.checkout import deliveries
from dsv.project.layout import Layout
from dsv.project.version import find
from dsv.store.objects import DIR
from tests.conftest import Project
from tests.faults.conftest import Tell


@pytest.fixture
def older(shop: Project, tell: Tell) -> Project:
    """The shop with another version after v1.0.0, in which the first delivery is no more; all of it is on a remote."""
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "r", str(shop.root.parent / "remote")], cwd=shop.root, check=True)
    assert tell(shop, "add", str(shop.write("b.csv", "id,x\n4,d\n")), "--source", "shop", "--batch", "b2").code == 0
    path = shop.root / "params.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("[b1, b2]", "[b2]"), encoding="utf-8")
    shop.git("rm", "-q", "data/raw/shop/b1.dvc")
    shutil.rmtree(shop.root / "data" / "raw" / "shop" / "b1")
    for args in (["run"], ["commit", "-m", "two"], ["push", "v1.0.0", "HEAD"]):
        assert tell(shop, *args).code == 0
    return shop


def _files(project: Project, rev: str) -> set[str]:
    version = find(Layout(project.root), rev)
    return {oid for tree in {*version.outs.values(), *deliveries(version).values()} for oid in version.store.tree(tree).values()}


def _damage(project: Project) -> None:
    """Damages all objects that v1.0.0 alone has."""
    store = find(Layout(project.root), ".").store
    for oid in _files(project, "v1.0.0") - _files(project, "HEAD"):
        assert not oid.endswith(DIR)
        store.path(oid).chmod(0o644)
        store.path(oid).write_bytes(b"damaged")
        store.path(oid).chmod(0o444)


def _hint(told: str) -> list[str]:
    return shlex.split(told.splitlines()[-1].removeprefix("hint: "))


WAYS = [
    ["verify", "v1.0.0"],
    ["diff", "v1.0.0", "HEAD"],
    ["why", "shop/1", "v1.0.0"],
    ["export", "v1.0.0", "-o", "../out", "--format", "csv"],
    ["checkout", "v1.0.0"],
    ["checkout", "v1.0.0", "-o", "../old"],
    ["reproduce", "v1.0.0"],
]


@pytest.mark.parametrize("args", WAYS, ids=" ".join)
def test_a_hint_heals_the_version_that_is_damaged(older: Project, tell: Tell, args: list[str]) -> None:
    _damage(older)
    told = tell(older, *args)
    assert (told.code, _hint(told.err)) == (13, ["dsv", "verify", "--heal", "v1.0.0"])
    assert tell(older, *_hint(told.err)[1:]).code == 0
    assert tell(older, *args).code == 0


def test_a_damaged_object_that_would_be_pushed_is_healed_by_its_version(older: Project, tell: Tell) -> None:
    _damage(older)
    shutil.rmtree(older.root.parent / "remote")
    assert _hint(tell(older, "push", "v1.0.0").err) == ["dsv", "verify", "--heal", "v1.0.0"]


def test_a_delivery_of_the_workspace_is_fetched_with_the_version_that_has_it(older: Project, tell: Tell) -> None:
    first = older.git("rev-parse", "reviews@v1.0.0^{}").strip()[:10]
    assert tell(older, "checkout", "v1.0.0").code == 0
    shutil.rmtree(older.root / "data" / "raw" / "shop" / "b1")
    shutil.rmtree(older.root / ".dvc" / "cache")
    told = tell(older, "run")
    assert (told.code, _hint(told.err)) == (13, ["dsv", "pull", first])
    assert tell(older, *_hint(told.err)[1:]).code == 0
    assert tell(older, "run").code == 0


def test_what_the_workspace_lacks_is_pulled_with_the_version_that_it_is(older: Project, tell: Tell) -> None:
    assert tell(older, "checkout", "v1.0.0").code == 0
    shutil.rmtree(older.root / "data" / "records")
    shutil.rmtree(older.root / ".dvc" / "cache")
    (older.root.parent / "remote").rename(older.root.parent / "far")
    assert "dsv push reviews@v1.0.0, in a clone that has them" in tell(older, "export", ".", "-o", "x", "--format", "csv").err


def test_a_version_is_quoted_for_a_shell(older: Project, tell: Tell) -> None:
    _damage(older)
    assert _hint(tell(older, "checkout", ":/one").err) == ["dsv", "verify", "--heal", ":/one"]
    rev = "HEAD^{/o ?n?e}"
    assert _hint(tell(older, "verify", rev).err)[-1] == rev
