"""The main job in under a minute: two messy deliveries of real images become two versions; what changed, and why?"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import deliver

HERE = Path("build") / "demo"
PARAMS = """
clean:
  rules:
    - undecodable
    - duplicate: {columns: [content]}
merge: {method: majority, min_votes: 2, tie: queue}
split: {method: sticky, fractions: {train: 0.8, val: 0.1, test: 0.1}, stratify: [label]}
audit: {label: label}
"""
TERMS = ["--license", "CC-BY-4.0"]
VOTES = ["--item", "path", "--annotator", "who", "--value", "digit", "--of", "images", "--types", "string"]


def main() -> None:
    """Makes the deliveries, then shows what a newcomer would type."""
    shutil.rmtree(HERE, ignore_errors=True)
    deliver.main(HERE)
    project = HERE / "project"
    project.mkdir()
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    say("A project, a delivery of 300 images with trouble in it, and the votes of three annotators.")
    dsv(project, "init", "--name", "digits")
    dsv(project, "add", "../images/first", "--source", "images", "--kind", "media", "--batch", "first", *TERMS)
    dsv(project, "add", "../votes/first", "--source", "votes", "--batch", "first", *VOTES, *TERMS)
    params = project / "params.yaml"
    params.write_text(params.read_text().split("\n# Every section")[0] + "\n" + PARAMS.lstrip())
    say("What is done with them stands in params.yaml:")
    print(PARAMS.strip("\n"), flush=True)
    dsv(project, "run")
    dsv(project, "commit", "-m", "first delivery", "--tag", "v1.0.0")
    say("A second delivery: 40 more images, the truncated one whole again, and five votes corrected.")
    dsv(project, "add", "../images/second", "--source", "images", "--batch", "second")
    dsv(project, "add", "../votes/second", "--source", "votes", "--batch", "second")
    dsv(project, "run")
    dsv(project, "commit", "-m", "second delivery", "--tag", "auto")
    say("What do we have, what changed, and why?")
    dsv(project, "log", "--oneline")
    dsv(project, "diff", "v1.0.0", "HEAD")
    say("Why is image 0250-copy not in the data set?")
    dsv(project, "why", "images/0250-copy.bmp")
    say("Bring back the first version from its deliveries, and prove that it is the same.")
    dsv(project, "reproduce", "v1.0.0", "--rebuild")


def say(text: str) -> None:
    """A line for the reader."""
    print(f"\n# {text}", flush=True)


def dsv(project: Path, *args: str) -> None:
    """Shows and runs a command."""
    print(f"$ dsv {shlex.join(args)}", flush=True)
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in DEMO.items()}
    subprocess.run([sys.executable, "-m", "dsv", *args], cwd=project, check=True, env={**os.environ, **who})


DEMO = {"NAME": "demo", "EMAIL": "demo@example.org"}

if __name__ == "__main__":
    main()
