"""Tables as people and programs write them, and files that only have the name of a table."""

import io
import unicodedata
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from core.csv_table import to_csv
from core.data.user_table import describe_columns, find_column, missing_columns, read
from core.errors import UserError

NEEDED = "it needs the columns file and group"
ROWS = [["benign/Bild ä 1.png", "P000"], ["benign/Bild ä 2.png", ""], ["normal/a, b;c.png", "7"]]


def text(separator: str, quote: str = '"') -> str:
    lines = [["file", "group"], *ROWS[:2], [f"{quote}{ROWS[2][0]}{quote}", "7"]]
    return "".join(f"{separator.join(line)}\n" for line in lines)


SPELLINGS = {
    "comma": text(",").encode(),
    "semicolon": text(";").encode(),
    "tab": text("\t").encode(),
    "blanks": text(", ").encode(),
    "blanks around the header": text(";").replace("file;group", " file ; group ").encode(),
    "byte-order mark": text(",").encode("utf-8-sig"),
    "two byte-order marks": b"\xef\xbb\xbf" + text(";").encode("utf-8-sig"),
    "Excel": text(";").replace("\n", "\r\n").encode("utf-8-sig"),
    "UTF-16": text("\t").encode("utf-16"),
    "UTF-16, big-endian": b"\xfe\xff" + text("\t").encode("utf-16-be"),
    "UTF-16 without mark": text(",").encode("utf-16-le"),
    "Windows-1252": text(",").encode("cp1252"),
    "old Mac": text(",").replace("\n", "\r").encode(),
    "empty lines and cells": ("\n\n" + text(",").replace("\n", ",,\n\n") + ",,\n").encode(),
    "short lines": text(",").replace("2.png,", "2.png").encode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_the_same_table(tmp_path: Path, spelling: str) -> None:
    path = tmp_path / "groups.csv"
    path.write_bytes(SPELLINGS[spelling])
    found = read(path, "the groups file", NEEDED)
    assert found.columns.tolist() == ["file", "group"]
    assert found.to_numpy().tolist() == ROWS


def test_every_cell_is_text(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("file,group\n001.png,07\nNA,\n")
    found = read(path, "the groups file", "")
    assert found.to_numpy().tolist() == [["001.png", "07"], ["NA", ""]]
    path.write_text("file,group\n")
    assert read(path, "the groups file", "").shape == (0, 2)


@pytest.mark.parametrize(
    ("content", "columns", "first"),
    [
        # A decimal comma, a comma in the header, and a separator in every cell of a column.
        ("file;size\na;1,5\nb;2,5\n", ["file", "size"], ["a", "1,5"]),
        ("file;group, or patient\na;1\nb;2\n", ["file", "group, or patient"], ["a", "1"]),
        ("file,tags\na,x;y;z\nb,x;y;z\n", ["file", "tags"], ["a", "x;y;z"]),
        ('file,note\na,"two\nlines"\n', ["file", "note"], ["a", "two\nlines"]),
        ('file,note\na,5" probe\n', ["file", "note"], ["a", '5" probe']),
        ("file,file,File\na,b,c\n", ["file", "file.1", "File"], ["a", "b", "c"]),
        ("one\na\n", ["one"], ["a"]),
    ],
)
def test_the_separator_is_the_one_that_fits(tmp_path, content: str, columns: list[str], first) -> None:
    (tmp_path / "x.csv").write_text(content)
    found = read(tmp_path / "x.csv", "the table", NEEDED)
    assert found.columns.tolist() == columns
    assert found.iloc[0].tolist() == first


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Notes;\n1;2\n3;4;5\n", "line 3 has 3 cells and the first line, 'Notes', has 2 cells; it needs"),
        (b"file,group\na.png,1\nb.png,1,2\n", "line 3 has 3 cells and the first line, 'file', has 2 cells"),
        (b'file,group\na.png,1\n"b.png,1\nc.png,2\n', "line 3 has a quotation mark without its counter"),
        (b"file,group\n\x81\0\n", "is not text in UTF-8, UTF-16 or Windows-1252"),
        (b"", "is empty; it needs"),
        (b"\n\n", "is empty; it needs"),
        (b"%PDF-1.7 ...", "is a PDF document; give a CSV or .xlsx table."),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "of before 2007 (.xls) or has a password; save it as CSV.",
        ),
        (b"PK\x03\x04" + bytes(100), "is a damaged Excel workbook or another kind of file"),
        (b"a," * 5000 + b"\n", "has more than 2,000 cells"),
    ],
    ids=range(10),
)
def test_what_is_no_table_is_refused_with_what_was_found(tmp_path, content: bytes, said: str) -> None:
    path = tmp_path / "groups.csv"
    path.write_bytes(content)
    with pytest.raises(UserError) as refused:
        read(path, "the groups file", NEEDED)
    assert str(refused.value).startswith(f"the groups file {path} ")
    assert said in str(refused.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^the groups file .* cannot be read: No such file or directory\.$"):
        read(tmp_path / "none.csv", "the groups file", NEEDED)
    with pytest.raises(UserError, match=r"is not a file; give a CSV or \.xlsx table\.$"):
        read(tmp_path, "the groups file", NEEDED)


def test_a_name_that_a_program_wrote_for_spreadsheets_is_the_name_again(tmp_path) -> None:
    table = pd.DataFrame({"file": ["=a/-1.png", "'b.png", " c .png "], "group": ["+1", "@2", "\t3"]})
    (tmp_path / "groups.csv").write_text(to_csv(table))
    assert "'=a" in (tmp_path / "groups.csv").read_text()
    pd.testing.assert_frame_equal(read(tmp_path / "groups.csv", "the groups file", ""), table)
    # A user's own file has no such quotes.
    table[:2].to_csv(tmp_path / "own.csv", index=False)
    own = pd.DataFrame({"file": ["=a/-1.png", "'b.png"], "group": ["+1", "@2"]})
    pd.testing.assert_frame_equal(read(tmp_path / "own.csv", "the groups file", ""), own)


def test_a_workbook_is_read_whatever_its_ending(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["file", "group", None])
    for row in ROWS:
        book.active.append([*row[:1], int(row[1]) if row[1].isdigit() else row[1] or None])
    for name in ("table.xlsx", "table.csv"):
        book.save(tmp_path / name)
        found = read(tmp_path / name, "the groups file", NEEDED)
        assert found.columns.tolist() == ["file", "group"]
        assert found.to_numpy().tolist() == ROWS


def test_another_zip_with_the_name_of_a_workbook_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.png", b"x")
    (tmp_path / "x.xlsx").write_bytes(buffer.getvalue())
    with pytest.raises(UserError, match=r"the table .*x\.xlsx is a ZIP file and no Excel workbook; give"):
        read(tmp_path / "x.xlsx", "the table", NEEDED)


def test_columns_are_found_without_case_blanks_underscores_and_hyphens() -> None:
    table = pd.DataFrame(columns=["Patient-ID", "File Name", "BIRADS", "file"])
    assert find_column(table, ("group", "patientid")) == "Patient-ID"
    assert find_column(table, ("filename", "file")) == "File Name"
    assert find_column(table, ("file",)) == "file"
    assert find_column(table, ("patient",)) is None
    composed = pd.DataFrame(columns=[unicodedata.normalize("NFD", "größe")])
    assert find_column(composed, ("Größe",)) is not None


def test_missing_columns_are_named_with_those_that_are_there() -> None:
    one, many = pd.DataFrame(columns=["file|group"]), pd.DataFrame(columns=list("abcdefgh"))
    said = str(missing_columns(one, Path("g.csv"), "the groups file", NEEDED))
    assert said == (
        "the groups file g.csv has one column, 'file|group'; it needs the columns file and group, "
        "separated by commas, semicolons or tabs."
    )
    assert describe_columns(many) == "the columns 'a', 'b', 'c', 'd', 'e', 'f' and 2 more"
    assert describe_columns(many[["a", "b"]]) == "the columns 'a' and 'b'"
