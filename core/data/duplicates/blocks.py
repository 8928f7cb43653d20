"""Work on many images, some at a time, on all processors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import faiss
from threadpoolctl import threadpool_limits

from core.worker_processes import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Result = TypeVar("Result")

BLOCK = 128  # images at a time

_limiting = Lock()


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread, unless a search in another thread does so already.

    The limit holds for the whole process. If two searches at the same time limited it, the one that ends last
    would restore the limit of the other.
    """
    if not _limiting.acquire(blocking=False):
        yield
        return
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        _limiting.release()


def in_blocks(count: int, work: Callable[[slice], Result]) -> list[Result]:
    """Do the work for all images, some at a time, on all processors; return its results in order.

    Args:
        count: number of images.
        work: function of the slice of some images.
    """
    blocks = [slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK)]
    # The blocks share the processors; threads of BLAS and OpenMP beside them would wait for each other.
    with (
        _one_blas_thread(),
        ThreadPoolExecutor(usable_cores(), initializer=lambda: faiss.omp_set_num_threads(1)) as pool,
    ):
        return list(pool.map(work, blocks))
