"""The images that the data audit shows: the folder of DATA_DIR, or else the embedded phantoms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from core.bundle.manifest import SPLIT
from core.data import provenance
from core.data.groups import count_by_class, list_groups
from core.data.image_facts import read_image
from core.figures.style import NEUTRAL, class_colours
from core.images.limits import ImageError
from core.serving import catalog
from pages.components.shared import image_cards, open_models
from pages.components.shared.image_cards import Card
from pages.components.shared.open_models import Model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from core.data.data_set import ImageFolders
    from core.data.phantom.dataset import Entry
    from pages.components.shared.data_folder import AuditOf

SIDE = 200
# Of the groups that step 6 shows at first.
GROUPS_A_PAGE = 4
IMAGES_A_GROUP = 3


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


def of_folder(folder: Path, audited: AuditOf) -> Collection:
    """Return the images of an audited folder."""
    found = audited.audit
    known = found.source.citation is not None
    name = found.source.name if known else f"the folder {folder.name}"
    table = found.table.assign(split_group=found.split_groups)
    return Collection(audited.state, name, table, found.grouping, found.folders)


@st.cache_data(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def groups(collection: Collection) -> pd.DataFrame:
    """Return the groups with at least two images; see ``core.data.groups.list_groups``."""
    return list_groups(collection.table)


@st.cache_data(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def summary(collection: Collection) -> pd.DataFrame:
    """Return the counts per class; see ``core.data.groups.count_by_class``."""
    return count_by_class(collection.table)


def card(collection: Collection, file: str, label: str, *, in_set: str = "", side: int = SIDE) -> Card:
    """Return the card of an image of the collection, with its class.

    Args:
        collection: the collection.
        file: name of the file.
        label: class of the image.
        in_set: set of the image, where that is told too.
        side: maximum width and height of the image, pixels.
    """
    colour = _colours(collection).get(label, NEUTRAL)
    try:
        source = _thumbnail(collection, file, side)
    except ImageError:
        return Card(file, _blank(), f"{file} can no longer be read", label, colour, "cannot be read", file)
    where = f"In the {in_set} set: " if in_set else ""
    lines = (in_set, label) if in_set else (label, "")
    return Card(file, source, f"{where}{file}, labelled {label}", lines[0], colour, lines[1], file)


@st.cache_data(max_entries=512, show_spinner=False, hash_funcs=BY_KEY)
def _thumbnail(collection: Collection, file: str, side: int) -> str:
    folders = collection.folders
    pixels = _phantom(file) if folders is None else read_image(folders.path(file))
    return image_cards.as_thumbnail(pixels, side)


@cache
def _blank() -> str:
    return image_cards.as_thumbnail(np.full((8, 8), 127, np.uint8), 8)


@st.cache_data(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def _colours(collection: Collection) -> dict[str, str]:
    return class_colours(sorted(set(collection.table["class"])))


def _phantom(file: str) -> NDArray[np.uint8]:
    # Here, since it imports SciPy.
    from core.data.phantom import dataset  # noqa: PLC0415

    return dataset.render(0, _entries()[file]).image


@st.cache_resource(show_spinner=False)
def _entries() -> dict[str, Entry]:
    from core.data.phantom import dataset  # noqa: PLC0415

    return {f"{entry.label}/{entry.label} ({entry.number}).png": entry for entry in dataset.plan(0)}
