"""The command line as a user starts it, in a process of its own or in this one; and small trainings."""

import contextlib
import io
import os
import subprocess
import sys
from unittest import mock

import pytest
from paths import ROOT

from core.cli.app import main
from core.cli.console import console
from core.cli.console import errors as errors_console

WIDTH = 200
TINY = ["--backbone", "tiny", "--image-size", 48]
TRAINED = [*TINY, "--fine-tune", "all", "--epochs", 4, "--batch-size", 16]
FOLDED = [*TINY, "--fine-tune", "all", "--epochs", 2, "--batch-size", 16, "--folds", 2]


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "train_cli.py", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": str(WIDTH)},
    )


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    process = start(*arguments)
    output, errors = process.communicate()
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def succeed_alone(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command that succeeds, in a process of its own, as a user does."""
    return _succeeded(run(*arguments))


def succeed(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command that succeeds, in this process, which spares the imports of one of its own."""
    return _succeeded(call(*arguments))


def call(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["train_cli.py", *map(str, arguments)]),
        mock.patch.object(console, "_width", WIDTH),
        mock.patch.object(errors_console, "_width", WIDTH),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return subprocess.CompletedProcess(arguments, ended.value.code or 0, output.getvalue(), errors.getvalue())


def refuse(*arguments: object) -> str:
    """Run a command that a user has to correct, in this process; return its one line of error."""
    finished = call(*arguments)
    assert finished.returncode == 2
    *progress, error = finished.stderr.splitlines()
    assert error.startswith("Error: ")
    assert not [line for line in progress if line.startswith("Error: ")]
    return error


def _succeeded(finished: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    assert finished.returncode == 0, finished.stderr
    return finished
