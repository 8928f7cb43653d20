"""The visitor's images: decoded once, kept in the session, gone with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.data import index, near_duplicates
from core.data.listing import mask_owners
from core.data.phantom.simulate import CLASSES, simulate
from core.images.decode import EXTENSIONS, display_name, file_name
from core.images.limits import MAX_BYTES, ImageError
from pages.components.shared import requests
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_IMAGES = 200
# Of all images together: three bytes each.
MOST_PIXELS = 60_000_000
MOST_PROBLEMS = 5  # said one by one; a folder may hold hundreds


@dataclass(frozen=True)
class InputImage:
    """Pixels, uint8 [H, W, 3], with their hash and fingerprint, and what decoding had to change."""

    name: str
    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]
    sha256: str
    fingerprint: str
    simulated: bool = False


def images() -> list[InputImage]:
    """Return the visitor's images in the order of their arrival."""
    return list(st.session_state.setdefault("images", []))


def intake() -> None:
    """Draw the uploader, the examples, and what was wrong with the last files."""
    upload()
    say_problems()
    examples()


def upload(*, folder: bool = False) -> None:
    """Draw the uploader, for files or for a whole folder."""
    # An emptied uploader is another widget: the images themselves are shown below it, and on every page.
    key = f"uploader {st.session_state.setdefault('uploads', 0)}"
    st.file_uploader(
        "Upload a folder of ultrasound images" if folder else "Upload ultrasound images",
        type=[extension[1:] for extension in EXTENSIONS],
        accept_multiple_files="directory" if folder else True,
        max_upload_size=MAX_BYTES // 2**20,
        key=key,
        on_change=_take_in,
        args=(key, folder),
        help="They stay in this session and end with it; nothing is written to the disk.",
    )


def say_problems() -> None:
    """Say what was wrong with the last files, and what was passed over."""
    for problem in st.session_state.get("problems", []):
        st.error(escape_markdown(problem), icon=":material/broken_image:")
    if masks := st.session_state.get("masks", 0):
        st.info(
            f"{masks} segmentation mask(s) in the folder were passed over: they are no images of a breast.",
            icon=":material/filter_alt:",
        )


def examples() -> None:
    """Draw the buttons that simulate an image, and the one that removes all."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Or simulate one:", width="content")
        for label in CLASSES:
            st.button(
                label.capitalize(), icon=":material/add_photo_alternate:", on_click=_simulate, args=(label,)
            )
        if images():
            st.button("Remove all", icon=":material/delete:", type="tertiary", on_click=_remove_all)


def in_hand() -> InputImage | None:
    """Return the image that the pages are about: the one that was chosen, else the newest, else None."""
    available = images()
    current = st.session_state.get("image")
    return next(
        (image for image in reversed(available) if image.sha256 == current),
        available[-1] if available else None,
    )


def choose() -> InputImage | None:
    """Let the visitor choose one of the images; the choice follows to other pages."""
    available, image = images(), in_hand()
    if image is None:
        return None
    st.session_state["image"] = image.sha256
    if len(available) > 1:
        hashes = [one.sha256 for one in available]
        st.session_state["image picker"] = hashes.index(image.sha256)
        st.selectbox(
            "Image",
            range(len(available)),
            format_func=lambda position: f"{position + 1}. {available[position].name}",
            key="image picker",
            on_change=_pick,
        )
    return image


def example() -> InputImage:
    """Return a simulated image for a page that needs one before the visitor has any."""
    return _phantom("benign", 0)


def take_in(files: Sequence[tuple[str, bytes]], refused: Sequence[str] = (), *, masks: int = 0) -> None:
    """Decode files, put them with the others, and choose the last one.

    Args:
        files: names and bytes, whatever a visitor sent.
        refused: why other files did not get this far, a sentence each.
        masks: how many segmentation masks were passed over, to be said.
    """
    problems: list[str] = list(refused)
    left_out: list[str] = []
    for name, data in files:
        try:
            decoded = requests.decode(data, name)
        except ImageError as error:
            problems.append(str(error))
        else:
            if not _add(_image(name, decoded.pixels, decoded.notes)):
                left_out.append(name)
    if len(problems) > MOST_PROBLEMS:
        problems[MOST_PROBLEMS:] = [f"{len(problems) - MOST_PROBLEMS} more files could not be read."]
    if left_out:
        problems.append(_no_room(left_out))
    st.session_state["problems"] = problems
    st.session_state["masks"] = masks


def _take_in(key: str, folder: bool) -> None:
    files = st.session_state[key]
    masks = mask_owners([file.name for file in files]) if folder else {}
    # In a folder's names, what stands before the last slash tells images apart.
    shown = display_name if folder else file_name
    take_in(
        [(shown(file.name), file.getvalue()) for file in files if file.name not in masks],
        masks=len(masks),
    )
    requests.release(files)
    st.session_state["uploads"] += 1


def _add(image: InputImage) -> bool:
    """Put an image with the others and choose it, or return False where there is no room."""
    available = images()
    if image.sha256 not in [other.sha256 for other in available]:
        pixels = sum(other.pixels.size // 3 for other in [*available, image])
        if len(available) >= MOST_IMAGES or pixels > MOST_PIXELS:
            return False
        st.session_state["images"] = [*available, image]
    st.session_state["image"] = image.sha256
    return True


def _no_room(names: list[str]) -> str:
    which = f"{names[0]} was" if len(names) == 1 else f"{len(names)} images, from {names[0]} on, were"
    room = f"{MOST_IMAGES} images or {MOST_PIXELS // 10**6} million pixels"
    return f"{which} left out: a session holds {room}; remove some first."


def _image(name: str, pixels: NDArray[np.uint8], notes: tuple[str, ...]) -> InputImage:
    return InputImage(name, pixels, notes, index.pixel_hash(pixels), near_duplicates.fingerprint(pixels))


def _simulate(label: str) -> None:
    number = sum(image.name.startswith(f"simulated {label} ") for image in images())
    image = _phantom(label, number)
    st.session_state["problems"] = [] if _add(image) else [_no_room([image.name])]
    st.session_state["masks"] = 0


@st.cache_data(max_entries=64, show_spinner=False)
def _phantom(label: str, number: int) -> InputImage:
    # The embedded models were trained on other seeds.
    rng = np.random.default_rng([2**31, CLASSES.index(label), number])
    pixels = np.repeat(simulate(label, rng).image[..., np.newaxis], 3, axis=2)
    return replace(_image(f"simulated {label} {number + 1}", pixels, ()), simulated=True)


def _pick() -> None:
    st.session_state["image"] = images()[st.session_state["image picker"]].sha256


def _remove_all() -> None:
    for name in ("images", "image", "problems", "masks", "answers", "occlusion"):
        st.session_state.pop(name, None)
