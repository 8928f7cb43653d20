"""What libraries write to the terminal, and what this program writes meanwhile."""

import io
import os
import subprocess
import sys

import pytest
from paths import ROOT

from core.standard_error import silent_libraries

CODE = """
import os, sys
from core.standard_error import silent_libraries
try:
    with silent_libraries():
        os.write(2, b"WARNING: All log messages before absl::InitializeLog()")
        print("said meanwhile", file=sys.stderr)
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print("interrupted", file=sys.stderr)
os.write(2, b"crash\\n")
"""


def test_only_libraries_are_silent_and_only_meanwhile() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CODE]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert ended.stderr.splitlines() == ["said meanwhile", "interrupted", "crash"]


def test_what_goes_to_a_buffer_still_does(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.StringIO()
    monkeypatch.setattr(sys, "stderr", buffer)
    with silent_libraries():
        sys.stderr.write("said")
    assert buffer.getvalue() == "said"
    assert sys.stderr is buffer
