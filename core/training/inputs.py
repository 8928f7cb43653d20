"""What a network learns from: images or their features, the answers, and where the lesions are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.augmentation.ranges import AUGMENTATIONS
from core.data.splits import training_masks
from core.training.batches import Examples, Lesions, class_weights, one_hot
from core.training.image_cache import fit_images, fit_masks
from core.training.network import with_lesions

if TYPE_CHECKING:
    from pathlib import Path

    import keras
    import pandas as pd
    from numpy.typing import NDArray

    from core.bundle.manifest import TrainingSpec
    from core.progress import Progress
    from core.training.network import Network
    from core.training.workspace import Workspace

_FEATURE_BATCH = 32


class TrainingInputs(NamedTuple):
    """All that the epochs of a training have in common.

    Attributes:
        train_model: learns; it is fed with what the examples hold, images or features.
        eval_model: says what the weights that were learned say of the validation set.
        train: the training set.
        validation: the validation set.
        validation_rows: its rows of the split table.
    """

    train_model: keras.Model
    eval_model: keras.Model
    train: Examples
    validation: Examples
    validation_rows: pd.DataFrame


def prepare(
    workspace: Workspace,
    spec: TrainingSpec,
    split: pd.DataFrame,
    network: Network,
    folder: Path,
    progress: Progress,
) -> TrainingInputs:
    """Read all that a training needs, once: what was fitted or computed before is taken from the workspace.

    Args:
        workspace: begun.
        spec: of the training.
        split: its split table.
        network: built from its spec's recipe, with its starting weights.
        folder: of the images.
        progress: told of every step.
    """
    recipe = spec.recipe
    parts = {name: split[split["part"] == name] for name in ("train", "validation")}
    inputs: dict[str, NDArray[np.generic]] = {
        name: fit_images(folder, list(part["file"]), recipe.preprocessing, workspace.images(name), progress)
        for name, part in parts.items()
    }
    train_model, eval_model = network.model, network.inference_model
    plain = AUGMENTATIONS["none"]
    # What a frozen base makes of an image that never changes is computed once.
    if network.frozen and spec.validation_augmentation == plain and eval_model is network.model:
        eval_model = network.head
        inputs["validation"] = _features(network, inputs["validation"], "validation", workspace, progress)
    if network.frozen and recipe.augmentation == plain:
        train_model = network.head
        inputs["train"] = _features(network, inputs["train"], "train", workspace, progress)
    train, validation = (_examples(spec, parts[name], inputs[name]) for name in ("train", "validation"))
    if recipe.mask_loss and (masks := training_masks(split)):
        train_model = with_lesions(network)
        files = list(parts["train"]["file"])
        cache = workspace.images("train-mask")
        fitted = fit_masks(folder, files, masks, recipe.preprocessing, cache, progress)
        known = np.array([file in masks for file in files])
        train = train._replace(lesions=Lesions(fitted, known, network.features.output_shape[1:3]))
    return TrainingInputs(train_model, eval_model, train, validation, parts["validation"])


def _examples(spec: TrainingSpec, part: pd.DataFrame, inputs: NDArray[np.generic]) -> Examples:
    labels = spec.labels(part)
    return Examples(inputs, one_hot(labels, len(spec.class_names)), class_weights(labels, spec.recipe))


def _features(
    network: Network, images: NDArray[np.generic], part: str, workspace: Workspace, progress: Progress
) -> NDArray[np.float32]:
    shape = (len(images), *network.features.output_shape[1:])
    path = workspace.folder / f"{part}-features.npy"
    if path.is_file():
        return np.load(path, mmap_mode="r")
    unfinished = path.with_name(f"new-{path.name}")
    features = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.float32, shape=shape)
    for start in range(0, len(images), _FEATURE_BATCH):
        stop = min(start + _FEATURE_BATCH, len(images))
        features[start:stop] = network.features.predict_on_batch(images[start:stop])
        progress(f"Computing features of the {part} images", stop, len(images))
    features.flush()
    unfinished.replace(path)
    return features
