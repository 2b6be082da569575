from __future__ import annotations

from pathlib import Path

import pytest

from dsv.ops.textconv import textconv
from tests.merges.conftest import Fork

SUMMARY = """\
root     {root}
records  4
label    x 2
column   id int
column   label string
column   price float
column   text string
batch    shop/first new 4, read 4, stored 4
batch    votes/first new 3, read 3, stored 3
stage    ingest, revision 6
param    sources.shop.kind records
param    sources.shop.key [id]
param    sources.shop.license CC-BY-4.0
param    sources.shop.columns.id int
param    sources.shop.columns.price float
param    sources.shop.batches [first]
param    sources.votes.kind annotations
param    sources.votes.license MIT
param    sources.votes.item id
param    sources.votes.of shop
param    sources.votes.annotator who
param    sources.votes.value label
param    sources.votes.columns.id int
param    sources.votes.batches [first]
out      data/annotations {annotations}
out      data/ingest {ingest}
out      data/origin {origin}
out      data/quarantine d751713988, 0 files, 0 bytes
out      data/records {records}
stage    merge, revision 3
param    merge.tie first
out      data/merge {merge}
stage    audit, revision 2
param    audit.label label
"""


def told(fork: Fork, text: str) -> str:
    """The expected summary with the sizes and hashes of the outputs, which depend on the version of Parquet."""
    outs = dict(line[9:].split(" ", 1) for line in text.splitlines() if line.startswith("out "))
    named = {path.removeprefix("data/"): rest for path, rest in outs.items()}
    root = fork.project.dsv("show", "--format", "json").json()["dsv.show/v1"]["root"]
    return SUMMARY.format(root=root, **named)


def test_a_lock_is_shown_as_a_summary_of_the_data_set(base: Fork) -> None:
    found = base.git("diff", "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "HEAD", "--", "dvc.lock").out
    shown = "".join(f"{line[1:]}\n" for line in found.splitlines() if line.startswith("+") and line[1] != "+")
    assert shown == told(base, shown)


def test_an_old_lock_has_the_figures_of_its_own_commit(fork: Fork) -> None:
    found = fork.git("log", "-p", "--format=%s", "--reverse", "theirs", "--", "dvc.lock").out
    wanted = ("theirs 2", "-records", "+records", "+label", "+batch")
    second = found[found.index("theirs 2") :]
    assert [line for line in second.splitlines() if line.startswith(wanted)] == [
        "theirs 2", "-records  5", "+records  6",
        "+batch    shop/theirs-2 new 2, read 2, replaced 1, stored 2",
        "+batch    votes/theirs-2 new 1, read 1, replaced 1, stored 1",
    ]  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"stages: 3\n", b"<<<<<<< ours\na: 1\n=======\n", b"\xff\xfe", b"[1, 2]\n"])
def test_what_is_no_lock_is_shown_as_it_is(data: bytes) -> None:
    assert textconv(data) == data.decode(errors="replace")


def test_stages_of_others_are_shown_with_their_params_and_outputs(tmp_path: Path) -> None:
    lock = (
        b"schema: '2.0'\nstages:\n  train:\n    cmd: python train.py\n    params:\n      train.yaml:\n        lr: 0.1\n"
        b"        steps: [{a: 1}, {b: [2, 3]}]\n"
        b"    outs:\n    - path: model.pkl\n      hash: md5\n      md5: d3b07384d113edec49eaa6238ad5ff00\n      size: 1234\n"
    )
    assert textconv(lock).splitlines() == [
        "stage    train", 'param    "train.yaml".lr 0.1', 'param    "train.yaml".steps.a 1',
        'param    "train.yaml".steps.b [2, 3]', "out      model.pkl d3b07384d1, 1,234 bytes",
    ]  # fmt: skip
