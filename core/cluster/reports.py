"""What running tasks report, on its way to the command."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from core.progress import Progress, Say

_EVERY = 0.3  # seconds between two reports of a stage


class Begun(NamedTuple):
    """An attempt at a task began."""

    task: int


class Step(NamedTuple):
    """A task reports its progress, as ``core.progress.Progress`` does."""

    task: int
    what: str
    done: int
    total: int


class Said(NamedTuple):
    """A task has a message for the user."""

    task: int
    sentence: str


Report = Begun | Step | Said


class Reports:
    """The actor beside the command that keeps the reports of tasks until the command takes them."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._reports: list[Report] = []

    def put(self, report: Report) -> None:
        """Keep a report."""
        self._reports.append(report)

    def take(self) -> list[Report]:
        """Return the reports since the last call, in their order."""
        taken, self._reports = self._reports, []
        return taken


def reporting(reports: Any, task: int) -> tuple[Progress, Say]:
    """Return functions that report the progress and the messages of a task.

    Args:
        reports: handle of the actor.
        task: number of the task.
    """
    last = 0.0

    def progress(what: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done == total or now - last >= _EVERY:
            last = now
            reports.put.remote(Step(task, what, done, total))

    def say(sentence: str) -> None:
        reports.put.remote(Said(task, sentence))

    reports.put.remote(Begun(task))
    return progress, say
