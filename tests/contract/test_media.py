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


def sound(form: str, kind: str, frames: int = 1000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, NOISE.uniform(-0.5, 0.5, (frames, 2)), 16_000, format=form, subtype=kind)
    return file.getvalue()


@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("kind", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
def test_a_wav_that_is_cut_off_is_told(kind: str, form: str, tmp_path: Path) -> None:
    whole = sound(form, kind)
    assert told(tmp_path, "a.wav", whole) == (True, None)
    frame = {"PCM_U8": 2, "PCM_16": 4, "PCM_24": 6, "FLOAT": 8, "DOUBLE": 16}.get(kind, 2)
    assert told(tmp_path, "a.wav", whole[: -100 * frame]) == (False, "truncated: 900 of 1000 frames")


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_that_was_written_into_a_pipe_is_whole(size: int, tmp_path: Path) -> None:
    data = bytearray(sound("WAV", "PCM_16"))
    at = data.find(b"data") + 4
    data[4:8] = data[at : at + 4] = size.to_bytes(4, "little")
    assert told(tmp_path, "a.wav", bytes(data)) == (True, None)


@pytest.mark.parametrize("form", ["AIFF", "AU"])
@pytest.mark.parametrize(("kind", "size"), [("PCM_16", 4), ("PCM_24", 6), ("FLOAT", 8), ("ULAW", 2)])
def test_aiff_and_au_that_are_cut_off_are_told(form: str, kind: str, size: int, tmp_path: Path) -> None:
    whole = sound(form, kind)
    assert told(tmp_path, f"a.{form.lower()}", whole) == (True, None)
    at = whole.find(b"SSND") + 16 if form == "AIFF" else int.from_bytes(whole[4:8])
    assert told(tmp_path, f"a.{form.lower()}", whole[: at + 900 * size]) == (False, "truncated: 900 of 1000 frames")


def test_an_au_whose_size_was_not_known_is_whole(tmp_path: Path) -> None:
    data = bytearray(sound("AU", "PCM_16"))
    data[8:12] = b"\xff" * 4
    assert told(tmp_path, "a.au", bytes(data)) == (True, None)


@pytest.mark.parametrize("kind", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("left", [0.1, 0.5, 0.97])
def test_an_ogg_that_is_cut_off_is_told(kind: str, left: float, tmp_path: Path) -> None:
    whole = sound("OGG", kind, 20_000)
    assert told(tmp_path, "a.ogg", whole) == (True, None)
    assert told(tmp_path, "a.ogg", whole + b"TAG of some tool") == (True, None)
    decoded, error = told(tmp_path, "a.ogg", whole[: int(len(whole) * left)])
    assert (decoded, error) in [(False, "damaged or cut off"), (False, "not the content of a known format")]


@pytest.mark.parametrize("frames", [1_000, 1_152, 20_000, 47_999])
def test_an_mp3_that_is_cut_off_is_told(frames: int, tmp_path: Path) -> None:
    whole = sound("MP3", "MPEG_LAYER_III", frames)
    assert told(tmp_path, "a.mp3", whole) == (True, None)
    tagged = b"ID3\x04\0\0\0\0\x20\0" + b"\0" * 4096 + whole
    assert told(tmp_path, "a.mp3", tagged) == (True, None)
    if frames > 2 * 1_152:
        for data in (whole, tagged):
            decoded, error = told(tmp_path, "a.mp3", data[: -len(whole) // 3])
            assert decoded is False
            assert error.startswith("truncated: ")


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
