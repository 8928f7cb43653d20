"""Progress and result files of the command line."""

import errno
import io
from pathlib import Path

import pytest
from disks import largest_file
from pydantic import BaseModel
from rich.console import Console

from core.cli import console
from core.cli.console import Interrupted, ProgressBars, resumable, write_folder, write_report, write_text
from core.errors import UserError


def shown(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> str:
    file = io.StringIO()
    monkeypatch.setattr(
        console,
        "errors",
        Console(file=file, force_terminal=terminal, soft_wrap=True, width=100, markup=False),
    )
    with ProgressBars() as bars:
        bars("Epoch 1/2: loss 0.5", 1, 2)
        bars("Epoch 2/2: loss 0.4", 2, 2)
        bars.say("[half] way")
        bars("Exporting", 1, 1)
    return file.getvalue()


def test_without_a_terminal_each_finished_step_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, terminal=False).splitlines()
    assert lines == ["Epoch 2/2: loss 0.4 (2/2)", "[half] way", "Exporting"]


def test_a_terminal_shows_a_bar_for_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, terminal=True)
    assert "Epoch 2/2: loss 0.4" in text
    assert "2/2" in text
    assert "Exporting" in text


class Report(BaseModel):
    name: str


def test_a_report_is_written_with_its_folders_or_refused(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "report.json", "{}\n")
    assert (tmp_path / "new" / "report.json").read_text() == "{}\n"
    write_report(tmp_path / "newer" / "report.json", Report(name="naïve"))
    assert (tmp_path / "newer" / "report.json").read_text() == '{\n  "name": "naïve"\n}\n'
    write_folder(tmp_path / "newest" / "audit", {"a.csv": "a", "b.html": "b"})
    assert sorted(file.name for file in (tmp_path / "newest" / "audit").iterdir()) == ["a.csv", "b.html"]
    writers = ((write_text, ""), (write_report, Report(name="")), (write_folder, {"a.csv": "new"}))
    refusals = {
        tmp_path / "newest" / "audit": "exists already; choose another --output",
        tmp_path / "new" / "report.json": "exists already; choose another --output",
        tmp_path / "new" / "report.json" / "x": r"report\.json is not a folder; choose another --output",
    }
    for path, message in refusals.items():
        for write, content in writers:
            with pytest.raises(UserError, match=message):
                write(path, content)
    assert (tmp_path / "new" / "report.json").read_text() == "{}\n"


def test_a_full_disk_leaves_no_half_output_that_blocks_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    for write, content in ((write_text, "x" * 5000), (write_folder, {"predictions.csv": "x" * 5000})):
        with (
            largest_file(4096),
            pytest.raises(UserError, match=r"predictions\.csv cannot be written: File too"),
        ):
            write(path, content)
        assert list(tmp_path.iterdir()) == []


def test_resuming_is_offered_only_where_there_is_something_to_resume(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "pages of text", "w.h5")
    with pytest.raises(Interrupted, match=r"^Interrupted\.$"), resumable(tmp_path / "x"):
        raise KeyboardInterrupt
    with pytest.raises(OSError, match=r"w\.h5"), resumable(tmp_path / "x"):
        raise full
    (tmp_path / "x.partial").mkdir()
    with (
        pytest.raises(Interrupted, match=r"^Interrupted\. Add --resume to continue\.$"),
        resumable(tmp_path / "x"),
    ):
        raise KeyboardInterrupt
    message = r"^w\.h5: No space left on device; free some disk space, and add --resume to continue\.$"
    with pytest.raises(UserError, match=message), resumable(tmp_path / "x"):
        raise full
