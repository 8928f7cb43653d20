"""Workbooks as Excel writes them, and as an attacker makes them."""

import datetime as dt
import io
import tracemalloc
import zipfile

import openpyxl
import pytest

from core.data import workbook
from core.data.workbook import WorkbookError, read_rows

SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b"%s</sheetData></worksheet>"
)


def saved(*sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for number, rows in enumerate(sheets):
        sheet = book.active if number == 0 else book.create_sheet()
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def changed(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with another content of one of its parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == name else old.read(info))
    return buffer.getvalue()


def test_values_are_written_as_people_read_them() -> None:
    row = [12.0, 12.5, 7, "007", None, True, dt.datetime(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4)]  # noqa: DTZ001
    told = ["12", "12.5", "7", "007", "", "True", "2020-01-02", "2020-01-02 03:04:00"]
    assert list(read_rows(saved([row]))) == [told]
    xml = (
        SHEET % b'<row r="1"><c r="A1"><v>12.0</v></c><c r="B1"><v>1E3</v></c><c r="D1"><v>0.1</v></c></row>'
    )
    assert list(read_rows(changed(saved([row]), "xl/worksheets/sheet1.xml", xml))) == [
        ["12", "1000", "", "0.1"]
    ]


def test_the_first_sheet_with_content_is_read() -> None:
    assert list(read_rows(saved([], [["a", 1]], [["b"]]))) == [["a", "1"]]


def test_wrong_dimensions_hide_nothing() -> None:
    sheet = "xl/worksheets/sheet1.xml"
    data = saved([["a", "b"], ["c", "d"]])
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        xml = file.read(sheet)
    data = changed(data, sheet, xml.replace(b'ref="A1:B2"', b'ref="A1:A1"'))
    assert list(read_rows(data)) == [["a", "b"], ["c", "d"]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            SHEET % b'<row r="1"><c r="BXY1"><v>1</v></c></row>',
            "has more than 1,048,576 rows or 2,000 columns",
        ),
        (SHEET % (b"<row/>" * 6_000_000), "unpacks to more than 32 MB; save it as CSV"),
        (SHEET % b'<row r="1"><c r="A1" t="s"><v>9</v></c></row>', "is a damaged Excel workbook"),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;', "is a damaged Excel workbook"),
        (b"", "is a damaged Excel workbook"),
    ],
    ids=["column", "bomb", "no such text", "no such entity", "empty"],
)
def test_hostile_and_damaged_workbooks_are_refused(content: bytes, said: str) -> None:
    data = changed(saved([["a"]]), "xl/worksheets/sheet1.xml", content)
    tracemalloc.start()
    with pytest.raises(WorkbookError, match=said):
        list(read_rows(data))
    assert tracemalloc.get_traced_memory()[1] < 2 * 10**7
    tracemalloc.stop()


def test_a_row_far_below_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_MAX_ROWS", 1000)
    content = SHEET % b'<row r="999999999999"><c r="A1"><v>1</v></c></row>'
    with pytest.raises(WorkbookError, match="has more than 1,000 rows"):
        list(read_rows(changed(saved([["a"]]), "xl/worksheets/sheet1.xml", content)))
