"""What a process and all that it started take together: memory and processor time."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

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
        family = _family(process.pid)
        peak, ticks = max(peak, sum(map(_proportional, family))), ticks | family
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_EVERY)
            return Usage(peak, sum(ticks.values()) / os.sysconf("SC_CLK_TCK"))


def _family(process: int) -> dict[int, int]:
    """Return a process and all that it started, or that these started → ticks of the processor so far."""
    parents, ticks = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            fields = path.read_text().rpartition(")")[2].split()
            number = int(path.parent.name)
            parents[number], ticks[number] = int(fields[1]), int(fields[11]) + int(fields[12])
    family = [process]
    for one in family:  # grows meanwhile
        family += [child for child, parent in parents.items() if parent == one]
    return {one: ticks[one] for one in family if one in ticks}


def _proportional(process: int) -> int:
    """Return the proportional set size of a process, bytes."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
