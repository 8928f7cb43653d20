"""Callbacks by which long work reports its progress and its messages."""

from __future__ import annotations

from collections.abc import Callable

# Called with the name of the current stage, the number of finished steps and the number of all steps.
Progress = Callable[[str, int, int], None]

# Called with each message that the user should read before the work continues.
Say = Callable[[str], None]
