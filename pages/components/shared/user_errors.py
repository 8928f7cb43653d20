"""Show errors that the user can solve, each as a sentence."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import streamlit as st

from core.errors import UserError
from core.inference.work_queue import QueueFullError
from core.serving import event_log
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def show_user_errors() -> Iterator[None]:
    """Show an error that the user can solve, and end the page there."""
    try:
        yield
    except QueueFullError as error:
        event_log.busy()
        stop(str(error))
    except UserError as error:
        stop(str(error))


def stop(sentence: str) -> NoReturn:
    """Show an error and end the page."""
    st.error(escape_markdown(sentence), icon=":material/error:")
    st.stop()
