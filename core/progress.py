"""How long work says how far it is, and what the user should read before it goes on."""

from __future__ import annotations

from collections.abc import Callable

# Called with what is being done, how many steps of it are done, and how many there are.
Progress = Callable[[str, int, int], None]

# Called with each sentence that the user should read before the work goes on.
Say = Callable[[str], None]
