"""The command line of a training as its bundle and model card publish it: no value of it is a path.

Folders and files may bear a patient's name. So the value of an option is published only where it cannot be a
path; elsewhere a placeholder stands.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from core.augmentation.ranges import AUGMENTATIONS
from core.data.provenance import KNOWN_COLUMNS
from core.recipe import RECIPES, WEIGHTS_BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

PROGRAM = ("python", "train_cli.py")
COMMANDS = ("train", "cross-validate", "compare", "search")
# Option → placeholder of its value.
PLACEHOLDERS = {
    "cluster": "ADDRESS",
    "output": "OUTPUT",
    "table": "TABLE",
    "groups": "GROUPS",
    "hold-out": "COLUMN",
    "train-on": "SOURCE",
    "image-column": "COLUMN",
    "label-column": "COLUMN",
    "limits": "RUN",
    "patient-column": "COLUMN",
    "split": "SPLIT",
    "tensorboard": "FOLDER",
    "weights": "WEIGHTS",
    "recipe": "RECIPE",
    "augmentation": "AUGMENTATION",
    "push-to": "USER/REPO",
}
FLAGS = ("resume", "whole", "private", "hide-file-names", "allow-missing")
# Options whose values are numbers or words of the program or of the data, and no paths.
VALUES = (
    "backbone",
    "batch-size",
    "epochs",
    "fine-tune",
    "folds",
    "head",
    "image-size",
    "learning-rate",
    "map",
    "only-folds",
    "positive-class",
    "precision",
    "protocol",
    "repeats",
    "resources",
    "seed",
    "tag",
)
_WITH_PLAN = "search"  # its last argument is the plan
_UNKNOWN = "VALUE"
# Values that are no paths although others of the option are.
_NAMES: dict[str, Iterable[str]] = {
    "weights": WEIGHTS_BY_NAME,
    "recipe": RECIPES,
    "augmentation": AUGMENTATIONS,
    "groups": ("none",),
    "cluster": ("local",),
    "hold-out": ("source", *KNOWN_COLUMNS),
    "split": ("own",),
}
_PUBLIC_DATA = re.compile(r"phantom|hf://datasets/[\w.-]+/[\w.-]+(@[\w.-]+)?")
_OPTION = re.compile(r"[a-z]+(-[a-z]+)*")
_SEPARATORS = re.compile(r"[/\\]")
_LINE = re.compile(rf"^{re.escape(' '.join(PROGRAM))} .*$", re.MULTILINE)


def publish(arguments: Iterable[str]) -> str:
    """Return a command line for publication, from the arguments after the program's name.

    Args:
        arguments: command, options and data set, as ``sys.argv`` has them.
    """
    shown: list[str] = []
    positional: list[int] = []
    option = ""
    for argument in arguments:
        if option:
            shown.append(_value(option, argument))
            option = ""
        elif argument.startswith("--") and argument != "--":
            name, equals, value = argument[2:].partition("=")
            name = name if _OPTION.fullmatch(name) else "option"
            shown.append(f"--{name}={_value(name, value)}" if equals else f"--{name}")
            option = "" if equals or name in FLAGS else name
        elif argument != "--":
            positional.append(len(shown))
            shown.append(argument)
    if positional:
        command, *data = positional
        shown[command] = shown[command] if shown[command] in COMMANDS else "COMMAND"
        if shown[command] == _WITH_PLAN and data:
            shown[data.pop()] = "PLAN"
        for place in data:
            shown[place] = shown[place] if _PUBLIC_DATA.fullmatch(shown[place]) else "DATA"
    return shlex.join([*PROGRAM, *shown])


def republish(text: str) -> str:
    """Return a text in which each line that is a command line is fit for publication.

    Earlier versions published bare names, and relative paths.
    """
    return _LINE.sub(lambda found: _of_line(found[0]), text)


def _of_line(line: str) -> str:
    try:
        words = shlex.split(line)
    except ValueError:  # not a command line, such as one without an end of its quotes
        return shlex.join(PROGRAM)
    return publish(words[len(PROGRAM) :])


def _value(option: str, value: str) -> str:
    if value in _NAMES.get(option, ()):
        return value
    if option in PLACEHOLDERS:
        return PLACEHOLDERS[option]
    return value if option in VALUES and not _SEPARATORS.search(value) else _UNKNOWN
