"""Reports of real projects: what is gathered for a page, and how it is asked for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import wave
from pathlib import Path

import pytest
from PIL import Image

import dsv
from dsv.delta.model import RecordDelta
from dsv.ops import report as reporting
from dsv.pages.model import Node, Report
from dsv.project.layout import find
from tests.conftest import Project, Shelf


def coco(boxes: dict[str, list[tuple[str, int]]]) -> str:
    """Boxes of 10 x 10 at a place, by picture."""
    names = sorted({label for some in boxes.values() for label, _ in some})
    found = [
        {"id": f"{i}{k}", "image_id": i, "category_id": names.index(label), "bbox": [at, at, 10, 10]}
        for i, (name, some) in enumerate(boxes.items())
        for k, (label, at) in enumerate(some)
    ]
    return json.dumps({
        "images": [{"id": i, "file_name": name, "width": 64, "height": 64} for i, name in enumerate(boxes)],
        "categories": [{"id": i, "name": name} for i, name in enumerate(names)],
        "annotations": found,
    })  # fmt: skip


def sound(path: Path, frames: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, frames, "NONE", ""))
        file.writeframes(b"\1\0" * frames)


def media(project: Project) -> None:
    """Two pictures and two sounds; then a sound is another, a picture is gone, and a box has another label."""
    project.dsv("init", "--name", "cells")
    folder = project.root.parent / "incoming" / "media"
    folder.mkdir(parents=True)
    for name in ("a.png", "b.png"):
        Image.new("RGB", (64, 64), "white").save(folder / name)
    sound(folder / "c.wav", 100)
    sound(folder / "d.wav", 100)
    told = ["--source", "media", "--license", "MIT", "--snapshot"]
    project.dsv("add", str(folder), "--batch", "v1", "--kind", "media", *told)
    drawn = project.write("boxes/v1.json", coco({"a.png": [("cel", 10)], "b.png": [("cell", 20)]}))
    boxes = ["--source", "boxes", "--license", "MIT", "--snapshot"]
    annotated = ["--item", "file_name", "--value", "boxes", "--of", "media", "--format", "coco"]
    project.dsv("add", str(drawn), "--batch", "v1", *annotated, *boxes)
    project.params(merge={"kind": "boxes"})
    project.dsv("run")
    project.dsv("commit", "-m", "first", "--tag", "v1.0.0")
    sound(folder / "c.wav", 50)
    (folder / "b.png").unlink()
    project.dsv("add", str(folder), "--source", "media", "--batch", "v2")
    project.dsv(
        "add",
        str(project.write("boxes/v2.json", coco({"a.png": [("cell", 10)]}))),
        "--source",
        "boxes",
        "--batch",
        "v2",
    )
    project.dsv("run")
    project.dsv("commit", "-m", "second", "--tag", "v2.0.0")


@pytest.fixture
def cells(shelf: Shelf) -> Project:
    return shelf.take("cells", media)


def facts(project: Project) -> Report:
    found = dsv.diff("v1.0.0", "v2.0.0", path=project.root)
    return reporting.facts(found, list(found.records()))


def test_a_report_has_commits_and_the_graph_with_what_changed(cells: Project) -> None:
    made = facts(cells)
    assert [commit.subject for commit in made.commits] == ["second"]
    assert made.sources == [
        Node("media", "media", "changed", ("+ v2: 3 read (v1: 4)",)),
        Node("boxes", "annotations", "changed", ("+ v2: 1 read (v1: 2)",)),
    ]
    assert [(node.name, node.state, node.deltas) for node in made.stages] == [
        ("ingest", "same", 2),
        ("merge", "same", 1),
        ("audit", "same", 0),
    ]


def test_media_and_boxes_of_both_versions_are_in_the_page(cells: Project) -> None:
    page = dsv.report("v1.0.0", "v2.0.0", path=cells.root)
    assert page.count('<audio controls preload="metadata" src="data:audio/wav;base64,') == 2
    assert page.count('href="data:image/jpeg;base64,') == 2
    assert "cel → cell</text>" in page


def test_a_page_without_the_media_at_hand_has_none(cells: Project) -> None:
    for path in (cells.root / ".dvc" / "cache" / "files" / "md5").glob("*/*"):
        if path.read_bytes()[:4] in (b"RIFF", b"\x89PNG"):
            path.chmod(0o644)
            path.unlink()
    page = dsv.report("v1.0.0", "v2.0.0", path=cells.root)
    assert "<audio" not in page
    assert "cel → cell</text>" in page


def test_a_page_is_the_same_every_time(cells: Project) -> None:
    assert dsv.report("v1.0.0", "v2.0.0", path=cells.root) == dsv.report("v1.0.0", "v2.0.0", path=cells.root)


def test_the_command_writes_the_page(cells: Project) -> None:
    cells.dsv("diff", "v1.0.0", "v2.0.0", "--format", "html", "-o", "report.html")
    assert (cells.root / "report.html").read_text(encoding="utf-8") == dsv.report("v1.0.0", "v2.0.0", path=cells.root)


def test_markdown_points_to_a_link(cells: Project) -> None:
    out = cells.dsv("diff", "v1.0.0", "v2.0.0", "--format", "md", "--link", "https://ci.example.org/1").out
    assert "[full report](https://ci.example.org/1)" in out


def test_a_page_of_some_records_says_so(cells: Project) -> None:
    cells.dsv("diff", "v1.0.0", "v2.0.0", "--op", "removed", "--format", "html", "-o", "report.html")
    page = (cells.root / "report.html").read_text(encoding="utf-8")
    assert "Only records that were asked for: op removed. Counts above are of all." in page


def test_an_output_goes_with_pages_only(cells: Project) -> None:
    done = cells.dsv("diff", "v1.0.0", "v2.0.0", "-o", "report.html", code=2)
    assert "-o goes with --format md or html." in done.err


def test_without_the_charting_library_the_extra_is_named(cells: Project) -> None:
    code = "import sys; sys.modules['vl_convert'] = None; from dsv.cli import main; main(['diff', 'v1.0.0', 'v2.0.0', '--format', 'html'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=cells.root, capture_output=True, text=True, check=False)
    assert done.returncode == 10
    assert done.stderr.splitlines() == [
        "error: A report in HTML needs vl-convert-python, which is not installed.",
        "hint: pip install 'dsv[report]'",
    ]


def test_of_too_many_changes_each_cause_keeps_its_share(rows: Project) -> None:
    found = dsv.diff("v1.0.0", "v2.0.0", path=rows.root)
    some = reporting.sampled(found, 10)
    by_cause = {cause.kind: sum(counts.values()) for cause, counts in found.causes}
    assert by_cause == {"batch": 40, "content": 2}
    assert [kinds(some).count(kind) for kind in ("batch", "content")] == [8, 1]
    assert kinds(reporting.sampled(found, 42)) == kinds(list(found.records()))


def kinds(deltas: list[RecordDelta]) -> list[str]:
    return [delta.cause.kind for delta in deltas]


def many(project: Project) -> None:
    """Forty records added, two replaced."""
    project.dsv("init", "--name", "texts")
    rows = dict.fromkeys(range(10), "x")
    for name, changes in (("v1", {}), ("v2", {3: "y", 7: "y"} | dict.fromkeys(range(10, 50), "x"))):
        rows |= changes
        path = project.write(f"{name}.csv", "id,text\n" + "".join(f"{i},{text}\n" for i, text in rows.items()))
        told = ["--source", "s", "--batch", name]
        project.dsv(
            "add", str(path), *told, *(["--key", "id", "--license", "MIT", "--snapshot"] if name == "v1" else [])
        )
        project.dsv("run")
        project.dsv("commit", "-m", name, "--tag", f"v{name[1]}.0.0")


@pytest.fixture
def rows(shelf: Shelf) -> Project:
    return shelf.take("rows", many)


def test_a_page_of_nothing_is_a_page(rows: Project) -> None:
    page = dsv.report("v2.0.0", "v2.0.0", path=rows.root)
    assert re.search(r"<h1>(.*?)</h1>", page).group(1) == "The same records"  # type: ignore[union-attr]


@pytest.mark.parametrize("form", ["text", "pdf"])
def test_a_report_in_another_form_is_refused(project: Project, form: str) -> None:
    with pytest.raises(Exception, match="one of html, md"):
        reporting.report(find(project.root), format=form)
