"""A work queue in which somebody else is at work."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.inference.work_queue import WorkQueue

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def busy_queue() -> Iterator[tuple[WorkQueue, list[int]]]:
    """Yield a queue whose only slot is taken until somebody has been told to wait, and what was told."""
    told: list[int] = []
    let_go, holding = threading.Event(), threading.Event()

    class Watched(WorkQueue):
        """Lets the one before go when somebody was told to wait."""

        def slot(self, waiting=None):
            def tell(before: int) -> None:
                waiting(before)
                told.append(before)
                let_go.set()

            return super().slot(tell if waiting else None)

    queue = Watched(slots=1, max_waiting=5)

    def hold() -> None:
        with queue.slot():
            holding.set()
            let_go.wait(300)

    holder = threading.Thread(target=hold)
    holder.start()
    assert holding.wait(300)
    yield queue, told
    holder.join()
