"""All texts of a page as Streamlit sends them to a browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlit.testing.v1 import AppTest

# Fields that nobody reads: identifiers, links, and what a component consists of.
SILENT = ("id", "form_id", "url", "data", "js_content", "css_content", "html_content", "fragment_id", "token")


def page_texts(app: AppTest) -> list[str]:
    """Every text of every element: labels, help, tabs, expanders, table headers and cells, charts, alt."""
    texts: list[str] = []
    for node in nodes(app._tree):
        proto = getattr(node, "proto", None)
        if isinstance(proto, Message):
            for name, text in strings(proto, SILENT):
                texts += _of_json(text) if name in ("spec", "columns", "figure") else [text]
        value = getattr(node, "value", None) if type(node).__name__ in ("Dataframe", "Table") else None
        if value is not None:
            texts += [*map(str, value.columns), *map(str, value.index), *map(str, value.to_numpy().ravel())]
    return [text for text in texts if text]


def nodes(block: Any) -> Iterator[Any]:
    """Every element of a page, with the blocks that hold them."""
    yield block
    for child in getattr(block, "children", {}).values():
        yield from nodes(child)


def strings(message: Message, silent: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every text in a message and those within it, with the name of its field, but for the silent fields."""
    for field, value in message.ListFields():
        if field.name in silent:
            continue
        for one in value if field.is_repeated else [value]:
            if isinstance(one, Message):
                yield from strings(one, silent)
            elif isinstance(one, str):
                yield field.name, one


def _of_json(text: str) -> Iterator[str]:
    try:
        pending = [json.loads(text)]
    except ValueError:
        yield text
        return
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list):
            pending += value
