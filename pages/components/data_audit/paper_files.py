"""Section 2: which files of BUSI add up to the inferred sizes."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.data.phantom import dataset as phantom_dataset
from core.images.encode import thumbnail
from core.paper import reconstruction, statements

_SIDE = 320


def draw() -> None:
    """Draw the readings of BUSI's files, which of them fit, and what a mask looks like."""
    st.markdown(
        "BUSI, a public set of breast ultrasound images, has the paper's three classes. Each image has at "
        "least one segmentation mask: black, with the lesion in white. Take a tenth of each class for the "
        "test set, then, as Keras does, a fifth of the rest for validation:"
    )
    readings = reconstruction.readings()
    st.table(
        readings.assign(fits=["yes" if fits else "no" for fits in readings["fits"]])[
            ["reading", "fits", "files", "train", "validation", "test", "steps"]
        ].rename(columns={"reading": "images are", "train": "training", "steps": "batches of 8"}),
        hide_index=True,
        alt="Sizes by what counts as an image, and whether they fit the paper's numbers",
    )
    for row in readings[readings["fits"]].to_dict("records"):
        st.markdown(
            f"**{row['train']:,} + {row['validation']} + {row['test']} = {row['files']:,}**: only "
            f"{row['reading']} together fit both columns of Table 3 and the "
            f"{statements.TRAINING['steps per epoch']} steps per epoch that the paper states. So masks were "
            "probably used as images. The paper names neither BUSI nor masks; this is inferred."
        )
    with st.grid(3, min_column_width=100):
        for name, image, caption in _images():
            with st.container():
                st.image(image, width="stretch", alt=f"{name} (simulated)")
                st.caption(f"**{name}**: {caption}")
    st.caption("Simulated images in BUSI's layout.")


@st.cache_data(show_spinner=False)
def _images() -> list[tuple[str, bytes, str]]:
    malignant, normal = (
        phantom_dataset.render(0, phantom_dataset.Entry(label, 3, None)) for label in ("malignant", "normal")
    )
    outline, empty = (each.mask.astype(np.uint8) * 255 for each in (malignant, normal))
    return [
        ("An image", thumbnail(malignant.image, _SIDE), "the input of a classifier"),
        ("Its mask", thumbnail(outline, _SIDE), "drawn by hand: the shape gives the class away"),
        ("A normal image’s mask", thumbnail(empty, _SIDE), "nothing to outline; every black mask is normal"),
    ]
