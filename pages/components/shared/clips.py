"""The visitor's clips, kept in the session alone: the files as they were sent, and one frame of each."""

from __future__ import annotations

import itertools
import time
from contextlib import closing
from typing import TYPE_CHECKING

import streamlit as st

from core.images.clip import Clip
from core.images.content import look
from core.images.limits import ImageError
from core.images.pixels import Decoded
from pages.components.shared import image_cards, requests, session
from pages.components.shared.input_clip import InputClip
from pages.components.shared.input_image import InputImage
from pages.components.shared.text import escape_markdown, shorten

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_SIDE = 96  # of the small copies, pixels
_MOMENT = 1.0  # seconds


def read(name: str, files: tuple[bytes, ...]) -> InputImage:
    """Decode a whole clip, a frame at a time; return its first frame that shows something.

    Args:
        name: printable name.
        files: one file with all frames, or a file for each.

    Raises:
        ImageError: the clip is refused, or no frame shows anything; also when the queue is full.
    """
    clip = Clip.of(name, *files)
    count = 0
    usable: list[int] = []
    thumbnails: list[str] = []
    times: list[float] = []
    shown: Decoded | None = None
    reading = _Reading(name)
    with closing(requests.frames(clip)) as frames:
        for count, frame in enumerate(frames, 1):
            reading.show(count)
            if frame.seconds is not None:
                times.append(frame.seconds)
            if not look(frame.pixels):
                shown = shown or Decoded(frame.pixels, frame.notes)
                usable.append(count - 1)
                thumbnails.append(image_cards.as_thumbnail(frame.pixels, _SIDE))
    if shown is None:
        what = f"{name} shows nothing: its frames are blank, or black and white only."
        raise ImageError(what, "blank")
    if count == 1:
        return InputImage.of(name, *shown)
    rising = len(times) == count and all(former < later for former, later in itertools.pairwise(times))
    seconds = tuple(times) if rising else ()
    return InputImage.of_clip(
        InputClip(clip, count, tuple(usable), tuple(thumbnails), seconds), usable[0], shown
    )


class _Reading:
    """Says that a clip is being read, where that takes longer than a moment.

    It is a toast, since the page has been drawn: anything else would push it aside.
    """

    def __init__(self, name: str) -> None:
        self._name, self._next = escape_markdown(shorten(name)), time.monotonic() + _MOMENT
        self._toast: DeltaGenerator | None = None

    def show(self, frame: int) -> None:
        """Show the number of frames that have been read."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _MOMENT
            text, icon = f"Reading {self._name}: frame {frame} …", ":material/movie:"
            self._toast = (self._toast or st).toast(text, icon=icon)


def show(image: InputImage, number: int, *, slid: bool = False) -> None:
    """Let another frame of a clip stand for it; where it cannot be decoded, the session says why.

    Args:
        image: a frame of the clip.
        number: number of the other frame, from 0.
        slid: whether it comes from the slider, which keeps the focus then.
    """
    session.FRAMES_CLICKED.set(session.FRAMES_CLICKED.get() + (not slid))
    if image.clip is None or number == image.frame:
        return
    try:
        other = InputImage.of_clip(image.clip, number, _frame(image.clip.clip, number))
    except ImageError as error:
        session.UPLOAD_PROBLEMS.set([str(error)])
        return
    session.IMAGES.set(
        [
            other if one.clip is not None and one.clip.clip == image.clip.clip else one
            for one in session.IMAGES.get()
        ]
    )
    session.IMAGE.set(other.sha256)
    # Of each frame that was opened, arrays would stay.
    session.forget(image.sha256)
    session.forget(image.whole.sha256)


def forget() -> None:
    """Forget the frames that were opened last."""
    _frame.clear()


@st.cache_resource(
    max_entries=4, scope="session", show_spinner=False, hash_funcs={Clip: lambda clip: clip.sha256}
)
def _frame(clip: Clip, number: int) -> Decoded:
    """Decode a frame; those that were seen last come at once."""
    with closing(requests.frames(clip, number, number + 1)) as frames:
        for frame in frames:
            return Decoded(frame.pixels, frame.notes)
    raise ImageError(f"{clip.name} has no frame {number + 1}.", "no such frame")
