"""The two rules that hold the house together, and one that holds its tests together."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

MAY_IMPORT_TENSORFLOW = {"batches", "lesson", "optimisation", "network", "training", "export", "tensorboard"}
MODULES = sorted(str(path.relative_to(ROOT / "core"))[:-3] for path in (ROOT / "core").rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports anywhere, and the core modules as core.name."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names | {name.split(".")[0] for name in names}


@pytest.mark.parametrize("module", MODULES)
def test_core_never_imports_streamlit(module: str) -> None:
    assert "streamlit" not in imported(ROOT / "core" / f"{module}.py")


@pytest.mark.parametrize("module", MODULES)
def test_tensorflow_stays_in_its_rooms(module: str) -> None:
    heavy = {"tensorflow", "keras", "tf2onnx"} & imported(ROOT / "core" / f"{module}.py")
    assert not heavy or module in MAY_IMPORT_TENSORFLOW


def test_only_experiment_and_each_other_import_those_rooms() -> None:
    rooms = {f"core.{name}" for name in MAY_IMPORT_TENSORFLOW}
    for path in [*ROOT.glob("*.py"), *(ROOT / "pages").rglob("*.py"), *(ROOT / "core").rglob("*.py")]:
        if path.stem not in MAY_IMPORT_TENSORFLOW | {"experiment"}:
            assert not rooms & imported(path), path


def test_help_answers_without_tensorflow() -> None:
    code = "import sys, runpy; sys.argv = ['train_cli.py', 'train', '--help']\n"
    code += "try: runpy.run_path('train_cli.py', run_name='__main__')\n"
    code += "except SystemExit: pass\n"
    code += "print('tensorflow' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.endswith("False\n")


def test_the_project_contains_none_of_the_shared_images_or_weights() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for file in files.splitlines():
        assert "busi/" not in file.lower()
        assert not file.endswith("notop.weights.h5")


@pytest.mark.xdist_group("architecture")
def test_groups_of_tests_stay_in_one_worker(request: pytest.FixtureRequest) -> None:
    # xdist does it by the name: with pytest 9.2, version 3.8 of it parts groups and says nothing.
    grouped = request.config.getoption("loadgroup", default=False)
    assert request.node.nodeid.endswith("@architecture") or not grouped
