"""What TensorFlow's C++ code writes, and what this program writes meanwhile."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

from core.experiments.tensorflow_import import silent_libraries

CODE = """
import os, sys
from core.experiments.tensorflow_import import silent_libraries, import_tensorflow
def progress(what, done, total):
    print(what, done, file=sys.stderr)
try:
    with silent_libraries():
        os.write(2, b"WARNING: All log messages before absl::InitializeLog()")
        print("said meanwhile", file=sys.stderr)
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print("interrupted", file=sys.stderr)
os.write(2, b"crash\\n")
"""


# A user whom the system does not know, as in a container with a number for a user, has no home folder.
HOMELESS = """
import os, pwd
def unknown(number):
    raise KeyError(number)
pwd.getpwuid = unknown
os.environ.pop("HOME", None)
"""


def stderr_of(code: str, folder: Path = ROOT) -> list[str]:
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, env=environment)
    return ended.stderr.splitlines()


def test_only_libraries_are_silent_and_only_meanwhile() -> None:
    assert stderr_of(CODE) == ["said meanwhile", "interrupted", "crash"]


@pytest.mark.slow
def test_nothing_but_the_step_is_shown_while_tensorflow_loads() -> None:
    lines = stderr_of(CODE + "import_tensorflow(progress)")
    assert lines[3:] == ["Loading TensorFlow 0", "Loading TensorFlow 1"]


@pytest.mark.slow
def test_a_user_without_a_home_folder_gets_none_in_the_current_one(tmp_path: Path) -> None:
    shown = 'print(os.environ.get("HOME"), file=sys.stderr)'
    lines = stderr_of(HOMELESS + CODE + f"import_tensorflow(progress)\n{shown}", tmp_path)
    assert lines[-2:] == ["Loading TensorFlow 1", "None"]
    assert not list(tmp_path.iterdir())


def test_what_goes_to_a_buffer_still_does(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.StringIO()
    monkeypatch.setattr(sys, "stderr", buffer)
    with silent_libraries():
        sys.stderr.write("said")
    assert buffer.getvalue() == "said"
    assert sys.stderr is buffer
