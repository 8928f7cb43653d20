"""Features of all images of a data set, from the frozen base of a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.data.image_facts import read_image
from core.experiments.tensorflow_import import import_tensorflow
from core.experiments.train import load_initial_weights
from core.images.preprocessing import fit

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.experiments.request import Prepared
    from core.progress import Progress, Say


def pooled_features(prepared: Prepared, cache: Path, progress: Progress, say: Say) -> NDArray[np.float32]:
    """Compute the frozen features of every file of the index.

    Args:
        prepared: images, and backbone, weights, preprocessing and input scaling of the base.
        cache: NumPy file that keeps the result, so that a killed run continues where it stopped.
        progress: function that reports each step.
        say: function that shows the user a message, here the starting weights.

    Returns:
        Spatial mean of the last feature map, float32 [N, K].
    """
    import_tensorflow(progress)
    from core.training import fit as training_fit  # noqa: PLC0415
    from core.training import frozen_features as features  # noqa: PLC0415

    spec = prepared.spec("features", "clean", seed=prepared.request.seed)
    recipe = spec.recipe.overridden(fine_tune="none", mask_loss=0, head="average")
    network = training_fit.initial_network(spec.model_copy(update={"recipe": recipe}))
    say(load_initial_weights(network, spec, prepared))
    files = list(prepared.index["file"])

    def images(rows: slice) -> NDArray[np.uint8]:
        return np.stack(
            [fit(read_image(prepared.folders.path(file)), recipe.preprocessing) for file in files[rows]]
        )

    computed = features.frozen_features(
        network, images, len(files), cache, progress, step="Computing frozen features", pooled=True
    )
    return np.array(computed)
