from pathlib import Path

import pandas as pd
import pytest

from core.csv_table import to_csv
from core.data import user_csv
from core.errors import UserError


def test_every_cell_is_text(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("file,group\n001.png,07\nNA,\n")
    assert user_csv.read(path, "the groups file", "").to_numpy().tolist() == [["001.png", "07"], ["NA", ""]]


def test_what_is_not_a_table_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("# Notes\nfile\nand, group\n")
    needed = "it needs the columns file and group"
    with pytest.raises(UserError, match=rf"^the groups file .*groups\.csv is not a CSV table; {needed}\.$"):
        user_csv.read(path, "the groups file", needed)
    with pytest.raises(UserError, match=r"^the groups file .* cannot be read: No such file or directory\.$"):
        user_csv.read(tmp_path / "none.csv", "the groups file", needed)


def test_a_name_that_a_program_wrote_for_spreadsheets_is_the_name_again(tmp_path) -> None:
    table = pd.DataFrame({"file": ["=a/-1.png", "'b.png"], "group": ["+1", "@2"]})
    (tmp_path / "groups.csv").write_text(to_csv(table))
    assert "'=a" in (tmp_path / "groups.csv").read_text()
    pd.testing.assert_frame_equal(user_csv.read(tmp_path / "groups.csv", "the groups file", ""), table)
    # A user's own file has no such quotes.
    table.to_csv(tmp_path / "own.csv", index=False)
    pd.testing.assert_frame_equal(user_csv.read(tmp_path / "own.csv", "the groups file", ""), table)
