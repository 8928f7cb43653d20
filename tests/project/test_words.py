"""The words of the field hold in the texts that users read."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from documentation import PAGES as DOCUMENTATION
from documentation import paragraphs
from documentation import text as page_text
from page_texts import page_texts
from typer.testing import CliRunner
from visit import PAGES, arrive, png, views

from core.cli.app import COMMANDS, app
from core.serving.catalog import embedded

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


@pytest.mark.parametrize("page", DOCUMENTATION, ids=lambda page: page.name)
def test_the_documentation_uses_the_words_of_the_field(page: Path) -> None:
    for paragraph in paragraphs(page_text(page)):
        # Rows named as in a JSON file of version 1, and the table of the words that are not to be used.
        if not paragraph.startswith(("<!-- results/", "| say | not |")):
            assert not forbidden(paragraph)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Pictures of the test\n│ part", ["Pictures", "test\npart"]),
        ("a near-copy, near-copies, contradictory labels", ["near-copy", "near-copies", "contradictory"]),
        ("25 label masks; the chances", ["label masks", "chances"]),
        ("columns file, set (train, validation, test); partly; near-duplicates; images", []),
    ],
)
def test_forbidden_words_are_found(text: str, found: list[str]) -> None:
    assert forbidden(text) == [word.replace("\n", " ") for word in found]


def seen(model: str) -> dict[str, list[str]]:
    """The texts of all pages, as a visitor sees them who uploads and simulates images."""
    texts: dict[str, list[str]] = {}
    visitor = arrive()
    visitor.query_params["model"] = model
    visitor.run()
    for page in PAGES:
        for view in views(visitor, page):
            if page == "pages/classify.py" and not view:
                texts[f"{page} without an image"] = page_texts(visitor)
                mask = np.zeros((64, 64, 3), np.uint8)
                mask[20:40, 20:40] = 255
                for name, data in (("mask.png", png(mask)), ("broken.png", b"no image")):
                    visitor.file_uploader[0].upload(name, data)
                    visitor.run()
                    texts[f"{page} with {name}"] = page_texts(visitor)
                next(button for button in visitor.button if button.label == "Simulated 1").click().run()
                visitor.button(key="stability").click().run()
            assert not visitor.exception
            texts[f"{page} {view}"] = page_texts(visitor)
    return texts


@pytest.mark.slow
@pytest.mark.parametrize("model", embedded())
def test_the_pages_use_the_words_of_the_field(monkeypatch, model: str) -> None:
    monkeypatch.delenv("MODEL", raising=False)
    texts = seen(model)
    everything = "\n".join(text for view in texts.values() for text in view)
    # One of each kind of text: help, expander, table header, chart, alt, warning.
    for sample in (
        "At or above the threshold",
        "Background",
        "predicted benign",
        "accuracy of the look-up",
        "Confusion matrix of ",
        "Stable under augmentation",
        "A grey square of",
        "Expected calibration error",
    ):
        assert sample in everything
    found = {view: words for view, lines in texts.items() if (words := forbidden("\n".join(lines)))}
    assert not found
