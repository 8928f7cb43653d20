"""Reasons not to trust a prediction: one line each, with the details behind its help icon."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.bundle.domain_card import score_title
from core.images.burned_in import find_annotations
from core.inference import reasons
from core.serving import training_domain
from pages.components.classify import crop_proposal
from pages.components.shared import model_choice, seen_in_training
from pages.components.shared.input_image import BY_CONTENT, InputImage
from pages.components.shared.keys import Key
from pages.components.shared.text import join

if TYPE_CHECKING:
    from core.inference.classifier import Prediction
    from core.inference.prediction_table import PredictedImage
    from pages.components.classify.crop_proposal import Proposal
    from pages.components.shared.open_models import Model


class Finding(NamedTuple):
    """A reason not to trust a prediction.

    Attributes:
        icon: name of a Material icon.
        title: name of the reason.
        line: what it means, in words without markup.
        details: sentences behind the help icon, in Markdown; None without any.
    """

    icon: str
    title: str
    line: str
    details: str | None = None


def draw(model: Model, image: InputImage, predicted: PredictedImage, proposal: Proposal | None) -> None:
    """Draw what was found, with the crop that is proposed, and a model that suits the image better."""
    found = _find(model, image, predicted)
    with st.container(key=Key.CHECKS, gap="xsmall"):
        for finding in found:
            cropped = proposal if finding.title == reasons.FRAME.title else None
            line = crop_proposal.describe(predicted.prediction, cropped) if cropped else finding.line
            st.markdown(f":material/{finding.icon}: **{finding.title}.** {line}", help=finding.details)
            if cropped:
                crop_proposal.draw(cropped)
        if not found:
            st.markdown(
                f":material/check: **{reasons.PASSED.title}** {reasons.PASSED.line}",
                help="The image is of the kind that the model was trained on, without a frame or burned-in "
                "annotations, not in the training data, near enough to it, and one class is possible.",
            )
    model_choice.offer_other(model, image)


def in_words(model: Model, image: InputImage, predicted: PredictedImage) -> list[str]:
    """Return what was found, a line of plain text each."""
    return [f"{finding.title}. {finding.line}" for finding in _find(model, image, predicted)]


def _find(model: Model, image: InputImage, predicted: PredictedImage) -> list[Finding]:
    return [*of_prediction(model, image, predicted), *_of_image(image)]


def of_prediction(model: Model, image: InputImage, predicted: PredictedImage) -> list[Finding]:
    """Return the reasons that the image's prediction gives.

    An image of a kind that the model has never seen is far from its training images: that is one reason.
    """
    found, prediction = [], predicted.prediction
    outside = training_domain.warning(model.bundle.manifest.data, simulated=image.simulated)
    if outside:
        distances = _distances(model, prediction) or None
        found.append(Finding("science", reasons.OUTSIDE, outside, distances))
    if predicted.warning:
        found.append(Finding("crop_free", *reasons.FRAME, predicted.warning))
    if predicted.seen:
        details = seen_in_training.details(predicted.seen)
        found.append(Finding(seen_in_training.ICON, *reasons.SEEN, details))
    if prediction.unlike_training and not outside:
        found.append(Finding("travel_explore", *reasons.UNLIKE, _distances(model, prediction)))
    if unsure := reasons.of_set(len(prediction.possible)):
        found.append(Finding("help", *unsure))
    return found


def _distances(model: Model, prediction: Prediction) -> str:
    """Return the distances to the training images that are above their limits, as sentences."""
    return " ".join(
        f"{score_title(limit.score)}: {prediction.distances[limit.score]:.3g}. Above "
        f"{limit.threshold:.3g}, {limit.rule}, an image is out of distribution."
        for limit in model.bundle.manifest.decision.domain_limits
        if prediction.distances[limit.score] > limit.threshold
    )


def _of_image(image: InputImage) -> list[Finding]:
    marks = _annotations(image)
    if not marks:
        return []
    return [
        Finding(
            "straighten",
            "Burned-in annotations",
            "Use an export without them.",
            f"{marks} seem to be burned into this image. A network can learn such marks instead of tissue.",
        )
    ]


@st.cache_data(max_entries=256, scope="session", show_spinner=False, hash_funcs=BY_CONTENT)
def _annotations(image: InputImage) -> str:
    """Name the annotations burned into an image, as the beginning of a sentence; empty without any."""
    found = find_annotations(image.pixels)
    names = [name for name, there in (("calipers", found.calipers), ("letters", found.text)) if there]
    return join(names).capitalize()
