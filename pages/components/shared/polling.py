"""Waiting beside the page for work that goes on elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable


def until(is_done: Callable[[], bool], say: Callable[[], None]) -> bool:
    """Tell whether work is done; until then say each second how far it is, and then draw the whole page anew.

    To be called also when nothing is left to wait for: the clock's last tick may still be on its way, and one
    for a fragment that is gone takes what the page's widgets wrote out of the URL (Streamlit 1.67).
    """
    done = is_done()
    st.fragment(_tick, run_every=None if done else 1)(is_done, say, waiting=not done)
    return done


def _tick(is_done: Callable[[], bool], say: Callable[[], None], *, waiting: bool) -> None:
    if not is_done():
        say()
    elif waiting:
        st.rerun()
