"""Halve images by a hash of seed and name alone, so that each is in the same half of every list."""

from __future__ import annotations

import hashlib


def hash_of(seed: int, name: str) -> int:
    """Return a number of 256 bits that is uniformly distributed over names, and over seeds."""
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest())


def measures(seed: int, name: str) -> bool:
    """Return whether what has this name measures; what does not may choose."""
    return hash_of(seed, f"half of {name}") % 2 == 1
