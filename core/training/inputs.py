"""Training and validation arrays of a network, with cached features of a frozen base where possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.augmentation.ranges import AUGMENTATIONS
from core.data.splits import masks_of
from core.training.batches import Examples, Lesions, class_weights, one_hot
from core.training.frozen_features import digest_of_base, frozen_features
from core.training.image_cache import fit_images, fit_masks
from core.training.network import with_segmentation

if TYPE_CHECKING:
    import keras
    import pandas as pd
    from numpy.typing import NDArray

    from core.bundle.manifest import TrainingSpec
    from core.data.data_set import ImageFolders
    from core.progress import Progress
    from core.training.network import Network
    from core.training.workspace import Workspace


class TrainingInputs(NamedTuple):
    """Models and arrays of a training, the same in every epoch.

    Attributes:
        train_model: model to fit, from the inputs of ``train``, images or features.
        eval_model: model to evaluate, with the same weights, from the inputs of ``validation``.
        train: training set.
        train_images: training images at input size, uint8 [N, S, S, 3].
        validation: validation set.
        validation_rows: rows of the validation set in the split table.
    """

    train_model: keras.Model
    eval_model: keras.Model
    train: Examples
    train_images: NDArray[np.generic]
    validation: Examples
    validation_rows: pd.DataFrame


def prepare(
    workspace: Workspace,
    spec: TrainingSpec,
    split: pd.DataFrame,
    network: Network,
    folders: ImageFolders,
    progress: Progress,
) -> TrainingInputs:
    """Build the training and validation arrays, and cache frozen features where base and augmentation allow.

    Args:
        workspace: workspace of the training, which keeps the arrays for a resumed training.
        spec: spec of the training.
        split: split table of the training.
        network: network of the spec's recipe with its initial weights.
        folders: folders of the data.
        progress: function that reports the steps.
    """
    recipe = spec.recipe
    subsets = {name: split[split["set"] == name] for name in ("train", "validation")}
    caches = {
        name: workspace.images(list(rows["sha256"]), recipe.preprocessing) for name, rows in subsets.items()
    }
    inputs: dict[str, NDArray[np.generic]] = {
        name: fit_images(folders, list(rows["file"]), recipe.preprocessing, caches[name], progress)
        for name, rows in subsets.items()
    }
    train_images = inputs["train"]  # features may take their place below
    base = digest_of_base(network) if network.frozen else ""

    def features(name: str) -> NDArray[np.float32]:
        images, step = inputs[name], f"Computing features of the {name} images"
        cache = workspace.cache("features", caches[name].name, str(spec.precision), base)
        return frozen_features(network, images.__getitem__, len(images), cache, progress, step=step)

    train_model, eval_model = network.model, network.inference_model
    plain = AUGMENTATIONS["none"]
    # The features of a frozen base are constant where the images are not augmented.
    if network.frozen and spec.validation_augmentation == plain and eval_model is network.model:
        eval_model = network.head
        inputs["validation"] = features("validation")
    if network.frozen and recipe.augmentation == plain:
        train_model = network.head
        inputs["train"] = features("train")
    train, validation = (_examples(spec, subsets[name], inputs[name]) for name in ("train", "validation"))
    if recipe.mask_loss and (masks := masks_of(split, "train")):
        train_model = with_segmentation(network)
        files = list(subsets["train"]["file"])
        hashes = dict(zip(split["file"], split["sha256"], strict=True))
        of_image = ([hashes[mask] for mask in masks.get(file, [])] for file in files)
        cache = workspace.cache("lesions", recipe.preprocessing.model_dump_json(), *map(" ".join, of_image))
        fitted = fit_masks(folders, files, masks, recipe.preprocessing, cache, progress)
        has_mask = np.array([file in masks for file in files])
        train = train._replace(lesions=Lesions(fitted, has_mask, network.features.output_shape[1:3]))
    return TrainingInputs(train_model, eval_model, train, train_images, validation, subsets["validation"])


def _examples(spec: TrainingSpec, rows: pd.DataFrame, inputs: NDArray[np.generic]) -> Examples:
    labels = spec.labels(rows)
    cells = None
    if spec.recipe.sampling == "balanced":
        cells = rows.groupby(["source", "class"]).ngroup().to_numpy(np.int64)
    targets, weights = one_hot(labels, len(spec.class_names)), class_weights(labels, spec.recipe)
    return Examples(inputs, targets, weights, cells=cells)
