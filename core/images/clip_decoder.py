"""Decode a clip in a process of its own, which ends whatever the clip does to it.

The process is ``clip_process``. Nothing that it sends is taken on trust.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from core.escape import visible
from core.images import clip_protocol
from core.images.clip_process import DAMAGED
from core.images.clip_protocol import END, FRAME, ProtocolError
from core.images.limits import CLIP_SECONDS, ImageError
from core.images.pixels import ClipFrame

if TYPE_CHECKING:
    import io
    from collections.abc import Generator, Iterator

WAIT_SECONDS = 6 * CLIP_SECONDS
"""How long the process is waited for in all: on a busy machine, processor time takes longer to come."""
_ROOT = Path(__file__).parents[2]
# What the process gets to know of the server's environment, which has secrets.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
_SETTINGS = {
    # Of FFmpeg's formats those that a clip may have; and no protocol, by which a file could name another.
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "format_whitelist;mov,mp4,m4a,3gp,3g2,mj2,avi|protocol_whitelist;none",
    "OPENBLAS_NUM_THREADS": "1",
}
# The words of the process that may get into the server's log.
_REASONS = frozenset(
    {
        *(
            "codec",
            "damaged",
            "different sizes",
            "DICOM storage",
            "no image",
            "no video",
            "too long",
            "too many frames",
        ),
        *("too many pixels", "too much memory", "unusual structure"),
    }
)
_LONGEST = 400  # characters of a sentence
_GRACE_SECONDS = 1  # between the end of what a process sends and its own end
_BY_CPU_LIMIT = -getattr(signal, "SIGXCPU", 0)  # exit status; Windows has no such limit


def decode_frames(data: bytes, first: int = 0, stop: int | None = None) -> Generator[ClipFrame]:
    """Decode frames of a file, one at a time, while the process waits.

    Args:
        data: a clip, of which the process gets a copy.
        first: number of the first frame, from 0.
        stop: number of the frame before which to stop; None for all.

    Raises:
        ImageError: the clip cannot be read, or takes too long. The message lacks its subject.
    """
    numbers = [first, CLIP_SECONDS, *([] if stop is None else [stop])]
    with _process(list(map(str, numbers)), data) as process:
        watch = _Watch(process)
        while True:
            try:
                with watch:
                    message = clip_protocol.read(cast("io.BufferedReader", process.stdout))
            except ProtocolError:
                raise _ended(process, watch) from None
            if message.kind == END:
                return
            if message.kind != FRAME:
                raise _problem(message.text)
            notes = tuple(visible(note)[:_LONGEST] for note in message.text.splitlines())
            yield ClipFrame(message.pixels, notes, message.seconds)


@contextmanager
def _process(arguments: list[str], data: bytes) -> Iterator[subprocess.Popen[bytes]]:
    """Start the process, feed it, and kill it when its frames are no longer wanted, or Python ends."""
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-B", "-m", "core.images.clip_process", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # decoders write there what they find in the file
        cwd=_ROOT,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | _SETTINGS,
    )
    atexit.register(process.kill)
    # While a pipe is full, its writer waits: this one must not wait for the reader of the other pipe.
    feeder = threading.Thread(target=_feed, args=(process.stdin, data), daemon=True)
    feeder.start()
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        feeder.join()
        cast("IO[bytes]", process.stdout).close()
        atexit.unregister(process.kill)


def _feed(pipe: IO[bytes], data: bytes) -> None:
    with suppress(OSError), pipe:  # the process may end before it has read all
        pipe.write(data)


class _Watch:
    """Kills a process once it has been waited for too long."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process, self._left = process, float(WAIT_SECONDS)
        self.too_long = False

    def __enter__(self) -> None:
        self._began = time.monotonic()
        self._timer = threading.Timer(self._left, self._kill)
        self._timer.daemon = True
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._left -= time.monotonic() - self._began

    def _kill(self) -> None:
        self.too_long = True
        self._process.kill()


def _ended(process: subprocess.Popen[bytes], watch: _Watch) -> ImageError:
    """Return the error for a process that ended without a word, or sent one that it must not send."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_SECONDS)
    if watch.too_long or process.returncode == _BY_CPU_LIMIT:
        what = f"takes more than {CLIP_SECONDS} s to decode; shorten it or save it at a smaller size."
        return ImageError(what, "too slow")
    return ImageError(DAMAGED, "damaged")


def _problem(text: str) -> ImageError:
    """Return the error for a problem that the process reports, in its own words."""
    reason, _, sentence = text.partition("\n")
    return ImageError(visible(sentence)[:_LONGEST], reason if reason in _REASONS else "damaged")
