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
    for node in _nodes(app._tree):
        proto = getattr(node, "proto", None)
        if isinstance(proto, Message):
            texts += _strings(proto)
        value = getattr(node, "value", None) if type(node).__name__ in ("Dataframe", "Table") else None
        if value is not None:
            texts += [*map(str, value.columns), *map(str, value.index), *map(str, value.to_numpy().ravel())]
    return [text for text in texts if text]


def _nodes(block: Any) -> Iterator[Any]:
    yield block
    for child in getattr(block, "children", {}).values():
        yield from _nodes(child)


def _strings(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        if field.name in SILENT:
            continue
        for one in value if field.is_repeated else [value]:
            if isinstance(one, Message):
                yield from _strings(one)
            elif isinstance(one, str):
                yield from _of_json(one) if field.name in ("spec", "columns", "figure") else [one]


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
