"""What every file of a data set is, after its pixels were read."""

import shutil
from pathlib import Path

import data_sets
import numpy as np
import pytest
from image_files import write_noise
from PIL import Image
from screens import numbered_screen

from core.data.duplicates.fingerprint import fingerprint
from core.data.groups import assign_groups
from core.data.image_facts import pixel_hash, read_files, read_image
from core.data.index import build_index
from core.data.phantom.simulate import simulate
from core.data.reader import read_folder
from core.errors import UserError

CLASSES = ("benign", "malignant")


def test_a_reshaped_image_is_another_image() -> None:
    flat = np.zeros((2, 8, 3), np.uint8)
    assert pixel_hash(flat) != pixel_hash(flat.reshape(4, 4, 3))


def test_every_file_has_its_kind_problem_and_reason(tmp_path: Path) -> None:
    data_sets.write_curated(tmp_path, per_class=2, deleted=1)
    Image.new("L", (72, 64), 9).save(tmp_path / "benign" / "grey.png")
    write_noise(tmp_path / "benign" / "benign (1)_crop_mask.png", size=(64, 72))
    (tmp_path / "benign" / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "benign" / "notes.txt").write_text("x")
    write_noise(tmp_path / "loose.png", size=(64, 72))
    table = read_files(read_folder(tmp_path)).table.set_index("file")
    found = table[["kind", "problem"]].agg(": ".join, axis=1)
    assert found["benign/benign (1).png"] == "image: "
    assert found["benign/benign (1)_mask.png"] == "mask: "
    assert table.loc["benign/benign (1)_mask.png", "image"] == "benign/benign (1).png"
    assert found["benign/benign (3)_mask.png"] == "mask: mask without image"
    assert found["benign/grey.png"] == "image: blank"
    assert found["benign/cut.png"] == "image: unreadable"
    assert table.loc["benign/cut.png", "reason"].startswith("benign/cut.png is damaged")
    assert found["benign/notes.txt"] == "other: not an image"
    assert found["loose.png"] == "image: outside the class folders"


def test_the_mask_of_an_image_that_cannot_be_read_is_not_without_one(tmp_path: Path) -> None:
    data_sets.write_busi(tmp_path, per_class=2)
    (tmp_path / "benign" / "benign (2).png").write_bytes(b"\x89PNG\r\n\x1a\n")
    table = read_files(read_folder(tmp_path)).table.set_index("file")
    assert table.loc["benign/benign (2)_mask.png", ["kind", "problem"]].tolist() == ["mask", ""]
    index = build_index(read_folder(tmp_path), allow_missing=True)
    assert "benign/benign (2)_mask.png" not in set(index.table["file"])
    with pytest.raises(UserError, match="1 of 2 files of benign were not read"):
        build_index(read_folder(tmp_path))


@pytest.fixture(scope="module")
def screens(tmp_path_factory) -> Path:
    """Images on the screen of one scanner, among them one of another class."""
    folder = tmp_path_factory.mktemp("screens")
    for number in range(12):
        label = CLASSES[number % 2]
        image = simulate(label, np.random.default_rng(number)).image
        pixels = numbered_screen(np.repeat(image[..., np.newaxis], 3, axis=2), 0.6, number)
        (folder / label).mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / label / f"{number}.png", compress_level=1)
    return folder


def test_a_frame_that_a_set_shares_does_not_count_in_its_fingerprints(screens: Path) -> None:
    steps = []
    table, (frame,) = read_files(read_folder(screens), lambda *step: steps.append(step))
    # All images are read again, with the frame.
    assert steps == [(done, 12) for done in range(1, 13)] + [(done, 24) for done in range(13, 25)]
    assert set(table["framed"]) == {"shared"}
    pixels = read_image(screens / table["file"][0])
    assert table["fingerprint"][0] == fingerprint(pixels, (frame,))
    index = build_index(read_folder(screens))
    assert index.shared_frames == (frame,)
    assert "12 of 12 images have the same frame as others" in " ".join(index.remarks)
    assert len(set(assign_groups(index.table))) == 12


def test_a_known_frame_is_recognised_in_one_image(screens: Path, tmp_path: Path) -> None:
    table, frames = read_files(read_folder(screens))
    file = table["file"][0]
    (tmp_path / file).parent.mkdir()
    shutil.copy(screens / file, tmp_path / file)
    alone = read_files(read_folder(tmp_path), frames=frames)
    assert alone.shared_frames == frames
    assert alone.table["fingerprint"].tolist() == [table["fingerprint"][0]]
    assert read_files(read_folder(tmp_path)).table["framed"].tolist() == ["own"]
