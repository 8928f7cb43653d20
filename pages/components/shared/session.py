"""The session of a visitor: every value that it holds, by type.

Streamlit keeps one dictionary of strings for each visitor, shared by all pages. Its names stand here and in
``keys`` alone.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.components.shared.keys import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.inference.occlusion import OcclusionMap
    from core.inference.prediction_table import PredictedImage
    from pages.components.shared.input_image import InputImage

T = TypeVar("T")
OfImage = tuple[str, str]
"""Key of a model and SHA-256 of an image."""


class Entry(Generic[T]):
    """One value of the session."""

    def __init__(self, name: str, default: Callable[[], T]) -> None:
        """Define a value of the session.

        Args:
            name: key in Streamlit's session state.
            default: function that returns the initial value.
        """
        self.name, self._default = name, default

    def get(self) -> T:
        """Return the value."""
        if self.name not in st.session_state:
            st.session_state[self.name] = self._default()
        return cast("T", st.session_state[self.name])

    def set(self, value: T) -> None:
        """Replace the value."""
        st.session_state[self.name] = value

    def clear(self) -> None:
        """Reset the value to the default."""
        st.session_state.pop(self.name, None)


def _nothing() -> None:
    return None


# Models
CHOSEN_MODEL: Entry[str | None] = Entry("model", lambda: st.query_params.get(Key.MODEL))
"""Label of the model that the visitor chose; None for the first one."""
MODEL_BEFORE: Entry[str | None] = Entry("model before", _nothing)
"""Label of the model that was shown before an image was opened with another one."""
TEACHING_MODEL: Entry[str | None] = Entry("teaching model", _nothing)
"""Label of the embedded teaching model that the visitor opened although ``MODEL`` does not name it."""
WORKING_MODEL: Entry[str | None] = Entry("working model", _nothing)
"""Label of the model that was last shown and could be used."""
CHECKED_MODEL: Entry[str | None] = Entry("checked model", _nothing)
"""Name of the model whose newer version the visitor asked for."""
ADDRESSES: Entry[dict[str, dict[str, list[str]]]] = Entry("addresses", dict)
"""Last query parameters of each page, by the page's file."""

# Images
IMAGES: Entry[list[InputImage]] = Entry("images", list)
"""The visitor's images in the order of their arrival."""
IMAGE: Entry[str | None] = Entry("image", _nothing)
"""SHA-256 of the selected image."""
UPLOAD_PROBLEMS: Entry[list[str]] = Entry("upload problems", list)
"""Why files of the last upload were refused, a sentence each."""
SKIPPED: Entry[str] = Entry("skipped", str)
"""Segmentation masks and other files of the last upload that are no images, in sentences."""
UPLOADS: Entry[int] = Entry("uploads", int)
"""Uploads so far: each empties the uploader by giving it a new key."""
PHOTOGRAPHS: Entry[int] = Entry("photographs", int)
"""Photographs so far."""
CROPS: Entry[dict[str, InputImage]] = Entry("crops", dict)
"""Crops of the visitor's images, by ``InputImage.source``: of a clip, the crop of one frame."""
CROPS_MADE: Entry[int] = Entry("crops made", int)
"""Crops so far that were not typed: each gives the numbers new keys, see ``crop_editor``."""
CROP_PROBLEMS: Entry[dict[str, str]] = Entry("crop problems", dict)
"""Why the last rectangle of an image was refused, in sentences, by ``InputImage.source``."""
FRAMES_CLICKED: Entry[int] = Entry("frames clicked", int)
"""Frames of clips opened so far without the slider: each gives that a new key, see ``clip_panel``."""
EXAMPLES_TAKEN: Entry[int] = Entry("examples taken", int)
"""Examples that the visitor has clicked so far."""
EXAMPLE_SET: Entry[int] = Entry("example set", int)
"""Sets of examples that the visitor has left behind."""
PREDICTED: Entry[dict[OfImage, PredictedImage]] = Entry("predicted", dict)
"""Predictions so far."""
FRAMES: Entry[dict[OfImage, dict[int, PredictedImage | None]]] = Entry("frames", dict)
"""Predictions so far for the frames of clips, without arrays, by the clip with its crop, and the frame.

None where the crop of a frame shows nothing.
"""
OCCLUSION_MAPS: Entry[dict[OfImage, OcclusionMap]] = Entry("occlusion maps", dict)
"""Occlusion maps so far."""
STABILITY: Entry[dict[OfImage, int]] = Entry("stable draws", dict)
"""Of the random changes of an image, those that kept the predicted class."""
_COMPUTED: tuple[Entry[dict[OfImage, Any]], ...] = (PREDICTED, FRAMES, OCCLUSION_MAPS, STABILITY)

# Frame
CODE_REQUESTED: Entry[bool] = Entry("code requested", bool)
"""Whether the browser has been told to fetch the code of charts."""

