"""A small preview of each page, made from the example and the model that it is of."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.augmentation.ranges import AUGMENTATIONS
from core.augmentation.transform import augment
from core.bundle.manifest import HISTORY
from core.data.image_facts import pixel_hash
from core.data.provenance import PROTOCOLS
from core.errors import UserError
from core.figures import previews
from core.paper import statements
from pages.components.shared import image_cards, measured, navigation, open_models
from pages.components.shared.text import format_probabilities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pages.components.home.stored_examples import Shown

_SEED = 3


def of(shown: Shown) -> dict[str, tuple[str, str]]:
    """Return the preview of each page as a ``data:`` URL, and in words, by the page's file."""
    return _draw(shown.model.key, pixel_hash(shown.example.pixels), shown)


# The model's key and the image tell previews apart.
@st.cache_resource(max_entries=8, show_spinner=False)
def _draw(key: str, sha256: str, _shown: Shown) -> dict[str, tuple[str, str]]:  # noqa: ARG001
    model, found = _shown.model, _shown.example
    rng = np.random.default_rng(_SEED)
    changed = [augment(found.pixels, AUGMENTATIONS["paper"], rng) for _ in range(3)]
    metrics = model.bundle.manifest.metrics
    drawn = {
        navigation.CLASSIFY.file: (
            previews.probabilities(found.probabilities),
            f"Probabilities: {format_probabilities(found.probabilities)}",
        ),
        navigation.AUGMENTATION.file: (
            image_cards.as_url(_tiles([found.pixels, *changed])),
            "The example image and three random changes of it",
        ),
        navigation.CONFUSION_MATRIX.file: (
            previews.matrix(metrics.confusion_matrix),
            f"Confusion matrix of {metrics.images} test images",
        ),
    }
    drawn[navigation.YOU_AGAINST_THE_MODEL.file] = (
        previews.question(image_cards.as_url(found.pixels)),
        "The example image behind a question mark",
    )
    with contextlib.suppress(UserError):
        found_by = measured.comparison(150).protocols
        rows = [metric for name in PROTOCOLS if (metric := found_by[name].metrics.get("accuracy"))]
        drawn[navigation.DATA_AUDIT.file] = (
            previews.intervals([(row.mean, row.low, row.high) for row in rows], statements.TEST_ACCURACY),
            "Accuracy under three protocols, below that which the paper reports",
        )
    with contextlib.suppress(UserError):
        history = open_models.table(model, HISTORY)
        drawn[navigation.TRAINING_CURVES.file] = (
            previews.curves(history["accuracy"].tolist(), history["val_accuracy"].tolist()),
            f"Training and validation accuracy over {len(history)} epochs",
        )
    return drawn


def _tiles(images: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Join four images of one size, two in a row."""
    rows = [np.concatenate(images[first : first + 2], axis=1) for first in (0, 2)]
    return np.concatenate(rows)
