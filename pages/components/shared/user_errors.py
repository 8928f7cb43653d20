"""Show errors that the user can solve, each as a sentence."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import streamlit as st

from core.errors import UserError
from core.inference.classifier import OutOfServiceError
from core.inference.onnx_graph import TimeLimitError
from core.inference.work_queue import QueueFullError
from core.serving import event_log
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def show_user_errors() -> Iterator[None]:
    """Show an error that the user can solve, and end the page there.

    A model that has just been taken out of service is replaced at once: the page starts again, and
    ``model_fallback`` says which model serves instead, and why.
    """
    try:
        yield
    except QueueFullError as error:
        event_log.busy()
        stop(str(error))
    except OutOfServiceError:
        event_log.timed_out()
        st.rerun()
    except TimeLimitError as error:
        event_log.timed_out()
        stop(str(error))
    except UserError as error:
        stop(str(error))


def stop(sentence: str) -> NoReturn:
    """Show an error and end the page."""
    st.error(escape_markdown(sentence), icon=":material/error:")
    st.stop()
