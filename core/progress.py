"""Callbacks by which long work reports its progress and its messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

# Called with the name of the current stage, the number of finished steps and the number of all steps.
Progress = Callable[[str, int, int], None]

# Called with each message that the user should read before the work continues.
Say = Callable[[str], None]

LISTING = "Listing files"
"""Stage in which files are found, before their number is known; for a million it takes minutes."""

_EPOCH = re.compile(r"Epoch ([0-9]+)/([0-9]+)(?=:|$)")


class TrainingProgress(Protocol):
    """The progress of one of several trainings that run at once."""

    def __call__(self, what: str, done: int, total: int, /) -> None:
        """Report a step, as ``Progress`` does."""

    def end(self) -> None:
        """Report that the training is finished."""


@contextmanager
def one_step(progress: Progress, what: str) -> Iterator[None]:
    """Report the block as a stage of one step, finished unless it raises."""
    progress(what, 0, 1)
    yield
    progress(what, 1, 1)


def epoch_step(epoch: int, epochs: int) -> str:
    """Return the name of the stage that is an epoch of a training."""
    return f"Epoch {epoch}/{epochs}"


def epoch_of(what: str) -> tuple[int, int] | None:
    """Return the epoch and the number of epochs that a stage is named after; None for another stage."""
    found = _EPOCH.match(what)
    return (int(found[1]), int(found[2])) if found else None
