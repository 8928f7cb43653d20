"""What a recipe's base, before any training, makes of every file of an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.data.index import read_image
from core.experiments.train import load_initial_weights
from core.images.preprocessing import fit

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.experiments.request import Prepared
    from core.progress import Progress, Say
_FEATURE_BATCH = 32


def frozen_features(prepared: Prepared, cache: Path, progress: Progress, say: Say) -> NDArray[np.float32]:
    """Compute what the recipe's base, before any training, makes of every file of the index.

    Args:
        prepared: the images; backbone, weights, preprocessing and scaling of the base.
        cache: keeps what is computed, so that a killed run goes on where it was.
        progress: told of every step.
        say: told what the base starts from.

    Returns:
        The spatial mean of the last feature map, float32 [N, K].
    """
    progress("Loading TensorFlow", 0, 1)
    from core.training import fit as training_fit  # noqa: PLC0415

    progress("Loading TensorFlow", 1, 1)
    spec = prepared.spec("features", "clean", seed=prepared.request.seed)
    recipe = spec.recipe.overridden(fine_tune="none", mask_loss=0, head="average", precision="float32")
    network = training_fit.start(spec.model_copy(update={"recipe": recipe}))
    say(load_initial_weights(network, spec, prepared))
    files = list(prepared.index["file"])
    shape = (len(files), network.features.output_shape[-1])
    if cache.is_file():
        features = np.load(cache, mmap_mode="r+")
    else:
        cache.parent.mkdir(parents=True, exist_ok=True)
        features = np.lib.format.open_memmap(cache, mode="w+", dtype=np.float32, shape=shape)
        features[:] = np.nan
    missing = np.flatnonzero(np.isnan(features).any(axis=1))
    for start in range(0, len(missing), _FEATURE_BATCH):
        rows = missing[start : start + _FEATURE_BATCH]
        images = [fit(read_image(prepared.folder / files[row]), recipe.preprocessing) for row in rows]
        features[rows] = network.features.predict_on_batch(np.stack(images)).mean(axis=(1, 2))
        done = len(files) - len(missing) + start + len(rows)
        progress("Computing frozen features", done, len(files))
    return np.array(features)
