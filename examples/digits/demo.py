"""The main job in under a minute: two messy deliveries of real images become two versions; what changed, and why?

The images are the UCI digits that come with scikit-learn. The votes are made by a fixed rule, some of them wrong on purpose:
annotator ben reads every fourth 8 as a 3, cleo every ninth 1 as a 7, and cleo skips every second image.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from sklearn.datasets import load_digits

HERE = Path("build") / "demo"
PARAMS = """
clean:
  rules:
    - undecodable
    - duplicate: {columns: [content]}
merge: {method: majority, min_votes: 2, tie: queue}
split: {method: sticky, fractions: {train: 0.8, val: 0.1, test: 0.1}, stratify: [media_type]}
audit: {label: label}
"""


def main() -> None:
    """Makes the deliveries, then shows what a newcomer would type."""
    shutil.rmtree(HERE, ignore_errors=True)
    first, second = HERE / "first", HERE / "second"
    deliver(first, range(300), spoil=True)
    deliver(second, range(300, 340), spoil=False)
    correct(second)
    project = HERE / "project"
    project.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    say("A project, a delivery of 300 images with trouble in it, and the votes of three annotators.")
    dsv(project, "init", "--name", "digits")
    terms = ["--license", "CC-BY-4.0"]
    dsv(project, "add", "../first/images", "--source", "images", "--kind", "media", "--batch", "first", *terms)
    votes = ["--item", "path", "--annotator", "who", "--value", "digit", "--of", "images", "--types", "string"]
    dsv(project, "add", "../first/votes.csv", "--source", "votes", "--batch", "first", *votes, *terms)
    params = project / "params.yaml"
    params.write_text(params.read_text().split("\n# Every section")[0] + "\n" + PARAMS.lstrip())
    dsv(project, "run")
    dsv(project, "commit", "-m", "first delivery", "--tag", "v1.0.0")
    say("A second delivery: 40 more images, the truncated one whole again, and five votes corrected.")
    dsv(project, "add", "../second/images", "--source", "images", "--batch", "second")
    dsv(project, "add", "../second/votes.csv", "--source", "votes", "--batch", "second")
    dsv(project, "run")
    dsv(project, "commit", "-m", "second delivery", "--tag", "auto")
    say("What do we have, what changed, and why?")
    dsv(project, "log", "--oneline")
    dsv(project, "diff", "v1.0.0", "HEAD")
    say("Why is image 0250-copy not in the data set?")
    dsv(project, "why", "images/0250-copy.png")
    say("Bring back the first version from its deliveries, and prove that it is the same.")
    dsv(project, "reproduce", "v1.0.0", "--rebuild")


def deliver(folder: Path, numbers: range, *, spoil: bool) -> None:
    """Images and votes of some digits; spoilt: a copy under another name, and a truncated file."""
    images = folder / "images"
    images.mkdir(parents=True)
    digits = load_digits()
    lines = ["path,who,digit"]
    for number in numbers:
        name = f"{number:04d}.png"
        picture = (digits.images[number] * 15.9).astype("uint8")
        Image.fromarray(picture).resize((32, 32)).save(images / name)
        lines += [f"{name},{who},{digit}" for who, digit in votes(number, int(digits.target[number]))]
    if spoil:
        shutil.copyfile(images / "0042.png", images / "0250-copy.png")
        whole = (images / "0007.png").read_bytes()
        (images / "0007.png").write_bytes(whole[: len(whole) // 2])
    (folder / "votes.csv").write_text("\n".join(lines) + "\n")


def votes(number: int, digit: int) -> list[tuple[str, int]]:
    """Who says what: Ada is right, the others err by the rule above."""
    ben = 3 if digit == 8 and number % 4 == 0 else digit
    cleo = 7 if digit == 1 and number % 9 == 0 else digit
    found = [("ada", digit), ("ben", ben)]
    return found if number % 2 == 0 else [*found, ("cleo", cleo)]


def correct(folder: Path) -> None:
    """The repaired image, and votes that ben and cleo take back."""
    image = HERE / "first" / "whole"
    deliver(image, range(7, 8), spoil=False)
    shutil.copyfile(image / "images" / "0007.png", folder / "images" / "0007.png")
    digits = load_digits()
    wrong = [
        (n, who) for n in range(300) for who, said in votes(n, int(digits.target[n])) if said != int(digits.target[n])
    ]
    with (folder / "votes.csv").open("a") as file:
        file.writelines(f"{n:04d}.png,{who},{int(digits.target[n])}\n" for n, who in wrong[:5])


def say(text: str) -> None:
    """A line for the reader."""
    print(f"\n# {text}", flush=True)


def dsv(project: Path, *args: str) -> None:
    """Shows and runs a command."""
    print("$ dsv " + " ".join(f"'{a}'" if " " in a else a for a in args), flush=True)
    environment = {
        **os.environ,
        "GIT_AUTHOR_NAME": "demo",
        "GIT_AUTHOR_EMAIL": "demo@example.org",
        "GIT_COMMITTER_NAME": "demo",
        "GIT_COMMITTER_EMAIL": "demo@example.org",
    }
    subprocess.run([sys.executable, "-m", "dsv", *args], cwd=project, check=True, env=environment)


if __name__ == "__main__":
    main()
