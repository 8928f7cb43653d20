"""Trainings as tasks that can be run one after the other here, or on other machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from core.work_folder import locked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from core.experiments.request import Prepared
    from core.progress import Progress, Say

R = TypeVar("R")
# Longest time to wait for a process that was given up for lost, and still works in the folder; seconds.
_PATIENCE = 300


class Task(NamedTuple, Generic[R]):
    """One training.

    Attributes:
        title: name to show, such as "Fold 2 of 5: GE".
        folder: folder of its results, which it alone uses; it lies in that of the command's unfinished work.
        run: function that trains, or continues what is in the folder, and returns the result. It can be
            pickled.
    """

    title: str
    folder: Path
    run: Callable[[Prepared, Path, Progress, Say], R]


class Runner(Protocol):
    """A function that runs tasks."""

    def __call__(
        self, prepared: Prepared, tasks: Sequence[Task[R]], progress: Progress, say: Say, /
    ) -> Iterator[R]:
        """Yield the results of tasks in their order.

        Args:
            prepared: images and starting weights.
            tasks: one task or more, whose folders lie in one folder.
            progress: function that reports each step.
            say: function that shows the user a message.

        Raises:
            UserError: a task failed; its work is kept, and that of the others.
        """


def run_here(prepared: Prepared, tasks: Sequence[Task[R]], progress: Progress, say: Say, /) -> Iterator[R]:
    """Run tasks in this process, one after the other, each when its result is asked for."""
    for task in tasks:
        say(f"{task.title}.")
        yield perform(task, prepared, progress, say)


def perform(task: Task[R], prepared: Prepared, progress: Progress, say: Say) -> R:
    """Run a task, once no other process works in its folder, and return its result.

    Such a process may be left of a cluster that lost its head, or of a machine that was given up for lost.

    Raises:
        UserError: the task failed, or another process does not end.
    """
    parent = task.folder.parent
    parent.mkdir(parents=True, exist_ok=True)
    try:
        with locked(task.folder, say, patience=_PATIENCE):
            return task.run(prepared, task.folder, progress, say)
    finally:
        if not any(parent.iterdir()):  # nothing to resume
            parent.rmdir()
