"""The folder for unfinished work: when it may be used, and by one command at a time."""

import errno
import fcntl
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

from core.errors import UserError
from core.work_folder import work_folder

HOLDER = """
import sys
from pathlib import Path
from core.work_folder import work_folder
with work_folder(Path(sys.argv[1]), print, resume=False) as folder:
    folder.mkdir()
    print("working", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "out"


def silent(*_: object) -> None:
    """A message that nobody reads."""


def test_new_and_resumed_work_have_their_folder(asked: Path) -> None:
    partial = asked.with_name("out.partial")
    with work_folder(asked, silent, resume=False) as folder:
        assert folder == partial
    with (
        pytest.raises(UserError, match=r"nothing to resume: .*out\.partial does not exist; leave out --res"),
        work_folder(asked, silent, resume=True),
    ):
        pass
    partial.mkdir()
    with work_folder(asked, silent, resume=True) as folder:
        assert folder == partial
    with (
        pytest.raises(UserError, match="unfinished work; add --resume to continue it, or remove it"),
        work_folder(asked, silent, resume=False),
    ):
        pass
    asked.mkdir()
    for resume, told in ((False, "exists already; choose another --output"), (True, "is finished")):
        with pytest.raises(UserError, match=told), work_folder(asked, silent, resume=resume):
            pass
    assert {path.name for path in partial.parent.iterdir()} == {"out", "out.partial"}


def test_one_command_at_a_time_until_it_is_killed(asked: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(asked)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "working\n"
        for resume in (False, True):
            with (
                pytest.raises(UserError, match=r"another command is working in .*out\.partial; wait until"),
                work_folder(asked, silent, resume=resume),
            ):
                pass
        holder.kill()
    said: list[str] = []
    with work_folder(asked, said.append, resume=True) as folder:
        assert folder.is_dir()
    assert said == []


def test_a_name_that_is_too_long_is_refused_first(asked: Path) -> None:
    with (
        pytest.raises(UserError, match="has more than 80 characters; choose a shorter --output"),
        work_folder(asked.with_name("x" * 81), silent, resume=False),
    ):
        pass


def test_an_error_ends_the_lock(asked: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), work_folder(asked, silent, resume=False):
            raise ZeroDivisionError


@pytest.mark.parametrize("code", [None, errno.ENOLCK, errno.ENOSYS])
def test_a_file_system_without_locks_is_named(asked: Path, monkeypatch, code: int | None) -> None:
    def flock(*_: object) -> None:
        if code is not None:
            raise OSError(code, "no locks")

    monkeypatch.setattr(fcntl, "flock", flock)
    said: list[str] = []
    with work_folder(asked, said.append, resume=False):
        pass
    (sentence,) = said
    assert sentence == (
        f"The file system of {asked.parent} does not lock files: make sure that no other command has "
        "the output out."
    )


def test_a_folder_that_cannot_be_written_is_refused(asked: Path) -> None:
    asked.parent.write_text("a file")
    with (
        pytest.raises(UserError, match=r"cannot be written, because .*runs is not a folder; choose another"),
        work_folder(asked, silent, resume=False),
    ):
        pass


def test_what_machines_of_a_cluster_left_there_is_no_part_of_the_output(asked: Path) -> None:
    partial = asked.with_name("out.partial")
    partial.mkdir(parents=True)
    for name in (".probe", ".probe-a1b2", "history.csv"):
        (partial / name).touch()
    with work_folder(asked, silent, resume=True) as folder:
        assert [path.name for path in folder.iterdir()] == ["history.csv"]
