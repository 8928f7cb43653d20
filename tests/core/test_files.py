import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from disks import bytes_taken, largest_file
from paths import ROOT
from pydantic import BaseModel

from core.errors import UserError
from core.files import (
    allocate,
    check_output,
    size_in_words,
    staged_path,
    write_atomically,
    write_report,
    write_text,
)

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108


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


class Report(BaseModel):
    content: dict[str, int]


def test_a_report_is_json_that_people_can_read(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_report(path, Report(content={"größe": 1}))
    assert "größe" in path.read_text(encoding="utf-8")
    assert json.loads(path.read_bytes()) == {"content": {"größe": 1}}
    link = tmp_path / "link.json"
    link.symlink_to(path)
    write_report(link, Report(content={"größe": 2}))
    assert link.is_symlink()
    assert json.loads(path.read_bytes()) == {"content": {"größe": 2}}
    write_report(tmp_path / "new" / "folder" / "report.json", Report(content={}))
    assert (tmp_path / "new" / "folder" / "report.json").read_text() == '{\n  "content": {}\n}\n'


def test_a_report_to_a_device_leaves_the_device() -> None:
    code = (
        "import pathlib; from core.files import write_report\n"
        "from core.images.preprocessing import Preprocessing\n"
        "write_report(pathlib.Path('/dev/stdout'), Preprocessing(image_size=64))"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)
    assert json.loads(shown.stdout)["image_size"] == 64
    assert Path("/dev/stdout").is_symlink()


def test_an_output_that_exists_or_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for path in (tmp_path, tmp_path / "file", tmp_path / "link", Path("/dev")):
        with pytest.raises(UserError, match=r"exists already; choose another --output, or remove it\."):
            check_output(path)
    with pytest.raises(UserError, match=r"file is not a folder; choose another --output"):
        check_output(tmp_path / "file" / "new" / "report.json")
    for path in (tmp_path / "new" / "report.json", Path("new.json")):
        check_output(path)
    check_output(Path("/dev/stdout"), device=True)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("path", ["/dev/null", "/dev/stdout", "/dev/fd/1"])
def test_a_folder_takes_no_place_of_a_device(path: str) -> None:
    check_output(Path(path), device=True)
    with pytest.raises(UserError, match=r"exists already; choose another --output"):
        check_output(Path(path))


@pytest.mark.skipif(not os.access(SHARED_MEMORY, os.W_OK), reason="no /dev/shm here")
def test_a_file_below_dev_is_a_file_like_any_other() -> None:
    with tempfile.NamedTemporaryFile(dir=SHARED_MEMORY) as file:
        for path in (Path(file.name), SHARED_MEMORY):
            with pytest.raises(UserError, match="exists already"):
                check_output(path, device=True)


@pytest.mark.parametrize("name", ["new/..", ".."])
def test_an_output_without_a_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="names no new file or folder; choose another --output"):
        check_output(tmp_path / name)


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1"])
@pytest.mark.parametrize("mode", ["w", "a"])
def test_a_report_to_a_redirected_stream_keeps_what_the_file_got_before(
    tmp_path: Path, path: str, mode: str
) -> None:
    code = (
        "import pathlib; from core.files import write_text\n"
        f"print('before'); write_text(pathlib.Path('{path}'), 'report\\n'); print('after')"
    )
    log = tmp_path / "log.txt"
    log.write_text("earlier\n")
    with log.open(mode) as file:
        subprocess.run([sys.executable, "-c", code], check=True, stdout=file, cwd=ROOT)
    earlier = "earlier\n" if mode == "a" else ""
    assert log.read_text() == f"{earlier}before\nreport\nafter\n"


def test_a_file_of_a_user_beside_the_output_stays(tmp_path: Path) -> None:
    write_text(tmp_path / "new-report.json", "first")
    write_text(tmp_path / "report.json", "second")
    assert (tmp_path / "new-report.json").read_text() == "first"


@pytest.mark.parametrize("by_system", [True, False], ids=["posix_fallocate", "written through"])
def test_space_is_taken_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, by_system: bool
) -> None:
    if not by_system:
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    path, size = tmp_path / "array.npy", 3 * 2**20 + 5
    with path.open("wb") as file:
        file.write(b"header")
        file.truncate(size)
    assert bytes_taken(path) < size
    allocate(path, size)
    assert bytes_taken(path) >= size
    assert path.read_bytes() == b"header" + bytes(size - 6)
    with largest_file(size), pytest.raises(OSError, match="File too large") as refused:
        allocate(tmp_path / "other.npy", size + 1)
    assert refused.value.filename == str(tmp_path / "other.npy")


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (12_345_678, "12 MB"), (20 * 2**30, "21 GB")],
)
def test_a_size_is_never_said_to_be_zero_gigabytes(size: int, words: str) -> None:
    assert size_in_words(size) == words
