"""A line before the cores: who comes while they are busy waits in turn, and the line has an end."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import UserError
from core.serving import event_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class QueueFullError(UserError):
    """So many wait already that nobody else is let in."""


class WorkQueue:
    """First come, first served. Safe for threads."""

    def __init__(self, *, slots: int, room: int) -> None:
        """Open a line.

        Args:
            slots: how many may be at work at once.
            room: how many may wait beside them.
        """
        self._slots, self._room = slots, room
        self._tickets: list[object] = []  # in order of arrival: those at work, then those who wait
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, waiting: Callable[[int], None] | None = None) -> Iterator[None]:
        """Wait until it is one's turn, and keep the place for as long as the block runs.

        Args:
            waiting: told how many have to finish first, whenever that changes; what it raises gives the
                place up.

        Raises:
            BusyError: the line is full.
        """
        ticket = object()
        with self._changed:
            is_full = len(self._tickets) >= self._slots + self._room
            if not is_full:
                self._tickets.append(ticket)
        if is_full:
            event_log.busy()
            raise QueueFullError(
                "Too many people are asking at the moment; wait half a minute and try again."
            )
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


CPU_QUEUE = WorkQueue(slots=os.cpu_count() or 1, room=60)
"""The line of this process: whatever keeps a core busy for a visitor stands in it."""
