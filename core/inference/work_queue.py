"""A first-come, first-served queue for processor time, with a limit on how many may wait."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class QueueFullError(UserError):
    """The queue is full."""


class WorkQueue:
    """A first-come, first-served queue. Safe for threads."""

    def __init__(self, *, slots: int, max_waiting: int) -> None:
        """Create an empty queue.

        Args:
            slots: how many requests may run at once.
            max_waiting: how many may wait beside them.
        """
        self._slots, self._max_waiting = slots, max_waiting
        self._tickets: list[object] = []  # in order of arrival: those that run, then those that wait
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, waiting: Callable[[int], None] | None = None) -> Iterator[None]:
        """Wait for a slot, and hold it for as long as the block runs.

        Args:
            waiting: told how many requests are ahead, whenever that changes; what it raises gives the
                place up.

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
        said = 0
        while before := self._news(ticket, said):
            if waiting:
                waiting(before)
            said = before

    def _news(self, ticket: object, said: int) -> int:
        """Return how many have to finish first, once that is none or another number than was said."""
        with self._changed:
            self._changed.wait_for(lambda: self._before(ticket) == 0 or self._before(ticket) != said)
            return self._before(ticket)

    def _before(self, ticket: object) -> int:
        return max(0, self._tickets.index(ticket) - self._slots + 1)


CPU_QUEUE = WorkQueue(slots=os.cpu_count() or 1, max_waiting=60)
"""The queue of this process: whatever keeps a processor busy for a visitor takes a slot of it."""
