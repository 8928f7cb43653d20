from pathlib import Path

import pytest

from core.data.cache import cached, find_cached


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


def test_an_error_of_the_disk_is_not_hidden() -> None:
    def fail(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        cached("x", fail)
