"""README and docs as data: code blocks, commands, tables, links, headings."""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from paths import ROOT
from typer.main import get_command

from core.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = ("python", "make", "streamlit", "docker", "pip", "source", "export", "cp", "uv")
_COMMAND = re.compile(rf"(?:[A-Z_]+=\S+ )*(?:{'|'.join(PROGRAMS)})\b")
_VARIABLE = re.compile(r"[A-Z_]+=.*")


class Command(NamedTuple):
    """One command of a page: VARIABLE=VALUE words before it, and its words."""

    page: Path
    variables: dict[str, str]
    words: list[str]

    def __str__(self) -> str:
        return f"{self.page.name}: {' '.join(self.words)}"


def text(page: Path) -> str:
    """The Markdown of a page without the front matter of a Space."""
    return re.sub(r"\A---\n.*?\n---\n", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def paragraphs(markdown: str) -> list[str]:
    """Everything between blank lines, fenced blocks in one piece."""
    kept = re.sub(
        r"^```.*?^```$",
        lambda found: found[0].replace("\n\n", "\n \n"),
        markdown,
        flags=re.MULTILINE | re.DOTALL,
    )
    return re.split(r"\n{2,}", kept.strip("\n"))


def is_code(paragraph: str) -> bool:
    return paragraph.startswith(("    ", "```"))


def commands(page: Path) -> list[Command]:
    """The commands of a page, from its code blocks and, of `make` and `train_cli.py`, from its sentences."""
    lines: list[str] = []
    for paragraph in paragraphs(text(page)):
        if re.match(r"(?m) {4}|```", paragraph):
            code = paragraph.replace("\\\n", " ")
            lines += [line.strip() for line in code.splitlines() if _COMMAND.match(line.strip())]
        else:
            spans = re.findall(r"`([^`]+)`", paragraph.replace("\n", " "))
            lines += [span for span in spans if re.match(r"make \w|python train_cli.py ", span)]
    found = []
    for line in lines:
        for part in line.split(" && "):
            words = shlex.split(part, comments=True)
            first = next(i for i, word in enumerate(words) if not _VARIABLE.fullmatch(word))
            variables = dict(word.split("=", 1) for word in words[:first])
            found.append(Command(page, variables, words[first:]))
    return found


def links(page: Path) -> list[str]:
    """The targets of a page's links and images that lead into this project."""
    prose = "\n\n".join(part for part in paragraphs(text(page)) if not is_code(part))
    targets = re.findall(r"\]\(([^)\s]+)\)", prose)
    return [target for target in targets if not re.match(r"https?:", target)]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    prose = "\n\n".join(part for part in paragraphs(text(page)) if not is_code(part))
    headings = re.findall(r"(?m)^#+ (.*)$", prose)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def table(page: Path, columns: str) -> list[dict[str, str]]:
    """The rows of the one table of a page whose first columns have these titles, by column."""
    (rows,) = (part.splitlines() for part in paragraphs(text(page)) if part.startswith(f"| {columns} |"))
    header, _, *body = ([cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows)
    return [dict(zip(header, cells, strict=True)) for cells in body]


def names(cell: str) -> list[str]:
    """What stands in backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)


@cache
def command_line() -> Any:
    """The commands of train_cli.py, by name, without running any."""
    return get_command(app)


def parsed(arguments: list[str]) -> tuple[str, dict[str, Any]]:
    """Parse the arguments of train_cli.py: the name of the command, and its parameters.

    Raises:
        TyperException: there is no such command or option, or a value does not fit.
    """
    group = command_line()
    outer = group.make_context("train_cli.py", list(arguments))
    name, command, rest = group.resolve_command(outer, [*outer._protected_args, *outer.args])
    return name, command.make_context(name, rest, parent=outer).params
