"""Files that Streamlit's uploader refuses in the browser because of their size (1.67).

It tells the server nothing of them, and an uploader that took others is emptied.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.images.decode import file_name
from core.images.limits import MAX_BYTES
from pages.components.shared import session

if TYPE_CHECKING:
    from collections.abc import Callable

# The files that an input or a drop zone gets, before the uploader sees them.
_SCRIPT = """
export default function ({ data, setTriggerValue }) {
  const look = (event) => {
    const dropped = event.type === "drop"
    if (!event.target.closest('[data-testid="stFileUploader"]')) return
    const files = [...((dropped ? event.dataTransfer : event.target)?.files ?? [])]
    const names = files.filter((file) => file.size > data.most_bytes).map((file) => file.name)
    if (names.length || data.told) setTriggerValue("refused", { names })
  }
  document.addEventListener("change", look, true)
  document.addEventListener("drop", look, true)
  return () => {
    document.removeEventListener("change", look, true)
    document.removeEventListener("drop", look, true)
  }
}
"""


def watch(key: str) -> None:
    """Store a sentence for each file that an uploader on the page refuses; the next files replace them.

    Args:
        key: key of the element.
    """

    def refused() -> None:
        limit = f"it has more than {MAX_BYTES // 2**20} MB. Reduce its size and send it again."
        session.TOO_LARGE.set(
            [f"{file_name(name)} was not uploaded: {limit}" for name in session.refused_files(key)]
        )

    _watcher()(
        key=key,
        data={"most_bytes": MAX_BYTES, "told": bool(session.TOO_LARGE.get())},
        on_refused_change=refused,
    )


@cache
def _watcher() -> Callable[..., Any]:
    return st.components.v2.component("oversized_files", html="<span></span>", js=_SCRIPT)
