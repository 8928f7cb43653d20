"""A first-come, first-served queue for processor time, with a limited number of waiting requests."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import UserError
from core.worker_processes import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class QueueFullError(UserError):
    """The queue is full."""


class WorkQueue:
    """A first-come, first-served queue. Safe for threads."""

    def __init__(self, *, slots: int, max_waiting: int) -> None:
        """Create an empty queue.

        Args:
            slots: number of requests that run at the same time.
            max_waiting: number of requests that may wait.
        """
        self._slots, self._max_waiting = slots, max_waiting
        self._tickets: list[object] = []  # in order of arrival: those that run, then those that wait
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, waiting: Callable[[int], None] | None = None) -> Iterator[None]:
        """Wait for a slot and hold it while the block runs.

        Args:
            waiting: function of the number of requests ahead, called whenever it changes; an exception in it
                leaves the queue.

        Raises:
            QueueFullError: the queue is full.
        """
        ticket = object()
        with self._changed:
            is_full = len(self._tickets) >= self._slots + self._max_waiting
            if not is_full:
                self._tickets.append(ticket)
        if is_full:
            raise QueueFullError("The server is at capacity; try again in 30 seconds.")
        try:
            self._wait(ticket, waiting)
            yield
        finally:
            with self._changed:
                self._tickets.remove(ticket)
                self._changed.notify_all()

    def _wait(self, ticket: object, waiting: Callable[[int], None] | None) -> None:
        reported = 0
        while ahead := self._wait_for_change(ticket, reported):
            if waiting:
                waiting(ahead)
            reported = ahead

    def _wait_for_change(self, ticket: object, reported: int) -> int:
        """Return the number of requests ahead once it is 0 or differs from the reported one."""
        with self._changed:
            self._changed.wait_for(lambda: self._ahead(ticket) == 0 or self._ahead(ticket) != reported)
            return self._ahead(ticket)

    def _ahead(self, ticket: object) -> int:
        return max(0, self._tickets.index(ticket) - self._slots + 1)


CPU_QUEUE = WorkQueue(slots=usable_cores(), max_waiting=60)
"""Queue of this process for all work that keeps a processor busy."""
