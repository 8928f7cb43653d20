"""The ways in which an image comes to the Classify page: a drop zone, later a bar beside the images."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from pages.components.classify import clip_predictions, clipboard, skeleton
from pages.components.shared import images, layout, open_models, requests, session
from pages.components.shared.keys import Key, numbered

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from pages.components.shared.input_image import InputImage
    from pages.components.shared.layout import PageState

FILES, FOLDER, CAMERA = "Files", "Folder", "Camera"  # as they stand in the address
_BAR_WIDTH = 150  # pixels
_SHARES = [46, 54]  # of the width, so that the image and its controls fit below the thumbnails
_PASTE = "press Ctrl+V (⌘V) anywhere on this page"


class Place(NamedTuple):
    """Where the visitor's images and the prediction for the selected one are drawn.

    Attributes:
        image: the selected image.
        strip: container of the thumbnails.
        large: where the container of the image is made; an ``st.empty`` where it replaces a skeleton.
        status: container of what the visitor waits for, and of errors.
        prediction: the same for the prediction, beside the image.
    """

    image: InputImage
    strip: DeltaGenerator
    large: DeltaGenerator
    status: DeltaGenerator
    prediction: DeltaGenerator


def draw(page: PageState) -> tuple[DeltaGenerator, Place | None]:
    """Draw the drop zone, or a bar where the visitor has images.

    Args:
        page: the page, which names the chosen model.

    Returns:
        Container of examples, which depend on the model; where the images and the prediction are drawn, or
        None without images.
    """
    image = images.selected()
    with layout.main_object():
        # Gone at once when there is an image: nothing of it is stretched into the new layout.
        empty_state = st.empty()
        if image is None:
            with empty_state.container():
                return _drop_zone(), None
        with st.container(horizontal=True):
            with st.container(width=_BAR_WIDTH, gap="xsmall"):
                examples = _bar()
            with st.container(key=Key.STRIP_PLACE):
                st.empty()  # a container of nothing would take no room until the thumbnails have come
                strip = st.container()
        images.show_problems()
        large, prediction = st.columns(_SHARES, gap="medium")
        clipboard.listen(images.add_files)
        large, status = large.container(key=Key.LARGE_PLACE), prediction.container()
        if _is_predicted(page, image):
            return examples, Place(image, strip, large, status, prediction)
        # Now, because the network may have to be loaded first. A place that is emptied each time would blink.
        place = Place(image, strip, large.empty(), status, prediction.empty())
        skeleton.draw(image, place.large, place.prediction)
        return examples, place


def _is_predicted(page: PageState, image: InputImage) -> bool:
    """Return whether the chosen model's prediction is known; another model's does not stand for it.

    A new crop of an image or clip whose prediction is known replaces nothing but its numbers.
    """
    model = None if page.label is None else open_models.known(page.label, page.offered[page.label])
    if model is None:
        return False
    if image.clip is not None:
        return clip_predictions.are_known(model, image.whole)
    return (model.key, image.whole.sha256) in session.PREDICTED.get()


def _drop_zone() -> DeltaGenerator:
    """Draw the drop zone, and return the place for examples."""
    left, right = st.columns([6, 4], gap="medium")
    with left:
        with st.container(key=Key.DROP_ZONE):
            _source()
        clipboard.listen(images.add_files, f"Or paste an image: {_PASTE}.")
        images.show_problems()
    return right


def _bar() -> DeltaGenerator:
    """Draw the bar, and return the place for examples."""
    # Another key closes it: what was uploaded or opened is what one wants to see.
    with st.popover(
        "Add images",
        icon=":material/add_photo_alternate:",
        key=numbered(
            Key.ADD_IMAGES, session.UPLOADS.get(), session.PHOTOGRAPHS.get(), session.EXAMPLES_TAKEN.get()
        ),
        width="stretch",
    ):
        _source()
        examples = st.container()
        st.caption(f"Or paste an image: {_PASTE}.")
    images.remove_button()
    return examples


def _source() -> None:
    """Draw the choice between files, a folder and the camera, and the one that is chosen."""
    source = st.segmented_control(
        "Add images from",
        [FILES, FOLDER, CAMERA],
        default=FILES,
        required=True,
        key=Key.SOURCE,
        bind="query-params",
        label_visibility="collapsed",
    )
    if source == CAMERA:
        key = numbered(Key.CAMERA, session.PHOTOGRAPHS.get())
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


def _photographed(key: str) -> None:
    for photograph in session.uploaded(key):
        session.PHOTOGRAPHS.set(session.PHOTOGRAPHS.get() + 1)
        images.add_files([(f"photograph {session.PHOTOGRAPHS.get()}.jpg", photograph.getvalue())])
        requests.release([photograph])
