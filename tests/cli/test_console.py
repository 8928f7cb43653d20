"""Progress and result files of the command line."""

import errno
import io
import re
from pathlib import Path

import pytest
from disks import largest_file
from pydantic import BaseModel
from rich.console import Console

from core.cli import console
from core.cli.console import (
    Interrupted,
    ProgressBars,
    new_output,
    resumable,
    write_folder,
    write_report,
)
from core.errors import UserError
from core.files import open_new


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


def shown_at_once(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> str:
    """What two trainings show that run at once; the second is resumed after its second epoch."""
    file = io.StringIO()
    options = {"force_terminal": terminal, "soft_wrap": True, "width": 120, "markup": False}
    monkeypatch.setattr(console, "errors", Console(file=file, **options))
    with ProgressBars() as bars:
        first, second = bars.training_bar("Fold 1 of 2: [GE]"), bars.training_bar("Fold 2 of 2")
        first("Loading TensorFlow", 1, 1)
        for step in (1, 2):
            first("Epoch 1/3: accuracy 0.5", step, 2)
            second("Epoch 3/3: accuracy 0.9", step, 2)
        second("Exporting", 1, 1)
        second.end()
        first.end()
    return file.getvalue()


def test_without_a_terminal_trainings_at_once_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown_at_once(monkeypatch, terminal=False).splitlines()
    assert lines == [
        "Fold 1 of 2: [GE]: Loading TensorFlow",
        "Fold 1 of 2: [GE]: Epoch 1/3: accuracy 0.5 (2/2), 0:00:00 left",
        "Fold 2 of 2: Epoch 3/3: accuracy 0.9 (2/2)",
        "Fold 2 of 2: Exporting",
        "Fold 2 of 2 is finished.",
        "Fold 1 of 2: [GE] is finished.",
    ]


def test_a_terminal_shows_one_bar_for_all_epochs_of_each_training(monkeypatch: pytest.MonkeyPatch) -> None:
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown_at_once(monkeypatch, terminal=True))
    assert "Fold 1 of 2: [GE] is finished." in text
    assert re.search(r"Fold 1 of 2: \[GE\]: Epoch 1/3: accuracy 0\.5 \S+ [12]/6", text)  # of all epochs


class Report(BaseModel):
    name: str


def write_rows(path: Path, rows: str) -> None:
    """Write a file as its rows come, as the command ``predict`` does."""
    with new_output(path), open_new(path) as stream:
        stream.write(rows.encode())


def test_a_report_is_written_with_its_folders_or_refused(tmp_path: Path) -> None:
    write_rows(tmp_path / "new" / "report.json", "{}\n")
    assert (tmp_path / "new" / "report.json").read_text() == "{}\n"
    write_report(tmp_path / "newer" / "report.json", Report(name="naïve"))
    assert (tmp_path / "newer" / "report.json").read_text() == '{\n  "name": "naïve"\n}\n'
    write_folder(tmp_path / "newest" / "audit", {"a.csv": "a", "b.html": "b"})
    assert sorted(file.name for file in (tmp_path / "newest" / "audit").iterdir()) == ["a.csv", "b.html"]
    writers = ((write_rows, ""), (write_report, Report(name="")), (write_folder, {"a.csv": "new"}))
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
    for write, content in ((write_rows, "x" * 5000), (write_folder, {"predictions.csv": "x" * 5000})):
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
