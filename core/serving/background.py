"""Long tasks in background threads, whose progress a page can show."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class BackgroundTask(Generic[T]):
    """A task in a daemon thread.

    Attributes:
        future: result of the task, or its exception.
        done: steps done so far.
        total: steps in all, 0 while unknown.
        began: monotonic time of the start, seconds.
    """

    def __init__(self, work: Callable[[Callable[[int, int], None]], T]) -> None:
        """Start the task.

        Args:
            work: the task, a function of a callback that takes (steps done, steps in all).
        """
        self.future: Future[T] = Future()
        self.done = self.total = 0
        self.began = time.monotonic()
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def _run(self, work: Callable[[Callable[[int, int], None]], T]) -> None:
        try:
            self.future.set_result(work(self._progress))
        except Exception as error:  # noqa: BLE001 - raised again by ``future.result``
            self.future.set_exception(error)

    def _progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total
