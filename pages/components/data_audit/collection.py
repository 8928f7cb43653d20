"""The images that the data audit looks at: the folder of DATA_DIR, or else the embedded phantoms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.bundle.manifest import SPLIT
from core.data import index, provenance
from core.data.groups import count_by_class, list_groups
from core.data.phantom import dataset as phantom_dataset
from core.images import encode
from core.images.limits import ImageError
from core.serving import catalog, data_folder
from pages.components.shared import open_models as opened
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from core.data.audit import Audit

_SIDE = 320


@dataclass(frozen=True)
class Collection:
    """Images with their groups of near-duplicates.

    Attributes:
        key: names this very content.
        name: in words.
        table: ``file``, ``class``, ``kind``, ``sha256`` and ``group`` of every image and mask.
        folder: where the files are; None for phantoms, which are simulated when they are looked at.
    """

    key: str
    name: str
    table: pd.DataFrame
    folder: Path | None


def phantoms() -> Collection | None:
    """Return the images that the embedded models were made from, or None where there is no such model."""
    for label, name in catalog.embedded().items():
        model = opened.open_model(label, name)
        if isinstance(model, opened.Model) and provenance.is_phantom(model.bundle.manifest.data):
            table = opened.table(model, SPLIT)
            return Collection(model.key, "simulated phantoms", table, None)
    return None


def of_folder(folder: Path, audited: Audit) -> Collection:
    """Return the images of an audited folder."""
    busi = provenance.is_busi(folder)
    name = "BUSI (Al-Dhabyani et al. 2020)" if busi else f"the folder {folder.name}"
    return Collection(f"{folder} {data_folder.modification_times(folder)}", name, audited.table, folder)


def groups(collection: Collection) -> pd.DataFrame:
    """Return the groups with at least two images; see ``core.data.groups.list_groups``."""
    return _groups(collection.key, collection.table)


@st.cache_data(max_entries=8, show_spinner=False)
def _groups(key: str, _table: pd.DataFrame) -> pd.DataFrame:
    del key
    return list_groups(_table)


def summary(collection: Collection) -> pd.DataFrame:
    """Return the counts per class; see ``core.data.groups.count_by_class``."""
    return _summary(collection.key, collection.table)


@st.cache_data(max_entries=8, show_spinner=False)
def _summary(key: str, _table: pd.DataFrame) -> pd.DataFrame:
    del key
    return count_by_class(_table)


def show(collection: Collection, file: str, *, alt: str, words: str) -> None:
    """Draw an image of the collection, with words and its name below it."""
    try:
        image = _thumbnail(collection.key, file, collection.folder)
    except ImageError:
        st.caption("This file cannot be read any more.")
    else:
        st.image(image, width="stretch", alt=alt)
    st.caption(f"{words}, {escape_markdown(file)}")


@st.cache_data(max_entries=512, show_spinner=False)
def _thumbnail(key: str, file: str, _folder: Path | None) -> bytes:
    del key
    pixels = _phantom(file) if _folder is None else index.read_image(_folder / file)
    return encode.thumbnail(pixels, _SIDE)


def _phantom(file: str) -> NDArray[np.uint8]:
    entry = _entries()[file]
    return phantom_dataset.render(0, entry).image


@st.cache_resource(show_spinner=False)
def _entries() -> dict[str, phantom_dataset.Entry]:
    return {f"{entry.label}/{entry.label} ({entry.number}).png": entry for entry in phantom_dataset.plan(0)}
