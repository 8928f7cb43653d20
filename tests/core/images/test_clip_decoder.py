"""The process that decodes a clip: limited, killed in time, not believed, and ignorant of secrets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from clips import animation, joined, sweep, video
from image_files import encoded
from paths import ROOT
from PIL import Image

from core.images import clip_decoder
from core.images.clip import Clip
from core.images.clip_decoder import decode_frames
from core.images.clip_process import MAX_MEMORY
from core.images.limits import ImageError

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def started(monkeypatch) -> list[subprocess.Popen]:
    """The processes that are started."""
    processes: list[subprocess.Popen] = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options) -> None:
            super().__init__(*arguments, **options)
            processes.append(self)

    monkeypatch.setattr(clip_decoder.subprocess, "Popen", Recorded)
    return processes


def slow() -> bytes:
    """Return a GIF that takes a minute to decode, in half a megabyte."""
    return joined(*[encoded(Image.fromarray(np.zeros((4000, 4000), np.uint8)), "GIF")] * 600)


@linux
def test_the_process_has_limits_and_no_secret_and_ends_with_its_reader(started, monkeypatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_unnameable")
    frames = decode_frames(video(sweep(300)))
    next(frames)
    (process,) = started
    place = Path("/proc", str(process.pid))
    limits = {line[:26].strip(): line[26:].split()[0] for line in (place / "limits").read_text().splitlines()}
    assert {name: limits[name] for name in LIMITS} == LIMITS
    assert b"unnameable" not in (place / "environ").read_bytes()
    status = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
    assert int(status["VmHWM"].split()[0]) < 200 * 1024  # kB
    assert {one.readlink().name.partition(":")[0] for one in (place / "fd").iterdir()} == {
        "pipe",
        "null",
    }
    frames.close()
    assert process.returncode is not None


LIMITS = {
    "Max cpu time": "20",
    "Max address space": str(MAX_MEMORY),
    "Max file size": "0",
    "Max core file size": "0",
    "Max open files": "16",
}


@linux
def test_a_clip_that_takes_too_much_processor_time_is_ended_by_the_system(started, monkeypatch) -> None:
    monkeypatch.setattr(clip_decoder, "CLIP_SECONDS", 1)
    with pytest.raises(ImageError, match="x takes more than 1 s to decode; shorten it") as refused:
        list(Clip.of("x", slow()).frames())
    assert refused.value.reason == "too slow"
    assert started[0].returncode == -24


def test_a_process_that_is_waited_for_too_long_is_killed(started, monkeypatch) -> None:
    monkeypatch.setattr(clip_decoder, "WAIT_SECONDS", 0.1)
    with pytest.raises(ImageError, match="takes more than 20 s to decode") as refused:
        list(decode_frames(slow()))
    assert refused.value.reason == "too slow"
    assert started[0].returncode == -9


@linux
def test_a_clip_that_needs_too_much_memory_is_refused() -> None:
    webp = bytearray(animation(sweep(2), "WEBP"))
    webp[24:30] = (16382).to_bytes(3, "little") * 2  # the size of its canvas, less one
    with pytest.raises(ImageError, match=r"x (needs too much memory|is damaged)"):
        list(Clip.of("x", bytes(webp)).frames())


@linux
def test_a_process_ends_with_the_server_that_started_it() -> None:
    program = """
        import os, sys
        sys.path[:0] = ["tests/support"]
        from clips import sweep, video
        from core.images.clip_decoder import decode_frames
        frames = decode_frames(video(sweep(300)))
        next(frames)
        print(open(f"/proc/self/task/{os.getpid()}/children").read(), flush=True)
        sys.exit()
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(program)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    (child,) = done.stdout.split()
    assert not Path("/proc", child).exists()


LIARS = {
    "nonsense": ("b'Z' * 10_000", "is damaged and cannot be read; save or export it again.", "damaged"),
    "a huge frame": (
        "head(b'F', 2**32 - 1, 2**32 - 1)",
        "has too many pixels; send at most 20 million.",
        "too many pixels",
    ),
    "frames without end": (
        "(head(b'F', 1, 1) + b'0') * 10_000",
        "has more than 600 frames; cut it to",
        "too many frames",
    ),
    "a name": ("problem('Unnameable\\nmy\\x1b[31m text')", "my", "damaged"),
}


@pytest.mark.parametrize("lie", LIARS)
def test_a_process_that_was_taken_over_is_not_believed(tmp_path, monkeypatch, lie) -> None:
    data, sentence, reason = LIARS[lie]
    program = tmp_path / "python"
    program.write_text(
        dedent(f"""\
            #!{sys.executable}
            import struct, sys
            def head(kind, width=0, height=0, length=0):
                return struct.pack("<cIIBHd", kind, width, height, 1, length, 0)
            def problem(text):
                return head(b"P", length=len(text)) + text.encode()
            sys.stdin.buffer.read()
            sys.stdout.buffer.write({data})
        """)
    )
    program.chmod(0o755)
    monkeypatch.setattr(clip_decoder.sys, "executable", str(program))
    with pytest.raises(ImageError) as refused:
        list(Clip.of("x", b"\0\0\0\x18ftypisom").frames())
    assert str(refused.value).startswith(f"x {sentence}")
    assert "\x1b" not in str(refused.value)
    assert refused.value.reason == reason
