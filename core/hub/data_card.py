"""What the card of a Hub data set says of its licence; anybody may have written anything into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_OTHER = "other"  # the licence's name is then a field of its own
_LONGEST = 200  # characters


def licence(card: Mapping[str, Any]) -> str | None:
    """Return the licence that a card names, in at most 200 characters; None where it names none.

    Args:
        card: metadata of the card, in which ``license`` is a text or a list of texts, where it is valid.
    """
    found = card.get("license")
    if found in (_OTHER, [_OTHER]):
        found = card.get("license_name") or found
    named = [str(one).strip() for one in (found if isinstance(found, list) else [found]) if _is_text(one)]
    text = ", ".join(filter(None, named))
    return (text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…") or None


def _is_text(value: object) -> bool:
    """Return whether a value of YAML is a text, or a number, such as 4.0 without quotes."""
    return isinstance(value, str | int | float) and not isinstance(value, bool)
