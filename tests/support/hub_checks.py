"""What tests of the Hub check again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from hub_server import HubServer


def sentence(hub: HubServer, function: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    """Return what the user is told when this fails: one line, without a token."""
    with pytest.raises(UserError) as caught:
        function(*arguments, **options)
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert len(text) < 300
    assert not [role for role, token in hub.tokens.items() if token in text]
    return text


def same_files(left: Path, right: Path, *, apart_from: Collection[str] = ()) -> bool:
    """Return whether two folders have the same files."""
    names = {path.name for path in right.iterdir()} - set(apart_from)
    return bool(names) and all((left / name).read_bytes() == (right / name).read_bytes() for name in names)
