"""What the page's address asks for: the set, its size and the time limit; their controls, and its refusal."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import UserError
from core.serving import result_link
from core.serving.result_link import COUNTS, IMAGES, LIMIT, LIMITS, RESULT, SEED, SEEDS, Settings
from pages.components.shared import session
from pages.components.shared.keys import Key
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator


def read() -> Settings:
    """Return what the address asks for; refuse what it must not."""
    with refuse():
        return result_link.read_settings(st.query_params)


def choose(settings: Settings) -> None:
    """Draw the choice of a set, its size and the time limit."""
    # The address decides, so that a link and the controls agree.
    session.LIMIT_PICKER.set(settings.limit)
    session.COUNT_PICKER.set(settings.images)
    st.segmented_control(
        "Images",
        COUNTS,
        required=True,
        key=Key.COUNT_PICKER,
        on_change=lambda: _write(IMAGES, session.COUNT_PICKER.get()),
    )
    st.segmented_control(
        "Seconds for each image",
        LIMITS,
        required=True,
        key=Key.LIMIT_PICKER,
        format_func=lambda seconds: str(seconds) if seconds else "no limit",
        on_change=lambda: _write(LIMIT, session.LIMIT_PICKER.get()),
        help="When the time is up, the image counts as not answered, and so as an error.",
    )
    another_set()


def another_set() -> None:
    """Draw the button that leads to other images."""
    st.button("Another set", icon=":material/casino:", on_click=_other_seed)


@contextmanager
def refuse() -> Iterator[None]:
    """Show what is wrong with an address in one sentence, with a way on, and end the page there."""
    try:
        yield
    except UserError as error:
        st.error(escape_markdown(str(error)), icon=":material/link_off:")
        st.button("Start anew", icon=":material/refresh:", on_click=_forget)
        st.stop()


def _write(name: str, value: int) -> None:
    st.query_params[name] = str(value)


def _other_seed() -> None:
    # Nothing secret: any set but the present one.
    _write(SEED, random.randrange(SEEDS))  # noqa: S311
    st.query_params.pop(RESULT, None)


def _forget() -> None:
    for name in (SEED, IMAGES, LIMIT, RESULT):
        st.query_params.pop(name, None)
