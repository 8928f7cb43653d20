"""Reading many files, some of which end the process that reads them."""

import os
import signal
from pathlib import Path

import pytest

from core.data.parallel_reading import read_each
from core.images.limits import ImageError


def sizes(paths):
    yield [len(Path(path).read_bytes()) for path in paths]


def sizes_of_harmless_files(paths):
    """Read files as a decoder with a bug does: one of them ends the process."""
    outcomes = []
    for path in paths:
        data = Path(path).read_bytes()
        if data == b"deadly":
            os.kill(os.getpid(), signal.SIGSEGV)
        outcomes.append(ImageError(f"{path} is empty.", "empty") if not data else len(data))
    yield outcomes


def sizes_where_memory_lacks_once(paths):
    """Read files while somebody else needs the memory: a process ends, and the next one does not."""
    marker = Path(paths[0]).parent / "killed"
    if len(paths) > 1 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    yield [len(Path(path).read_bytes()) for path in paths]


def has_a_bug(paths):
    yield [1 // len(paths[0]) for _ in paths]
    raise KeyError(paths[0])


@pytest.fixture
def paths(tmp_path):
    found = [tmp_path / f"{number}.png" for number in range(100)]
    for number, path in enumerate(found):
        path.write_bytes(bytes(number))
    return list(map(str, found))


@pytest.mark.parametrize("processes", [1, 2])
def test_outcomes_come_in_the_order_of_the_files(paths, processes) -> None:
    assert list(read_each(paths, sizes, processes=processes)) == list(range(100))
    assert list(read_each([], sizes, processes=processes)) == []


@pytest.mark.slow
def test_a_file_that_ends_the_process_is_an_error_that_names_it(paths) -> None:
    for number in (17, 40, 41):
        Path(paths[number]).write_bytes(b"deadly")
    found = dict(enumerate(read_each(paths, sizes_of_harmless_files, processes=2)))
    for number in (17, 40, 41):
        assert str(found.pop(number)) == (
            f"{paths[number]} ended the process that read it (signal SIGSEGV); save or export it "
            "again, or remove it."
        )
    empty = found.pop(0)
    assert isinstance(empty, ImageError)
    assert (str(empty), empty.reason) == (f"{paths[0]} is empty.", "empty")
    assert found == {number: number for number in range(100) if number not in (0, 17, 40, 41)}


def test_files_are_read_again_where_the_system_ended_a_process(paths) -> None:
    assert list(read_each(paths, sizes_where_memory_lacks_once, processes=2)) == list(range(100))


def test_an_error_of_ours_is_not_taken_for_one_of_the_file(paths) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)in has_a_bug.*KeyError"):
        list(read_each(paths, has_a_bug, processes=2))
