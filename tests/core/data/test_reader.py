"""Every layout that people have is read as its owner means it, or refused with the reason."""

from pathlib import Path

import data_sets
import pytest
import table_data_sets
from image_files import write_noise
from layouts import LAYOUTS

from core.data.index import build_index
from core.data.labels import ColumnNames
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


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("images", "masks"), "images and masks are no classes: images says only that images are in it"),
        (("benign", "malignant", "augmented"), "augmented is no class: augmented names augmented copies"),
        (("benign", "malignant", "test"), "test is no class: test names a set of a split"),
        (("images",), "images is no class: images says only that images are in it"),
    ],
)
def test_folders_that_cannot_be_classes_are_refused_by_name(
    tmp_path: Path, names: tuple, message: str
) -> None:
    data_sets.write_not_classes(tmp_path, names=names)
    with pytest.raises(UserError) as refused:
        build_index(read_folder(tmp_path))
    assert message in str(refused.value)
    assert "--table" in str(refused.value)


def test_augmented_copies_within_a_class_are_refused(tmp_path: Path) -> None:
    for number, file in enumerate(("benign/1.png", "malignant/1.png", "benign/augmented/1.png")):
        write_noise(tmp_path / file, number)
    with pytest.raises(UserError, match="augmented is no class"):
        build_index(read_folder(tmp_path))


def test_a_table_that_the_user_gives(tmp_path: Path) -> None:
    expected = table_data_sets.write_udiat(tmp_path)
    table = tmp_path / "DatasetB.xlsx"
    with pytest.raises(UserError, match=r"GT and original are no classes.* --table \S+DatasetB\.xlsx"):
        build_index(read_folder(tmp_path))
    index = build_index(read_folder(tmp_path, Reading(tables=(table,)))).table
    images = index[index["kind"] == "image"]
    assert images["class"].value_counts().to_dict() == expected.classes
    assert (index["kind"] == "mask").sum() == expected.masks


def test_columns_that_names_do_not_tell(tmp_path: Path) -> None:
    for number in range(4):
        write_noise(tmp_path / "scans" / f"{number}.png", number)
    table = tmp_path / "list.csv"
    table.write_text(
        "scan,finding,woman\n" + "".join(f"{n},{'BM'[n % 2]},{n // 2}\n" for n in range(4)) + "9,B,9\n"
    )
    for columns, message in (
        (ColumnNames(), "has the columns scan, finding, woman, none of which is known to hold file names"),
        (ColumnNames(image="scan"), "none of which is known to hold classes; name it with --label-column"),
        (ColumnNames("scan", "x"), "none is called 'x'"),
        (ColumnNames("finding", "woman"), "names none of the 4 images, but 'B'"),
        (
            ColumnNames("scan", "woman"),
            "has the number 0 in place of a class; .* --map 0=CLASS --map 1=CLASS",
        ),
    ):
        with pytest.raises(UserError, match=message):
            read_folder(tmp_path, Reading(tables=(table,), columns=columns))
    mapping = {"b": "benign", "M": "malignant"}
    data = read_folder(tmp_path, Reading((table,), ColumnNames("scan", "finding", "woman"), mapping))
    assert data.remarks == ("list.csv lists 1 image that the data do not have: '9'.",)
    index = build_index(data).table
    assert index["class"].tolist() == ["benign", "benign", "malignant", "malignant"]
    assert index["patient"].tolist() == ["0", "1", "0", "1"]


def test_classes_are_mapped_and_a_mapping_of_nothing_is_refused(tmp_path: Path) -> None:
    for number, file in enumerate(
        ("cyst/1.png", "Fibroadenoma/1.png", "ca/1.png", "benign/1.png", "nothing.png")
    ):
        write_noise(tmp_path / file, number)
    mapping = {"Cyst": "benign", "fibroadenoma ": "benign", "CA": "malignant"}
    data = read_folder(tmp_path, Reading(mapping=mapping))
    index = build_index(data)
    assert index.table["class"].value_counts().to_dict() == {"benign": 3, "malignant": 1}
    assert index.remarks[0] == "1 image outside the class folders is left out: 'nothing.png'."
    with pytest.raises(
        UserError, match="--map names 'lipoma', which is no class of the data; its classes are Fibroadenoma,"
    ):
        read_folder(tmp_path, Reading(mapping={"lipoma": "benign"}))


def test_classes_of_a_model_keep_its_spelling(tmp_path: Path) -> None:
    for number, file in enumerate(("CYST/1.png", "Solid Mass/1.png")):
        write_noise(tmp_path / file, number)
    data = read_folder(tmp_path, Reading(known_classes=("Cyst", "solid_mass")))
    assert build_index(data).table["class"].tolist() == ["Cyst", "solid_mass"]


def sources(**folders: Path) -> list[Folder]:
    return [
        Folder(path, name, DataSource(name=name, simulated=False, patient_ids=False))
        for name, path in folders.items()
    ]


def test_several_data_sets_are_one(tmp_path: Path) -> None:
    data_sets.write_busi(tmp_path / "busi", per_class=3)
    table_data_sets.write_busbra(tmp_path / "busbra", patients=3)
    data = read_folders(sources(BUSI=tmp_path / "busi", BUSBRA=tmp_path / "busbra"), Reading())
    index = build_index(data).table
    images = index[index["kind"] == "image"]
    assert images.groupby("source")["class"].value_counts().to_dict() == {
        **{("BUSI", name): 3 for name in data_sets.CLASSES},
        **{("BUSBRA", name): 6 for name in data_sets.TWO_CLASSES},
    }
    assert {"BUSI/benign/benign (1).png", "BUSBRA/Images/bus_0001-l.png"} <= set(images["file"])
    assert data.folders.path("BUSBRA/Images/bus_0001-l.png").is_file()
    masks = index[index["kind"] == "mask"].set_index("file")
    assert masks.loc["BUSBRA/Masks/mask_0001-l.png", "image"] == "BUSBRA/Images/bus_0001-l.png"
    assert "BUSBRA has no images of class normal." in data.remarks
    assert set(images.loc[images["source"] == "BUSI", "device"]) == {""}


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


@pytest.mark.busi
def test_busi_gives_the_counts_of_its_readme(busi: Path) -> None:
    index = build_index(read_folder(busi)).table
    assert index.groupby("class")["kind"].value_counts().unstack().to_numpy().tolist() == [
        [437, 454],
        [210, 211],
        [133, 133],
    ]
