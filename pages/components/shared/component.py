"""Custom elements whose script and style stand in files beside the module that draws them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@cache
def load(module: Path, html: str | None = None) -> Callable[..., Any]:
    """Return the element of a module, named as the module is.

    Args:
        module: file of the module; beside it lie files of its name that end in ``.js`` and ``.css``.
        html: what the element begins with; None for what stands in the file that ends in ``.html``.
    """

    def read(suffix: str) -> str:
        return module.with_suffix(suffix).read_text(encoding="utf-8")

    return st.components.v2.component(
        module.stem, html=read(".html") if html is None else html, css=read(".css"), js=read(".js")
    )
