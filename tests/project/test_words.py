"""The words of the field hold in the texts that users read."""

import re
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from core.cli.app import COMMANDS, app

FORBIDDEN = re.compile(
    r"\b(pictures?|near-cop(y|ies)|contradictory|label masks?|chances|(training|validation|test) parts?)\b",
    re.IGNORECASE,
)


def forbidden(text: str) -> list[str]:
    """The words that do not belong in a text, whose lines may be wrapped and framed."""
    flat = re.sub(r"[\s─-╿]+", " ", text)
    return [found.group() for found in FORBIDDEN.finditer(flat)]


def command_help(*command: str) -> str:
    shown = CliRunner().invoke(app, [*command, "--help"])
    assert shown.exit_code == 0
    return shown.output


@pytest.mark.parametrize("command", [None, *COMMANDS], ids=lambda command: command and command.__name__)
def test_the_help_uses_the_words_of_the_field(command: Callable[..., None] | None) -> None:
    text = command_help(*([command.__name__.replace("_", "-")] if command else []))
    assert "Usage: " in text
    assert not forbidden(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Pictures of the test\n│ part", ["Pictures", "test\npart"]),
        ("a near-copy, near-copies, contradictory labels", ["near-copy", "near-copies", "contradictory"]),
        ("25 label masks; the chances", ["label masks", "chances"]),
        ("columns file, part (train, validation, test); partly; near-duplicates; images", []),
    ],
)
def test_forbidden_words_are_found(text: str, found: list[str]) -> None:
    assert forbidden(text) == [word.replace("\n", " ") for word in found]
