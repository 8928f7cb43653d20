"""Read many files at once: in threads of this process, or in processes of their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from core.images.decode import display_name
from core.images.limits import ImageError
from core.worker_processes import LostProcessError, in_order, usable_cores

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from core.worker_processes import Work

    Paths = tuple[str, ...]

Outcome = TypeVar("Outcome")

_TASK_FILES = 32  # files that a process reads at a time
_BLOCK = 4096  # files that are handed to threads at a time: each that waits takes memory


def read_each(
    paths: Sequence[str], work: Work[Paths, list[Outcome | ImageError]], *, processes: int
) -> Generator[Outcome | ImageError]:
    """Read files and yield the outcome of each, in their order.

    Args:
        paths: files.
        work: function that yields one list, with the outcome of each of some files; ``in_order`` says what it
            must be.
        processes: number of processes; with 1, threads of this process read. A file that ends the process
            which reads it, read alone as well, has an ``ImageError`` as outcome.

    Raises:
        RuntimeError: ``work`` raised an error in another process; the message is its traceback.
    """
    if processes > 1:
        tasks = (tuple(paths[start : start + _TASK_FILES]) for start in range(0, len(paths), _TASK_FILES))
        for outcomes in in_order(tasks, work, _received, processes=processes):
            yield from outcomes
        return
    with ThreadPoolExecutor(usable_cores()) as pool:
        for start in range(0, len(paths), _BLOCK):
            yield from pool.map(lambda path: _only(work((path,))), paths[start : start + _BLOCK])


def _received(task: Paths, work: Work[Paths, list[Outcome | ImageError]]) -> list[Outcome | ImageError]:
    try:
        (outcomes,) = work(task)
    except LostProcessError:  # each alone shows which file it was; the system may also have lacked memory
        return [_alone(path, work) for path in task]
    return outcomes


def _alone(path: str, work: Work[Paths, list[Outcome | ImageError]]) -> Outcome | ImageError:
    try:
        return _only(work((path,)))
    except LostProcessError as error:
        return ImageError(describe_ended(display_name(path), error))


def describe_ended(name: str, error: LostProcessError) -> str:
    """Return a sentence on a file that ended the process that read it."""
    return f"{name} ended the process that read it ({error}); save or export it again, or remove it."


def _only(messages: Iterator[list[Outcome | ImageError]]) -> Outcome | ImageError:
    ((outcome,),) = messages
    return outcome
