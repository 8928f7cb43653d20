"""The memory that a process and all that it started take together."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

EVERY = 0.2  # seconds


def peak_memory(process: subprocess.Popen[bytes]) -> float:
    """Wait until a process ends; return the largest sum of PSS, in GB, of it and all processes below it.

    PSS counts a page that several processes share once, a part for each.
    """
    peak = 0
    while True:
        peak = max(peak, sum(map(_pss, _below(process.pid))))
        try:
            process.wait(EVERY)
        except subprocess.TimeoutExpired:
            continue
        return peak / 2**20


def _below(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
    return found


def _pss(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
