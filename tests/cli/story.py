"""A small project whose every command is recorded: two deliveries, votes, a rule, two versions, a remote."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

JANUARY = "id,text,price\n1,good,3.0\n2,bad,4.5\n3,good,5.0\n4,,6.0\n5,fine,7.0\n6,ok,8.5\n"
FEBRUARY = "id,text,price\n7,new,1.0\n2,better,4.5\n"
VOTES = "id,worker,label\n1,a,x\n1,b,x\n1,c,y\n2,a,x\n2,b,y\n3,a,z\n9,a,z\n"
SECTIONS = {
    "clean": {"rules": [{"missing": {"columns": ["text"]}}]},
    "merge": {"min_votes": 2},
    "split": {"method": "hash", "fractions": {"train": 0.5, "test": 0.5}},
    "audit": {"label": "label"},
}
SHOP = ["--source", "shop", "--key", "id", "--license", "CC-BY-4.0", "--privacy", "none"]
ANNOTATED = ["--item", "id", "--annotator", "worker", "--value", "label", "--of", "shop", "--license", "MIT"]


class Story:
    """Runs commands in the project and tells what they printed, with what differs from run to run masked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "reviews"
        self.root.mkdir(parents=True)
        self.told: dict[str, str] = {}

    def dsv(self, *args: str) -> str:
        """Command, exit status, stdout and stderr, as a person would paste them."""
        done = subprocess.run(
            [sys.executable, "-m", "dsv", *args], cwd=self.root, capture_output=True, text=True, check=False
        )
        text = f"$ dsv {' '.join(args)}\n{done.stdout}"
        if done.stderr:
            text += f"--- stderr\n{done.stderr}"
        if done.returncode:
            text += f"--- exit {done.returncode}\n"
        return self.masked(text)

    def json(self, *args: str) -> object:
        """The JSON that a command prints."""
        command = [sys.executable, "-m", "dsv", *args, "--format", "json"]
        return json.loads(subprocess.run(command, cwd=self.root, capture_output=True, check=True).stdout)

    def masked(self, text: str) -> str:
        """Names of commits (who and when is in them), folders and seconds, by names of their own."""
        log = subprocess.run(["git", "rev-list", "--reverse", "HEAD"], cwd=self.root, capture_output=True, text=True)
        for number, sha in enumerate(log.stdout.split(), 1):
            text = text.replace(sha, f"<commit {number}>").replace(sha[:10], f"<commit {number}>")
        text = text.replace(str(self.folder.resolve()), "<folder>").replace(str(self.folder), "<folder>")
        text = re.sub(r'"seconds": [\d.]+', '"seconds": <s>', text)
        text = re.sub(r"of [\d,]+ files, 0 bytes of .*", "of <n> files, 0 bytes of <size>", text)
        return re.sub(r"(\d+/\d+ +)\d+\.\d$", r"\1<s>", text, flags=re.MULTILINE)

    def keep(self, name: str, *args: str) -> None:
        self.told[name] = self.dsv(*args)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def sections(self, **changed: object) -> None:
        """Replaces the stages in params.yaml."""
        path = self.root / "params.yaml"
        head = path.read_text(encoding="utf-8").split("\n# Every section below")[0].split("\n# stages\n")[0]
        body = "".join(f"{name}: {json.dumps(value)}\n" for name, value in {**SECTIONS, **changed}.items())
        path.write_text(f"{head}\n# stages\n{body}", encoding="utf-8")


def play(folder: Path) -> Story:
    """The story up to two versions and a remote."""
    story = Story(folder)
    story.write("jan.csv", JANUARY)
    story.write("feb.csv", FEBRUARY)
    story.write("votes.csv", VOTES)
    story.keep("init", "init", "--name", "reviews")
    story.keep("init-again", "init")
    story.keep("add", "add", "../jan.csv", "--batch", "january", *SHOP)
    story.keep("add-votes", "add", "../votes.csv", "--source", "votes", "--batch", "round-1", *ANNOTATED)
    story.sections()
    story.keep("status-new", "status")
    story.keep("run", "run")
    story.keep("commit", "commit", "-m", "january", "--tag", "v1.0.0")
    story.keep("commit-nothing", "commit", "-m", "again")
    story.keep("add-second", "add", "../feb.csv", "--source", "shop", "--batch", "february")
    story.sections(clean={"rules": [{"missing": {"columns": ["text"]}}, {"duplicate": {"columns": ["text"]}}]})
    story.keep("status-stale", "status")
    story.keep("status-stale-json", "status", "--format", "json")
    story.keep("commit-stale", "commit", "-m", "too early")
    story.keep("run-second-json", "run", "--format", "json")
    story.keep("status-uncommitted", "status")
    story.keep("commit-auto", "commit", "-m", "february", "--tag", "auto")
    (folder / "remote").mkdir()
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "store", "../remote"], cwd=story.root, check=True)
    subprocess.run(["git", "commit", "-qam", "a remote"], cwd=story.root, check=True)
    story.keep("push", "push")
    story.keep("pull", "pull")
    return story
