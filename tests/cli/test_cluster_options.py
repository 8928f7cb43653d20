"""``--cluster`` and ``--resources``: refusals, and nothing of Ray without them."""

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import FOLDED, TINY, refuse
from paths import ROOT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--resources", "CPU=2"],
            "--resources are those of a cluster's tasks; give --cluster as well, or leave",
        ),
        (["--cluster", "local", "--resources", "CPU=none"], "--resources CPU=none is not understood"),
        (["--cluster", "ray://head:10001"], "run the command on a machine of the cluster"),
        (["--cluster", "127.0.0.1"], "neither local nor HOST:PORT"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], message: str, phantoms: Path, tmp_path: Path) -> None:
    assert message in refuse("cross-validate", phantoms, "--output", tmp_path / "x", *FOLDED, *arguments)
    assert not list(tmp_path.iterdir())


def test_a_linear_head_needs_no_cluster(phantoms: Path, tmp_path: Path) -> None:
    arguments = ["compare", phantoms, "--output", tmp_path / "x.json", *TINY[:2], "--cluster", "local"]
    assert "--cluster is for whole networks; add --whole." in refuse(*arguments)


def test_without_the_option_nothing_of_ray_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from core.cli.app import main; sys.argv[1:] = sys.argv[1:]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'ray'))"
    )
    arguments = ["cross-validate", "missing", "--output", str(tmp_path / "x")]
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "missing" in run.stderr
    assert run.stdout.splitlines()[-1] == "[]"
