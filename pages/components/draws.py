"""Random changes of a picture with the model's answers, computed once in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.draws import DRAWS, AnsweredDraw, answered_draws
from core.recipe import Augmentation
from pages.components import models

if TYPE_CHECKING:
    from pages.components.pictures import Picture


def answered(
    model: models.Model, picture: Picture, ranges: Augmentation, *, seed: int, count: int = DRAWS
) -> list[AnsweredDraw]:
    """Return changes of a picture drawn from the ranges, and the model's answer to each.

    Raises:
        BundleError: the network cannot be loaded.
    """
    return _answered(model.key, picture.sha256, ranges.model_dump_json(), seed, count, model, picture)


# A visitor's pictures stay in the visitor's session, and nothing here is changed by those who read it.
@st.cache_resource(max_entries=32, scope="session", show_spinner="Classifying the changed pictures …")
def _answered(
    key: str, sha256: str, ranges: str, seed: int, count: int, _model: models.Model, _picture: Picture
) -> list[AnsweredDraw]:
    del key, sha256
    return answered_draws(
        models.classifier(_model),
        _picture.pixels,
        Augmentation.model_validate_json(ranges),
        seed=seed,
        count=count,
    )
