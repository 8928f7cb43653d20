"""What the commands print and write about names that try to be more than names."""

import csv
import re
import shutil
import unicodedata

import pytest
from command_line import call, refuse
from hostile_names import CLASSES, DATA, FILE, FOLDER, HOST, make_hostile_bundle, make_hostile_folder
from image_files import NOISE
from visit import png

from core import escape
from core.csv_table import read_csv


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    make_hostile_bundle(folder / FOLDER)
    make_hostile_folder(folder / "data", [png(NOISE), png(NOISE[::-1]), png(NOISE), b"no image"])
    return folder


def printed(*arguments: object) -> str:
    """Run a command; return what it printed, in which nothing is left that a terminal would obey."""
    finished = call(*arguments)
    text = finished.stdout + finished.stderr
    codes = {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert codes <= {"\n"}
    assert "Traceback" not in text
    return text


def formulas(path) -> list[str]:
    """Return the cells of a CSV file that a spreadsheet would run."""
    with path.open(newline="") as file:
        return [cell for row in csv.reader(file) for cell in row if cell[:1] in set("=+-@\t\r\n") - {""}]


def test_evaluate_shows_classes_as_they_are(hostile) -> None:
    # Names may go over several lines of a table.
    letters = re.sub(r"[\s│]", "", printed("evaluate", hostile / FOLDER))
    for name in CLASSES:
        assert re.sub(r"\s", "", escape.terminal(name)) in letters


def test_predict_prints_names_and_writes_no_formula(hostile, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(hostile / "data" / f"{FOLDER} 1")
    text = printed(
        "predict", hostile / FOLDER, f"{FILE} 0.png", f"{FILE} 3.png", "--output", tmp_path / "p.csv"
    )
    assert escape.terminal(FILE) in text
    assert not formulas(tmp_path / "p.csv")
    table = read_csv(tmp_path / "p.csv")
    assert table["file"].tolist() == [f"{FILE} 0.png", f"{FILE} 3.png"]
    assert table["predicted_class"][0] in CLASSES


def test_audit_prints_names_and_writes_no_formula_and_no_markup(hostile, tmp_path) -> None:
    text = printed("audit", hostile / "data", "--output", tmp_path / "audit")
    assert escape.terminal(FILE) in text
    assert "[red]r" in text
    assert not formulas(tmp_path / "audit" / "audit.csv")
    table = read_csv(tmp_path / "audit" / "audit.csv")
    assert set(table["class"]) == {f"{FOLDER} 1", f"{FOLDER} 2"}
    page = (tmp_path / "audit" / "groups.html").read_text()
    assert HOST in page
    assert not [tag for tag in ("<s>", "<i>", "<a ") if tag in page]


def test_an_error_about_a_name_is_one_line_without_codes(tmp_path) -> None:
    error = refuse("predict", tmp_path, f"{tmp_path}/a\nError: b\x1b[31m")
    assert r"a\nError: b\x1b[31m does not exist" in error


def test_a_name_in_a_step_is_shown_as_it_is(hostile, tmp_path) -> None:
    archive = shutil.make_archive(str(tmp_path / "x"), "zip", hostile / "data")
    named = tmp_path / f"{DATA.replace('/', '')}\x1b[31m.zip"
    shutil.move(archive, named)
    assert r"\x1b[31m.zip" in printed("audit", named)
