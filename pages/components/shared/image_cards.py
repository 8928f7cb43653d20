"""Cards of images with their predictions: the same form on every page.

The images are part of the page's own messages. Streamlit's media files may be gone before a browser fetched
them, when the run that made them is cut short (1.67).
"""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from core.images.encode import as_png, thumbnail
from pages.components.shared import component, session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray


class Card(NamedTuple):
    """An image with its prediction.

    Attributes:
        key: name of the card, given to ``on_choose``.
        source: the image as a ``data:`` URL, such as ``as_url`` returns.
        alt: content of the image in words.
        label: first line below the image, such as the predicted class.
        colour: CSS colour of the bar above the label, such as that of the class.
        note: second line below the image, such as a probability.
        detail: text over the image while the pointer or the focus is on it.
        mark: whether the card has a dashed frame.
        over: a see-through image that is stretched over the first, as a ``data:`` URL, or ''.
    """

    key: str
    source: str
    alt: str
    label: str = ""
    colour: str = "transparent"
    note: str = ""
    detail: str = ""
    mark: bool = False
    over: str = ""


def as_url(pixels: NDArray[np.uint8]) -> str:
    """Return an image, uint8 [H, W, 3] RGB, [H, W, 4] RGBA or [H, W] grey, as the ``data:`` URL of a PNG."""
    return f"data:image/png;base64,{b64encode(as_png(pixels)).decode()}"


def as_thumbnail(pixels: NDArray[np.uint8], side: int) -> str:
    """Return a small copy of an image as the ``data:`` URL of a JPEG file.

    Args:
        pixels: uint8 [H, W, 3] RGB or [H, W] grey.
        side: maximum width and height of the copy, pixels.
    """
    return f"data:image/jpeg;base64,{b64encode(thumbnail(pixels, side)).decode()}"


def choose(
    cards: Sequence[Card], chosen: str | None, on_choose: Callable[[str], None], *, key: str, label: str
) -> None:
    """Draw a strip of cards of which one is chosen, by a click or the arrow keys.

    Args:
        cards: the cards.
        chosen: key of the chosen card.
        on_choose: callback that gets the key of another card.
        key: key of the element.
        label: what is chosen, for screen readers.
    """
    _draw("choose", "strip", cards, key, label, on_choose, chosen=chosen, narrowest=88)


def gallery(
    cards: Sequence[Card],
    on_open: Callable[[str], None] | None = None,
    *,
    key: str,
    label: str,
    columns: int,
    narrowest: int = 96,
    details: bool = False,
    places: int = 0,
    neighbours: Sequence[str] = (),
    on_turn: Callable[[str], None] | None = None,
) -> None:
    """Draw a grid of cards, which a click opens where there is a callback.

    Args:
        cards: the cards.
        on_open: callback that gets the key of a card.
        key: key of the element.
        label: what the cards are, for screen readers.
        columns: largest number of columns.
        narrowest: smallest width of a card, pixels; on a narrow screen there are fewer columns.
        details: whether all details are shown.
        places: smallest number of cards that there is room for, so that fewer take no less.
        neighbours: keys of the cards that the arrow keys lead to from the only one, in their order, with its
            own.
        on_turn: callback that gets the key of a neighbour.
    """
    mode: Literal["open", "look"] = "look" if on_open is None else "open"
    options = {"columns": columns, "narrowest": narrowest, "details": details, "places": places}
    _draw(mode, "grid", cards, key, label, on_open or on_turn, neighbours=list(neighbours), **options)


def _draw(
    mode: Literal["choose", "open", "look"],
    layout: Literal["strip", "grid"],
    cards: Sequence[Card],
    key: str,
    label: str,
    on_choose: Callable[[str], None] | None,
    **options: Any,
) -> None:
    def chosen() -> None:
        if on_choose is not None:
            on_choose(session.chosen_card(key))

    component.load(Path(__file__), '<div class="cards"></div>')(
        key=key,
        data={
            "mode": mode,
            "layout": layout,
            "label": label,
            "cards": [card._asdict() for card in cards],
            "columns": len(cards),
            "chosen": None,
            "details": False,
            "places": 0,
            "neighbours": [],
            **options,
        },
        on_chosen_change=chosen,
    )
