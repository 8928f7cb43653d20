"""All ways in which an image can come to the Classify page."""

from __future__ import annotations

import streamlit as st

from pages.components.classify import clipboard
from pages.components.shared import images, requests

FILES, FOLDER, CAMERA = "Files", "Folder", "Camera"  # as they stand in the address


def draw() -> None:
    """Draw the choice between files, a folder and the camera, and take what is pasted."""
    way = st.segmented_control(
        "Add images from",
        [FILES, FOLDER, CAMERA],
        default=FILES,
        required=True,
        key="from",
        bind="query-params",
    )
    if way == CAMERA:
        key = f"camera {st.session_state.setdefault('photographs', 0)}"
        st.camera_input(
            "Photograph an image",
            key=key,
            on_change=_photographed,
            args=(key,),
            help="A photograph of a screen has reflections and another contrast than the image itself: "
            "the file is always better.",
        )
    else:
        images.upload(folder=way == FOLDER)
    st.caption("Or paste an image: copy it elsewhere, then press Ctrl+V (⌘V) anywhere on this page.")
    images.say_problems()
    images.examples()
    clipboard.listen(images.take_in)


def _photographed(key: str) -> None:
    photograph = st.session_state[key]
    if photograph is not None:
        st.session_state["photographs"] += 1
        number = st.session_state["photographs"]
        images.take_in([(f"photograph {number}.jpg", photograph.getvalue())])
        requests.release([photograph])
