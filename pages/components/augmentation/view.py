"""What the Augmentation page shows: an image under chosen ranges, with the model's predictions if wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.augmentation.draw import Draw, sample_draws
from core.augmentation.transform import apply
from core.images.preprocessing import fit
from core.inference.augmented import DRAWS
from pages.components.shared import augmented_predictions

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from core.augmentation.ranges import Augmentation
    from core.inference.classifier import Prediction
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model


class Version(NamedTuple):
    """A changed image, or the original one under the draw that changes nothing.

    Attributes:
        draw: the changes.
        image: what the network sees, uint8 [S, S, 3].
        prediction: prediction for it; None where predictions are off.
    """

    draw: Draw
    image: NDArray[np.uint8]
    prediction: Prediction | None


class View(NamedTuple):
    """An image under chosen ranges.

    Attributes:
        model: the model that predicts.
        image: the original image.
        original: the unchanged version of it.
        augmentation: ranges of the random changes.
        seed: random seed of the draws.
        details: whether the drawn numbers stand below the images.
    """

    model: Model
    image: InputImage
    original: Version
    augmentation: Augmentation
    seed: int
    details: bool

    @classmethod
    def of(
        cls,
        model: Model,
        image: InputImage,
        augmentation: Augmentation,
        *,
        seed: int,
        predicts: bool,
        details: bool,
    ) -> View:
        """Fit the image to the network, and classify it if wanted.

        Raises:
            BundleError: the network cannot be loaded.
        """
        if predicts:
            (prediction,) = augmented_predictions.predict_changes(model, image, (Draw(),))
            original = Version(Draw(), prediction.image, prediction)
        else:
            original = Version(Draw(), fit(image.pixels, model.bundle.manifest.recipe.preprocessing), None)
        return cls(model, image, original, augmentation, seed, details)

    @property
    def side(self) -> int:
        """Side of what the network sees, pixels."""
        return self.original.image.shape[0]

    def drawn(self) -> list[Version]:
        """Return the image under each draw."""
        if self.original.prediction is None:
            size = (self.side, self.side)
            return self.under(sample_draws(self.augmentation, size, seed=self.seed, count=DRAWS))
        found = augmented_predictions.predict_draws(self.model, self.image, self.augmentation, seed=self.seed)
        return [Version(one.draw, one.prediction.image, one.prediction) for one in found]

    def under(self, changes: Iterable[Draw]) -> list[Version]:
        """Return the image under each change."""
        changes = tuple(changes)
        if self.original.prediction is None:
            return [Version(change, apply(self.original.image, change), None) for change in changes]
        found = augmented_predictions.predict_changes(self.model, self.image, changes)
        return [Version(change, one.image, one) for change, one in zip(changes, found, strict=True)]

    def flips(self, version: Version) -> bool:
        """Return whether a version is predicted as another class than the unchanged image."""
        if version.prediction is None or self.original.prediction is None:
            return False
        return version.prediction.predicted_class != self.original.prediction.predicted_class
