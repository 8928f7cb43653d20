"""Images from the clipboard: Streamlit's own uploader takes none (1.67)."""

from __future__ import annotations

import base64
import binascii
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.images.decode import file_name
from core.images.limits import MAX_BYTES
from pages.components.shared import session
from pages.components.shared.keys import Key

if TYPE_CHECKING:
    from collections.abc import Callable

# Only a clipboard that holds files is taken; text is pasted as usual.
_SCRIPT = """
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const read = (file) =>
    new Promise((resolve) => {
      const reader = new FileReader()
      reader.onload = () => resolve({ name: file.name, url: reader.result })
      reader.onerror = () => resolve({ name: file.name, url: "" })
      reader.readAsDataURL(file)
    })
  const paste = async (event) => {
    const files = [...(event.clipboardData?.files ?? [])]
    if (!files.length) return
    event.preventDefault()
    let room = data.most_bytes
    const fitting = files.filter((file) => (room -= file.size) >= 0)
    const others = files.filter((file) => !fitting.includes(file))
    setTriggerValue("pasted", {
      files: await Promise.all(fitting.map(read)),
      left_out: others.map((file) => file.name),
    })
  }
  document.addEventListener("paste", paste)
  parentElement.querySelector("p").textContent = data.hint
  return () => document.removeEventListener("paste", paste)
}
"""
# As Streamlit draws a caption.
_STYLE = """
p { margin: 0; font-size: 0.875rem; color: color-mix(in srgb, var(--st-text-color) 60%, transparent); }
p:empty { display: none; }
"""


def listen(take: Callable[[list[tuple[str, bytes]], list[str]], None], hint: str = "") -> None:
    """Take images that are pasted anywhere on the page.

    Args:
        take: callback that gets names and contents, and a sentence for each file that was too large.
        hint: how to paste, shown by the script, since before it runs nothing can be pasted; '' where it is
            said elsewhere.
    """

    def pasted() -> None:
        sent = session.pasted(Key.CLIPBOARD)
        limit = f"at most {MAX_BYTES // 2**20} MB can be pasted; upload it instead."
        take(
            [(file_name(file["name"]), _bytes(file["url"])) for file in sent["files"]],
            [f"{file_name(name)} was skipped: {limit}" for name in sent["left_out"]],
        )

    _listener()(key=Key.CLIPBOARD, data={"most_bytes": MAX_BYTES, "hint": hint}, on_pasted_change=pasted)


@cache
def _listener() -> Callable[..., Any]:
    return st.components.v2.component("clipboard", html="<p></p>", css=_STYLE, js=_SCRIPT)


def _bytes(url: str) -> bytes:
    """Decode a data URL; an invalid one gives an empty file."""
    try:
        return base64.b64decode(url.partition(",")[2])
    except binascii.Error:
        return b""
