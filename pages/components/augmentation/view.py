"""What the Augmentation page shows: an image under chosen ranges, with the model's predictions."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Literal, NamedTuple

import streamlit as st

from core.augmentation.draw import Draw
from core.images.encode import as_png
from pages.components.shared import augmented_predictions

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from core.augmentation.ranges import Augmentation
    from core.inference.augmented import AugmentedPrediction
    from core.inference.classifier import Prediction
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model


class View(NamedTuple):
    """An image under chosen ranges.

    Attributes:
        model: the model that predicts.
        image: the original image.
        original: prediction for the unchanged image; ``original.image`` is what the network sees.
        augmentation: ranges of the random changes.
        seed: random seed of the draws.
    """

    model: Model
    image: InputImage
    original: Prediction
    augmentation: Augmentation
    seed: int

    @classmethod
    def of(cls, model: Model, image: InputImage, augmentation: Augmentation, seed: int) -> View:
        """Classify the unchanged image.

        Raises:
            BundleError: the network cannot be loaded.
        """
        original = augmented_predictions.predict_changes(model, image, (Draw(),))[0]
        return cls(model, image, original, augmentation, seed)

    @property
    def side(self) -> int:
        """Side of what the network sees, pixels."""
        return self.original.image.shape[0]

    def drawn(self) -> list[AugmentedPrediction]:
        """Return the draws with their predictions."""
        return augmented_predictions.predict_draws(self.model, self.image, self.augmentation, seed=self.seed)

    def under(self, changes: Iterable[Draw]) -> list[Prediction]:
        """Return the prediction under each change."""
        return augmented_predictions.predict_changes(self.model, self.image, tuple(changes))

    def flips(self, prediction: Prediction) -> bool:
        """Return whether a prediction has another class than that of the unchanged image."""
        return prediction.predicted_class != self.original.predicted_class


def show_image(image: NDArray[np.uint8], alt: str, *, width: Literal["stretch"] | int = "stretch") -> None:
    """Show an image, uint8 [H, W, 3], without loss: an encoder must not add to the differences.

    It is part of the page itself: a file of its own would be gone from the server when a visitor draws again
    before a slow browser has asked for it.
    """
    st.image(f"data:image/png;base64,{b64encode(as_png(image)).decode()}", width=width, alt=alt)
