"""The command-line application: its commands, exit codes and error messages."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

import typer
from typer.exceptions import TyperException

from core import escape
from core.cli.audit import audit
from core.cli.console import Interrupted, errors
from core.cli.evaluate import evaluate
from core.cli.export_site import export_site
from core.cli.options import flatten
from core.cli.predict import predict
from core.cli.protocols import compare, difference, search
from core.cli.publish import deploy, pull, push
from core.cli.train import cross_validate, train
from core.errors import UserError
from core.files import NO_SPACE, why

if TYPE_CHECKING:
    from collections.abc import Callable

USER_ERROR = 2
INTERRUPTED = 130

# Each command with the examples that its help shows.
COMMANDS: dict[Callable[..., None], tuple[str, ...]] = {
    train: (
        "train phantom --output runs/demo --backbone tiny --fine-tune all",
        "train BUSI --output runs/busi --backbone xception --head average",
        "train BUSI --output runs/paper --protocol paper",
    ),
    cross_validate: (
        "cross-validate phantom --output runs/folds --backbone tiny --fine-tune all",
        "cross-validate BUSI --output runs/busi-folds --backbone xception --folds 10",
        "cross-validate BUSI BUSBRA --output runs/machines --recipe recommended --hold-out device",
        "cross-validate BUSI BUSBRA --output runs/published --recipe recommended --split folds.csv",
    ),
    compare: (
        "compare BUSI --output busi.json --backbone xception",
        "compare phantom --output whole.json --whole --backbone tiny --fine-tune all",
    ),
    search: (
        "search BUSI plan.json --output search.json",
        "search BUSI BUSBRA plan.json --output search.json --split folds.csv --only-folds 1,2,3",
    ),
    difference: ("difference runs/without runs/paper runs/strong --output augmentation.json",),
    evaluate: ("evaluate runs/busi", "evaluate user/repo@v1 OTHER_HOSPITAL --output other.json"),
    predict: ("predict runs/busi image.png folder", "predict runs/busi FOLDER --output all.parquet"),
    push: (
        "push runs/busi user/repo --tag v1",
        'push runs/demo user/repo --include-test-images --data-licence "CC0-1.0"',
    ),
    pull: ("pull user/repo@v1",),
    deploy: ("deploy user/app --model user/repo@v1", "deploy user/page --model user/repo@v1 --static"),
    export_site: ("export-site runs/busi site", "export-site user/repo@v1 site"),
    audit: ("audit BUSI", "audit Dataset_BUSI.zip --output runs/audit"),
}

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Train, evaluate and publish breast-ultrasound classifiers.\n\n"
    "For teaching and research. **Not a medical device.**",
)
for command, examples in COMMANDS.items():
    heading = "**Example**" if len(examples) == 1 else "**Examples**"
    lines = [heading, *(f"`python train_cli.py {example}`" for example in examples)]
    app.command(epilog="\n\n".join(lines))(flatten(command))


def main() -> None:
    """Run the command line.

    The exit code is 2 for an error that the user can correct, which is one line on standard error, and 130
    for an interrupt.
    """
    _write_every_character()
    try:
        _refuse_empty_arguments(sys.argv[1:])
        code = app(standalone_mode=False)
        if code == INTERRUPTED:
            errors.print("Interrupted.")
        sys.exit(code)
    except Interrupted as error:
        errors.print(str(error))
        sys.exit(INTERRUPTED)
    except UserError as error:
        message = str(error)
    except TyperException as error:
        message = error.format_message().replace("Value error, ", "")
    except OSError as error:
        message = _sentence(error)
    if message:  # empty where Typer has printed the help instead
        errors.print(f"Error: {escape.terminal(message)}", style="red")
    sys.exit(USER_ERROR)


def _write_every_character() -> None:
    """Write characters that the terminal's encoding lacks as escapes, as Windows's older ones lack many."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # not a buffer in memory, which takes every character
            stream.reconfigure(errors="backslashreplace")


def _refuse_empty_arguments(arguments: list[str]) -> None:
    """Refuse an empty text, which as a path would be the current folder."""
    for argument in arguments:
        if not argument or (argument.startswith("--") and argument.endswith("=")):
            name = argument.removesuffix("=") or "an argument"
            raise UserError(f"{name} is empty; give a value, or leave it out (is a shell variable not set?).")


def _sentence(error: OSError) -> str:
    what_to_do = (
        "free some disk space, and run the command again"
        if error.errno in NO_SPACE
        else "check the path and its permissions"
    )
    return f"{error.filename or 'a file'}: {why(error)}; {what_to_do}."
