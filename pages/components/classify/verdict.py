"""The prediction for an image: its class, the probabilities, and reasons not to trust it, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.bundle import limits_elsewhere
from core.bundle.manifest import TEST_SET
from core.data.class_names import key_of
from core.evaluation.conformal import set_coverage
from core.evaluation.predictions import LabelledPredictions
from core.figures.probabilities import probability_bars
from core.inference import reasons
from pages.components.classify import checks, crop_editor
from pages.components.shared import chart, images, open_models
from pages.components.shared.keys import Key
from pages.components.shared.open_models import BY_KEY
from pages.components.shared.text import escape_markdown, format_percent, format_probabilities, join

if TYPE_CHECKING:
    from core.evaluation.conformal import SetCoverage
    from core.inference.classifier import Prediction
    from core.inference.prediction_table import PredictedImage
    from pages.components.classify.crop_proposal import Proposal
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model


def heading(image: InputImage, predicted: PredictedImage) -> None:
    """Draw the predicted class, with the switch to the crop, and the true class where it is known."""
    prediction = predicted.prediction
    name = escape_markdown(prediction.predicted_class)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        if image.clip is None:
            st.header(f"Predicted class: {name}", width="content")
        else:
            st.subheader(f"Frame {image.frame + 1} of {image.clip.frames}: {name}", width="content")
        crop_editor.switch()
    if image.true_class is not None:
        correct = key_of(image.true_class) == key_of(prediction.predicted_class)
        icon = "check_circle" if correct else "cancel"
        of = " (of the whole image)" if image.crop else ""
        st.markdown(f":material/{icon}: True class: **{escape_markdown(image.true_class)}**{of}")


def draw(model: Model, image: InputImage, predicted: PredictedImage, proposal: Proposal | None) -> None:
    """Draw the probabilities, what was found when they were checked, and the crop that is proposed."""
    prediction, manifest = predicted.prediction, model.bundle.manifest
    chart.draw(
        probability_bars(prediction.probabilities, _possible_from(model)),
        key=Key.PROBABILITY_CHART,
        alt=f"Probabilities: {format_probabilities(prediction.probabilities)}",
    )
    st.markdown(
        f"Possible: **{_possible(prediction)}**",
        help=f"Calibrated probabilities: {escape_markdown(format_probabilities(prediction.probabilities))}. "
        f"{limits_elsewhere.explain_possible(manifest)} {_coverage(model)}",
    )
    measured = manifest.held_out_fold is not None or limits_elsewhere.worst_source(manifest) is not None
    st.caption(
        f":material/{'home_pin' if measured else 'home'}: "
        f"{limits_elsewhere.in_short(manifest, escape_markdown)}",
        help=" ".join(limits_elsewhere.describe(manifest, escape_markdown)),
    )
    checks.draw(model, image, predicted, proposal)
    images.show_notes(image)


def _possible(prediction: Prediction) -> str:
    if not prediction.possible:
        return reasons.NOTHING_POSSIBLE
    return join([escape_markdown(name) for name in prediction.possible], "or")


def _possible_from(model: Model) -> dict[str, float]:
    """Return the probability from which each class is possible."""
    manifest = model.bundle.manifest
    return {name: 1 - manifest.decision.conformal_threshold_of(name) for name in manifest.class_names}


def _coverage(model: Model) -> str:
    """Return how many test images have their true class among the possible ones, in Markdown."""
    found = coverage_at_home(model)
    classes = [
        f"{escape_markdown(name)} {format_percent(share)}"
        for name, share in zip(model.bundle.manifest.class_names, found.by_class, strict=True)
        if share is not None
    ]
    return (
        "On the test set, the true class is among the possible ones for "
        f"{format_percent(found.overall)} of the images ({join(classes)})."
    )


@st.cache_data(max_entries=32, show_spinner=False, hash_funcs=BY_KEY)
def coverage_at_home(model: Model) -> SetCoverage:
    """Return how often the prediction sets of the test images have the true class.

    Raises:
        BundleError: the table of the test set cannot be read.
    """
    names = model.bundle.manifest.class_names
    predictions = LabelledPredictions.from_table(open_models.table(model, TEST_SET), names)
    decision = model.bundle.manifest.decision
    return set_coverage(*predictions, decision.conformal_thresholds_of(names))
