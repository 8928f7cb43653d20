"""Classes, patients and masks from tables; test_reader.py has those of published data sets."""

from pathlib import Path

import pytest
import table_data_sets
from image_files import write_noise

from core.data import labels
from core.data.index import build_index
from core.data.labels import ColumnNames, find_tables
from core.data.reader import Reading, read_folder
from core.data.written_names import match_names
from core.errors import UserError


def test_a_table_that_the_user_gives(tmp_path: Path) -> None:
    expected = table_data_sets.write_udiat(tmp_path)
    table = tmp_path / "DatasetB.xlsx"
    with pytest.raises(
        UserError, match=r"GT and original are no classes.* DatasetB\.xlsx is not used; give it"
    ):
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
    assert data.remarks == (
        "Classes come from the column 'finding' of list.csv, patients from 'woman'.",
        "list.csv lists 1 image that the data do not have: '9'.",
    )
    index = build_index(data).table
    assert index["class"].tolist() == ["benign", "benign", "malignant", "malignant"]
    assert index["patient"].tolist() == ["0", "1", "0", "1"]


def test_an_image_with_two_labels_is_left_out_and_one_without_any_too(tmp_path: Path) -> None:
    for number in range(4):
        write_noise(tmp_path / f"{number}.png", number)
    table = tmp_path / "list.csv"
    table.write_text("file,class\n0,benign\n1,malignant\n2,benign\n2,Benign\n3,benign\n3,malignant\n")
    data = read_folder(tmp_path, Reading((table,)))
    assert data.remarks == (
        "Classes come from the column 'class' of list.csv.",
        "list.csv gives two labels to 1 image, which is left out: '3.png'.",
    )
    index = build_index(data)
    assert index.table["file"].tolist() == ["0.png", "2.png", "1.png"]
    assert index.left_out["problem"].tolist() == ["no label in the table"]
    table.write_text("file,class\n0,benign\n1,malignant\n")
    told = build_index(read_folder(tmp_path, Reading((table,)))).remarks
    assert told[0] == "2 images without a label in the table are left out: '2.png' and '3.png'."


def test_a_name_that_may_be_two_files_is_refused(tmp_path: Path) -> None:
    for number, file in enumerate(("a/1.png", "b/1.png")):
        write_noise(tmp_path / file, number)
    table = tmp_path / "list.csv"
    table.write_text("file,class\n1.png,benign\n")
    with pytest.raises(
        UserError, match=r"names '1\.png', which may be 'a/1\.png' or 'b/1\.png'; write its folder"
    ):
        read_folder(tmp_path, Reading((table,)))


def test_two_kinds_of_known_tables_are_refused(tmp_path: Path) -> None:
    table_data_sets.write_busbra(tmp_path)
    table_data_sets.write_bus_uclm(tmp_path / "more")
    files = ["bus_data.csv", "more/INFO.csv", "5-fold-cv.csv"]
    with pytest.raises(
        UserError, match=r"two tables of labels, bus_data\.csv and INFO\.csv; name one with --table"
    ):
        find_tables(tmp_path, files)
    known, others = find_tables(tmp_path, [files[0], files[2]])
    assert [table.path.name for table in known] == [files[0]]
    assert others == ["5-fold-cv.csv is not used; give it with --table to take the classes from it."]


def test_a_workbook_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    table_data_sets.write_breast_tcia(tmp_path)
    name = "BrEaST-Lesions-USG-clinical-data-Dec-15-2023.xlsx"
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:500])
    (told,) = read_folder(tmp_path).remarks
    assert told.startswith(f"{name} is ")


def test_the_masks_of_all_rows_are_looked_up_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        write_noise(tmp_path / "a" / f"{number}.png", number)
        write_noise(tmp_path / "b" / f"m{number}.png", number + 4)
    table = tmp_path / "list.csv"
    table.write_text("file,class,mask\n" + "".join(f"{n}.png,{'bm'[n % 2]},m{n}.png\n" for n in range(4)))
    calls = []
    monkeypatch.setattr(labels, "match_names", lambda *given: calls.append(given) or match_names(*given))
    owners = read_folder(tmp_path, Reading((table,))).owners
    assert owners == {f"b/m{number}.png": f"a/{number}.png" for number in range(4)}
    assert len(calls) == 1  # once for each row takes hours on a large table
