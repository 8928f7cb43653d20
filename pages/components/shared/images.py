"""The visitor's images: uploaded or simulated, decoded once, kept in the session alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.data.phantom.simulate import CLASSES, simulate
from core.images.decode import display_name, file_name
from core.images.formats import READABLE, VIDEOS
from core.images.limits import CLIP_BYTES, CLIP_FRAMES, CLIP_SECONDS, MAX_BYTES
from pages.components.shared import clips, crops, requests, session, uploads
from pages.components.shared.input_image import InputImage
from pages.components.shared.keys import Key, numbered
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

    from core.images.pixels import Decoded

MAX_IMAGES = 200
# Of all images together, at three bytes each; a clip takes as many as its bytes.
MAX_PIXELS = 60_000_000
_MAX_MEGABYTES = 3 * MAX_PIXELS // 10**6
MAX_PROBLEMS = 5  # shown one by one; a folder may hold hundreds
_ORDER = 7  # seed of the order of classes among simulated examples


def intake() -> None:
    """Draw the uploader, the problems of the last upload, and the buttons that simulate and remove images."""
    upload()
    show_problems()
    with simulate_buttons():
        if session.IMAGES.get():
            remove_button()


def upload(*, folder: bool = False) -> None:
    """Draw the uploader, for files or for a whole folder."""
    # It takes files of any name: what they are is judged by their content.
    # An emptied uploader is another widget: the images themselves are shown below it, and on every page.
    key = numbered(Key.UPLOADER, session.UPLOADS.get())
    st.file_uploader(
        f"Upload {'a folder of ' if folder else ''}images (at most {MAX_BYTES // 2**20} MB each) or clips "
        f"({CLIP_BYTES // 2**20} MB, {CLIP_FRAMES} frames)",
        accept_multiple_files="directory" if folder else True,
        max_upload_size=CLIP_BYTES // 2**20,  # larger images are refused when they are decoded
        key=key,
        on_change=_take_uploads,
        args=(key, folder),
        help=f"{', '.join(READABLE)}, recognised by content; segmentation masks are skipped. Clips are "
        f"{', '.join(VIDEOS)}, and DICOM, GIF and WebP of several frames; in a folder also frames in files "
        f"of their own. A clip may take {CLIP_SECONDS} s of processor time to decode. Images and clips stay "
        f"in memory and are deleted when your session ends. Nothing is written to disk.{_counted()}",
    )


def _counted() -> str:
    """Return what a platform counts of a visit that has Streamlit's usage statistics on; else nothing."""
    if not st.get_option("browser.gatherUsageStats"):
        return ""
    return (
        " The platform of this app counts visits, and your browser sends it Streamlit's usage statistics: "
        "the address of the page, your browser, and which elements were drawn, with their lengths and times. "
        "They hold no file name and nothing of an image."
    )


def show_problems() -> None:
    """Show why files of the last upload were refused, and what was skipped."""
    problems = session.UPLOAD_PROBLEMS.get()
    # Several would push the image out of the first screen.
    several = len(problems) > 1
    with (
        st.popover(f"{len(problems)} problems", icon=":material/broken_image:", type="tertiary")
        if several
        else st.container()
    ):
        for problem in problems:
            st.error(escape_markdown(problem), icon=":material/broken_image:")
    if skipped := session.SKIPPED.get():
        st.info(escape_markdown(skipped), icon=":material/filter_alt:")


def simulate_buttons() -> DeltaGenerator:
    """Draw the buttons that simulate an image, and return their row."""
    row = st.container(horizontal=True, vertical_alignment="center")
    with row:
        st.caption("Or simulate one:", width="content")
        for number in simulated_examples():
            simulate_button(number)
    return row


def simulated_examples() -> range:
    """Return the numbers of the simulated images on offer: one of each class, of which not all are taken."""
    taken = {image.name for image in session.IMAGES.get() if image.simulated}
    offered = range(1, len(CLASSES) + 1)
    while all(_name(number) in taken for number in offered):
        offered = range(offered.stop, offered.stop + len(CLASSES))
    return offered


def simulate_button(number: int) -> None:
    """Draw the button that simulates an image, whose class its number does not tell."""
    st.button(
        f"Simulated {number}",
        icon=":material/add_photo_alternate:",
        on_click=lambda: take(example(number)),
    )


def remove_button() -> None:
    """Draw the button that removes all images."""
    st.button("Remove all", icon=":material/delete:", type="tertiary", on_click=_remove_all)


def selected() -> InputImage | None:
    """Return the image that the pages show, cropped: the selected one, else the newest, else None."""
    images, current = crops.shown(), session.IMAGE.get()
    return next(
        (image for image in reversed(images) if image.whole.sha256 == current), images[-1] if images else None
    )


