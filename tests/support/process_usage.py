"""What a process and all that it started take together: memory and processor time."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import NamedTuple

from processes import about, family, statistics

_EVERY = 0.5  # seconds from one measurement to the next


class Usage(NamedTuple):
    """Usage of processes.

    Attributes:
        peak: largest sum of their PSS, bytes: a page that several of them share counts once, a part for each.
        processor: their processor time, seconds, but for what the last moments of each took.
    """

    peak: int
    processor: float


def follow(process: subprocess.Popen[bytes]) -> Usage:
    """Wait until a process ends, and return what it and all processes below it took."""
    peak, ticks = 0, {}
    while True:
        running = family(process.pid)
        peak = max(peak, sum(map(_proportional, running)))
        ticks |= {one: int(said[11]) + int(said[12]) for one in running if (said := statistics(one))}
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_EVERY)
            return Usage(peak, sum(ticks.values()) / os.sysconf("SC_CLK_TCK"))


def _proportional(process: int) -> int:
    """Return the proportional set size of a process, bytes."""
    for line in about(process, "smaps_rollup").decode().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
