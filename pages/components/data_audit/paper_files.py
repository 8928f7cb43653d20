"""Step 2: which files of BUSI add up to the inferred sizes, and what a mask looks like."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from core.figures.style import class_colours
from core.paper import reconstruction, statements
from pages.components.shared import image_cards, layout, session
from pages.components.shared.image_cards import Card
from pages.components.shared.keys import Key

_SIDE = 220
_COLUMNS = 4
# Places of the files below among the twelve: each image, then its mask.
_ORDER = (7, 0, 5, 2, 11, 8, 3, 6, 9, 10, 1, 4)


class _File(NamedTuple):
    label: str
    is_mask: bool
    url: str


@st.fragment
def draw() -> None:
    """Draw a quiz on files like those of BUSI, and which files fit the paper's numbers."""
    with st.grid(2, min_column_width=400, gap="large"):
        left, right = st.container(), st.container()
    files = _files()
    with right:
        with layout.controls():
            revealed = st.toggle("Show which are masks", key=Key.SHOW_MASKS, persist_state="session")
        _readings()
    with left:
        image_cards.gallery(
            [_card(place, file, revealed=revealed) for place, file in enumerate(files)],
            None if revealed else _suppose,
            key=Key.FILES,
            label="Files of a data set in BUSI's layout",
            columns=_COLUMNS,
            narrowest=72,
        )
        st.caption(f"{_score(files, revealed=revealed)} Simulated images in BUSI’s layout.")


def _suppose(key: str) -> None:
    session.SUPPOSED_MASKS.set(session.SUPPOSED_MASKS.get() ^ {key})


def _card(place: int, file: _File, *, revealed: bool) -> Card:
    key, name = str(place), f"File {place + 1}"
    supposed = key in session.SUPPOSED_MASKS.get()
    kind = "mask" if file.is_mask else "image"
    described = (
        f"{name}: {'black, with a white shape or none' if file.is_mask else 'grey ultrasound'}, simulated"
    )
    if not revealed:
        return Card(key, file.url, described, f"{name}: mask?" if supposed else name, mark=supposed)
    colour = class_colours(statements.CLASSES)[file.label]
    return Card(key, file.url, described, f"{kind}, {file.label}", colour, mark=supposed)


def _score(files: list[_File], *, revealed: bool) -> str:
    masks = {str(place) for place, file in enumerate(files) if file.is_mask}
    supposed = session.SUPPOSED_MASKS.get()
    if not revealed:
        return f"Chosen: {len(supposed)} of the {len(masks)} masks." if supposed else "None chosen yet."
    return (
        f"You chose {len(supposed & masks)} of {len(masks)} masks and {len(supposed - masks)} images. A "
        "drawn shape gives the class away, and every black mask is normal."
    )


def _readings() -> None:
    """Draw the sizes by what counts as an image, beside those that the paper's numbers need."""
    readings = reconstruction.readings()
    sizes = statements.INFERRED_SIZES
    rows = {
        "files": ("files", ""),
        "training": ("train", f"{sizes['train']:,}"),
        "validation": ("validation", f"{sizes['validation']}"),
        "test": ("test", ""),
        "batches of 8": ("steps", statements.TRAINING["steps per epoch"]),
    }
    table = pd.DataFrame(
        {
            "needed": {name: needed for name, (_, needed) in rows.items()} | {"fits": ""},
            **{
                reading["reading"].replace(" alone", " only"): {
                    name: f"{reading[column]:,}" for name, (column, _) in rows.items()
                }
                | {"fits": "**yes**" if reading["fits"] else "no"}
                for reading in readings.to_dict("records")
            },
        }
    )
    st.table(
        table,
        border="horizontal",
        alt="Sizes by what counts as an image, those that the paper's numbers need, and whether they fit",
    )
    for row in readings[readings["fits"]].to_dict("records"):
        st.markdown(
            f"**{row['train']:,} + {row['validation']} + {row['test']} = {row['files']:,}**: only "
            f"{row['reading']} together fit Table 3 and the paper's "
            f"{statements.TRAINING['steps per epoch']} steps per epoch. So masks were probably used as "
            "images. The paper names neither BUSI nor masks; this is **inferred**.",
            help="A tenth of each class is the test set and, as Keras does, a fifth of the rest validation. "
            "The needed sizes are those of step 1; the paper states the steps per epoch.",
        )


@st.cache_data(show_spinner=False)
def _files() -> list[_File]:
    # Here, since it imports SciPy.
    from core.data.phantom import dataset  # noqa: PLC0415

    files = []
    for label in statements.CLASSES:
        for number in (3, 4):
            phantom = dataset.render(0, dataset.Entry(label, number, None))
            mask = phantom.mask.astype(np.uint8) * 255
            files += [
                _File(label, is_mask, image_cards.as_thumbnail(pixels, _SIDE))
                for is_mask, pixels in ((False, phantom.image), (True, mask))
            ]
    return [files[place] for place in _ORDER]
