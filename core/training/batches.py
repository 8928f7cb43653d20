"""What a network is fed: batches of images and of the answers it should give, drawn reproducibly."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import keras
import numpy as np

from core.augmentation.ranges import AUGMENTATIONS, INTENSITY_RANGES
from core.augmentation.transform import augment

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.augmentation.ranges import Augmentation
    from core.recipe import Recipe


def epoch_order(count: int, *, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the order of an epoch's images, a permutation of [0, N)."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def batch(
    images: NDArray[np.generic],
    rows: NDArray[np.int64],
    augmentation: Augmentation,
    *,
    seed: int,
    epoch: int,
) -> NDArray[np.generic]:
    """Return rows of images, each augmented by a draw that depends on (seed, epoch, row) alone.

    So a resumed training sees the images that an uninterrupted one would have seen.
    """
    if augmentation == AUGMENTATIONS["none"]:
        return images[rows]
    return np.stack(
        [augment(images[row], augmentation, np.random.default_rng([seed, epoch, row])) for row in rows]
    )


def lesion_shares(
    masks: NDArray[np.uint8],
    rows: NDArray[np.int64],
    augmentation: Augmentation,
    grid: tuple[int, int],
    *,
    seed: int,
    epoch: int,
) -> NDArray[np.float32]:
    """Return how much of each cell of a grid is lesion, after the draws that ``batch`` makes for images.

    Args:
        masks: uint8 [N, S, S, 3], from ``fit_masks``.
        rows: int [B], of the masks.
        augmentation: of the images.
        grid: height and width in cells.
        seed: of the draws.
        epoch: of the draws.

    Returns:
        float32 [B, h, w, 1], shares 0-1.
    """
    unchanged = AUGMENTATIONS["none"]
    geometry = augmentation.model_copy(update={name: getattr(unchanged, name) for name in INTENSITY_RANGES})
    moved = batch(masks, rows, geometry, seed=seed, epoch=epoch)
    cells = [cv2.resize(mask[..., 0], grid[::-1], interpolation=cv2.INTER_AREA) for mask in moved]
    shares = np.stack(cells)[..., np.newaxis] / np.float32(255)
    return shares.astype(np.float32)


# Beside the epoch's number it seeds what belongs to a batch and not to one of its images.
_OF_BATCH = 2**32 - 1
_LEAST = np.finfo(np.float32).tiny
# What a network with a second task answers.
CLASS, LESION = "class", "lesion"


class Examples(NamedTuple):
    """Images, or their features, and what a network should answer.

    Attributes:
        inputs: uint8 or float32 [N, ...].
        targets: float32 [N, C], the share of each class; the rows sum to 1.
        weights: float32 [N], how much each counts in the loss; their mean is 1.
        lesions: for the second task, or None.
    """

    inputs: NDArray[np.generic]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    lesions: Lesions | None = None


class Lesions(NamedTuple):
    """Where the lesions of the images are.

    Attributes:
        masks: uint8 [N, S, S, 3], from ``core.training.image_cache.fit_masks``.
        known: bool [N], whether an image has a mask; the others take no part in the second task.
        grid: height and width of the network's last feature map, cells.
    """

    masks: NDArray[np.uint8]
    known: NDArray[np.bool_]
    grid: tuple[int, int]


def one_hot(labels: NDArray[np.int64], class_count: int) -> NDArray[np.float32]:
    """Return targets, float32 [N, C], that are certain of the labels, int [N]."""
    return np.eye(class_count, dtype=np.float32)[labels]


def class_weights(labels: NDArray[np.int64], recipe: Recipe) -> NDArray[np.float32]:
    """Return the weight of each image, float32 [N]; ``balanced`` is scikit-learn's N / (C · N_class)."""
    if recipe.class_weight == "none":
        return np.ones(len(labels), np.float32)
    present, positions, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return (len(labels) / (len(present) * counts)).astype(np.float32)[positions]


class Batches(keras.utils.PyDataset):
    """One epoch's batches, made in a thread beside the network's work."""

    def __init__(
        self,
        examples: Examples,
        augmentation: Augmentation,
        *,
        batch_size: int,
        seed: int,
        epoch: int,
        mixup: float = 0,
        shuffle: bool = False,
    ) -> None:
        """Plan an epoch.

        Args:
            examples: N of them.
            augmentation: of the images.
            batch_size: of all batches but the last.
            seed: of everything random, together with the epoch.
            epoch: its number.
            mixup: alpha of the Beta distribution that a batch's share of the other image is drawn from
                (Zhang et al. 2018); 0 mixes nothing.
            shuffle: the order is drawn too.
        """
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8)
        self._examples, self._augmentation, self._mixup = examples, augmentation, mixup
        self._seed, self._epoch, self._size = seed, epoch, batch_size
        count = len(examples.inputs)
        self._order = epoch_order(count, seed=seed, epoch=epoch) if shuffle else np.arange(count)

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._size)

    def __getitem__(self, number: int) -> tuple[Any, ...]:
        rows = self._order[number * self._size : (number + 1) * self._size]
        examples, lesions = self._examples, self._examples.lesions
        draws = {"seed": self._seed, "epoch": self._epoch}
        mix = self._draw_mix(number, len(rows))
        inputs = batch(examples.inputs, rows, self._augmentation, **draws)
        if self._mixup:
            inputs = mix(inputs.astype(np.float32))
        targets, weights = _weighted(mix, examples.targets[rows], examples.weights[rows])
        if lesions is None:
            return inputs, targets, weights
        shares = lesion_shares(lesions.masks, rows, self._augmentation, lesions.grid, **draws)
        shares, known = _weighted(mix, shares, lesions.known[rows].astype(np.float32))
        by_cell = known[:, np.newaxis, np.newaxis]
        return inputs, {CLASS: targets, LESION: shares}, {CLASS: weights, LESION: by_cell}

    def _draw_mix(self, number: int, count: int) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
        if not self._mixup:
            return lambda values: values
        rng = np.random.default_rng([self._seed, self._epoch, _OF_BATCH, number])
        own, other = np.float32(rng.beta(self._mixup, self._mixup)), rng.permutation(count)
        return lambda values: own * values + (1 - own) * values[other]


def _weighted(
    mix: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    values: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mix values [B, ...] so that an image's weight [B] goes with its share: rare classes keep theirs."""
    shape = (-1, *[1] * (values.ndim - 1))
    total = mix(weights)
    mixed = mix(values * weights.reshape(shape)) / np.maximum(total, _LEAST).reshape(shape)
    return mixed.astype(np.float32), total
