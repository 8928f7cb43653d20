"""How much of something the machine has."""

from pathlib import Path


def memory_left() -> int:
    """Bytes of memory that a process can still take."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise LookupError("MemAvailable")
