"""What a network learns from: images or their features, the answers, and where the lesions are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.augmentation.ranges import AUGMENTATIONS
from core.data.splits import masks_of
from core.evaluation.predictions import probability_matrix
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
        trainee: learns; it is fed with what the examples hold, images or features.
        judge: says what the weights that were learned say of the validation set.
        train: the training set.
        validation: the validation set.
        validated: its rows of the split table.
    """

    trainee: keras.Model
    judge: keras.Model
    train: Examples
    validation: Examples
    validated: pd.DataFrame


def prepare(workspace: Workspace, network: Network, folder: Path, progress: Progress) -> TrainingInputs:
    """Read all that a training needs, once: what was fitted or computed before is taken from the workspace.

    Args:
        workspace: begun.
        network: built from its job's recipe, with its starting weights.
        folder: of the images.
        progress: told of every step.
    """
    job, split = workspace.job(), workspace.split()
    recipe = job.recipe
    parts = {name: split[split["part"] == name] for name in ("train", "validation")}
    inputs: dict[str, NDArray[np.generic]] = {
        name: fit_images(folder, list(part["file"]), recipe.preprocessing, workspace.images(name), progress)
        for name, part in parts.items()
    }
    trainee, judge = network.model, network.answering
    plain = AUGMENTATIONS["none"]
    # What a frozen base makes of an image that never changes is computed once.
    if network.frozen and job.validation_augmentation == plain and judge is network.model:
        judge = network.head
        inputs["validation"] = _features(network, inputs["validation"], "validation", workspace, progress)
    if network.frozen and recipe.augmentation == plain:
        trainee = network.head
        inputs["train"] = _features(network, inputs["train"], "train", workspace, progress)
    train, validation = (_examples(job, parts[name], inputs[name]) for name in ("train", "validation"))
    if (soft := workspace.soft_labels()) is not None:
        train = _taught(train, job, soft)
    if recipe.mask_loss and (masks := masks_of(split)):
        trainee = with_lesions(network)
        files = list(parts["train"]["file"])
        cache = workspace.images("train-mask")
        fitted = fit_masks(folder, files, masks, recipe.preprocessing, cache, progress)
        known = np.array([file in masks for file in files])
        train = train._replace(lesions=Lesions(fitted, known, network.features.output_shape[1:3]))
    return TrainingInputs(trainee, judge, train, validation, parts["validation"])


def _examples(job: TrainingSpec, part: pd.DataFrame, inputs: NDArray[np.generic]) -> Examples:
    labels = job.labels(part)
    return Examples(inputs, one_hot(labels, len(job.class_names)), class_weights(labels, job.recipe))


def _taught(examples: Examples, job: TrainingSpec, soft: pd.DataFrame) -> Examples:
    share = np.float32(job.recipe.soft_label_share)
    teachers = probability_matrix(soft, job.class_names).astype(np.float32)
    return examples._replace(targets=(1 - share) * examples.targets + share * teachers)


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
