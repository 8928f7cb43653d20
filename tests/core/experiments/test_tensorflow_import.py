"""What the import of TensorFlow shows and leaves behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

pytestmark = pytest.mark.slow

CODE = """
import os, sys
from core.experiments.tensorflow_import import import_tensorflow
def progress(what, done, total):
    print(what, done, file=sys.stderr)
import_tensorflow(progress)
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


def test_nothing_but_the_step_is_shown_while_tensorflow_loads() -> None:
    assert stderr_of(CODE) == ["Loading TensorFlow 0", "Loading TensorFlow 1"]


def test_a_user_without_a_home_folder_gets_none_in_the_current_one(tmp_path: Path) -> None:
    shown = 'print(os.environ.get("HOME"), file=sys.stderr)'
    lines = stderr_of(HOMELESS + CODE + shown, tmp_path)
    assert lines[-2:] == ["Loading TensorFlow 1", "None"]
    assert not list(tmp_path.iterdir())
