"""What is measured of each checkout: commands, and scripts that run inside it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.benchmarks.against.checkouts import Checkout

LIMIT = 600  # seconds after which a process is given up
SCRIPTS = Path(__file__).parent
TINY = ("--backbone", "tiny", "--image-size", "32")
TRAINING = (*TINY, "--head", "average", "--fine-tune", "all", "--epochs", "2")


class MeasurementError(Exception):
    """A command or a script failed; the message holds the end of what it wrote.

    Attributes:
        checkout: name of the checkout.
        last_line: last line of what it wrote.
    """

    def __init__(self, checkout: str, command: list[str], errors: str) -> None:
        super().__init__(f"{checkout}: {' '.join(command)}\n{errors}")
        self.checkout = checkout
        self.last_line = (errors.strip().splitlines() or ["no message"])[-1]


class Inputs(NamedTuple):
    """What both checkouts work on.

    Attributes:
        images: folder of simulated images, a folder for each class.
        bundle: folder of a bundle that the old checkout can read.
    """

    images: Path
    bundle: Path


class Command(NamedTuple):
    """A command of ``train_cli.py``.

    Attributes:
        name: how the rows name it.
        arguments: arguments, with ``{images}``, ``{bundle}`` and ``{output}`` to be filled in.
        repeats: number of runs in a round, of which the fastest counts.
        memory: whether its peak memory is a row too.
    """

    name: str
    arguments: tuple[str, ...]
    repeats: int = 1
    memory: bool = False

    def measure(self, checkout: Checkout, inputs: Inputs) -> dict[str, float | None]:
        """Return seconds, and megabytes where they are asked for, by row name."""
        costs = []
        for _ in range(self.repeats):
            with tempfile.TemporaryDirectory() as folder:
                places = inputs._asdict() | {"output": Path(folder) / "output"}
                filled = [argument.format(**places) for argument in self.arguments]
                costs.append(_run([sys.executable, "train_cli.py", *filled], checkout))
        rows: dict[str, float | None] = {f"{self.name}, s": min(cost.seconds for cost in costs)}
        if self.memory:
            rows[f"{self.name}, peak memory, MB"] = min(cost.megabytes for cost in costs)
        return rows


class Script(NamedTuple):
    """A script of this folder that runs inside a checkout and prints its rows as JSON.

    Attributes:
        name: name of the script, without its suffix.
    """

    name: str

    def measure(self, checkout: Checkout, inputs: Inputs) -> dict[str, float | None]:
        """Return what the script printed: cost by row name, None for what the checkout does not have."""
        # -P: else the modules beside the script would hide the checkout's.
        script = SCRIPTS / f"{self.name}.py"
        command = [sys.executable, "-P", script, inputs.images, inputs.bundle]
        said = _run([str(part) for part in command], checkout).said
        return dict(json.loads(said.splitlines()[-1]))


MEASUREMENTS: tuple[Command | Script, ...] = (
    Command("train_cli.py --help", ("--help",), repeats=3),
    Command("audit of 200 images", ("audit", "{images}", "--output", "{output}")),
    Command("evaluate a bundle on its test set", ("evaluate", "{bundle}")),
    Command("evaluate a bundle on 200 images", ("evaluate", "{bundle}", "{images}")),
    Command(
        "predict 200 images",
        ("predict", "{bundle}", "{images}", "--output", "{output}/table.csv"),
        memory=True,
    ),
    Command("train, tiny network", ("train", "{images}", "--output", "{output}", *TRAINING), memory=True),
    Command(
        "compare the protocols, tiny network",
        ("compare", "{images}", "--output", "{output}", "--repeats", "3", *TINY),
    ),
    Script("server"),
    Script("pages"),
    Script("functions"),
)


class _Cost(NamedTuple):
    seconds: float
    megabytes: float
    said: str


def _run(command: list[str], checkout: Checkout) -> _Cost:
    """Run a process to its end. Peak memory is the largest of the process and its children."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=checkout.folder,
            env=checkout.environment(),
            stdout=said,
            stderr=errors,
            start_new_session=True,
        )
        limit = threading.Timer(LIMIT, _kill_group, [process.pid])
        limit.start()
        try:
            # A parent's memory counts until the child has loaded its own program: this process is small.
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            _kill_group(process.pid)
            process.wait()
            raise
        finally:
            limit.cancel()
        for file in (said, errors):
            file.seek(0)
        if process.returncode:
            raise MeasurementError(checkout.name, command, errors.read()[-3000:])
        return _Cost(seconds, usage.ru_maxrss / 1024, said.read())


def _kill_group(leader: int) -> None:
    """End a process and what it started, such as the app's server."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
