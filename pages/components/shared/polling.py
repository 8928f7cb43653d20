"""A page that waits for work in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable


def wait_for(is_done: Callable[[], bool], draw_progress: Callable[[], None]) -> bool:
    """Return whether work is done; until then redraw its progress each second, then the whole page.

    Call it even when there is nothing to wait for: the last tick may still be on its way, and a tick for a
    fragment that is gone removes the values of bound widgets from the address (Streamlit 1.67).
    """
    done = is_done()
    st.fragment(_tick, run_every=None if done else 1)(is_done, draw_progress, waiting=not done)
    return done


def _tick(is_done: Callable[[], bool], draw_progress: Callable[[], None], *, waiting: bool) -> None:
    if not is_done():
        draw_progress()
    elif waiting:
        st.rerun()
