"""The audit of a folder from the command line."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import call, refuse, succeed
from PIL import Image

from core.data.audit import audit
from core.data.reader import read_folder
from core.experiments.duplicates_report import DuplicatesReport

pytestmark = pytest.mark.xdist_group("cli")


def folder_with_two_classes(folder: Path) -> Path:
    for seed, file in enumerate(("a/1.png", "a/2.png", "b/1.png", "b/2.png")):
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        coarse = np.random.default_rng(seed).integers(0, 256, (12, 12), dtype=np.uint8)
        Image.fromarray(coarse).resize((100, 120), Image.Resampling.BICUBIC).save(path)
    return folder


@pytest.mark.usefixtures("empty_cache")
def test_the_command_writes_both_files_from_a_zip_as_people_download_it(
    phantoms: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        for path in sorted(phantoms.rglob("*.png")):
            archive.write(path, Path("Dataset_BUSI_with_GT") / path.relative_to(phantoms))
    finished = succeed("audit", tmp_path / "archive.zip", "--output", tmp_path / "out")
    lines = {
        line.split("│")[1].strip(): line.split("│")[2:-1]
        for line in finished.stdout.splitlines()
        if "│" in line
    }
    assert [int(cell) for cell in lines["images"]] == [40, 30, 25, 95]
    assert [int(cell) for cell in lines["flag: conflicting labels"]] == [2, 2, 0, 4]
    assert "flag: tiny" not in lines
    assert "No unreadable, tiny, blank or misplaced images." in finished.stdout
    written = pd.read_csv(tmp_path / "out/audit.csv", keep_default_na=False)
    assert written["sha256"].tolist() == audit(read_folder(phantoms)).table["sha256"].tolist()
    assert (tmp_path / "out/groups.html").read_text().startswith("<!doctype html>")


def test_the_command_names_bad_files_and_never_fails_on_them(tmp_path: Path) -> None:
    folder = folder_with_two_classes(tmp_path / "[red]data")
    (folder / "a/[b]empty.PNG").touch()
    finished = call("audit", folder)
    assert finished.returncode == 0, finished.stderr
    assert "\nunreadable; zero bytes: a/[b]empty.PNG is empty; choose another file.\n" in finished.stdout
    assert "[red]data" in finished.stdout


def test_the_command_warns_of_groups_that_look_wrong(tmp_path: Path) -> None:
    folder = folder_with_two_classes(tmp_path / "data")
    for number in range(16):
        Image.open(folder / "a/1.png").resize((90 + number, 120)).save(folder / "a" / f"same {number}.png")
    shown = " ".join(call("audit", folder).stdout.split())
    assert "Warning: One near-duplicate group holds 17 of 20 images: 'a/1.png', 'a/same 0.png', " in shown
    assert "audit --output DIR draws them" in shown


def test_of_many_bad_files_ten_are_named(tmp_path: Path) -> None:
    folder = folder_with_two_classes(tmp_path / "data")
    for number in range(12):
        (folder / "a" / f"empty{number:02}.png").touch()
    shown = call("audit", folder).stdout
    assert shown.count("unreadable; zero bytes: a/empty") == 10
    assert "… and 2 more.\n" in shown


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("missing", "missing is neither a folder"),
        ("empty", "contains no images"),
        ("broken.zip", "not a ZIP or NPZ file"),
    ],
)
def test_the_commands_mistakes_are_one_line(data: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_text("no archive")
    assert message in refuse("audit", tmp_path / data)


@pytest.mark.slow
def test_the_self_test_prints_and_writes_what_it_found(tmp_path: Path) -> None:
    folder = folder_with_two_classes(tmp_path / "data")
    output = tmp_path / "new" / "self_test.json"
    shown = succeed("audit", folder, "--self-test", "--output", output).stdout
    assert "4 images of data, each changed in one way" in shown
    assert f"Results written to {output}." in shown.replace("\n", "")
    report = DuplicatesReport.model_validate_json(output.read_bytes())
    assert (report.images, report.tested, report.families.families) == (4, 4, 4)
    assert "exists already" in refuse("audit", folder, "--self-test", "--output", output)
