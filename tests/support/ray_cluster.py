"""A Ray cluster on loopback: a head for the command, and nodes for trainings, each of processes of its own."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psutil_free

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
