import json
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

from core.files import staged_path, write_atomically, write_report


def test_a_file_is_replaced_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with staged_path(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_error_the_old_file_is_whole_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")

    def fail(temporary: Path) -> None:
        temporary.write_text("half")
        raise RuntimeError("disk")

    with pytest.raises(RuntimeError, match="disk"):
        write_atomically(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("concurrent", [False, True])
def test_a_folder_appears_whole(tmp_path: Path, *, concurrent: bool) -> None:
    path = tmp_path / "data"
    with staged_path(path, concurrent=concurrent) as temporary:
        temporary.mkdir()
        (temporary / "a.png").write_bytes(b"1")
        assert not path.exists()
    assert [file.name for file in path.iterdir()] == ["a.png"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_with_content_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.mkdir()
    (path / "old.png").write_bytes(b"1")
    with pytest.raises(OSError, match="data"), staged_path(path, concurrent=True) as temporary:
        temporary.mkdir()
    assert [file.name for file in path.iterdir()] == ["old.png"]
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "images.npy"
    code = (
        "import os, pathlib, sys; from core.files import staged_path\n"
        "with staged_path(pathlib.Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half'); os._exit(9)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(path)], check=False, cwd=ROOT)
    assert killed.returncode == 9
    assert not path.exists()
    assert list(tmp_path.iterdir())
    write_atomically(path, lambda temporary: temporary.write_text("whole"))
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_report_is_json_that_people_can_read(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_report(path, {"größe": 1})
    assert "größe" in path.read_text(encoding="utf-8")
    assert json.loads(path.read_bytes()) == {"größe": 1}
    link = tmp_path / "link.json"
    link.symlink_to(path)
    write_report(link, [2])
    assert link.is_symlink()
    assert json.loads(path.read_bytes()) == [2]


def test_a_report_to_a_device_leaves_the_device() -> None:
    code = (
        "import pathlib; from core.files import write_report; write_report(pathlib.Path('/dev/stdout'), [1])"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)
    assert json.loads(shown.stdout) == [1]
    assert Path("/dev/stdout").is_symlink()
