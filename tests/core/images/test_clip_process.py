"""The program that decodes a clip: it writes frames and nothing else, and cannot write a file."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from clips import sweep, video
from paths import ROOT

from core.images.clip_protocol import END, FRAME, PROBLEM, read


def run(*code: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-B", *code], input=data, capture_output=True, cwd=ROOT, check=False
    )


def test_what_a_decoder_prints_is_not_among_the_frames() -> None:
    done = run("-m", "core.images.clip_process", "1", "20", "3", data=video(sweep()))
    stream = io.BufferedReader(io.BytesIO(done.stdout))
    assert [read(stream).kind for _ in range(3)] == [FRAME, FRAME, END]
    assert not stream.read()
    broken = run("-m", "core.images.clip_process", "0", "20", data=video(sweep())[:-300])
    assert b"mov,mp4" in broken.stderr
    stream = io.BufferedReader(io.BytesIO(broken.stdout))
    assert read(stream).kind == PROBLEM
    assert not stream.read()


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_the_process_can_write_no_file(tmp_path) -> None:
    code = f"""
from core.images.clip_process import _limit_resources
_limit_resources(20)
from pathlib import Path
Path({str(tmp_path / "frame.png")!r}).write_bytes(b"pixels")
"""
    done = run("-c", code)
    assert b"OSError: [Errno 27] File too large" in done.stderr
    assert (tmp_path / "frame.png").read_bytes() == b""
