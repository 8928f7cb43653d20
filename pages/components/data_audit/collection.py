"""The images that the data audit shows: the folder of DATA_DIR, or else the embedded phantoms."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.bundle.manifest import SPLIT
from core.data import provenance
from core.data.groups import count_by_class, list_groups
from core.data.image_facts import read_image
from core.data.phantom import dataset as phantom_dataset
from core.images import encode
from core.images.limits import ImageError
from core.serving import catalog
from pages.components.shared import data_folder, open_models
from pages.components.shared.open_models import Model
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from core.data.audit import Audit
    from core.data.data_set import ImageFolders

_SIDE = 320


@dataclass(frozen=True)
class Collection:
    """Images with their groups of near-duplicates.

    Attributes:
        key: identifies the content.
        name: name for the page.
        table: ``file``, ``class``, ``kind``, ``sha256``, ``group`` (of near-duplicates) and ``split_group``
            (joined with patient ids where known) of every image and mask.
        grouping: what a split by group keeps in one set, as a bundle names it.
        folders: folders of the files; None for phantoms, which are simulated when they are shown.
    """

    key: str
    name: str
    table: pd.DataFrame
    grouping: str
    folders: ImageFolders | None


# Streamlit's caches tell collections apart by their content.
BY_KEY: dict[str | type[Any], Callable[[Any], Any]] = {Collection: attrgetter("key")}


def phantoms() -> Collection | None:
    """Return the images of the embedded models, or None where there is no such model."""
    for label, name in catalog.embedded().items():
        model = open_models.open_model(label, name)
        if isinstance(model, Model) and provenance.is_phantom(model.bundle.manifest.data):
            table = open_models.table(model, SPLIT)
            grouping = model.bundle.manifest.grouping
            # Phantoms have no patients: their groups are near-duplicates.
            table = table.assign(split_group=table["group"])
            return Collection(model.key, "simulated phantoms", table, grouping, None)
    return None


def of_folder(folder: Path, audited: Audit) -> Collection:
    """Return the images of an audited folder."""
    known = audited.source.citation is not None
    name = audited.source.name if known else f"the folder {folder.name}"
    table = audited.table.assign(split_group=audited.split_groups)
    return Collection(data_folder.state(folder), name, table, audited.grouping, audited.folders)


@st.cache_data(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def groups(collection: Collection) -> pd.DataFrame:
    """Return the groups with at least two images; see ``core.data.groups.list_groups``."""
    return list_groups(collection.table)


@st.cache_data(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def summary(collection: Collection) -> pd.DataFrame:
    """Return the counts per class; see ``core.data.groups.count_by_class``."""
    return count_by_class(collection.table)


def show(collection: Collection, file: str, *, alt: str, caption: str) -> None:
    """Draw an image of the collection, with a caption and its name below it."""
    try:
        image = _thumbnail(collection, file)
    except ImageError:
        st.caption("This file can no longer be read.")
    else:
        st.image(image, width="stretch", alt=alt)
    st.caption(f"{caption}, {escape_markdown(file)}")


@st.cache_data(max_entries=512, show_spinner=False, hash_funcs=BY_KEY)
def _thumbnail(collection: Collection, file: str) -> bytes:
    folders = collection.folders
    pixels = _phantom(file) if folders is None else read_image(folders.path(file))
    return encode.thumbnail(pixels, _SIDE)


def _phantom(file: str) -> NDArray[np.uint8]:
    return phantom_dataset.render(0, _entries()[file]).image


@st.cache_resource(show_spinner=False)
def _entries() -> dict[str, phantom_dataset.Entry]:
    return {f"{entry.label}/{entry.label} ({entry.number}).png": entry for entry in phantom_dataset.plan(0)}
