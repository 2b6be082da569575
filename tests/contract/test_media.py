"""What is cut off is told, and only that: WAV of any encoding, pictures behind the first, files that nothing here reads."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from tests.contract.test_formats import put, read

NOISE = np.random.default_rng(7)


def told(folder: Path, name: str, data: bytes) -> tuple[Any, Any]:
    (row,), _ = read(put(folder / "raw", {name: data}), "media")
    return row["decoded"], row["decode_error"]


def wav(kind: str, form: str = "WAV") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, NOISE.uniform(-0.5, 0.5, (1000, 2)), 8000, format=form, subtype=kind)
    return file.getvalue()


@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("kind", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
def test_a_wav_that_is_cut_off_is_told(kind: str, form: str, tmp_path: Path) -> None:
    whole = wav(kind, form)
    assert told(tmp_path, "a.wav", whole) == (True, None)
    frame = {"PCM_U8": 2, "PCM_16": 4, "PCM_24": 6, "FLOAT": 8, "DOUBLE": 16}.get(kind, 2)
    assert told(tmp_path, "a.wav", whole[: -100 * frame]) == (False, "truncated: 900 of 1000 frames")


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_that_was_written_into_a_pipe_is_whole(size: int, tmp_path: Path) -> None:
    data = bytearray(wav("PCM_16"))
    at = data.find(b"data") + 4
    data[4:8] = data[at : at + 4] = size.to_bytes(4, "little")
    assert told(tmp_path, "a.wav", bytes(data)) == (True, None)


@pytest.mark.parametrize("form", ["gif", "tiff"])
def test_each_picture_of_a_file_is_looked_at(form: str, tmp_path: Path) -> None:
    file = io.BytesIO()
    first, *more = [Image.fromarray(NOISE.integers(0, 255, (40, 60, 3), dtype=np.uint8)) for _ in range(4)]
    first.save(file, form, save_all=True, append_images=more)
    whole = file.getvalue()
    assert told(tmp_path, f"a.{form}", whole) == (True, None)
    assert told(tmp_path, f"a.{form}", whole[: len(whole) * 2 // 3]) == (False, "damaged or cut off")


@pytest.mark.parametrize("name", ["a.svg", "a.m4a", "a.aac", "a.heic"])
def test_of_files_that_nothing_here_reads_nobody_says_that_they_are_damaged(name: str, tmp_path: Path) -> None:
    assert told(tmp_path, name, b"<svg/>") == (None, None)
