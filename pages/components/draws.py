"""The model's answers under changes of a picture, computed once for the same question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.augmentation import apply
from core.draws import classify_fitted
from pages.components import models

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from core.augmentation import Draw


def probabilities(
    model: models.Model, sha256: str, fitted: NDArray[np.uint8], changes: Sequence[Draw]
) -> list[dict[str, float]]:
    """Return the model's calibrated probabilities, class name → 0–1, under each change.

    Args:
        model: opened.
        sha256: of the picture as it came; with the model it says what ``fitted`` is.
        fitted: the picture at input size, uint8 [S, S, 3].
        changes: what is done to it.
    """
    return _probabilities(model.key, sha256, tuple(changes), model, fitted)


@st.cache_data(max_entries=256, show_spinner=False)
def _probabilities(
    key: str, sha256: str, changes: tuple[Draw, ...], _model: models.Model, _fitted: NDArray[np.uint8]
) -> list[dict[str, float]]:
    del key, sha256
    pictures = [apply(_fitted, change) for change in changes]
    predictions = classify_fitted(models.classifier(_model), pictures)
    return [prediction.probabilities for prediction in predictions]
