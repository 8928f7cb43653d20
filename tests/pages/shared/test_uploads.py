"""Uploads of one by one and of folders; tests/pages/test_classify.py has them as a visitor sees them."""

from __future__ import annotations

import numpy as np
import pytest
from clips import sweep
from image_files import NOISE, encoded
from layouts import LAYOUTS
from PIL import Image
from visit import png

from pages.components.shared.uploads import Outcome, read

MASK = np.zeros_like(NOISE)
MASK[10:30, 20:50] = 255
FRAMES = [Image.fromarray(NOISE[..., 0] // part) for part in (1, 2)]
FILM = encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:])


def taken(files: list[tuple[str, bytes]], *, folder: bool) -> tuple[list[str], Outcome]:
    """Return names of images, and of clips with the number of their files, as they are added."""
    names: list[str] = []
    found = read(
        files,
        lambda name, _decoded: names.append(name),
        lambda name, *frames: names.append(f"{name}: {len(frames)}"),
        folder=folder,
    )
    return names, found


@pytest.mark.parametrize("folder", [False, True])
def test_litter_is_passed_over_and_other_files_are_told(folder) -> None:
    inside = "data/" if folder else ""
    files = {
        "a": png(NOISE),
        "._a": b"\0\5\x16\7",
        "Thumbs.db": b"\xd0\xcf\x11\xe0",
        "text.png": b"no image",
        "film.gif": FILM,
        "all.rar": b"Rar!\x1a\x07\0",
    }
    names, found = taken([(inside + name, data) for name, data in files.items()], folder=folder)
    assert names == [f"{inside}a", f"{inside}film.gif: 1"]
    refused = [problem.split()[0] for problem in found.problems]
    assert refused == (["data/text.png"] if folder else ["text.png", "all.rar"])
    assert found.skipped == ("Not read: 1 RAR archive." if folder else "")


def test_the_folder_itself_may_have_a_name_of_litter() -> None:
    names, _ = taken([(".data/a.png", png(NOISE)), (".data/.b.png", png(NOISE))], folder=True)
    assert names == [".data/a.png"]


def test_two_files_of_one_name_are_both_taken() -> None:
    files = [("a.png", png(NOISE)), ("a.png", png(NOISE[::-1])), ("a_mask.png", png(MASK))]
    names, found = taken(files, folder=False)
    assert names == ["a.png", "a.png"]
    assert found == ([], "1 segmentation mask skipped.")


def test_what_is_named_like_a_mask_of_a_mask_is_an_image() -> None:
    files = [("d/1.png", png(MASK)), ("d/1_mask.png", png(NOISE))]
    names, found = taken(files, folder=True)
    assert names == ["d/1_mask.png"]
    assert found.skipped == "1 segmentation mask skipped."


def test_frames_in_files_of_their_own_are_a_clip_in_a_folder_alone() -> None:
    frames = [(f"data/f{number}.png", png(frame)) for number, frame in enumerate(sweep(6), 7)]
    masks = [(f"data/f{number}_mask.png", png(MASK)) for number in range(7, 13)]
    names, found = taken([*frames, *masks, ("data/a.png", png(NOISE))], folder=True)
    assert names == ["data/a.png", "data/f*.png: 6"]
    assert found == ([], "6 segmentation masks skipped.")
    assert len(taken(frames, folder=False)[0]) == 6
    # Of frames that cannot be read, the others are a clip.
    names, found = taken([*frames, ("data/f99.png", b"no image")], folder=True)
    assert names == ["data/f*.png: 6"]
    assert [problem.split()[0] for problem in found.problems] == ["data/f99.png"]
    many = [(f"data/{number}.png", png(np.roll(NOISE, 7 * number, axis=0))) for number in range(6)]
    assert taken(many, folder=True)[0] == [f"data/{number}.png" for number in range(6)]


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_uploaded_as_a_folder_gives_its_images(tmp_path, layout) -> None:
    expected = LAYOUTS[layout](tmp_path)
    paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    names, found = taken(
        [(f"data/{path.relative_to(tmp_path)}", path.read_bytes()) for path in paths], folder=True
    )
    # A GIF of several frames is a clip here, which no training takes.
    assert len([name for name in names if ".gif: " not in name]) == sum(expected.classes.values())
    if expected.masks:
        assert f"{expected.masks} segmentation masks skipped." in found.skipped
