"""Return freed memory to the system, which glibc would otherwise cache."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_M_MMAP_THRESHOLD = -3  # of malloc.h
_MMAP_BYTES = 2**20  # smaller blocks are allocated for every image, and mapping them would cost page faults


def limit_malloc_cache() -> None:
    """Fix the size from which glibc returns freed blocks to the system at once.

    Left to itself, glibc raises this threshold to 32 MB after loading a network, and then caches up to 64 MB
    in each of its arenas, eight per core.
    """
    glibc = _glibc()
    if glibc:
        glibc.mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)


def release_memory() -> None:
    """Return free memory between blocks in use to the system; takes a few milliseconds."""
    glibc = _glibc()
    if glibc:
        glibc.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") else None
