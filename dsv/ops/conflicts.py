"""What both sides of a merge changed: params, batches of one name, records and annotations, each with what every side has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dsv import errors
from dsv.dvcio import dotdvc
from dsv.ops import rivals
from dsv.ops.rivals import Rival
from dsv.project import merging
from dsv.project.layout import PARAMS, Layout
from dsv.project.merging import Texts
from dsv.project.version import find
from dsv.record.threeway import ABSENT
from dsv.vcs import blob
from dsv.vcs import merging as merges
from dsv.vcs.merging import Merge

PARAM, BATCH, RECORD, ANNOTATION = "param", "batch", "record", "annotation"
RAW = "data/raw/"


class Conflict(NamedTuple):
    """What both sides changed. `undone`: one side did, and the order of arrival takes it back. `about`: record and annotator."""

    kind: str
    id: str
    base: Any
    ours: Any
    theirs: Any
    undone: bool = False
    about: Mapping[str, Any] | None = None

    def json(self) -> dict[str, Any]:
        told = {name: None if value is ABSENT else value for name, value in self._asdict().items()}
        return {name: value for name, value in told.items() if name != "about"} | dict(self.about or {})


class Namesake(NamedTuple):
    """A batch that both sides delivered under one name."""

    source: str
    batch: str
    ours: dotdvc.Out
    theirs: dotdvc.Out


@dataclass(frozen=True)
class Found:
    """The conflicts of a merge, and what it takes to settle them.

    `unmerged` are other files that git could not merge, `texts` the three params.yaml where that is one of them.
    """

    merge: Merge | None
    conflicts: list[Conflict]
    unmerged: list[str] = field(default_factory=list)
    texts: Texts | None = field(default=None, repr=False)
    namesakes: list[Namesake] = field(default_factory=list, repr=False)
    rivals: list[Rival] = field(default_factory=list, repr=False)

    def json(self) -> dict[str, Any]:
        """The value of `dsv.resolve/v1`."""
        sides = {name: getattr(self.merge, name, None) for name in ("base", "ours", "theirs")}
        return sides | {"conflicts": [conflict.json() for conflict in self.conflicts], "unmerged": self.unmerged}


def conflicts(layout: Layout, ours: str | None = None, theirs: str | None = None) -> Found:
    """The conflicts of the merge under way, or of the last one: those that nothing delivered since has settled.

    Of any two versions where they are named: before they are merged, or after a rebase, which leaves no merge.
    """
    named = ours is not None and theirs is not None
    merge = _named(layout, str(ours), str(theirs)) if named else merges.current(layout.root)
    unmerged = merges.unmerged(layout.root)
    texts = _texts(layout) if PARAMS in unmerged else None
    told = [] if texts is None else list(merging.params(texts, lambda c: c.ours).conflicts)
    same = {path: n for path in unmerged if (n := _namesake(layout, path)) is not None}
    namesakes = list(same.values())
    found = [] if merge is None else rivals.rivals(layout, merge)
    return Found(
        merge,
        [
            *(Conflict(PARAM, c.name, c.base, c.ours, c.theirs) for c in told),
            *(Conflict(BATCH, f"{n.source}/{n.batch}", None, n.ours.oid, n.theirs.oid) for n in namesakes),
            *(conflict for rival in found for conflict in _records(rival)),
        ],
        [path for path in unmerged if path not in same and not (path == PARAMS and told)],
        texts,
        namesakes,
        found,
    )


def _named(layout: Layout, ours: str, theirs: str) -> Merge:
    shas = [find(layout, rev).sha for rev in (ours, theirs)]
    if None in shas:
        raise errors.UsageError("Only committed versions are compared.", hint="dsv commit -m MESSAGE")
    return merges.onto(layout.root, str(shas[1]), str(shas[0]), going=False)


def _texts(layout: Layout) -> Texts:
    base, ours, theirs = blob.read_files(layout.root, [(f":{stage}", PARAMS) for stage in (1, 2, 3)])
    if ours is None or theirs is None:
        raise errors.DsvError(f"{PARAMS} was deleted on one side.", hint=f"git add {PARAMS}, or git rm {PARAMS}")
    return Texts(base or b"", ours, theirs)


def _namesake(layout: Layout, path: str) -> Namesake | None:
    if not path.startswith(RAW) or not path.endswith(".dvc") or path.count("/") != 3:
        return None
    ours, theirs = blob.read_files(layout.root, [(f":{stage}", path) for stage in (2, 3)])
    if ours is None or theirs is None:
        return None
    source, batch = path.removeprefix(RAW).removesuffix(".dvc").split("/")
    return Namesake(source, batch, dotdvc.load(ours, path), dotdvc.load(theirs, path))


def _records(rival: Rival) -> Iterator[Conflict]:
    kind = ANNOTATION if rival.params.get("kind") == "annotations" else RECORD
    for row in rival.rows():
        base, ours, theirs = (_one(row[side]) for side in ("base", "ours", "theirs"))
        about = _about(rival.params, next(filter(None, (row["ours"], row["theirs"], row["base"])), [{}])[0])
        told = about if kind == ANNOTATION else None
        yield Conflict(kind, f"{rival.source}/{row['key']}", base, ours, theirs, row["undone"], told)


def _one(rows: list[dict[str, Any]] | None) -> Any:
    """A record, None where there is none; a list of them where an annotator said several things."""
    return None if not rows else rows[0] if len(rows) == 1 else rows


def _about(params: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Of an annotation: the record that it is of, and who said it."""
    who = params.get("annotator")
    item = row.get(str(params.get("item")))
    return {
        "record": None if item is None else f"{params.get('of')}/{item}",
        "annotator": who.get("const") if isinstance(who, Mapping) else row.get(str(who)),
    }
