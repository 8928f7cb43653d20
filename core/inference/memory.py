"""Memory that is free goes back to the system, where glibc would keep it for later."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_M_MMAP_THRESHOLD = -3  # of malloc.h
_OWN_MAPPING = 2**20  # bytes; smaller pieces come and go with each image, and would cost page faults


def limit_malloc_cache() -> None:
    """Let large pieces of memory go when they are freed, and what is free at the end of a pool of small ones.

    That is how glibc begins. But once it has seen a piece of 32 MB freed, as any network does that is loaded,
    it keeps pieces of that size, and up to 64 MB at the end of each of its pools, eight for every core.
    """
    glibc = _glibc()
    if glibc:
        glibc.mallopt(_M_MMAP_THRESHOLD, _OWN_MAPPING)


def release_memory() -> None:
    """Give back what is free between pieces that are in use; takes a few milliseconds."""
    glibc = _glibc()
    if glibc:
        glibc.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") else None
