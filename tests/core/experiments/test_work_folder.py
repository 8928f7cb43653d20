"""The folder for unfinished work: when it may be used, and by one command at a time."""

import errno
import fcntl
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT
from reading import request_for

from core.errors import UserError
from core.experiments.request import Request
from core.experiments.work_folder import work_folder
from core.recipe import RECIPES

HOLDER = """
import sys
from pathlib import Path
from core.experiments.data_source import DataRequest
from core.experiments.request import Request
from core.experiments.work_folder import work_folder
from core.recipe import RECIPES
recipe = RECIPES["recommended"]
request = Request(DataRequest(("data",)), Path(sys.argv[1]), recipe, "none", None, 0, False, "")
with work_folder(request, print) as folder:
    folder.mkdir()
    print("working", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def asked(tmp_path: Path) -> Request:
    output = tmp_path / "runs" / "out"
    return request_for("", output, RECIPES["recommended"])


def silent(*_: object) -> None:
    """A message that nobody reads."""


def test_new_and_resumed_work_have_their_folder(asked: Request) -> None:
    partial = asked.output.with_name("out.partial")
    with work_folder(asked, silent) as folder:
        assert folder == partial
    with (
        pytest.raises(UserError, match=r"nothing to resume: .*out\.partial does not exist"),
        work_folder(asked._replace(resume=True), silent),
    ):
        pass
    partial.mkdir()
    with work_folder(asked._replace(resume=True), silent) as folder:
        assert folder == partial
    with (
        pytest.raises(UserError, match="unfinished work; add --resume to continue it, or remove it"),
        work_folder(asked, silent),
    ):
        pass
    asked.output.mkdir()
    for resume, told in ((False, "exists already; choose another --output"), (True, "is finished")):
        with pytest.raises(UserError, match=told), work_folder(asked._replace(resume=resume), silent):
            pass
    assert {path.name for path in partial.parent.iterdir()} == {"out", "out.partial"}


def test_one_command_at_a_time_until_it_is_killed(asked: Request) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(asked.output)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "working\n"
        for resume in (False, True):
            with (
                pytest.raises(UserError, match=r"another command is working in .*out\.partial; wait until"),
                work_folder(asked._replace(resume=resume), silent),
            ):
                pass
        holder.kill()
    said: list[str] = []
    with work_folder(asked._replace(resume=True), said.append) as folder:
        assert folder.is_dir()
    assert said == []


def test_a_name_that_no_model_may_have_is_refused_first(asked: Request) -> None:
    with (
        pytest.raises(
            UserError, match="more than 80 characters, too many for a model's name; choose another"
        ),
        work_folder(asked._replace(output=asked.output.with_name("x" * 81)), silent),
    ):
        pass


def test_an_error_ends_the_lock(asked: Request) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), work_folder(asked, silent):
            raise ZeroDivisionError


@pytest.mark.parametrize("code", [None, errno.ENOLCK, errno.ENOSYS])
def test_a_file_system_without_locks_is_named(asked: Request, monkeypatch, code: int | None) -> None:
    def flock(*_: object) -> None:
        if code is not None:
            raise OSError(code, "no locks")

    monkeypatch.setattr(fcntl, "flock", flock)
    said: list[str] = []
    with work_folder(asked, said.append):
        pass
    (sentence,) = said
    assert sentence == (
        f"The file system of {asked.output.parent} does not lock files: make sure that no other command has "
        "the output out."
    )


def test_a_folder_that_cannot_be_written_is_refused(asked: Request) -> None:
    asked.output.parent.write_text("a file")
    with (
        pytest.raises(UserError, match=r"cannot be written, because .*runs is not a folder; choose another"),
        work_folder(asked, silent),
    ):
        pass
