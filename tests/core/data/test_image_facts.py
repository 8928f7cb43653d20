"""What every file of a data set is, after its pixels were read."""

import os
import shutil
from multiprocessing import active_children
from pathlib import Path

import data_sets
import numpy as np
import pandas as pd
import pytest
from image_files import write_noise
from PIL import Image
from screens import numbered_screen

from core.data.duplicates.fingerprint import fingerprint
from core.data.groups import assign_groups
from core.data.image_facts import MANY, pixel_hash, read_facts, read_files, read_image
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


@pytest.fixture(scope="module")
def mixed(screens: Path, tmp_path_factory) -> Path:
    """Images with masks, on the screen of a scanner, blank, tiny, in colour, broken and empty."""
    folder = tmp_path_factory.mktemp("mixed")
    data_sets.write_curated(folder, per_class=4, deleted=1)
    for label in CLASSES:
        shutil.copytree(screens / label, folder / label, dirs_exist_ok=True)
    inside = folder / "benign"
    Image.new("L", (72, 64), 9).save(inside / "blank.png")
    write_noise(inside / "tiny.png", size=(20, 20))
    Image.fromarray(np.random.default_rng(1).integers(0, 4000, (64, 72), np.uint16)).save(inside / "16.png")
    (inside / "cut.png").write_bytes((inside / "16.png").read_bytes()[:200])
    (inside / "empty.jpg").touch()
    return folder


def test_processes_read_the_same_as_threads(mixed: Path) -> None:
    paths = [str(mixed / file) for file in read_folder(mixed).files["file"]]
    in_threads, in_processes = [], []
    one = read_facts(paths, lambda *step: in_threads.append(step))
    two = read_facts(paths, lambda *step: in_processes.append(step), processes=2)
    pd.testing.assert_frame_equal(one.table, two.table)
    assert set(one.table["look"]) == {"", "blank", "black and white"}
    assert set(one.table["framed"]) == {"", "shared"}
    assert (one.table["notes"] != "").any()
    errors, same_errors = ({row: str(error) for row, error in read.errors.items()} for read in (one, two))
    assert errors == same_errors
    assert len(errors) == 2
    assert one.shared_frames == two.shared_frames
    assert len(one.shared_frames) == 1
    assert in_threads == in_processes
    assert in_threads[-1][0] > len(paths)  # images with a shared frame are read again


@pytest.mark.slow
def test_processes_are_started_for_many_files_only(tmp_path: Path) -> None:
    data_sets.write_curated(tmp_path / "one", per_class=4, deleted=1)
    for number in range(MANY // 18 + 1):
        for label in CLASSES:
            shutil.copytree(tmp_path / "one" / label, tmp_path / label / str(number), copy_function=os.link)
    shutil.rmtree(tmp_path / "one")
    children = set()
    few = read_folder(tmp_path / CLASSES[0])
    read_files(few, lambda *_: children.update(active_children()), processes=2)
    assert not children
    many = read_folder(tmp_path)
    table = read_files(many, lambda *_: children.update(active_children()), processes=2).table
    assert len(children) == 2
    assert len(table) >= MANY
    pd.testing.assert_frame_equal(table, read_files(many).table)
