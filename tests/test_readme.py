"""The README's session runs as it is printed there. `python -m tests.test_readme` shows what it should say."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END = "@@@"
# Git's names of commits (with who and when in them), the folder, and seconds: all else must be as printed.
MASKS = [
    (re.compile(r"^[0-9a-f]{10}(?= )", re.MULTILINE), "commit.."),
    (re.compile(r"(?<= in )/\S+"), "FOLDER"),
    (re.compile(r"\d+\.\d$", re.MULTILINE), "s.s"),
]


class Step(NamedTuple):
    """A command and the output that is shown below it."""

    command: str
    shown: str


def steps(text: str) -> list[Step]:
    """The commands of all console blocks."""
    found = []
    for language, body in BLOCK.findall(text):
        if language == "console":
            assert body.startswith("$ ")
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, shown = part.partition("\n")
                found.append(Step(command, shown))
    return found


def play(commands: list[str], folder: Path) -> list[str]:
    """What each command prints, in one shell in the folder; a command that fails ends it."""
    script = "set -e\nexec 2>&1\n" + "".join(f"{command}\necho {END}\n" for command in commands)
    done = subprocess.run(["bash"], input=script, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout.split(f"{END}\n")[:-1]


def masked(text: str) -> str:
    for pattern, name in MASKS:
        text = pattern.sub(name, text)
    return text


def python(text: str, folder: Path) -> tuple[str, str]:
    """What the Python example prints, and what is shown below it."""
    blocks = BLOCK.findall(text)
    at = next(i for i, (language, _) in enumerate(blocks) if language == "python")
    done = subprocess.run([sys.executable, "-c", blocks[at][1]], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout, blocks[at + 1][1]


def test_the_session_runs_as_it_is_shown(tmp_path: Path) -> None:
    folder = tmp_path / "reviews"
    folder.mkdir()
    text = README.read_text(encoding="utf-8")
    wanted = steps(text)
    found = play([step.command for step in wanted], folder)
    assert [(s.command, masked(out)) for s, out in zip(wanted, found, strict=True)] == [
        (s.command, masked(s.shown)) for s in wanted
    ]
    printed, shown = python(text, folder)
    assert printed == shown


def test_what_make_is_asked_for_is_there() -> None:
    targets = re.findall(r"^make (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert targets == ["demo", "test"]
    for target in targets:
        subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=True)


def test_the_demo_runs_to_its_proof(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "digits" / "demo.py")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "+ 41 added" in done.stdout
    assert re.search(r"^ +5 +annotation +ben votes/second +~5$", done.stdout, re.MULTILINE)
    assert 'dropped by duplicate {"columns": ["content"]} because of images/0042.bmp' in done.stdout
    assert done.stdout.endswith("equal: it is the same data set\n")


def refreshed(text: str, folder: Path) -> str:
    """The README with what its commands print now."""
    found = iter(zip(steps(text), play([s.command for s in steps(text)], folder), strict=True))

    def block(match: re.Match[str]) -> str:
        if match[1] != "console":
            return match[0]
        told = [next(found) for _ in steps(match[0])]
        return "```console\n" + "".join(f"$ {step.command}\n{out}" for step, out in told) + "```"

    text = BLOCK.sub(block, text)
    text = text.replace(str(folder.parent), "/home/ada")
    printed, shown = python(text, folder)
    return text.replace(f"```\n\n```\n{shown}```", f"```\n\n```\n{printed}```")


if __name__ == "__main__":
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    made = Path(tempfile.mkdtemp()) / "reviews"
    made.mkdir()
    old = README.read_text(encoding="utf-8")
    sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), (new := refreshed(old, made)).splitlines(True)))
    if "--write" in sys.argv:
        README.write_text(new, encoding="utf-8")
    shutil.rmtree(made.parent)
