"""What every file of a data set is, after its pixels were read."""

from pathlib import Path

import data_sets
import numpy as np
import pytest
from image_files import write_noise
from PIL import Image

from core.data.image_facts import pixel_hash, read_files
from core.data.index import build_index
from core.data.reader import read_folder
from core.errors import UserError


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
    table = read_files(read_folder(tmp_path)).set_index("file")
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
    table = read_files(read_folder(tmp_path)).set_index("file")
    assert table.loc["benign/benign (2)_mask.png", ["kind", "problem"]].tolist() == ["mask", ""]
    index = build_index(read_folder(tmp_path), allow_missing=True)
    assert "benign/benign (2)_mask.png" not in set(index.table["file"])
    with pytest.raises(UserError, match="1 of 2 files of benign were not read"):
        build_index(read_folder(tmp_path))
