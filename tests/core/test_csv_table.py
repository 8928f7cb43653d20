"""CSV files hold no formulas of strangers, and give every name back."""

import os

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.csv_table import neutralise, neutralised, read_csv, restore, to_csv

NAMES = [
    *("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx"),
    *("'=x", "''=x", "'quoted'", "a;=1+1", "a,-b", "a, b", "a\r\n=b", 'q"u"o', "", "1", "NA", "a\rb", "a; b"),
]
FORMULA = tuple("=+-@\t\r\n")


@given(st.text(alphabet="'=+-@\t\r\n,;ab \""))
def test_no_cell_begins_like_a_formula_and_every_text_comes_back(text: str) -> None:
    written = neutralise(text)
    assert restore(written) == text
    assert not written.startswith(FORMULA)
    # Where another country's spreadsheet begins a new cell.
    for separator in ",;":
        assert not [cell for cell in written.split(separator) if cell.startswith(FORMULA)]


@pytest.mark.parametrize("name", ["benign (1).png", "benign", "Mädchen 42.png", "'quoted'", "a - b", "x=1"])
def test_an_ordinary_name_stays_as_it_is(name: str) -> None:
    assert neutralise(name) == restore(name) == name


def test_line_ends_do_not_depend_on_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "linesep", "\r\n")
    assert to_csv(pd.DataFrame({"file": ["a", "b"]})) == "file\na\nb\n"


def test_a_file_gives_names_numbers_and_columns_back(tmp_path) -> None:
    table = pd.DataFrame({"file": NAMES, "number": -1.5, "yes": True, "=column": NAMES})
    (tmp_path / "x.csv").write_text(to_csv(table), newline="")
    read = read_csv(tmp_path / "x.csv", text_columns=("file", "=column"))
    pd.testing.assert_frame_equal(read, table)
    # All as text, as files that users wrote are read.
    assert read_csv(tmp_path / "x.csv")["number"].tolist() == ["-1.5"] * len(NAMES)


def test_lists_of_names_are_neutralised_one_by_one() -> None:
    table = pd.DataFrame({"possible": [["=a", "b"], []]})
    assert neutralised(table)["possible"].tolist() == [["'=a", "b"], []]
    assert table["possible"].tolist() == [["=a", "b"], []]
