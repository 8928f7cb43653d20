import errno
import os
import pwd
from pathlib import Path

import pytest

from core.data.cache import cached, find_cached
from core.errors import UserError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "breast-ultrasound"


def fill(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(b"1")


def test_a_folder_is_written_once(cache: Path) -> None:
    assert find_cached("x") is None
    assert cached("x", fill) == cache / "x" == find_cached("x")
    cached("x", lambda _: pytest.fail("it is there"))
    assert [path.name for path in cache.iterdir()] == ["x"]


def test_after_an_error_nothing_is_there(cache: Path) -> None:
    def fail(folder: Path) -> None:
        fill(folder)
        raise ValueError("interrupted")

    with pytest.raises(ValueError, match="interrupted"):
        cached("x", fail)
    assert list(cache.iterdir()) == []


def test_another_process_may_be_faster(cache: Path) -> None:
    def fill_while_another_does(folder: Path) -> None:
        fill(folder)
        fill(cache / "x")

    assert cached("x", fill_while_another_does) == cache / "x"
    assert [path.name for path in cache.iterdir()] == ["x"]


def test_what_cannot_be_written_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # what write() says names no file

    def fail_elsewhere(_: Path) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(tmp_path / "data.zip"))

    with pytest.raises(UserError, match=r"cannot be written \(No space left on device\); set XDG_CACHE_HOME"):
        cached("x", fail)
    with pytest.raises(PermissionError, match=r"data\.zip"):  # of what is read, not of the cache
        cached("x", fail_elsewhere)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert find_cached("x") is None
    with pytest.raises(UserError, match=r"cannot be written \(Not a directory\); set XDG_CACHE_HOME"):
        cached("x", fill)


def test_the_cache_never_lies_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: int) -> None:
        raise KeyError  # as for a container's user that is a number only

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", "~/mine")
    assert cached("x", fill) == tmp_path / "home" / "mine" / "breast-ultrasound" / "x"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cached("x", fill) == tmp_path / "home" / ".cache" / "breast-ultrasound" / "x"
    monkeypatch.setenv("XDG_CACHE_HOME", "mine")
    with pytest.raises(
        UserError, match="XDG_CACHE_HOME is 'mine'; set XDG_CACHE_HOME to a folder by its whole"
    ):
        cached("x", fill)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(UserError, match="no home folder for the cache; set XDG_CACHE_HOME"):
        find_cached("x")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
