import threading

import pytest

from core.inference.work_queue import QueueFullError, WorkQueue


class Visitor(threading.Thread):
    """Stands in a line until it is let go, and notes what it was told."""

    def __init__(self, line: WorkQueue, order: list[str], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.line, self.order = line, order
        self.told: list[int] = []
        self.news, self.may_go, self.working = threading.Event(), threading.Event(), threading.Event()

    def run(self) -> None:
        with self.line.slot(self.tell):
            self.order.append(self.name)
            self.working.set()
            self.may_go.wait(30)

    def tell(self, before: int) -> None:
        self.told.append(before)
        self.news.set()


def arrive(line: WorkQueue, order: list[str], name: str) -> Visitor:
    visitor = Visitor(line, order, name)
    visitor.start()
    # Either it is let in, or it is told to wait.
    while not (visitor.working.wait(0.001) or visitor.news.wait(0.001)):
        assert visitor.is_alive()
    return visitor


def test_first_come_first_served_and_who_waits_is_told_how_many_are_before() -> None:
    line, order = WorkQueue(slots=2, max_waiting=3), []
    visitors = [arrive(line, order, name) for name in "abcde"]
    assert order == ["a", "b"]
    assert [visitor.told for visitor in visitors] == [[], [], [1], [2], [3]]
    with pytest.raises(QueueFullError, match="try again"), line.slot():
        pass
    visitors[1].may_go.set()
    assert visitors[2].working.wait(30)
    assert not visitors[3].working.is_set()
    for visitor in visitors:
        visitor.may_go.set()
        visitor.join(30)
    assert sorted(order) == order or order == ["a", "b", "c", "e", "d"]  # the last two come in together
    assert visitors[4].told[0] == 3
    assert visitors[4].told == sorted(visitors[4].told, reverse=True)
    with line.slot():  # nobody is left in it
        pass


def test_a_visitor_who_leaves_gives_up_the_place() -> None:
    line, order = WorkQueue(slots=1, max_waiting=1), []
    first = arrive(line, order, "first")

    def leave(before: int) -> None:
        raise ConnectionError(before)

    for _ in range(3):
        with pytest.raises(ConnectionError), line.slot(leave):
            pass
    second = arrive(line, order, "second")
    first.may_go.set()
    assert second.working.wait(30)
    second.may_go.set()


def test_work_that_fails_makes_room() -> None:
    line = WorkQueue(slots=1, max_waiting=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), line.slot():
            raise ZeroDivisionError
