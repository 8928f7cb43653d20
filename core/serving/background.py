"""Long work that a page starts and does not wait for."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class BackgroundTask(Generic[T]):
    """Work in a thread of its own, which ends with the process at the latest.

    Attributes:
        future: its result, or what it raised.
        done: steps done so far.
        total: steps in all, 0 as long as nobody knows.
    """

    def __init__(self, work: Callable[[Callable[[int, int], None]], T]) -> None:
        """Start.

        Args:
            work: is called with a function that takes (steps done, steps in all).
        """
        self.future: Future[T] = Future()
        self.done = self.total = 0
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def _run(self, work: Callable[[Callable[[int, int], None]], T]) -> None:
        try:
            self.future.set_result(work(self._progress))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            self.future.set_exception(error)

    def _progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total
