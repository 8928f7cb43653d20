"""Tasks that several processes work on, and whose results come in the order of the tasks."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

import joblib

from core.errors import UserError
from core.files import why

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext, SpawnContext
    from multiprocessing.process import BaseProcess

Task = TypeVar("Task")
Message = TypeVar("Message")
Result = TypeVar("Result")

# The work on a task, which yields one message or more; a function of a module, which can be pickled.
Work = Callable[[Task], Iterator[Message]]
# What takes the messages of a task in this process, and is given the work to call.
Receive = Callable[[Task, Work[Task, Message]], Result]

# Tasks that have begun before the result of the first one is taken, per process: one may take much longer.
_AHEAD = 16

_starting = threading.Lock()


class LostProcessError(Exception):
    """A process ended while it worked on a task: it crashed, or the system killed it."""


def usable_cores() -> int:
    """Return the number of cores that this process may use, at least 1, within the limit of a container."""
    return joblib.cpu_count()


def in_order(
    tasks: Iterable[Task],
    work: Work[Task, Message],
    receive: Receive[Task, Message, Result],
    *,
    processes: int,
) -> Iterator[Result]:
    """Work on tasks in processes, and yield the result of each in the order of the tasks.

    Each process has one task at a time, and waits until its messages are taken, so that memory is bounded.

    Args:
        tasks: tasks, which can be pickled; they are taken as they are needed.
        work: function that yields the messages of a task, in a process of its own.
        receive: function of a task and of ``work``; it takes the messages in a thread of this process, one
            for each process, and returns the result. After a ``LostProcessError`` it may call ``work``
            again, with the same task or others.
        processes: number of processes; with 1, everything is done in this process.

    Raises:
        UserError: raised by ``work``.
        LostProcessError: a process ended, and ``receive`` did not catch it.
        RuntimeError: ``work`` raised something else; the message is its traceback.
    """
    if processes == 1:
        for task in tasks:
            yield receive(task, work)
        return
    workers = [WorkerProcess(work) for _ in range(processes)]
    free: queue.SimpleQueue[WorkerProcess[Task, Message]] = queue.SimpleQueue()
    for worker in workers:
        free.put(worker)

    def run(task: Task) -> Result:
        worker = free.get()
        try:
            return receive(task, worker.messages)
        finally:
            free.put(worker)

    begun: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(processes) as pool:
        try:
            for task in tasks:
                begun.append(pool.submit(run, task))
                if len(begun) >= _AHEAD * processes:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for future in begun:
                future.cancel()
            for worker in workers:
                worker.stop()


class WorkerProcess(Generic[Task, Message]):
    """A process that works on one task at a time, and is started anew where it has ended."""

    def __init__(self, work: Work[Task, Message]) -> None:
        """Start nothing yet.

        Args:
            work: function that yields the messages of a task; a function of a module, which can be pickled.
        """
        self._work = work
        self._running: tuple[BaseProcess, Connection] | None = None
        self._stopped = False
        self._lock = threading.Lock()  # stopping comes from another thread

    def messages(self, task: Task) -> Iterator[Message]:
        """Yield the messages of a task; see ``in_order`` for what is raised."""
        ended = False
        process, connection = self._started()
        try:
            connection.send(task)
            while True:
                kind, content = connection.recv()
                if kind == "message":
                    yield content
                    continue
                ended = True
                if kind == "error":
                    raise UserError(content)
                if kind == "bug":
                    raise RuntimeError(content)
                return
        except (EOFError, OSError) as error:
            if self._stopped:
                raise CancelledError from None
            raise LostProcessError(_why_ended(process)) from error
        finally:
            if not ended:  # what it would still send belongs to no other task
                self._end()

    def stop(self) -> None:
        """End the process for good."""
        with self._lock:
            self._stopped = True
        self._end()

    def _started(self) -> tuple[BaseProcess, Connection]:
        with self._lock:
            if self._stopped:
                raise CancelledError
            if self._running is not None and _has_ended(self._running[1]):
                self._running[1].close()  # the system killed it while it had nothing to do
                self._running = None
            if self._running is None:
                try:
                    self._running = _start(self._work)
                except (EOFError, OSError) as error:  # EOFError: the fork server met the error
                    reason = f": {why(error)}" if isinstance(error, OSError) else ""
                    raise UserError(
                        f"no further process can be started{reason}; end other programs, or raise the limit "
                        "on processes and open files (ulimit), and run the command again."
                    ) from error
            return self._running

    def _end(self) -> None:
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            process, connection = running
            process.kill()
            process.join()
            connection.close()


def _has_ended(connection: Connection) -> bool:
    """Return whether a process without a task has ended: it sends nothing, so only its end is to be read."""
    try:
        return connection.poll()
    except OSError:  # of Windows
        return True


def _why_ended(process: BaseProcess) -> str:
    process.join()
    code = process.exitcode
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit status {code}"


def _start(work: Work[Task, Message]) -> tuple[BaseProcess, Connection]:
    """Start a process that serves, and return it with the connection to it.

    Raises:
        OSError: the system starts none.
        EOFError: the system starts none, of which the fork server alone has the error.
    """
    with _starting, _our_modules(), _without_interrupts():
        context = _context(work)
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, work), daemon=True)  # ends with us
        try:
            process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
    return process, ours


def _context(work: Work[Task, Message]) -> ForkServerContext | SpawnContext:
    """Return how processes are started: never as a copy of this one, whose threads may hold locks."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver  # noqa: PLC0415 - Windows has no use for it

    context = multiprocessing.get_context("forkserver")
    # Modules that are imported before the processes part share their memory.
    function = work.func if isinstance(work, partial) else work
    context.set_forkserver_preload([function.__module__])
    try:
        forkserver.ensure_running()
    except OSError:  # its socket is a temporary file, for whose name a folder may be too long
        return multiprocessing.get_context("spawn")
    return context


@contextmanager
def _our_modules() -> Iterator[None]:
    """Let processes that this block starts find our modules.

    They would look for them where the user is, who may have a folder of the same name there.
    """
    ours = {"PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
    before = {name: os.environ.pop(name, None) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            del os.environ[name]
            if value is not None:
                os.environ[name] = value


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Keep Ctrl-C, which reaches all processes, from those that this block starts; this one ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker  # noqa: PLC0415 - Windows has none

    resource_tracker.ensure_running()  # when it starts, it lets interrupts in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: Connection, work: Work[Task, Message]) -> None:
    """Work on the tasks that come, until nobody sends any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent ends this one
    if "cv2" in sys.modules:  # its threads would take the cores from the other processes
        sys.modules["cv2"].setNumThreads(1)
    with suppress(EOFError, OSError):
        while True:
            messages = work(connection.recv())
            last: tuple[str, str] | None = None
            while last is None:
                try:
                    message = next(messages)
                except StopIteration:
                    last = ("end", "")
                except UserError as error:
                    last = ("error", str(error))
                except Exception:  # noqa: BLE001 - raised again in the process that waits
                    last = ("bug", traceback.format_exc())
                else:
                    connection.send(("message", message))
            connection.send(last)
