"""Decode a clip in a process of its own, within limits that the system enforces; ``clip_decoder`` starts it.

It reads the clip from standard input and writes its frames to standard output.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from core.images.limits import CLIP_BYTES, ImageError

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_MEMORY = 2 * 2**30
"""Largest address space of the process, bytes."""
DAMAGED = "is damaged and cannot be read; save or export it again."
_MAX_FILES = 16  # open at once: modules that a decoder imports
_TOO_MUCH_MEMORY = "needs too much memory to be decoded; save it at a smaller size."


def main() -> None:
    """Decode frames: from one number, before another if it is given, in so many seconds of processor time."""
    first, seconds, *stop = map(int, sys.argv[1:])
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a decoder that prints something must not print into the frames
    _limit_resources(seconds)
    data = sys.stdin.buffer.read(CLIP_BYTES + 1)
    with suppress(BrokenPipeError):  # nobody waits for the rest
        _decode(data, first, stop[0] if stop else None, out)
        out.flush()
    os._exit(0)  # taking the decoders apart takes time


def _decode(data: bytes, first: int, stop: int | None, out: BinaryIO) -> None:
    # Here, within the limits.
    from core.images.clip_frames import frames  # noqa: PLC0415
    from core.images.clip_protocol import END, FRAME, PROBLEM, Message, write  # noqa: PLC0415

    try:
        for pixels, notes, seconds in frames(data, first, stop):
            write(out, Message(FRAME, "\n".join(notes), pixels, seconds))
    except BrokenPipeError:
        raise
    except ImageError as error:
        write(out, Message(PROBLEM, f"{error.reason}\n{error}"))
    except MemoryError:
        write(out, Message(PROBLEM, f"too much memory\n{_TOO_MUCH_MEMORY}"))
    except Exception:  # noqa: BLE001 - on a damaged file decoders raise any exception
        write(out, Message(PROBLEM, f"damaged\n{DAMAGED}"))
    else:
        write(out, Message(END))


def _limit_resources(seconds: int) -> None:
    """Limit processor time, memory and open files, and forbid writing to a file, where the system can."""
    _limit("RLIMIT_CPU", seconds, seconds + 1)
    _limit("RLIMIT_AS", MAX_MEMORY)
    _limit("RLIMIT_FSIZE", 0)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_NOFILE", _MAX_FILES)


def _limit(name: str, soft: int, hard: int | None = None) -> None:
    with suppress(ImportError, AttributeError, ValueError, OSError):  # Windows has none, macOS not all
        import resource  # noqa: PLC0415

        resource.setrlimit(getattr(resource, name), (soft, soft if hard is None else hard))


if __name__ == "__main__":
    main()
