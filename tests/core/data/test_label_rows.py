"""What is odd in the rows of a table is told or refused, and never decides in silence."""

from pathlib import Path

import pandas as pd
import pytest
from image_files import write_noise

from core.data.index import build_index
from core.data.label_rows import unified
from core.data.labels import ColumnNames
from core.data.reader import Reading, read_folder
from core.errors import UserError

COUNT = 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(COUNT):
        write_noise(tmp_path / "scans" / f"{number}.png", number)
    return tmp_path


def write(folder: Path, header: str, *rows: str, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("file,class,patient", ("0,benign,p", "0,benign,q"), r"two patients for 'scans/0\.png'; keep one"),
        ("file,class,set", ("0,benign,train", "0,benign,test"), r"two sets for 'scans/0\.png'; keep one"),
        (
            "file,class",
            ("0,0.0", "1,1."),
            r"the number 0 in place of a class; .* --map 0=CLASS --map 1=CLASS",
        ),
        ("file,class", tuple(f"0,{n}" for n in range(11)), "11 different numbers in place of classes, such"),
        ("file,class", (), r"names none of the 4 images; give its column"),
        ("file,class", ("8,benign",), r"names none of the 4 images, but '8'; give its column"),
    ],
)
def test_rows_that_cannot_be_meant_are_refused(
    folder: Path, header: str, rows: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        read_folder(folder, Reading((write(folder, header, *rows),)))


def test_empty_cells_are_no_labels_and_no_patients(folder: Path) -> None:
    rows = (
        "0,benign,p1",
        "0,,",
        "1,malignant,p1 ",
        "2,nan,p2",
        "3,malignant,nan",
        "9,benign,p3",
        ",benign,p3",
    )
    data = read_folder(folder, Reading((write(folder, "file,class,patient", *rows),)))
    assert data.remarks == (
        "Classes come from the column 'class' of list.csv, patients from 'patient'.",
        "list.csv lists 1 image that the data do not have: '9'.",
        "list.csv: 1 of 4 images have no patient; each counts as one: 'scans/3.png'.",
    )
    index = build_index(data)
    assert index.table[["class", "patient"]].to_numpy().tolist() == [
        ["benign", "p1"],
        ["malignant", "p1"],
        ["malignant", ""],
    ]
    assert index.remarks[0] == "1 image without a label in the table is left out: 'scans/2.png'."


def test_sets_that_are_none_and_other_columns_of_labels_are_told(folder: Path) -> None:
    rows = [f"{number},{'bm'[number % 2]},x,{'train' if number else 'A'}" for number in range(COUNT)]
    table = write(folder, "file,class,type,split", *rows)
    data = read_folder(folder, Reading((table,)))
    from_columns = "Classes come from the column 'class' of list.csv, sets from 'split'."
    assert data.remarks == (
        f"{from_columns} --label-column chooses 'type' instead.",
        "list.csv: images have no set where the column 'split' has 'A'.",
    )
    assert len(read_folder(folder, Reading((table,), ColumnNames(label="class"))).remarks) == 2


def test_equal_values_are_spelt_alike_and_what_says_nothing_is_empty() -> None:
    machines = pd.Series(["GE Logiq", "GE  logiq ", "GE Logiq", "n/a", " - ", "Toshiba"])
    assert list(unified(machines)) == ["GE Logiq"] * 3 + ["", "", "Toshiba"]
    assert list(unified(pd.Series(["4.0", "4", "4a", "nan", "5."]))) == ["4", "4", "4a", "", "5"]


def test_columns_with_names_that_read_alike_are_one(folder: Path) -> None:
    rows = [f"{number},{'bm'[number % 2]},3,4,a,b" for number in range(COUNT)]
    table = write(folder, "file,class,BI-RADS,BIRADS,x,X", *rows)
    files = read_folder(folder, Reading((table,))).files.set_index("file")
    assert files.loc["scans/0.png", ["birads", "table_x"]].tolist() == ["3", "a"]


def test_tables_that_contradict_each_other_are_told(folder: Path) -> None:
    first = write(folder, "file,class,patient", "0,benign,p", "1,malignant,", "2,benign,", "3,,")
    second = write(
        folder, "file,class,patient", "1,malignant,q", "2,malignant,", "3,malignant,", name="b.csv"
    )
    data = read_folder(folder, Reading((first, second)))
    assert data.remarks[-1] == "The tables give two labels to 1 image, which is left out: 'scans/2.png'."
    index = build_index(data).table
    assert dict(zip(index["file"], index["class"], strict=True)) == {
        "scans/0.png": "benign",
        "scans/1.png": "malignant",
        "scans/3.png": "malignant",
    }
    assert index.set_index("file").loc["scans/1.png", "patient"] == "q"
    other = write(folder, "file,class,patient", "0,benign,z", name="c.csv")
    with pytest.raises(UserError, match=r"two patients for 'scans/0\.png'; keep one"):
        read_folder(folder, Reading((first, other)))
