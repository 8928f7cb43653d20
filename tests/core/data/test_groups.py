from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from reading import indexed

from core.data.audit import audit
from core.data.groups import assign_groups, count_by_class, join_patients, list_groups, read_groups
from core.data.phantom.dataset import write_dataset
from core.data.reader import read_folder
from core.errors import UserError


def table(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    files = pd.DataFrame(rows, columns=["file", "class", "kind", "group"])
    return files.assign(sha256=[file.rstrip("'") for file in files["file"]])


def test_patient_ids_join_near_duplicate_groups(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(4):
            pixels = np.kron(rng.integers(0, 256, (12, 12), dtype=np.uint8), np.ones((20, 20), np.uint8))
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    Image.open(tmp_path / "a" / "0.png").resize((200, 200)).save(tmp_path / "a" / "copy.png")
    index = indexed(tmp_path)
    groups = tmp_path / "groups.csv"
    patients = {file: file for file in index["file"]} | {"a/1.png": "p", "a/copy.png": "p"}
    groups.write_text("file,group\n" + "\n".join(f"{file},{patient}" for file, patient in patients.items()))
    duplicates = assign_groups(index)
    joined = join_patients(duplicates, index.assign(patient=index["file"].map(read_groups(groups, index))))
    labels = dict(zip(index["file"], joined, strict=True))
    # Image 0 has a near-duplicate, which is of the same patient as image 1.
    assert labels["a/0.png"] == labels["a/copy.png"] == labels["a/1.png"]
    assert len(set(labels.values())) == 7


def test_a_groups_file_that_misses_images_is_refused(tmp_path: Path) -> None:
    index = pd.DataFrame({"file": ["a/0000.png", "b/0001.png"], "kind": "image", "source": ""})
    groups = tmp_path / "groups.csv"
    groups.write_text("file,group\na/0000.png,1\n")
    with pytest.raises(UserError, match=r"misses 1 of 2 images, such as 'b/0001\.png'; add them\.$"):
        read_groups(groups, index)
    groups.write_text("file,group\na/0000.png,1\na/0000.png,2\nb/0001.png,3\n")
    with pytest.raises(UserError, match=r"has two groups for 'a/0000\.png'"):
        read_groups(groups, index)
    groups.write_text("x/1.png,P1\n")
    with pytest.raises(
        UserError, match=r"has the columns 'x/1\.png' and 'P1'; it needs the columns file and"
    ):
        read_groups(groups, index)
    groups.write_text("file|group\na/0000.png|1\n")
    with pytest.raises(UserError, match=r"has one column, 'file\|group'; .* separated by commas, semicolons"):
        read_groups(groups, index)
    groups.write_text("file,group\n" + "".join(f"c/{number}.png,1\n" for number in range(5, 10)))
    with pytest.raises(UserError) as refused:
        read_groups(groups, index)
    assert str(refused.value).endswith(
        "misses 2 of 2 images, such as 'a/0000.png' and 'b/0001.png'; add them. It lists 'c/5.png', "
        "'c/6.png', 'c/7.png' and 2 more, which the data does not have."
    )
    both = pd.DataFrame({"file": ["a/1.png", "b/1.png"], "kind": "image", "source": ""})
    groups.write_text("file,group\n1.png,P1\n")
    with pytest.raises(UserError, match=r"lists '1\.png', which may be 'a/1\.png' or 'b/1\.png'; write each"):
        read_groups(groups, both)
    with pytest.raises(UserError, match="cannot be read"):
        read_groups(tmp_path / "missing.csv", index)


def test_blanks_masks_and_other_files_do_not_matter(tmp_path: Path) -> None:
    index = pd.DataFrame({"file": ["Images/1.png", "Masks/1.png"], "kind": ["image", "mask"], "source": ""})
    groups = tmp_path / "groups.csv"
    groups.write_text("Image; Patient ID\n1.png; P1 \nMasks/1.png;P2\nImages/1.png;P1\nx.png;P3\n")
    assert read_groups(groups, index).to_dict() == {"Images/1.png": "P1"}


def test_groups_are_listed_with_what_is_wrong_about_them() -> None:
    files = table(
        ("a", "benign", "image", 1),
        ("a'", "benign", "image", 1),
        ("b", "benign", "image", 2),
        ("c", "malignant", "image", 2),
        ("d", "normal", "image", 3),
        ("d mask", "normal", "mask", 3),
    )
    groups = list_groups(files)
    assert groups["group"].tolist() == [2, 1]
    assert groups["conflicting"].tolist() == [True, False]
    assert groups["exact"].tolist() == [False, True]
    assert count_by_class(files).to_numpy().tolist() == [
        ["benign", 3, 0, 3, 1],
        ["malignant", 1, 0, 1, 1],
        ["normal", 1, 1, 0, 0],
        ["all", 5, 1, 4, 2],
    ]


def test_an_audit_is_counted_in_the_same_way(tmp_path) -> None:
    write_dataset(tmp_path, counts={"benign": 5, "malignant": 5})
    found = audit(read_folder(tmp_path))
    row = count_by_class(found.table).iloc[-1]
    whole = found.summary.iloc[-1]
    assert row["with near-duplicate"] == whole["near-duplicate"] > 0
    assert row["conflicting"] == whole["conflicting labels"] == 4
    assert (row["images"], row["masks"]) == (whole["images"], whole["masks"])
