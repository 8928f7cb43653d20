"""Exit codes, errors and help."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import TRAINED, call, refuse, run, start, succeed_alone
from image_files import two_classes
from paths import ROOT

from core.cli.app import COMMANDS
from core.recipe import RECIPES

pytestmark = pytest.mark.xdist_group("cli")


@pytest.mark.slow
def test_an_interrupt_says_how_to_go_on(phantoms: Path, tmp_path: Path) -> None:
    # A background job of a shell ignores interrupts, and its children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = start("train", phantoms, "--output", tmp_path / "x", *TRAINED)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Epoch 1/4"):
            process.send_signal(signal.SIGINT)
            break
    rest = process.stderr.read()
    process.wait()
    assert process.returncode == 130
    assert "Add --resume to continue" in rest
    assert "Traceback" not in rest


INTERRUPTED_IMPORT = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[-1]:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
runpy.run_path("train_cli.py", run_name="__main__")
"""


@pytest.mark.parametrize("module", ["core.cli.tables", "core.bundle.limitations"])
def test_an_interrupt_before_a_training_is_one_line_and_promises_nothing(module: str) -> None:
    command = [sys.executable, "-c", INTERRUPTED_IMPORT, "predict", "models/phantom", module]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.splitlines()) == (130, ["Interrupted."])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["evaluate", "models/phantom", "--output", "{tmp}/kept"],
            "kept exists already; choose another --output",
        ),
        (
            ["predict", "models/phantom", "{tmp}", "--output", "{tmp}/kept"],
            "kept exists already; choose another",
        ),
        (
            ["difference", "{tmp}/a", "{tmp}/b", "--output", "{tmp}/kept"],
            "kept exists already; choose another",
        ),
        (["audit", "{tmp}", "--output", "{tmp}"], "exists already; choose another --output, or remove it."),
        (["audit", "{tmp}", "--output", "{tmp}/kept/x"], "kept is not a folder; choose another --output."),
        (
            ["train", "{tmp}", "--output", "{tmp}/other/kept", "--tensorboard", "{tmp}"],
            "kept exists already; choose another --tensorboard",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_no_output_is_overwritten_and_none_is_found_out_after_the_work(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    (tmp_path / "kept").write_text("kept")
    assert message in refuse(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert (tmp_path / "kept").read_text() == "kept"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command"),
        (["train", "--nonsense"], "No such option"),
        (["train", "phantom"], "Missing option '--output'"),
        (["pull", "user/repo@../x"], "is not a model"),
        (["predict", "models/phantom", ""], "an argument is empty; give a value, or leave it out"),
        (["audit", "models", "--output="], "--output is empty"),
        (["audit", "~nosuchuser/x"], "~nosuchuser/x is neither a folder nor a ZIP file"),
        (["evaluate", "~nosuchuser/x"], "~nosuchuser/x"),
        (
            ["compare", "phantom", "--output", "x.json", "--seed", "4294967295"],
            "20 splits need as many seeds from --seed on; give a --seed of at most 4294967276.",
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_what_a_user_can_correct_is_one_line_on_stderr(arguments: list[str], message: str) -> None:
    assert message in refuse(*arguments)


def test_the_process_ends_with_the_code_and_without_a_traceback() -> None:
    finished = run("evaluate", "not a name")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.startswith("Error: ")
    assert finished.stderr.count("\n") == 1


def test_a_terminal_without_a_character_shows_its_escape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")  # as narrow as Windows's older encodings
    two_classes(tmp_path)
    (tmp_path / "a").rename(tmp_path / "良性")
    assert r"\u826f\u6027" in succeed_alone("audit", tmp_path).stdout


def test_without_a_command_the_help_is_shown() -> None:
    finished = call()
    assert (finished.returncode, "Usage: " in finished.stdout, finished.stderr) == (2, True, "")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_help_shows_an_example(command: Callable[..., None]) -> None:
    name = command.__name__.replace("_", "-")
    shown = call(name, "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"python train_cli.py {name} " in shown.stdout


def test_the_defaults_in_the_help_are_those_of_the_recipes() -> None:
    shown = succeed_alone("train", "--help").stdout
    for name, recipe in RECIPES.items():
        for value in (recipe.fine_tune, recipe.epochs, recipe.learning_rate, recipe.precision):
            assert f"{name}: {value}" in shown


def test_help_answers_at_once() -> None:
    # What training, prediction and the Hub need takes seconds to import.
    slow = ("tensorflow", "keras", "sklearn", "scipy", "pandas", "onnxruntime", "huggingface_hub")
    code = "import sys, runpy; sys.argv = ['train_cli.py', 'train', '--help']\n"
    code += "try: runpy.run_path('train_cli.py', run_name='__main__')\n"
    code += "except SystemExit: pass\n"
    code += f"print(set(sys.modules) & set({slow}))"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Usage: " in shown.stdout
    assert shown.stdout.endswith("set()\n")
