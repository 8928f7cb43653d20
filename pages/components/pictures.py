"""The visitor's pictures: decoded once, kept in the session, gone with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core import assessment, dataset, duplicates, phantom
from core.images import EXTENSIONS, MAX_BYTES, ImageError, file_name
from pages.components import models, serving
from pages.components.words import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.classifier import Prediction

MOST_PICTURES = 50
# Of all pictures together: three bytes each.
MOST_PIXELS = 60_000_000


@dataclass(frozen=True)
class Picture:
    """Pixels, uint8 [H, W, 3], with their hash and fingerprint, and what decoding had to change."""

    name: str
    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]
    sha256: str
    fingerprint: str
    simulated: bool = False


@dataclass(frozen=True)
class Answer:
    """What a model says of a picture, and the picture of its training data that it is a copy of, or ''."""

    prediction: Prediction
    seen: str


def pictures() -> list[Picture]:
    """Return the visitor's pictures in the order of their arrival."""
    return list(st.session_state.setdefault("pictures", []))


def intake() -> None:
    """Draw the uploader, the examples, and what was wrong with the last files."""
    # An emptied uploader is another widget: the pictures themselves are shown below it, and on every page.
    key = f"uploader {st.session_state.setdefault('uploads', 0)}"
    st.file_uploader(
        "Upload ultrasound pictures",
        type=[extension[1:] for extension in EXTENSIONS],
        accept_multiple_files=True,
        max_upload_size=MAX_BYTES // 2**20,
        key=key,
        on_change=_take_in,
        args=(key,),
        help="They stay in this session and end with it; nothing is written to the disk.",
    )
    for problem in st.session_state.get("problems", []):
        st.error(plain(problem), icon=":material/broken_image:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Or simulate one:", width="content")
        for label in phantom.CLASSES:
            st.button(
                label.capitalize(), icon=":material/add_photo_alternate:", on_click=_simulate, args=(label,)
            )
        if pictures():
            st.button("Remove all", icon=":material/delete:", type="tertiary", on_click=_remove_all)


def choose() -> Picture | None:
    """Let the visitor choose one of the pictures; the choice follows to other pages."""
    available = pictures()
    if not available:
        return None
    hashes = [picture.sha256 for picture in available]
    current = st.session_state.get("picture")
    index = hashes.index(current) if current in hashes else len(hashes) - 1
    st.session_state["picture"] = hashes[index]
    if len(available) > 1:
        st.session_state["picture picker"] = index
        st.selectbox(
            "Picture",
            range(len(available)),
            format_func=lambda position: f"{position + 1}. {available[position].name}",
            key="picture picker",
            on_change=_pick,
        )
    return available[index]


def example() -> Picture:
    """Return a simulated picture for a page that needs one before the visitor has any."""
    return _phantom("benign", 0)


def answers(model: models.Model) -> list[Answer]:
    """Return the model's answer for each of the visitor's pictures; each is computed once in a session."""
    known: dict[tuple[str, str], Answer] = st.session_state.setdefault("answers", {})
    new = [picture for picture in pictures() if (model.key, picture.sha256) not in known]
    if new:
        with st.spinner(f"Classifying {len(new)} picture(s) …"):
            predictions = serving.classify(model, [picture.pixels for picture in new])
            rows = pd.DataFrame(
                {
                    "sha256": [picture.sha256 for picture in new],
                    "fingerprint": [picture.fingerprint for picture in new],
                }
            )
            seen = assessment.seen_in_training(model.bundle, rows)
        for picture, prediction, file in zip(new, predictions, seen, strict=True):
            known[model.key, picture.sha256] = Answer(prediction, file)
    return [known[model.key, picture.sha256] for picture in pictures()]


def _take_in(key: str) -> None:
    problems: list[str] = []
    for file in st.session_state[key]:
        name = file_name(file.name)
        try:
            decoded = serving.decode(file.getvalue(), name)
        except ImageError as error:
            problems.append(str(error))
        else:
            problems += _add(_picture(name, decoded.pixels, decoded.notes))
    st.session_state["problems"] = problems
    st.session_state["uploads"] += 1


def _add(picture: Picture) -> list[str]:
    """Put a picture with the others and choose it; say why where there is no room."""
    available = pictures()
    if picture.sha256 not in [other.sha256 for other in available]:
        pixels = sum(other.pixels.size // 3 for other in [*available, picture])
        if len(available) >= MOST_PICTURES or pixels > MOST_PIXELS:
            room = f"{MOST_PICTURES} pictures or {MOST_PIXELS // 10**6} million pixels"
            return [f"{picture.name} was left out: a session holds {room}; remove some first."]
        st.session_state["pictures"] = [*available, picture]
    st.session_state["picture"] = picture.sha256
    return []


def _picture(name: str, pixels: NDArray[np.uint8], notes: tuple[str, ...]) -> Picture:
    return Picture(name, pixels, notes, dataset.pixel_hash(pixels), duplicates.fingerprint(pixels))


def _simulate(label: str) -> None:
    number = sum(picture.name.startswith(f"simulated {label} ") for picture in pictures())
    st.session_state["problems"] = _add(_phantom(label, number))


@st.cache_data(max_entries=64, show_spinner=False)
def _phantom(label: str, number: int) -> Picture:
    # The embedded models were trained on other seeds.
    rng = np.random.default_rng([2**31, phantom.CLASSES.index(label), number])
    pixels = np.repeat(phantom.simulate(label, rng).picture[..., np.newaxis], 3, axis=2)
    return replace(_picture(f"simulated {label} {number + 1}", pixels, ()), simulated=True)


def _pick() -> None:
    st.session_state["picture"] = pictures()[st.session_state["picture picker"]].sha256


def _remove_all() -> None:
    for name in ("pictures", "picture", "problems", "answers"):
        st.session_state.pop(name, None)
