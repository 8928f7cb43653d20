"""Measure the working tree against a commit: ``python -m tests.benchmarks.against COMMIT``."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.against import checkouts, ratios
from tests.benchmarks.against.measurements import MEASUREMENTS, Inputs, MeasurementError

if TYPE_CHECKING:
    from tests.benchmarks.against.checkouts import Checkout

ROUNDS = 5


def run(commit: str) -> str:
    """Measure both checkouts and return the report.

    Raises:
        ValueError: the repository has no such commit.
        MeasurementError: something cannot be measured in the working tree.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name, checkouts.pair(commit, Path(name)) as pair:
        old, new = pair
        inputs = Inputs(images=Path(name) / "images", bundle=old.folder / "models" / "phantom")
        command = [sys.executable, "-m", "tests.benchmarks.against.images", str(inputs.images)]
        subprocess.run(command, cwd=new.folder, env=new.environment(), check=True)
        costs = _measure(old, new, inputs)
        return "\n".join(
            [
                f"old: {checkouts.describe(old)}",
                f"new: {checkouts.describe(new)}",
                "",
                ratios.table(costs.rows()),
                *(f"not compared: {row}: {reason}" for row, reason in costs.not_compared.items()),
            ]
        )


def _measure(old: Checkout, new: Checkout, inputs: Inputs) -> ratios.Costs:
    """Take every measurement in every round, of one checkout directly after the other."""
    costs, measurements = ratios.Costs(), list(MEASUREMENTS)
    for number in range(ROUNDS + 1):
        title = f"round {number} of {ROUNDS}" if number else "warm-up, not counted"
        for measurement in tuple(measurements):
            print(f"{title}: {measurement.name}", file=sys.stderr, flush=True)  # noqa: T201
            taken = {}
            try:
                for checkout in (old, new) if number % 2 else (new, old):
                    taken[checkout.name] = measurement.measure(checkout, inputs)
            except MeasurementError as error:
                # What only the working tree can do is left out; what it cannot do is a fault.
                if error.checkout == new.name:
                    raise
                measurements.remove(measurement)
                costs.not_compared[measurement.name] = f"fails in the old checkout: {error.last_line}"
                continue
            if number:
                costs.add(taken[old.name], taken[new.name])
    return costs


if __name__ == "__main__":
    # A killed run removes its temporary worktree too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if len(sys.argv) != 2:
        sys.exit("Name one commit: make bench AGAINST=COMMIT")
    try:
        print(run(sys.argv[1]))  # noqa: T201
    except (ValueError, MeasurementError) as error:
        sys.exit(str(error))
