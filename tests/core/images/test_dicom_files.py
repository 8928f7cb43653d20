"""Every DICOM file that pydicom ships is read as a reference decode reads it, or says why not."""

import csv

import pytest
from dicom_reference import PYDICOM, compare, dicom_files
from paths import ROOT

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
FILES = [
    (path, folder) for folder in ("test_files", "charset_files") for path in dicom_files(PYDICOM / folder)
]
TABLE = {row["file"]: row for row in csv.DictReader((ROOT / "docs" / "dicom.csv").open(encoding="utf-8"))}
# The table was made with a decoder that this program goes without.
WITHOUT = {"SC_rgb_jpeg_gdcm.dcm": "no reference"}


def test_the_table_has_every_file_and_none_that_differs() -> None:
    assert len(FILES) > 150
    assert {path.relative_to(PYDICOM / folder).as_posix() for path, folder in FILES} <= set(TABLE)
    assert {row["outcome"] for row in TABLE.values()} == {"equal", "noted", "refused"}
    assert all(row["why"] for row in TABLE.values() if row["outcome"] != "equal")


def test_the_files_are_read_as_the_table_says() -> None:
    expected, found = {}, {}
    for path, folder in FILES:
        name = path.relative_to(PYDICOM / folder).as_posix()
        expected[name] = WITHOUT.get(name, TABLE[name]["outcome"])
        found[name] = compare(path).outcome
    assert found == expected
