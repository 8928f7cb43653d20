"""Output of the command line: standard output and error, progress bars, result files, how to resume."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from rich import console as rich_console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from core import escape, files
from core.errors import UserError
from core.progress import epoch_of
from core.work_folder import partial_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import BaseModel
    from rich.text import Text


class Console(rich_console.Console):
    """A console that shows every text as it is: names in it come from strangers.

    Nothing is read as rich's markup or as an emoji, and codes that a terminal would obey are written out,
    except line breaks, which tables and messages have. This holds for texts that are printed and for those in
    tables, but not for an object ``rich.text.Text``.
    """

    def __init__(self, **options: Any) -> None:
        """Open standard output, or whatever rich's own options name."""
        super().__init__(highlight=False, markup=False, emoji=False, soft_wrap=True, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text to print; rich calls this for each one."""
        return super().render_str("\n".join(map(escape.terminal, text.split("\n"))), **options)


console = Console()
errors = Console(stderr=True)


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


class ProgressBars:
    """Progress bars on a terminal; elsewhere one line for each finished step."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=errors,
            disable=not errors.is_terminal,
        )
        self._step: tuple[str, TaskID] | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show the progress of a step. A new step gets a new bar below.

        Args:
            what: name of the step; what follows a colon may change while the step runs.
            done: number of finished items.
            total: number of items.
        """
        what = escape.terminal(what)
        key = what.partition(":")[0]
        if self._step is None or self._step[0] != key:
            self._step = (key, self._progress.add_task(what, total=total))
        self._progress.update(self._step[1], description=what, completed=done, total=total)
        if done == total and not errors.is_terminal:
            errors.print(f"{what} ({total}/{total})" if total > 1 else what)
        if done == total:
            self._step = None

    def training_bar(self, title: str) -> TrainingBar:
        """Return what shows one of several trainings at once.

        Args:
            title: name of the training.
        """
        return TrainingBar(self._progress, title)

    def say(self, sentence: str) -> None:
        """Print a sentence above the bars."""
        self._progress.console.print(sentence)


class TrainingBar:
    """One bar for all epochs of a training; where there is no terminal, a line for each finished step.

    Both show how long the epochs that are left will take.
    """

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress, self._title = progress, escape.terminal(title)
        self._bar = progress.add_task(self._title, total=None)
        self._first: tuple[float, int] | None = None

    def __call__(self, what: str, done: int, total: int, /) -> None:
        """Show a step of the training, as ``core.progress.Progress`` does."""
        shown, left = f"{self._title}: {escape.terminal(what)}", ""
        self._progress.update(self._bar, description=shown)
        if found := epoch_of(what):
            epoch, epochs = found
            left = self._left((epoch - 1) * total + done, epochs * total)
        if done == total and not errors.is_terminal:
            errors.print(f"{shown} ({total}/{total}){left}" if total > 1 else shown)

    def end(self) -> None:
        """Remove the bar, and say that the training is finished."""
        self._progress.remove_task(self._bar)
        self._progress.console.print(f"{self._title} is finished.")

    def _left(self, steps: int, all_steps: int) -> str:
        """Move the bar, and return the time left in words; empty before it is known."""
        now = time.monotonic()
        if self._first is None:  # of a resumed training, not the first step of its first epoch
            self._first = (now, steps)
            self._progress.reset(self._bar, total=all_steps, completed=steps)
        self._progress.update(self._bar, completed=steps, total=all_steps)
        began, before = self._first
        if steps in (before, all_steps):
            return ""
        seconds = (now - began) / (steps - before) * (all_steps - steps)
        return f", {timedelta(seconds=round(seconds))} left"


class Interrupted(Exception):  # noqa: N818 - an interrupt is no error
    """The user interrupted a command; the text says how to go on, if that is possible."""


@contextmanager
def resumable(output: Path) -> Iterator[None]:
    """Say that ``--resume`` continues a command that ends too early, where there is something to continue.

    Args:
        output: output of the command, whose unfinished work is in ``output`` + ``.partial``.

    Raises:
        Interrupted: the user interrupted the command.
        UserError: the disk is full.
    """
    unfinished = partial_folder(output)
    try:
        yield
    except KeyboardInterrupt:
        how = " Add --resume to continue." if unfinished.exists() else ""
        raise Interrupted(f"Interrupted.{how}") from None
    except OSError as error:
        if error.errno not in files.NO_SPACE or not unfinished.exists():
            raise
        raise UserError(
            f"{error.filename or 'a file'}: {files.why(error)}; free some disk space, and add "
            "--resume to continue."
        ) from None


def write_report(path: Path, report: BaseModel) -> None:
    """Write results as JSON, and the folders above it.

    Raises:
        UserError: the file exists or cannot be written.
    """
    with new_output(path, device=True):
        files.write_report(path, report)


def write_folder(path: Path, texts: dict[str, str]) -> None:
    """Write a folder of text files, and the folders above it.

    Args:
        path: the folder.
        texts: names of its files → their content.

    Raises:
        UserError: the folder exists or cannot be written.
    """
    with new_output(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.staged_path(path) as temporary:
            for name, text in texts.items():
                files.write_text(temporary / name, text)


@contextmanager
def new_output(path: Path, *, device: bool = False) -> Iterator[None]:
    """Check an output, and say what is wrong where it cannot be written.

    Args:
        path: file or folder that the block writes.
        device: whether it may be a device or a pipe.

    Raises:
        UserError: it exists or cannot be written.
    """
    files.check_output(path, device=device)  # again: it may have appeared since the command began
    try:
        yield
    except OSError as error:
        if error.errno in files.NO_SPACE and partial_folder(path).exists():
            raise  # ``resumable`` says how to go on
        raise UserError(f"{path} cannot be written: {files.why(error)}; choose another --output.") from None