# Player of the training curves
PLAYED_MODEL: Entry[str | None] = Entry("played model", _nothing)
"""Key of the model whose training is played."""
SHOWN_EPOCH: Entry[int | None] = Entry("shown epoch", _nothing)
WRITTEN_EPOCH: Entry[str | None] = Entry("written epoch", _nothing)
"""Epoch that the player wrote into the address; None for the last one, which is not written."""
FIRST_EPOCH: Entry[int] = Entry("first epoch of the slider", lambda: 1)
"""Epoch at which the present slider began."""
SLIDERS: Entry[int] = Entry("epoch sliders", int)
"""Epoch sliders so far."""
PLAYING: Entry[bool] = Entry("playing", bool)
LAST_TICK: Entry[float] = Entry("last tick", float)
"""Time of the last step while playing, seconds of a monotonic clock."""

# Data audit
SUPPOSED_MASKS: Entry[set[str]] = Entry("supposed masks", set)
"""Files that the visitor takes for masks."""
OPENED_FILE: Entry[str | None] = Entry("opened file", _nothing)
"""File whose group of near-duplicates the visitor opens."""

# You against the model
PLAYED_RESULT: Entry[str | None] = Entry("played result", _nothing)
"""Result that the visitor reached, as it stands in the address; another one comes from a link."""

# Widgets that a callback or a button reads or moves
CROPPING: Entry[bool] = Entry(Key.CROPPING, bool)
STEP_PICKER: Entry[str] = Entry(Key.STEP_PICKER, str)
SPEED: Entry[int] = Entry(Key.SPEED, lambda: 2)
MODEL_PICKER: Entry[str] = Entry(Key.MODEL_PICKER, str)
LIMIT_PICKER: Entry[int] = Entry(Key.LIMIT_PICKER, int)
COUNT_PICKER: Entry[int] = Entry(Key.COUNT_PICKER, int)
IMAGE_PICKER: Entry[int] = Entry(Key.IMAGE_PICKER, int)
SEED: Entry[int] = Entry(Key.SEED, int)
PREDICT: Entry[bool] = Entry(Key.PREDICT, lambda: True)
PRESET: Entry[str | None] = Entry(Key.PRESET, _nothing)
RADIANS: Entry[bool] = Entry(Key.RADIANS, bool)
SPLIT_NUMBER: Entry[int] = Entry(Key.SPLIT_NUMBER, lambda: 1)
TRUE_CLASS: Entry[str] = Entry(Key.TRUE_CLASS, str)
PREDICTED_CLASS: Entry[str] = Entry(Key.PREDICTED_CLASS, str)
CELL_PAGE: Entry[int] = Entry(Key.CELL_PAGE, lambda: 1)


@cache
def augmentation() -> dict[str, Entry[float | tuple[float, float] | bool]]:
    """Return the widgets of the augmentation's ranges, by field; links hold these names, so they stay."""
    # Here, since every page imports this module before it sends anything.
    from core.augmentation.ranges import AUGMENTATIONS, Augmentation  # noqa: PLC0415

    return {
        field: Entry(field, partial(getattr, AUGMENTATIONS["paper"], field))
        for field in Augmentation.model_fields
    }


def remove_images() -> None:
    """Forget the visitor's images, and all that was computed from them."""
    entries: tuple[Entry[Any], ...] = (IMAGES, IMAGE, CROPS, CROP_PROBLEMS, UPLOAD_PROBLEMS, SKIPPED)
    for entry in (*entries, *_COMPUTED):
        entry.clear()


def forget(sha256: str) -> None:
    """Forget all that was computed from an image."""
    for entry in _COMPUTED:
        known = entry.get()
        for of_image in [one for one in known if one[1] == sha256]:
            del known[of_image]


def uploaded(key: str) -> list[UploadedFile]:
    """Return the files of an uploader or a camera, in its callback.

    A click while they are being taken brings them a second time; those that were released are left out.
    """
    value = st.session_state[key]
    files = value if isinstance(value, list) else [value]
    return [file for file in files if isinstance(file, UploadedFile)]


def pasted(key: Key) -> dict[str, Any]:
    """Return what the clipboard component sent, in its callback."""
    return cast("dict[str, Any]", st.session_state[key].pasted)


def drawn_rectangle(key: str) -> object:
    """Return what was drawn: left edge, top edge, width and height of a rectangle, in its callback."""
    return st.session_state[key].drawn


def chosen_card(key: str) -> str:
    """Return the key of the card that was chosen among those of an element, in its callback."""
    return cast("str", st.session_state[key].chosen)


def finished(key: Key) -> Any:
    """Return what the game sent at its end, in its callback."""
    return st.session_state[key].finished


def clicked(key: Key) -> list[int] | None:
    """Return the ``customdata`` of the chart's clicked point, in its callback; None where there is none."""
    points = st.session_state[key]["selection"]["points"]
    return points[0]["customdata"] if points else None


def send_again(keys: Iterable[str]) -> None:
    """Make the next run send the browser the values of widgets that it draws again; called in a callback.

    Streamlit does not send a value that came with the click. But a browser that learns only after the click
    that the widgets had gone has forgotten their values, and would show the defaults.
    """
    for key in keys:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def exists(key: str) -> bool:
    """Return whether a widget has a value."""
    return key in st.session_state
