"""Every layout that people have is read as its owner means it, or refused with the reason."""

from pathlib import Path

import pytest
from image_files import write_noise
from layouts import LAYOUTS

from core.data.index import build_index
from core.data.patients import find_patients
from core.data.provenance import DataSource
from core.data.published_split import describe_own_split
from core.data.reader import Folder, Reading, read_folder, read_folders
from core.errors import UserError


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_its_classes_masks_patients_and_sets(tmp_path: Path, layout: str) -> None:
    expected = LAYOUTS[layout](tmp_path)
    data = read_folder(tmp_path)
    index = build_index(data)
    images = index.table[index.table["kind"] == "image"]
    assert images["class"].value_counts().to_dict() == expected.classes
    assert (index.table["kind"] == "mask").sum() == expected.masks
    assert len(set(images["patient"]) - {""}) == (expected.patients or 0)
    sets = images.loc[images["set"] != "", "set"].value_counts().to_dict()
    assert sets == (expected.sets or {})
    patients = find_patients(data, index.table, [])
    own_split = describe_own_split(index.table, used=False)
    said = "\n".join([*data.remarks, *index.remarks, patients.remark, own_split])
    for fragment in expected.says:
        assert fragment in said
    assert bool(said.strip()) == bool(expected.says)  # nothing is said of what is in order


def sources(**folders: Path) -> list[Folder]:
    return [
        Folder(path, name, DataSource(name=name, simulated=False, patient_ids=False))
        for name, path in folders.items()
    ]


def test_a_table_belongs_to_the_data_set_whose_files_it_names(tmp_path: Path) -> None:
    for number, (source, file) in enumerate([("a", "1.png"), ("a", "2.png"), ("b", "2.png"), ("b", "3.png")]):
        write_noise(tmp_path / source / "scans" / file, number)
    tables = {name: tmp_path / f"{name}.csv" for name in ("first", "second", "both", "none")}
    tables["first"].write_text("file,class\n1,benign\na/scans/2.png,malignant\n")
    tables["second"].write_text("file,class\nb/scans/2.png,benign\n3.png,malignant\n")
    tables["both"].write_text("file,class\n1,benign\n2,malignant\n")
    tables["none"].write_text("file,class\n7,benign\n")
    folders = sources(a=tmp_path / "a", b=tmp_path / "b")

    def read(*names: str) -> dict[str, str]:
        index = build_index(read_folders(folders, Reading(tuple(tables[name] for name in names)))).table
        return dict(zip(index["file"], index["class"], strict=True))

    assert read("second", "first") == {
        "a/scans/1.png": "benign",
        "a/scans/2.png": "malignant",
        "b/scans/2.png": "benign",
        "b/scans/3.png": "malignant",
    }
    with pytest.raises(
        UserError, match=r"both\.csv fits files of a and of b, such as '2'; write their names as a/2"
    ):
        read("both")
    with pytest.raises(UserError, match=r"none\.csv names no file of a or b, but '7'"):
        read("none")


def test_a_table_of_one_data_set_is_used_whatever_the_data_set_is_called(tmp_path: Path) -> None:
    for number in (1, 2):
        write_noise(tmp_path / "scans" / f"{number}.png", number)
    table = tmp_path / "table.csv"
    table.write_text("file,class\n1.png,benign\n2.png,malignant\n")
    # As for a data set of the Hub, whose files are named by its last word.
    named = DataSource(name="hf://datasets/user/scans", simulated=False, patient_ids=False)
    data = read_folders([Folder(tmp_path, "scans", named)], Reading((table,)))
    assert sorted(data.files["class"]) == ["", "benign", "malignant"]


def test_many_empty_folders_and_tables_are_told_in_few_words(tmp_path: Path) -> None:
    for number, name in enumerate(("benign", "malignant")):
        write_noise(tmp_path / name / "1.png", number)
    for name in "abcde":
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}.csv").write_text("file,class\n1,benign\n")
    remarks = read_folder(tmp_path).remarks
    assert "The folders a, b, c and 2 more have no images and are no classes." in remarks
    assert remarks[-1] == "Nor are 2 more tables."
    assert len(remarks) == 5


@pytest.mark.slow
@pytest.mark.busi
def test_busi_gives_the_counts_of_its_readme(busi: Path) -> None:
    index = build_index(read_folder(busi)).table
    assert index.groupby("class")["kind"].value_counts().unstack().to_numpy().tolist() == [
        [437, 454],
        [210, 211],
        [133, 133],
    ]
