"""Processes that a process has started, and waiting for what they do."""

from __future__ import annotations

import os
import select
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_LONGEST = 600  # seconds to wait, on a busy machine, for what must happen


def about(process: int, file: str) -> bytes:
    """Return a file that Linux has about a process, such as ``cmdline``; empty where the process ended."""
    try:
        return Path(f"/proc/{process}/{file}").read_bytes()
    except OSError:
        return b""


def statistics(process: int) -> list[str]:
    """Return what ``/proc/ID/stat`` says of a process after its name, or nothing where it has ended."""
    return about(process, "stat").decode().rpartition(")")[2].split()


def family(process: int) -> list[int]:
    """Return a process, those that it has started, and those that these have."""
    numbers = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    parents = {number: int(said[1]) for number in numbers if (said := statistics(number))}
    found = [process] if process in parents else []
    for one in found:  # grows meanwhile
        found += [child for child, parent in parents.items() if parent == one]
    return found


def watch(processes: Iterable[int]) -> list[int]:
    """Return what tells that processes ended, even where others take their numbers."""
    return [os.pidfd_open(process) for process in processes]


def all_end(watched: Sequence[int]) -> bool:
    """Wait until processes ended, and return whether all did."""
    ended = all(select.select([one], [], [], _LONGEST)[0] for one in watched)
    for one in watched:
        os.close(one)
    return ended


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    """Wait until something is so, which must be while a process runs, where one is given."""
    end = time.monotonic() + _LONGEST
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)


def can_mount() -> bool:
    """Whether this user may give a process file systems of its own."""
    tried = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    )
    return tried.returncode == 0
