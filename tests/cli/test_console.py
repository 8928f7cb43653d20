"""Progress and result files of the command line."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from core.cli import console
from core.cli.console import ProgressBars, write_report, write_text
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


def test_a_report_is_written_with_its_folders_or_refused(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "report.json", "{}\n")
    assert (tmp_path / "new" / "report.json").read_text() == "{}\n"
    write_report(tmp_path / "newer" / "report.json", {"naïve": 1})
    assert (tmp_path / "newer" / "report.json").read_text() == '{\n  "naïve": 1\n}\n'
    for path in (tmp_path, tmp_path / "new" / "report.json" / "x"):
        for write in (write_text, write_report):
            with pytest.raises(UserError, match=r"cannot be written: .*; choose another --output"):
                write(path, "")
