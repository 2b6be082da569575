"""Writes two messy deliveries of real images and of votes on them, the same bytes every time.

The images are the UCI digits that come with scikit-learn (CC BY 4.0), enlarged. The votes are made by a fixed rule, some of
them wrong on purpose: annotator ben reads every fourth 8 as a 3, cleo every ninth 1 as a 7, and cleo skips every second image.
The first delivery holds a copy under another name and a truncated file; the second repairs that file, adds 40 images, and takes
back five wrong votes.

    python examples/digits/deliver.py FOLDER        # FOLDER/images/{first,second}/*.bmp, FOLDER/votes/{first,second}/votes.csv
"""

from __future__ import annotations

import shutil
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from sklearn.datasets import load_digits

DIGITS = load_digits()
FIRST, SECOND = range(300), range(300, 340)
COPIED, TRUNCATED = 42, 7
SCALE = 4


def main(root: Path) -> None:
    """Both deliveries, below `root`."""
    for batch, numbers in (("first", FIRST), ("second", SECOND)):
        folder = empty(root / "images" / batch)
        for number in numbers:
            (folder / name(number)).write_bytes(bitmap(number))
    first, second = root / "images" / "first", root / "images" / "second"
    shutil.copyfile(first / name(COPIED), first / "0250-copy.bmp")
    whole = bitmap(TRUNCATED)
    (first / name(TRUNCATED)).write_bytes(whole[: len(whole) // 2])
    (second / name(TRUNCATED)).write_bytes(whole)
    write_votes(root / "votes" / "first", (vote for number in FIRST for vote in votes(number)))
    wrong = [(n, who) for n in FIRST for who, digit in ((w, d) for _, w, d in votes(n)) if digit != truth(n)]
    corrected = [(n, who, truth(n)) for n, who in wrong[:5]]
    write_votes(root / "votes" / "second", [*(vote for number in SECOND for vote in votes(number)), *corrected])


def empty(folder: Path) -> Path:
    """The folder, with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def name(number: int) -> str:
    """The file of an image."""
    return f"{number:04d}.bmp"


def truth(number: int) -> int:
    """The digit that the image shows."""
    return int(DIGITS.target[number])


def bitmap(number: int) -> bytes:
    """The image as a grey BMP: uncompressed, so the bytes depend on no version of an image library."""
    levels = (DIGITS.images[number] * 15.9).astype("uint8").repeat(SCALE, axis=0).repeat(SCALE, axis=1)
    height, width = levels.shape
    palette = b"".join(bytes((grey, grey, grey, 0)) for grey in range(256))
    start = 14 + 40 + len(palette)
    pixels = levels[::-1].tobytes()  # BMP has its last row first; a row of 32 bytes needs no padding
    file = struct.pack("<2sIHHI", b"BM", start + len(pixels), 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 0, len(pixels), 2835, 2835, 256, 0)
    return file + info + palette + pixels


def votes(number: int) -> list[tuple[int, str, int]]:
    """Who says what of an image: Ada is right, the others err by the rule above."""
    digit = truth(number)
    ben = 3 if digit == 8 and number % 4 == 0 else digit
    cleo = 7 if digit == 1 and number % 9 == 0 else digit
    found = [(number, "ada", digit), (number, "ben", ben)]
    return found if number % 2 == 0 else [*found, (number, "cleo", cleo)]


def write_votes(folder: Path, told: Iterable[tuple[int, str, int]]) -> None:
    """A delivery of votes."""
    lines = ["path,who,digit", *(f"{name(number)},{who},{digit}" for number, who, digit in told)]
    (empty(folder) / "votes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
