"""Tasks in the background: progress, result and exception."""

import threading

import pytest

from core.serving.background import BackgroundTask


def test_a_task_reports_its_progress_and_its_result() -> None:
    go_on = threading.Event()

    def work(progress):
        progress(1, 3)
        assert go_on.wait(30)
        progress(3, 3)
        return "done"

    task = BackgroundTask(work)
    while task.total == 0:
        assert not task.future.done()
    assert (task.done, task.total, task.future.done()) == (1, 3, False)
    go_on.set()
    assert task.future.result(30) == "done"
    assert (task.done, task.total) == (3, 3)


def test_an_exception_reaches_whoever_asks_for_the_result() -> None:
    task = BackgroundTask(lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        task.future.result(30)
