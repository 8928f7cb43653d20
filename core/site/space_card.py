"""The README of a page, with the metadata by which the Hub serves the folder as a static Space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggingface_hub import SpaceCardData

from core.bundle.limitations import NOT_A_DEVICE
from core.bundle.manifest import CARD
from core.escape import markdown, markdown_code, shorten, visible
from core.site.shell import CLASSIFY

if TYPE_CHECKING:
    from core.site.classify import Origin
    from core.site.files import Files

_LONGEST_TITLE = 60  # characters


def files(origin: Origin) -> Files:
    """Return the README."""
    data = SpaceCardData(
        title=shorten(f"Breast ultrasound: {visible(origin.model)}", _LONGEST_TITLE),
        emoji="🩻",
        colorFrom="blue",
        colorTo="gray",
        sdk="static",
        app_file=CLASSIFY.file,
        models=[origin.model.partition("@")[0]] if origin.commit else None,  # the Hub takes no revision here
    )
    commit = f" at commit {markdown_code(origin.commit)}" if origin.commit else ""
    text = (
        f"---\n{data.to_yaml()}\n---\n\n# Breast ultrasound: {markdown(origin.model)}\n\n"
        f"A page that classifies images in the visitor's own browser, with the model {markdown(origin.model)}"
        f"{commit}. It is files only, without code that sends images.\n\n{NOT_A_DEVICE}\n"
    )
    return {CARD: text.encode()}
