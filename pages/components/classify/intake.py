"""The ways in which an image comes to the Classify page."""

from __future__ import annotations

import streamlit as st

from pages.components.classify import clipboard
from pages.components.shared import images, requests, session
from pages.components.shared.session import Key

FILES, FOLDER, CAMERA = "Files", "Folder", "Camera"  # as they stand in the address


def draw() -> None:
    """Draw the choice between files, a folder and the camera; take images from the clipboard too."""
    source = st.segmented_control(
        "Add images from",
        [FILES, FOLDER, CAMERA],
        default=FILES,
        required=True,
        key=Key.SOURCE,
        bind="query-params",
    )
    if source == CAMERA:
        key = session.numbered(Key.CAMERA, session.PHOTOGRAPHS.get())
        st.camera_input(
            "Photograph an image",
            key=key,
            on_change=_photographed,
            args=(key,),
            help="Upload the file where you can: a photograph of a screen adds reflections and changes the "
            "contrast.",
        )
    else:
        images.upload(folder=source == FOLDER)
    clipboard.listen(images.add_files)
    images.show_problems()
    images.simulate_buttons()


def _photographed(key: str) -> None:
    for photograph in session.uploaded(key):
        session.PHOTOGRAPHS.set(session.PHOTOGRAPHS.get() + 1)
        images.add_files([(f"photograph {session.PHOTOGRAPHS.get()}.jpg", photograph.getvalue())])
        requests.release([photograph])
