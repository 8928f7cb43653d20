from threading import Event, Thread

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from core.data.duplicates.blocks import in_blocks


def test_blocks_come_back_in_order():
    done = in_blocks(1000, lambda rows: list(range(rows.start, rows.stop)))
    assert [row for rows in done for row in rows] == list(range(1000))
    assert in_blocks(0, lambda rows: rows) == []


def set_blas_threads(number):
    # The thread that limits BLAS keeps others from it until it ends.
    limiting = Thread(target=threadpool_limits, args=(number, "blas"))
    limiting.start()
    limiting.join()


@pytest.fixture
def two_blas_threads():
    """Two threads of BLAS, where tests have one."""
    set_blas_threads(2)
    yield
    set_blas_threads(1)


@pytest.mark.usefixtures("two_blas_threads")
def test_searches_at_the_same_time_give_blas_its_threads_back():
    def blas():
        # A library on OpenMP has a number for each thread, not for the process.
        return {one["num_threads"] for one in threadpool_info() if one.get("threading_layer") == "pthreads"}

    first_runs, second_runs, first_ended = Event(), Event(), Event()

    def first(_):
        first_runs.set()
        assert second_runs.wait(20)

    def second(_):
        second_runs.set()
        assert first_ended.wait(20)

    assert blas() == {2}
    one = Thread(target=in_blocks, args=(1, first))
    one.start()
    assert first_runs.wait(20)
    other = Thread(target=in_blocks, args=(1, second))
    other.start()
    one.join()
    first_ended.set()
    other.join()
    assert blas() == {2}
