"""Classify: what stands in the place of a prediction that the chosen model has not made yet."""

import pytest
from streamlit.testing.v1 import AppTest
from visit import FIRST, MODELS, SECOND


def intake(models: str, chosen: str, predicted_by: str) -> None:
    """A script: an image whose prediction by one model is known, while a model is chosen."""
    import streamlit as st

    from pages.components.classify import intake
    from pages.components.shared import images, open_models, session
    from pages.components.shared.layout import PageState

    image = images.example()
    offered = {label: f"{models}/{label}" for label in (chosen, predicted_by)}
    session.IMAGES.set([image])
    key = open_models.known(predicted_by, offered[predicted_by]).key
    session.PREDICTED.set({(key, image.sha256): None})
    intake.draw(PageState(offered, chosen, {}, st.container(), st.container()))


@pytest.mark.parametrize("predicted_by", [FIRST, SECOND])
def test_the_prediction_of_another_model_does_not_stand_under_the_name_of_the_chosen_one(
    predicted_by,
) -> None:
    app = AppTest.from_function(intake, args=(str(MODELS), FIRST, predicted_by)).run()
    assert not app.exception
    assert bool(app.get("skeleton")) == (predicted_by != FIRST)