def select() -> InputImage | None:
    """Draw the image picker and return the selected image; the selection follows to other pages."""
    images, image = session.IMAGES.get(), selected()
    if image is None:
        return None
    session.IMAGE.set(image.whole.sha256)
    if len(images) > 1:
        hashes = [one.sha256 for one in images]
        session.IMAGE_PICKER.set(hashes.index(image.whole.sha256))
        st.selectbox(
            "Image",
            range(len(images)),
            format_func=lambda position: f"{position + 1}. {images[position].name}",
            key=Key.IMAGE_PICKER,
            on_change=_pick,
        )
    return image


@st.cache_data(max_entries=64, show_spinner=False)
def example(number: int = 1) -> InputImage:
    """Return the simulated image of a number; each three numbers are all classes, in random order."""
    group, position = divmod(number - 1, len(CLASSES))
    of_class = int(np.random.default_rng([_ORDER, group]).permutation(len(CLASSES))[position])
    # The embedded models were trained on other seeds.
    simulated = simulate(CLASSES[of_class], np.random.default_rng([2**31, of_class, group]))
    pixels = np.repeat(simulated.image[..., np.newaxis], 3, axis=2)
    return InputImage.of(_name(number), pixels, simulated=True, true_class=CLASSES[of_class])


def show_notes(image: InputImage) -> None:
    """Show what decoding had to change, and the crop, wherever a prediction for the image is shown."""
    if image.crop is not None:
        st.caption(f":material/crop: {crops.describe(image.crop)}")
    for note in image.notes:
        st.caption(f":material/info: {escape_markdown(note)}")


def add_files(
    files: Sequence[tuple[str, bytes]], refused: Sequence[str] = (), *, folder: bool = False
) -> None:
    """Decode files, add the images among them to the visitor's, and select the last one.

    Args:
        files: names and contents, as a visitor sent them.
        refused: why other files were refused before, a sentence each.
        folder: whether the files are those of a folder; its masks, videos, archives and so on are counted
            instead of refused one by one.
    """
    left_out: list[str] = []

    def add(name: str, decoded: Decoded) -> None:
        if not _add(InputImage.of(name, decoded.pixels, decoded.notes)):
            left_out.append(name)

    def add_clip(name: str, *frames: bytes) -> None:
        # Room first: decoding a clip may take a while.
        if not _has_room(sum(map(len, frames)) // 3) or not _add(clips.read(name, frames)):
            left_out.append(name)

    found = uploads.read(files, add, add_clip, folder=folder)
    problems = [*refused, *found.problems]
    if len(problems) > MAX_PROBLEMS:
        more = len(problems) - MAX_PROBLEMS
        problems[MAX_PROBLEMS:] = [f"{more} more {'file was' if more == 1 else 'files were'} refused."]
    if left_out:
        problems.append(_too_many(left_out))
    session.UPLOAD_PROBLEMS.set(problems)
    session.SKIPPED.set(found.skipped)


def take(example: InputImage | None) -> None:
    """Add an example to the visitor's images and select it, or say that it is gone where it is None."""
    if example is None:
        problems = ["This example is gone: its file was changed or removed. Open another one."]
    else:
        problems = [] if _add(example) else [_too_many([example.name])]
    session.UPLOAD_PROBLEMS.set(problems)
    session.SKIPPED.clear()
    session.EXAMPLES_TAKEN.set(session.EXAMPLES_TAKEN.get() + 1)


def _take_uploads(key: str, folder: bool) -> None:
    files = session.uploaded(key)
    if not files:
        return
    # In a folder's names, what stands before the last slash tells images apart.
    shown = display_name if folder else file_name
    add_files([(shown(file.name), file.getvalue()) for file in files], folder=folder)
    requests.release(files)
    session.UPLOADS.set(session.UPLOADS.get() + 1)


def _add(image: InputImage) -> bool:
    """Add and select an image, or return False where the session is full."""
    known = next((other for other in session.IMAGES.get() if other.source == image.source), None)
    if known is None:
        if not _has_room(image.size):
            return False
        session.IMAGES.set([*session.IMAGES.get(), image])
    session.IMAGE.set((known or image).sha256)
    return True


def _has_room(size: int) -> bool:
    """Return whether the session can hold one more image, of so many pixels."""
    images = session.IMAGES.get()
    return len(images) < MAX_IMAGES and sum(image.size for image in images) + size <= MAX_PIXELS


def _too_many(names: list[str]) -> str:
    which = f"{names[0]} was" if len(names) == 1 else f"{len(names)} images, from {names[0]} on, were"
    limit = (
        f"{MAX_IMAGES} images and clips, together {_MAX_MEGABYTES} MB ({MAX_PIXELS // 10**6} million pixels)"
    )
    return f"{which} skipped: a session holds at most {limit}. Remove some images first."


def _name(number: int) -> str:
    return f"simulated example {number}"


def _remove_all() -> None:
    session.remove_images()
    clips.forget()


def _pick() -> None:
    session.IMAGE.set(session.IMAGES.get()[session.IMAGE_PICKER.get()].sha256)
