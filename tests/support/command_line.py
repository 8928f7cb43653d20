"""The command line as a user starts it: a process of its own."""

import os
import subprocess
import sys

from paths import ROOT


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "train_cli.py", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    )


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    process = start(*arguments)
    output, errors = process.communicate()
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def succeed(*arguments: object) -> subprocess.CompletedProcess[str]:
    finished = run(*arguments)
    assert finished.returncode == 0, finished.stderr
    return finished
