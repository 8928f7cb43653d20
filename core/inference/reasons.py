"""Reasons not to trust a prediction, in the words of the app and of a static page."""

from __future__ import annotations

from typing import NamedTuple


class Reason(NamedTuple):
    """A reason not to trust a prediction.

    Attributes:
        title: name of the reason.
        line: what it means, in words without markup.
    """

    title: str
    line: str


OUTSIDE = "Outside the training domain"
"""Title; its line depends on the model, see ``core.serving.training_domain.warning``."""
FRAME = Reason("Frame around the image", "Crop it and classify again.")
SEEN = Reason("Seen in training", "A correct prediction proves nothing.")
UNLIKE = Reason("Out of distribution", "The prediction is unreliable.")
UNSURE = Reason("Not sure", "More than one class is possible.")
IMPROBABLE = Reason("Not sure", "No class is probable enough: few validation images were like this one.")
PASSED = Reason("Checks passed.", "That does not make the prediction correct.")
"""Stands where no reason was found."""
NOTHING_POSSIBLE = "no class, all are too improbable"
"""Stands where the possible classes would."""


def of_set(possible: int) -> Reason | None:
    """Return what a conformal set of so many classes gives reason for; None where it has one class."""
    if possible == 1:
        return None
    return UNSURE if possible else IMPROBABLE
